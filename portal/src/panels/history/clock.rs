//! The time on the hotel's wall.

use js_sys::{Array, Date, Function, Object, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};

use crate::dates::Day;

/// Tells the date and time in one zone.
pub struct Clock {
    format: Option<Function>,
}

/// A moment by a wall clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The date there.
    pub day: Day,
    /// `09:12`.
    pub time: String,
}

impl Clock {
    /// The clock of an IANA zone; of the browser's own where the browser does not know it.
    pub fn of(zone: &str) -> Self {
        Self { format: formatter(Some(zone)).or_else(|| formatter(None)) }
    }

    /// What it shows at a moment given in milliseconds since 1970.
    pub fn at(&self, at_ms: f64) -> Option<Moment> {
        let date = Date::new(&JsValue::from_f64(at_ms));
        let text = self.format.as_ref()?.call1(&JsValue::UNDEFINED, &date).ok()?.as_string()?;
        read(&text)
    }
}

/// `Intl.DateTimeFormat` for British dates, which `read` reads. Made by reflection, since a zone that the browser does
/// not know is an exception, and that is none of ours to die of.
fn formatter(zone: Option<&str>) -> Option<Function> {
    let options = Object::new();
    let set = |name: &str, value: &str| Reflect::set(&options, &name.into(), &value.into()).ok();
    for (name, value) in
        [("year", "numeric"), ("month", "2-digit"), ("day", "2-digit"), ("hour", "2-digit"), ("minute", "2-digit")]
    {
        set(name, value)?;
    }
    set("hourCycle", "h23")?;
    if let Some(zone) = zone {
        set("timeZone", zone)?;
    }
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let constructor: Function = Reflect::get(&intl, &"DateTimeFormat".into()).ok()?.dyn_into().ok()?;
    let formatter = Reflect::construct(&constructor, &Array::of2(&"en-GB".into(), &options)).ok()?;
    Reflect::get(&formatter, &"format".into()).ok()?.dyn_into().ok()
}

/// Reads `16/12/2026, 14:31`.
fn read(text: &str) -> Option<Moment> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let (day, month, year) = (numbers.next()?, numbers.next()?, numbers.next()?);
    let (hour, minute) = (numbers.next()?, numbers.next()?);
    let day = Day::parse(&format!("{year}-{month}-{day}"))?;
    Some(Moment { day, time: format!("{hour}:{minute}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn british_dates_are_read() {
        let moment = read("16/12/2026, 14:31").expect("a moment");
        assert_eq!((moment.day.to_string(), moment.time.as_str()), ("2026-12-16".to_owned(), "14:31"));
        assert_eq!(read("Invalid Date"), None);
    }
}
