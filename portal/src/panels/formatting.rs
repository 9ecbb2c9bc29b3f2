//! Formats numbers, nights and ranges of nights.

use crate::domain::{dates::Day, ids::RoomTypeId, night_key::NightKey};

/// A number with thousands separators: `2,920`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of nights: `1 night`, `365 nights`.
pub fn nights(number: usize) -> String {
    format!("{} {}", grouped(number), if number == 1 { "night" } else { "nights" })
}

/// A range of nights: `Thu 17 – Thu 24 Dec`. The year is added if it is not `year`.
pub fn span(from: Day, through: Day, year: i32) -> String {
    let dated = |day: Day| if day.year() == year { day.brief() } else { format!("{} {}", day.brief(), day.year()) };
    if from == through {
        dated(from)
    } else if from.year() == through.year() && from.month_name() == through.month_name() {
        format!("{} {} – {}", from.weekday().short(), from.of_month(), dated(through))
    } else {
        format!("{} – {}", dated(from), dated(through))
    }
}

/// Ranges of nights: `Thu 17, Sat 19 – Sun 20 Dec, Fri 1 Jan 2027`. A month is named once, at its last range.
pub fn listed(runs: &[(Day, Day)], year: i32) -> String {
    let month = |day: Day| (day.year(), day.month_name());
    let numbered = |day: Day| format!("{} {}", day.weekday().short(), day.of_month());
    let text = |(index, &(from, through)): (usize, &(Day, Day))| {
        let is_named_later = runs.get(index + 1).is_some_and(|(next, _)| month(*next) == month(through));
        match (is_named_later && month(from) == month(through), from == through) {
            (false, _) => span(from, through, year),
            (true, true) => numbered(from),
            (true, false) => format!("{} – {}", numbered(from), numbered(through)),
        }
    };
    runs.iter().enumerate().map(text).collect::<Vec<_>>().join(", ")
}

/// Groups ordered nights into ranges without gaps, both ends included.
pub fn runs(days: impl IntoIterator<Item = Day>) -> Vec<(Day, Day)> {
    let mut runs: Vec<(Day, Day)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((_, last)) if day == last.plus(1) => *last = day,
            _ => runs.push((day, day)),
        }
    }
    runs
}

/// Groups nights, ordered by room type and date, into ranges per room type.
pub fn by_room<'a>(night_keys: impl IntoIterator<Item = &'a NightKey>) -> Vec<(RoomTypeId, Vec<(Day, Day)>)> {
    let mut rooms: Vec<(RoomTypeId, Vec<Day>)> = Vec::new();
    for night in night_keys {
        match rooms.last_mut() {
            Some((room, days)) if *room == night.room_type => days.push(night.date),
            _ => rooms.push((night.room_type.clone(), vec![night.date])),
        }
    }
    rooms.into_iter().map(|(room, days)| (room, runs(days))).collect()
}

/// The first three ranges of nights, and the number of the others: `Harbour Suite, Wed 23 – Thu 24 Dec and 7 more
/// nights`.
pub fn naming<'a>(
    night_keys: impl IntoIterator<Item = &'a NightKey>,
    name_of: impl Fn(&RoomTypeId) -> String,
    year: i32,
) -> String {
    const MAX_ENTRIES: usize = 3;
    let (mut named, mut more) = (0, 0);
    let mut parts = Vec::new();
    for (room, runs) in by_room(night_keys) {
        let shown = &runs[..runs.len().min(MAX_ENTRIES - named)];
        let left = runs[shown.len()..].iter().map(|&(from, through)| through.since(from) + 1).sum::<i32>();
        more += usize::try_from(left).unwrap_or_default();
        named += shown.len();
        if !shown.is_empty() {
            parts.push(format!("{}, {}", name_of(&room), listed(shown, year)));
        }
    }
    let text = parts.join("; ");
    match more {
        0 => text,
        1 => format!("{text} and 1 more night"),
        _ => format!("{text} and {} more nights", grouped(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a date")
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([0, 365, 2_920, 1_234_567].map(grouped), ["0", "365", "2,920", "1,234,567"]);
        assert_eq!([nights(1), nights(2)], ["1 night", "2 nights"]);
    }

    #[test]
    fn a_span_repeats_only_what_differs() {
        let span = |from, through| span(day(from), day(through), 2026);
        assert_eq!(span("2026-12-17", "2026-12-24"), "Thu 17 – Thu 24 Dec");
        assert_eq!(span("2026-12-24", "2026-12-24"), "Thu 24 Dec");
        assert_eq!(span("2026-11-30", "2026-12-06"), "Mon 30 Nov – Sun 6 Dec");
        assert_eq!(span("2026-12-31", "2027-01-01"), "Thu 31 Dec – Fri 1 Jan 2027");
        assert_eq!(span("2027-01-01", "2027-01-03"), "Fri 1 – Sun 3 Jan 2027");
    }

    #[test]
    fn months_are_named_once() {
        let run = |from, through| (day(from), day(through));
        let runs = [
            run("2026-12-17", "2026-12-17"),
            run("2026-12-19", "2026-12-20"),
            run("2026-12-30", "2027-01-01"),
            run("2027-01-05", "2027-01-05"),
        ];
        assert_eq!(listed(&runs, 2026), "Thu 17, Sat 19 – Sun 20, Wed 30 Dec – Fri 1 Jan 2027, Tue 5 Jan 2027");
    }

    #[test]
    fn the_first_runs_are_named_and_the_others_counted() {
        let night =
            |room: &str, date: &str| NightKey { property: "LIS".into(), room_type: room.into(), date: day(date) };
        let name = |room: &RoomTypeId| room.to_string();
        let two = [night("STE", "2026-12-23"), night("STE", "2026-12-24")];
        assert_eq!(naming(&two, name, 2026), "STE, Wed 23 – Thu 24 Dec");
        let scattered: Vec<_> = ["DBL", "STE"]
            .into_iter()
            .flat_map(|room| ["2026-12-17", "2026-12-19", "2026-12-21"].map(|date| night(room, date)))
            .collect();
        let expected = "DBL, Thu 17, Sat 19, Mon 21 Dec and 3 more nights";
        assert_eq!(naming(&scattered, name, 2026), expected);
        assert_eq!(naming(&scattered[1..5], name, 2026), "DBL, Sat 19, Mon 21 Dec; STE, Thu 17 Dec and 1 more night");
    }
}
