//! Stay dates, closed ranges of nights, and instants of hotel-local times.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::refusal::Problem;

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

    /// `true` when the day is in the set.
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
    /// Weekdays of the range; other days are left out.
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

/// Most nights of one range that a query reads or a subscription watches: three years.
pub const MAX_RANGE_NIGHTS: i64 = 1_096;

/// A range that ends before it begins.
pub fn order_problem(from: NaiveDate, through: NaiveDate) -> Option<Problem> {
    (through < from).then(|| Problem::invalid(&["through"], "through must not lie before from"))
}

/// A range that a query cannot read: reversed, or longer than 1,096 nights.
pub fn range_problem(from: NaiveDate, through: NaiveDate) -> Option<Problem> {
    let nights = (through - from).num_days() + 1;
    order_problem(from, through).or_else(|| {
        (nights > MAX_RANGE_NIGHTS).then(|| {
            let message = format!("a range has at most {MAX_RANGE_NIGHTS} nights, not {nights}");
            Problem::invalid(&["through"], message)
        })
    })
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
    fn a_skipped_local_time_is_the_first_instant_after_it() {
        // Lisbon springs forward at 01:00 on 2027-03-28: 01:30 does not exist, 02:00 local is 01:00Z.
        assert_eq!(local_instant(Tz::Europe__Lisbon, day("2027-03-28"), 90), at("2027-03-28T01:00:00Z"));
    }

    #[test]
    fn a_range_includes_both_ends_and_only_its_weekdays() {
        let range = DateRange {
            days: Weekdays::of([Weekday::Fri, Weekday::Sat]),
            ..DateRange::new(day("2026-12-01"), day("2026-12-12"))
        };
        let nights: Vec<_> = range.nights().collect();
        assert_eq!(nights, [day("2026-12-04"), day("2026-12-05"), day("2026-12-11"), day("2026-12-12")]);
    }

    #[test]
    fn a_query_reads_at_most_three_years_and_never_backwards() {
        let from = day("2026-12-01");
        let through = |nights: i64| from + Duration::days(nights - 1);
        assert_eq!(range_problem(from, from), None);
        assert_eq!(range_problem(from, through(1_096)), None);
        let message = |through| range_problem(from, through).map(|problem| problem.message);
        assert_eq!(message(through(1_097)).as_deref(), Some("a range has at most 1096 nights, not 1097"));
        assert_eq!(message(through(0)).as_deref(), Some("through must not lie before from"));
    }
}
