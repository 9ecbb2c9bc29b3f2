//! Stay dates, closed ranges of nights, and when a night can still be sold.

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// A set of weekdays; bit 0 is Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Weekdays(pub u8);

impl Weekdays {
    /// All seven.
    pub const ALL: Self = Self(0b111_1111);

    /// The set of the given days.
    pub fn of(days: impl IntoIterator<Item = Weekday>) -> Self {
        Self(days.into_iter().fold(0, |mask, day| mask | 1 << day.num_days_from_monday()))
    }

    /// Whether the day is in the set.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day.num_days_from_monday()) != 0
    }
}

/// A closed range of nights, `from` and `through` included, on the given weekdays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateRange {
    /// First night.
    pub from: NaiveDate,
    /// Last night, included.
    pub through: NaiveDate,
    /// Weekdays that count.
    pub days: Weekdays,
}

impl DateRange {
    /// Every night from `from` through `through`.
    pub fn new(from: NaiveDate, through: NaiveDate) -> Self {
        Self { from, through, days: Weekdays::ALL }
    }

    /// The nights, ascending.
    pub fn nights(self) -> impl Iterator<Item = NaiveDate> {
        self.from
            .iter_days()
            .take_while(move |date| *date <= self.through)
            .filter(move |date| self.days.contains(date.weekday()))
    }
}

/// The instant of a hotel-local time given as minutes after local midnight of `date` (may pass 1,440 into the next day).
///
/// A time that daylight saving skips is the first instant after it; one that it repeats is the first of the two.
pub fn local_instant(zone: Tz, date: NaiveDate, minutes: i32) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    let mut local = midnight + Duration::minutes(i64::from(minutes));
    // The longest jump on record is a whole day (a zone crossing the date line).
    for _ in 0..=24 * 4 {
        if let Some(instant) = zone.from_local_datetime(&local).earliest() {
            return instant.with_timezone(&Utc);
        }
        local += Duration::minutes(15);
    }
    Utc.from_utc_datetime(&midnight)
}

/// The earliest night that can still be sold at `now`: its local midnight plus `cut_off` minutes lies ahead.
pub fn business_date(zone: Tz, cut_off: i32, now: DateTime<Utc>) -> NaiveDate {
    let mut date = now.with_timezone(&zone).date_naive() - Days::new(2);
    while local_instant(zone, date, cut_off) <= now {
        date = date + Days::new(1);
    }
    date
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_cut_off_past_midnight_keeps_last_night_on_sale() {
        // 1,560 minutes: until 02:00 of the next morning.
        assert_eq!(business_date(Tz::Europe__Lisbon, 1_560, at("2026-12-02T01:59:00Z")), day("2026-12-01"));
        assert_eq!(business_date(Tz::Europe__Lisbon, 1_560, at("2026-12-02T02:00:00Z")), day("2026-12-02"));
    }

    #[test]
    fn a_cut_off_of_zero_closes_the_night_at_its_own_midnight() {
        assert_eq!(business_date(Tz::Europe__Lisbon, 0, at("2026-12-02T00:00:00Z")), day("2026-12-03"));
        assert_eq!(business_date(Tz::Europe__Lisbon, 0, at("2026-12-01T23:59:59Z")), day("2026-12-02"));
    }

    #[test]
    fn the_date_is_the_hotels_not_the_servers() {
        assert_eq!(business_date(Tz::Pacific__Auckland, 1_080, at("2026-12-01T12:00:00Z")), day("2026-12-02"));
    }

    #[test]
    fn a_skipped_local_time_is_the_first_instant_after_it() {
        // Lisbon springs forward at 01:00 on 2027-03-28: 01:30 does not exist, 02:00 local is 01:00Z.
        assert_eq!(local_instant(Tz::Europe__Lisbon, day("2027-03-28"), 90), at("2027-03-28T01:00:00Z"));
    }

    #[test]
    fn a_range_is_closed_and_keeps_to_its_weekdays() {
        let range = DateRange {
            days: Weekdays::of([Weekday::Fri, Weekday::Sat]),
            ..DateRange::new(day("2026-12-01"), day("2026-12-12"))
        };
        let nights: Vec<_> = range.nights().collect();
        assert_eq!(nights, [day("2026-12-04"), day("2026-12-05"), day("2026-12-11"), day("2026-12-12")]);
    }
}
