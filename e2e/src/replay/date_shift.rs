//! Moves old dates into the future.

use chrono::{Days, NaiveDate, TimeDelta};

/// The time by which the first arrival stays ahead, so that an interrupted replay can continue days later: as long as
/// the gateway keeps an idempotency key.
const AHEAD: Days = Days::new(7);

/// A shift by whole weeks, which keeps the day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateShift {
    weeks: i64,
}

impl DateShift {
    /// The shift by `weeks` weeks.
    pub fn weeks(weeks: i64) -> Self {
        Self { weeks }
    }

    /// The smallest shift that puts the first arrival more than a week after today; 0 when it already is.
    pub fn ahead_of(today: NaiveDate, first_arrival: NaiveDate) -> Self {
        let short = (today + AHEAD - first_arrival).num_days();
        Self { weeks: if short < 0 { 0 } else { short / 7 + 1 } }
    }

    /// The number of weeks.
    pub fn in_weeks(self) -> i64 {
        self.weeks
    }

    /// The shifted date.
    pub fn apply(self, date: NaiveDate) -> NaiveDate {
        date + TimeDelta::weeks(self.weeks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::rows::tests::date;
    use chrono::Datelike;

    #[test]
    fn the_first_arrival_is_one_to_two_weeks_ahead() {
        let first = date("2015-07-01");
        for offset in 0..400 {
            let today = date("2026-11-24") + Days::new(offset);
            let moved = DateShift::ahead_of(today, first).apply(first);

            assert!((8..=14).contains(&(moved - today).num_days()), "{today} gives {moved}");
            assert_eq!(moved.weekday(), first.weekday());
        }
    }

    #[test]
    fn future_dates_are_not_shifted() {
        assert_eq!(DateShift::ahead_of(date("2015-01-01"), date("2015-07-01")).in_weeks(), 0);
        assert_eq!(DateShift::ahead_of(date("2015-06-24"), date("2015-07-01")).in_weeks(), 1, "a week is too little");
        assert_eq!(DateShift::ahead_of(date("2015-06-23"), date("2015-07-01")).in_weeks(), 0);
    }
}
