//! Seasons: rooms on sale and demand per night.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::hotels::{Hotel, Room};
use crate::inventory::{DateRange, Weekdays};

/// Nights before a day off.
pub(super) const WEEKEND: [Weekday; 2] = [Weekday::Fri, Weekday::Sat];

/// Occupancy on the books by days ahead, in an ordinary season, in percent; interpolated linearly.
const PACE: [(i32, i32); 7] = [(0, 74), (14, 62), (30, 50), (60, 36), (90, 28), (180, 21), (400, 14)];

/// Rooms of the shared pool on a night: fewer out of season; on weekdays one in ten is kept for direct bookings.
pub(super) fn on_sale(hotel: &Hotel, room: &Room, date: NaiveDate) -> i32 {
    let weekday = if is_weekend(date) { 100 } else { 90 };
    ((room.rooms * hotel.pool_percent * season(date) * weekday + 500_000) / 1_000_000).max(1)
}

/// Rooms on sale, in percent of all.
fn season(date: NaiveDate) -> i32 {
    match date.month() {
        _ if is_holiday(date) => 100,
        6..=9 => 100,
        4 | 5 | 10 => 95,
        _ => 88,
    }
}

/// Ranges of nights with the same number of rooms on sale, separate for weekdays and weekends.
pub(super) fn blocks(from: NaiveDate, through: NaiveDate) -> Vec<DateRange> {
    let mut seasons: Vec<DateRange> = Vec::new();
    for date in from.iter_days().take_while(|date| *date <= through) {
        match seasons.last_mut() {
            Some(range) if season(range.from) == season(date) => range.through = date,
            _ => seasons.push(DateRange::new(date, date)),
        }
    }
    let weekend = Weekdays::of(WEEKEND);
    let weekdays = Weekdays(Weekdays::ALL.0 & !weekend.0);
    let apart = |range: DateRange| [weekend, weekdays].map(|days| DateRange { days, ..range });
    seasons.into_iter().flat_map(apart).filter(|range| range.nights().next().is_some()).collect()
}

/// Demand in percent of the rooms on sale, on a night `ahead` days from today.
pub(super) fn demand(hotel: &Hotel, room: &Room, date: NaiveDate, ahead: i32) -> i32 {
    let season = match date.month() {
        6..=9 => 210,
        4 | 5 | 10 => 130,
        _ => hotel.winter_percent,
    };
    // Summers are booked early, so the pickup is smaller when they are near.
    let season = if season > 100 { 100 + (season - 100) * (20 + ahead.clamp(0, 80)) / 100 } else { season };
    let weekday = match (date.weekday(), room.guests) {
        // Single travellers come on weekdays, families on weekends.
        (Weekday::Fri | Weekday::Sat, 1) => 80,
        (Weekday::Sun, 1) => 70,
        (Weekday::Fri | Weekday::Sat, 4..) => 130,
        (_, 4..) => 78,
        (Weekday::Fri, _) => 116,
        (Weekday::Sat, _) => 128,
        (Weekday::Sun, _) => 80,
        (Weekday::Mon, _) => 90,
        _ => 100,
    };
    // Weekends and holidays are booked earlier.
    let weekday = if ahead > 45 { 2 * weekday - 100 } else { weekday };
    let ordinary = pace(ahead) * season * weekday / 10_000;
    ordinary + if is_busy(hotel, date) { 28 } else { 0 }
}

fn pace(ahead: i32) -> i32 {
    let ahead = ahead.max(0);
    let after = PACE.iter().position(|(days, _)| *days > ahead);
    let Some((from, to)) = after.and_then(|to| Some((PACE.get(to - 1)?, PACE.get(to)?))) else { return PACE[6].1 };
    from.1 + (to.1 - from.1) * (ahead - from.0) / (to.0 - from.0)
}

/// A night before a day off.
pub(super) fn is_weekend(date: NaiveDate) -> bool {
    WEEKEND.contains(&date.weekday())
}

fn is_holiday(date: NaiveDate) -> bool {
    matches!((date.month(), date.day()), (12, 22..=31) | (1, 1..=2))
}

/// The turn of the year, Easter, and the local festival.
fn is_busy(hotel: &Hotel, date: NaiveDate) -> bool {
    let day = (date.month(), date.day());
    let to_easter = (date - easter(date.year())).num_days();
    matches!(day, (12, 28..=31) | (1, 1)) || (-3..=0).contains(&to_easter) || {
        let [first, last] = hotel.festival;
        first <= day && day <= last
    }
}

/// Easter Sunday, by Butcher's algorithm for the Gregorian calendar.
fn easter(year: i32) -> NaiveDate {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let days = h + l - 7 * ((a + 11 * h + 22 * l) / 451);
    let equinox = NaiveDate::from_ymd_opt(year, 3, 22).unwrap_or_default();
    equinox + Days::new(u64::try_from(days).unwrap_or(0))
}

/// The summers between two dates.
pub(super) fn summers(from: NaiveDate, through: NaiveDate) -> Vec<DateRange> {
    within(from, through, (6, 15), (8, 31))
}

/// The nights of 31 December strictly between two dates.
pub(super) fn new_years(from: NaiveDate, through: NaiveDate) -> Vec<NaiveDate> {
    (from.year()..=through.year())
        .filter_map(|year| NaiveDate::from_ymd_opt(year, 12, 31))
        .filter(|eve| from < *eve && *eve < through)
        .collect()
}

/// A yearly range of days, cut to the span between two dates.
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
    use super::super::hotels::HOTELS;
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

    #[test]
    fn easter_is_found() {
        let found = [2024, 2025, 2026, 2027, 2038].map(easter);
        assert_eq!(found, ["2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25"].map(date));
    }

    #[test]
    fn what_is_asked_for_thins_out_and_peaks_on_weekends() {
        let double = &HOTELS[0].rooms[1];
        let asked = |text, ahead| demand(&HOTELS[0], double, date(text), ahead);
        assert_eq!([0, 7, 14, 365, 4_000].map(pace), [74, 68, 62, 16, 14]);
        assert!(asked("2027-02-06", 9) > asked("2027-02-02", 9), "a Saturday and a Tuesday");
        assert!(asked("2026-12-31", 60) > asked("2026-12-17", 60), "the last of the year and a Thursday before");
    }

    #[test]
    fn blocks_cover_every_night_once_and_are_of_one_count() {
        let (from, through) = (date("2026-11-04"), date("2028-11-23"));
        let mut nights = Vec::new();
        for block in blocks(from, through) {
            let counts: Vec<i32> = block.nights().map(|date| on_sale(&HOTELS[0], &HOTELS[0].rooms[1], date)).collect();
            assert!(counts.windows(2).all(|two| two[0] == two[1]), "{block:?}: {counts:?}");
            nights.extend(block.nights());
        }
        nights.sort_unstable();
        assert!(nights.iter().copied().eq(from.iter_days().take_while(|date| *date <= through)));
    }
}
