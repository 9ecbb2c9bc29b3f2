//! Short summaries of stock events and change sets.

use crate::{
    api::{Cause, Event, ValueChange},
    domain::{
        dates::{Day, range},
        ids::RoomTypeId,
        property::Property,
        sort::sorted_distinct,
    },
    ui::icon::Glyph,
};

/// The measures that summarise an event, most important first; the first one present is used.
const FIELD_PRIORITY: [(&str, &str); 16] = [
    ("allotted", ""),
    ("stopSell", "stop sell"),
    ("sold", "sold"),
    ("held", "held"),
    ("poolSold", "sold"),
    ("poolHeld", "held"),
    ("minStayArrival", "min stay on arrival"),
    ("maxStayArrival", "max stay on arrival"),
    ("minStayThrough", "min stay through"),
    ("maxStayThrough", "max stay through"),
    ("closedToArrival", "closed to arrival"),
    ("closedToDeparture", "closed to departure"),
    ("minAdvanceDays", "min days ahead"),
    ("maxAdvanceDays", "max days ahead"),
    ("sellLimit", "sales limit"),
    ("guaranteed", "guaranteed"),
];

/// The summary of one measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// `Deluxe King, Thu 24 Dec`, `Deluxe King, 3 nights from Thu 24 Dec`, `24 cells of 3 room types`.
    pub subject: String,
    /// `stop sell`, `sold`; empty for allotments.
    pub measure: &'static str,
    /// Values before and after: the sums of counts, or the single value. `None` if the values differ and cannot be
    /// summed.
    pub values: Option<(String, String)>,
    /// Number of cells.
    pub cells: usize,
}

/// Summarises the changes of an event group by their most important measure; none if no value changed.
pub fn summary<'a>(changes: impl Iterator<Item = &'a ValueChange> + Clone, property: &Property) -> Option<Summary> {
    let (key, measure) =
        FIELD_PRIORITY.into_iter().find(|(key, _)| changes.clone().any(|change| change.measure == *key))?;
    let selected: Vec<&ValueChange> = changes.filter(|change| change.measure == key).collect();
    let cells = sorted_distinct(selected.iter().map(|change| (&change.room_type, change.date)));
    Some(Summary { subject: subject(&cells, property), measure, values: values(key, &selected), cells: cells.len() })
}

fn subject(cells: &[(&RoomTypeId, Day)], property: &Property) -> String {
    let rooms = sorted_distinct(cells.iter().map(|(room, _)| *room));
    let dates = sorted_distinct(cells.iter().map(|(_, date)| *date));
    let (Some(first), Some(last)) = (dates.first().copied(), dates.last().copied()) else { return String::new() };
    let rooms = match rooms.first() {
        Some(room) if rooms.len() == 1 => room_name(room, property),
        _ => format!("{} room types", rooms.len()),
    };
    let is_whole = usize::try_from(last.since(first) + 1).is_ok_and(|nights| nights == dates.len());
    match dates.len() {
        1 => format!("{rooms}, {}", first.brief()),
        _ if is_whole => format!("{rooms}, {}", range(first, last)),
        count => format!("{rooms}, {count} nights from {}", first.brief()),
    }
}

fn values(key: &str, selected: &[&ValueChange]) -> Option<(String, String)> {
    let is_count = ["allotted", "sold", "held", "poolSold", "poolHeld", "guaranteed"].contains(&key);
    let is_flag = ["stopSell", "closedToArrival", "closedToDeparture"].contains(&key);
    let text = |value: Option<i32>| match (value, is_flag) {
        (Some(0), true) => "off".to_owned(),
        (_, true) => "on".to_owned(),
        (None, _) if key == "allotted" => "not loaded".to_owned(),
        (None, _) => "not set".to_owned(),
        (Some(number), _) => number.to_string(),
    };
    let first = selected.first()?;
    let is_same = selected.iter().all(|change| change.before == first.before && change.after == first.after);
    if selected.len() == 1 || (is_same && !is_count) {
        return Some((text(first.before), text(first.after)));
    }
    if is_count {
        let sum = |value: fn(&ValueChange) -> Option<i32>| {
            let sum: i64 = selected.iter().filter_map(|change| value(change)).map(i64::from).sum();
            sum.to_string()
        };
        return Some((sum(|change| change.before), sum(|change| change.after)));
    }
    let after = first.after;
    selected.iter().all(|change| change.after == after).then(|| ("mixed".to_owned(), text(after)))
}

/// The name of a room type. One that is not visible any more has a generic name.
pub fn room_name(room: &RoomTypeId, property: &Property) -> String {
    let known = property.room_types.iter().find(|known| known.id == *room);
    known.map_or_else(|| "a former room type".to_owned(), |room| room.name.clone())
}

/// Short text for a cause.
pub fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::AdjustAllotments => "Allotments adjusted",
        Cause::SetAllotments => "Allotments set",
        Cause::SetRestrictions => "Restrictions set",
        Cause::Undo => "Undo",
        Cause::Hold => "Hold",
        Cause::Extend => "Hold extended",
        Cause::Confirm => "Hold confirmed",
        Cause::Book => "Booking",
        Cause::Cancel => "Cancellation",
        Cause::Expire => "Hold expired",
        Cause::Structure => "Hotel, room type or contract changed",
        Cause::Other => "Change",
    }
}

/// The icon of an event: its cause, or the kind of its actor.
pub fn glyph(event: &Event) -> Glyph {
    match event.cause {
        Cause::Hold | Cause::Extend | Cause::Confirm | Cause::Book => Glyph::Basket,
        Cause::Cancel | Cause::Expire => Glyph::Cross,
        Cause::Undo => Glyph::Undo,
        Cause::Structure => Glyph::House,
        _ if event.actor.contains('@') => Glyph::Person,
        _ => Glyph::ApiClient,
    }
}

/// `ann@hotel.example` is shown as `ann`; API clients keep their label.
pub fn actor_name(actor: &str) -> &str {
    actor.split('@').next().unwrap_or(actor)
}

/// The events of one change set, or one event without a change set.
#[derive(Clone, Debug, PartialEq)]
pub struct EventGroup {
    /// Sequence number of the newest event, unique in a list.
    pub seq: u64,
    /// Newest first; never empty.
    pub events: Vec<Event>,
}

impl EventGroup {
    /// The newest event.
    pub fn head(&self) -> Option<&Event> {
        self.events.first()
    }

    /// Id of the change set for undo, if it is a supplier change.
    pub fn change_set(&self) -> Option<&str> {
        let head = self.head()?;
        head.change_set.as_deref().filter(|_| head.cause.is_supplier_change())
    }

    /// The changed values of all events.
    pub fn changes(&self) -> impl Iterator<Item = &ValueChange> + Clone {
        self.events.iter().flat_map(|event| &event.changes)
    }
}

/// Groups consecutive events of the same change set. `events` are newest first.
pub fn event_groups(events: &[Event]) -> Vec<EventGroup> {
    let mut event_groups: Vec<EventGroup> = Vec::new();
    for event in events {
        match event_groups.last_mut() {
            Some(last) if event.change_set.is_some() && last.events[0].change_set == event.change_set => {
                last.events.push(event.clone());
            }
            _ => event_groups.push(EventGroup { seq: event.seq, events: vec![event.clone()] }),
        }
    }
    event_groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::property::RoomType;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a date")
    }

    fn property() -> Property {
        let room = |code: &str, name: &str| RoomType {
            id: code.into(),
            code: code.to_owned(),
            name: name.to_owned(),
            physical_rooms: 10,
            max_occupancy: 2,
            low_at: 2,
        };
        Property {
            id: "NOR".into(),
            code: "NOR".to_owned(),
            name: "Nordkai House".to_owned(),
            place: "Hamburg".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            business_date: day("2026-12-16"),
            weekend_days: Vec::new(),
            room_types: vec![room("DLX", "Deluxe King"), room("TWN", "Classic Twin")],
        }
    }

    fn change(room: &str, date: &str, measure: &str, before: Option<i32>, after: Option<i32>) -> ValueChange {
        ValueChange {
            room_type: room.into(),
            date: day(date),
            measure: measure.to_owned(),
            contract: None,
            before,
            after,
        }
    }

    fn selected(changes: &[ValueChange]) -> (String, Option<(String, String)>, usize) {
        let summary = summary(changes.iter(), &property()).expect("something changed");
        (summary.subject, summary.values, summary.cells)
    }

    fn pair(before: &str, after: &str) -> Option<(String, String)> {
        Some((before.to_owned(), after.to_owned()))
    }

    #[test]
    fn a_single_value_is_shown_without_a_sum() {
        let loaded = [change("DLX", "2026-12-24", "allotted", None, Some(9))];
        assert_eq!(selected(&loaded), ("Deluxe King, Thu 24 Dec".to_owned(), pair("not loaded", "9"), 1));
        let stopped = [change("TWN", "2026-12-21", "stopSell", Some(0), Some(1))];
        assert_eq!(selected(&stopped), ("Classic Twin, Mon 21 Dec".to_owned(), pair("off", "on"), 1));
    }

    #[test]
    fn counts_are_summed_and_flags_are_not() {
        let set = [
            change("DLX", "2026-12-24", "allotted", Some(10), Some(8)),
            change("DLX", "2026-12-25", "allotted", Some(12), Some(8)),
        ];
        assert_eq!(selected(&set), ("Deluxe King, 24 – 25 December 2026".to_owned(), pair("22", "16"), 2));
        let stopped = [
            change("DLX", "2026-12-24", "stopSell", Some(0), Some(1)),
            change("TWN", "2026-12-26", "stopSell", Some(0), Some(1)),
        ];
        assert_eq!(selected(&stopped), ("2 room types, 2 nights from Thu 24 Dec".to_owned(), pair("off", "on"), 2));
        let stays = [
            change("DLX", "2026-12-24", "minStayArrival", Some(2), Some(3)),
            change("DLX", "2026-12-25", "minStayArrival", Some(1), Some(4)),
        ];
        assert_eq!(selected(&stays).1, None);
    }

    #[test]
    fn a_booking_is_summarised_by_rooms_sold() {
        let booked = [
            change("DLX", "2026-12-24", "held", Some(1), Some(0)),
            change("DLX", "2026-12-24", "sold", Some(11), Some(12)),
        ];
        assert_eq!(selected(&booked).1, pair("11", "12"));
        assert_eq!(summary([].iter(), &property()), None);
    }

    #[test]
    fn consecutive_events_of_one_change_set_are_one_group() {
        let event = |seq, change_set: Option<&str>| Event {
            seq,
            at_ms: 0.0,
            cause: Cause::SetAllotments,
            actor: "ann@hotel.example".to_owned(),
            reason: None,
            change_set: change_set.map(str::to_owned),
            locator: None,
            changes: Vec::new(),
        };
        let events = [event(9, Some("b")), event(8, Some("a")), event(7, Some("a")), event(6, None), event(5, None)];
        let seqs: Vec<Vec<u64>> =
            event_groups(&events).iter().map(|group| group.events.iter().map(|event| event.seq).collect()).collect();
        assert_eq!(seqs, [vec![9], vec![8, 7], vec![6], vec![5]]);
    }
}
