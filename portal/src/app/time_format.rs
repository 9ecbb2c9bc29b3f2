//! Formats instants in a property's time zone.

use std::{cell::RefCell, collections::HashMap};

use js_sys::{Array, Date, Function, Object, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};

use crate::domain::dates::Day;

/// The current time, in milliseconds since 1970.
pub fn now_ms() -> f64 {
    Date::now()
}

/// The time in the property's time zone, as `14:31`.
pub fn time(at_ms: f64, zone: &str) -> String {
    format_with(at_ms, zone, "en-GB", &["hour", "minute"])
}

/// The date in the property's time zone.
pub fn day(at_ms: f64, zone: &str) -> Option<Day> {
    // The Swedish date format is ISO 8601.
    Day::parse(&format_with(at_ms, zone, "sv-SE", &["year", "month", "day"]))
}

/// `14:31` for today in the time zone, otherwise `Sat 19 Dec, 14:31`.
pub fn moment(at_ms: f64, zone: &str) -> String {
    let time = time(at_ms, zone);
    match day(at_ms, zone) {
        Some(day) if Some(day) != self::day(now_ms(), zone) => format!("{}, {time}", day.brief()),
        _ => time,
    }
}

/// Formats an instant with these parts: a year in four digits, the others in two. If the browser does not know the time
/// zone, its own zone is used.
fn format_with(at_ms: f64, zone: &str, language: &str, parts: &[&str]) -> String {
    thread_local! {
        /// Formatters per zone and parts. Creating one takes a hundred times longer than using it.
        static FORMATS: RefCell<HashMap<String, Option<Function>>> = RefCell::default();
    }
    let key = format!("{language} {zone} {}", parts.len());
    let format = FORMATS.with_borrow_mut(|formats| {
        formats
            .entry(key)
            .or_insert_with(|| {
                format_for(Some(zone), language, parts).or_else(|_| format_for(None, language, parts)).ok()
            })
            .clone()
    });
    let date = Date::new(&JsValue::from_f64(at_ms));
    format
        .and_then(|format| format.call1(&JsValue::UNDEFINED, &date).ok())
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}

/// `Intl.DateTimeFormat(…).format`. Called by reflection, because the constructor throws if the zone is unknown.
fn format_for(zone: Option<&str>, language: &str, parts: &[&str]) -> Result<Function, JsValue> {
    let options = Object::new();
    for part in parts {
        let digits = if *part == "year" { "numeric" } else { "2-digit" };
        Reflect::set(&options, &(*part).into(), &digits.into())?;
    }
    if let Some(zone) = zone {
        Reflect::set(&options, &"timeZone".into(), &zone.into())?;
    }
    let intl = Reflect::get(&js_sys::global(), &"Intl".into())?;
    let constructor = Reflect::get(&intl, &"DateTimeFormat".into())?.dyn_into::<Function>()?;
    let format = Reflect::construct(&constructor, &Array::of2(&language.into(), &options))?;
    Reflect::get(&format, &"format".into())?.dyn_into::<Function>()
}
