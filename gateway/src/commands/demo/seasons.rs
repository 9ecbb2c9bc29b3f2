//! How many rooms are on sale when.

use chrono::{Datelike, NaiveDate, Weekday};

use super::hotels::{Hotel, Room};
use crate::inventory::DateRange;

/// Rooms of the shared pool on a night: all in summer and on holidays, fewer in winter, and on weekdays one in ten is
/// kept for guests who book with the hotel itself.
pub(super) fn on_sale(hotel: &Hotel, room: &Room, date: NaiveDate) -> i32 {
    let season = if is_holiday(date) {
        100
    } else {
        match date.month() {
            6..=9 => 100,
            4 | 5 | 10 => i32::midpoint(hotel.winter_percent, 100),
            _ => hotel.winter_percent,
        }
    };
    let weekday = if is_weekend(date) { 100 } else { 90 };
    // What the flagship sets aside for its partners is not in the shared pool.
    let pool = if hotel.flagship { 70 } else { 100 };
    (room.rooms * season * weekday * pool / 1_000_000).max(1)
}

/// A night before a day off.
pub(super) fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Fri | Weekday::Sat)
}

fn is_holiday(date: NaiveDate) -> bool {
    matches!((date.month(), date.day()), (12, 22..=31) | (1, 1..=2))
}

/// The summers between two dates.
pub(super) fn summers(from: NaiveDate, through: NaiveDate) -> Vec<DateRange> {
    within(from, through, (6, 15), (8, 31))
}

/// The last evenings of the years between two dates, not the first or last night itself.
pub(super) fn new_years(from: NaiveDate, through: NaiveDate) -> Vec<NaiveDate> {
    (from.year()..=through.year())
        .filter_map(|year| NaiveDate::from_ymd_opt(year, 12, 31))
        .filter(|eve| from < *eve && *eve < through)
        .collect()
}

/// The same days of every year, cut to what lies between two dates.
fn within(from: NaiveDate, through: NaiveDate, first: (u32, u32), last: (u32, u32)) -> Vec<DateRange> {
    (from.year()..=through.year())
        .filter_map(|year| {
            let first = NaiveDate::from_ymd_opt(year, first.0, first.1)?.max(from);
            let last = NaiveDate::from_ymd_opt(year, last.0, last.1)?.min(through);
            (first <= last).then(|| DateRange::new(first, last))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn summers_are_cut_to_what_is_on_sale() {
        let found = summers(date("2027-07-01"), date("2029-06-30"));
        let ends: Vec<_> = found.iter().map(|range| (range.from, range.through)).collect();
        assert_eq!(
            ends,
            [
                (date("2027-07-01"), date("2027-08-31")),
                (date("2028-06-15"), date("2028-08-31")),
                (date("2029-06-15"), date("2029-06-30")),
            ]
        );
        assert_eq!(new_years(date("2027-12-31"), date("2029-06-30")), [date("2028-12-31")]);
    }
}
