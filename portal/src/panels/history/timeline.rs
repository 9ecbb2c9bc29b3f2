//! Stock events as lines about one night.

use crate::{
    api::{Cause, Event, History, ValueChange},
    domain::{night_key::NightKey, sort::sorted_distinct},
    panels::formatting::grouped,
};

/// A change of one value of the night, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The name of the value: `allotted`, `min stay on arrival`.
    pub name: String,
    /// The value before.
    pub before: String,
    /// The value after.
    pub after: String,
}

/// The changes of one night by an event: those of the shared pool and of the night itself. If there are none, those of
/// contracts, each with its code.
pub fn lines(event: &Event, night: &NightKey) -> Vec<Line> {
    let of_night: Vec<&ValueChange> = changes_of_night(event, night).collect();
    let has_shared = of_night.iter().any(|change| change.contract.is_none());
    let described = of_night.into_iter().filter(|change| !has_shared || change.contract.is_none());
    let line = |change: &ValueChange| {
        let name = measure_name(&change.measure);
        let value = |value| shown(&change.measure, value);
        Line {
            name: change.contract.as_ref().map_or(name.clone(), |contract| format!("{contract} {name}")),
            before: value(change.before),
            after: value(change.after),
        }
    };
    described.map(line).collect()
}

/// The changes of one night by an event.
pub fn changes_of_night<'a>(event: &'a Event, night: &'a NightKey) -> impl Iterator<Item = &'a ValueChange> {
    event.changes.iter().filter(|change| change.room_type == night.room_type && change.date == night.date)
}

fn measure_name(measure: &str) -> String {
    let name = match measure {
        "minStayArrival" => "min stay on arrival",
        "maxStayArrival" => "max stay on arrival",
        "sellLimit" => "limit over all pools",
        "releasedIn" => "received at release",
        "poolHeld" => "held of the shared pool",
        "poolSold" => "sold of the shared pool",
        _ => return spaced(measure),
    };
    name.to_owned()
}

/// `closedToArrival` as `closed to arrival`, so that fields which only a later gateway knows are readable too.
fn spaced(measure: &str) -> String {
    let mut text = String::new();
    for letter in measure.chars() {
        if letter.is_ascii_uppercase() {
            text.push(' ');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn shown(measure: &str, value: Option<i32>) -> String {
    let is_flag = matches!(measure, "stopSell" | "closedToArrival" | "closedToDeparture");
    match value {
        Some(value) if is_flag => if value == 0 { "off" } else { "on" }.to_owned(),
        None if is_flag => "off".to_owned(),
        Some(value) => value.to_string(),
        None if measure == "allotted" => "not loaded".to_owned(),
        None => "–".to_owned(),
    }
}

/// The cause, actor, origin and reason of an event: `owner@harbour.example · Portal · “Christmas package live” · 12 cells`.
pub fn attribution(event: &Event) -> String {
    let locator = event.locator.as_deref().unwrap_or_default();
    let is_person = event.actor.contains('@');
    let mut parts = vec![match event.cause {
        Cause::Hold => format!("Hold {locator}"),
        Cause::Extend => format!("Hold {locator} extended"),
        Cause::Expire => format!("Hold {locator} expired"),
        Cause::Confirm => format!("Booking {locator} confirmed"),
        Cause::Book => format!("Booking {locator}"),
        Cause::Cancel => format!("Cancellation {locator}"),
        Cause::Undo => "Undo".to_owned(),
        Cause::Structure => "Hotel settings".to_owned(),
        Cause::AdjustAllotments | Cause::SetAllotments | Cause::SetRestrictions | Cause::Other => String::new(),
    }];
    parts.push(event.actor.clone());
    if event.cause.is_supplier_change() {
        parts.push(if is_person { "Portal" } else { "API" }.to_owned());
    }
    if let Some(reason) = event.reason.as_deref().filter(|reason| !reason.is_empty()) {
        parts.push(format!("“{reason}”"));
    }
    let cells = cells([event]);
    if cells > 1 {
        parts.push(format!("{} cells", grouped(cells)));
    }
    // A missing locator leaves two spaces.
    let tidy = |part: String| part.split_whitespace().collect::<Vec<_>>().join(" ");
    parts.into_iter().map(tidy).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// The number of distinct nights of room types that events changed.
pub fn cells<'a>(events: impl IntoIterator<Item = &'a Event>) -> usize {
    let cells = events.into_iter().flat_map(|event| &event.changes).map(|change| (&change.room_type, change.date));
    sorted_distinct(cells).len()
}

/// The history with a new first page. Older events stay, unless there is a gap between them and the page.
pub fn merged(old: History, fresh: History) -> History {
    let last = fresh.events.last().map(|event| event.seq);
    let (Some(last), Some(newest)) = (last, old.events.first().map(|event| event.seq)) else { return fresh };
    let has_gap = last > newest && fresh.next.is_some();
    if has_gap {
        return fresh;
    }
    let older = old.events.into_iter().filter(|event| event.seq < last);
    let mut events = fresh.events;
    let count = events.len();
    events.extend(older);
    let next = if events.len() == count { fresh.next } else { old.next };
    History { events, next }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dates::Day;

    fn change(
        date: &str,
        measure: &str,
        contract: Option<&str>,
        before: Option<i32>,
        after: Option<i32>,
    ) -> ValueChange {
        let (measure, contract) = (measure.to_owned(), contract.map(str::to_owned));
        let date = Day::parse(date).expect("a date");
        ValueChange { room_type: "DLX".into(), date, measure, contract, before, after }
    }

    fn event(seq: u64, cause: Cause, changes: Vec<ValueChange>) -> Event {
        let (actor, reason, locator) = ("rm@harbour.example".to_owned(), None, None);
        Event { seq, at_ms: 0.0, cause, actor, reason, change_set: None, locator, changes }
    }

    fn night() -> NightKey {
        NightKey { property: "LIS".into(), room_type: "DLX".into(), date: Day::parse("2026-12-24").expect("a date") }
    }

    fn described(changes: Vec<ValueChange>) -> Vec<String> {
        let lines = lines(&event(1, Cause::SetAllotments, changes), &night());
        lines.into_iter().map(|line| format!("{} {} {}", line.name, line.before, line.after)).collect()
    }

    #[test]
    fn only_this_night_is_listed_and_contracts_if_nothing_else() {
        let shared = change("2026-12-24", "allotted", None, Some(12), Some(16));
        let next_night = change("2026-12-25", "allotted", None, Some(12), Some(16));
        let stop = change("2026-12-24", "stopSell", None, None, Some(1));
        let minimum = change("2026-12-24", "minStayArrival", None, None, Some(2));
        let own = change("2026-12-24", "sold", Some("BETA"), Some(3), Some(4));
        let all = vec![shared, next_night, stop, minimum, own.clone()];
        assert_eq!(described(all), ["allotted 12 16", "stop sell off on", "min stay on arrival – 2"]);
        assert_eq!(described(vec![own]), ["BETA sold 3 4"]);
        assert_eq!(described(vec![change("2026-12-24", "allotted", None, None, Some(2))]), ["allotted not loaded 2"]);
        assert_eq!(
            described(vec![change("2026-12-24", "maxAdvanceDays", None, None, Some(9))]),
            ["max advance days – 9"]
        );
    }

    #[test]
    fn actor_and_reason_are_one_line() {
        let night = |date| change(date, "allotted", None, Some(1), Some(2));
        let group = event(1, Cause::SetAllotments, vec![night("2026-12-24"), night("2026-12-25")]);
        let group = Event { reason: Some("Package".to_owned()), ..group };
        assert_eq!(attribution(&group), "rm@harbour.example · Portal · “Package” · 2 cells");
        let booking = Event {
            actor: "meridian-web".to_owned(),
            locator: Some("LG-7K2M".to_owned()),
            ..event(1, Cause::Book, vec![])
        };
        assert_eq!(attribution(&booking), "Booking LG-7K2M · meridian-web");
        let expired = Event { actor: "system".to_owned(), ..event(1, Cause::Expire, vec![]) };
        assert_eq!(attribution(&expired), "Hold expired · system");
    }

    #[test]
    fn a_refetched_first_page_keeps_older_events() {
        let page = |seqs: &[u64], next| History {
            events: seqs.iter().map(|&seq| event(seq, Cause::Book, vec![])).collect(),
            next,
        };
        let seqs = |history: &History| history.events.iter().map(|event| event.seq).collect::<Vec<_>>();
        let all = merged(page(&[7, 6, 5, 4], Some(4)), page(&[9, 8, 7], Some(7)));
        assert_eq!((seqs(&all), all.next), (vec![9, 8, 7, 6, 5, 4], Some(4)));
        let with_gap = merged(page(&[3, 2], None), page(&[9, 8, 7], Some(7)));
        assert_eq!((seqs(&with_gap), with_gap.next), (vec![9, 8, 7], Some(7)));
        let first = merged(page(&[], None), page(&[2, 1], None));
        assert_eq!(seqs(&first), [2, 1]);
        let same = merged(page(&[2, 1], None), page(&[2, 1], None));
        assert_eq!((seqs(&same), same.next), (vec![2, 1], None));
    }
}
