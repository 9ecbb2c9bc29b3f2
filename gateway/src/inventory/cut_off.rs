//! The cut-off and the horizon: the nights that can be sold and changed at a given time.

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use chrono_tz::Tz;

use super::calendar::local_instant;
use super::refusal::Rule;

/// The earliest night that can still be sold at `now`: its local midnight plus `cut_off` minutes lies ahead.
pub fn business_date(zone: Tz, cut_off: i32, now: DateTime<Utc>) -> NaiveDate {
    let mut date = now.with_timezone(&zone).date_naive() - Days::new(2);
    while local_instant(zone, date, cut_off) <= now {
        date = date + Days::new(1);
    }
    date
}

/// The rule that closes a night before the business date, whatever its stock.
pub fn past_night_rule(date: NaiveDate, business_date: NaiveDate) -> Option<Rule> {
    (date < business_date).then_some(Rule::CutOff)
}

/// The first night past the horizon: nights from here on are neither loaded nor sold.
pub fn horizon(business_date: NaiveDate, horizon_nights: i32) -> NaiveDate {
    business_date + Duration::days(i64::from(horizon_nights))
}

/// The rule that closes a night whatever its stock, with its number: it is past the cut-off, or past the horizon.
pub fn closed_night(date: NaiveDate, business_date: NaiveDate, horizon_nights: i32) -> Option<(Rule, Option<i32>)> {
    match past_night_rule(date, business_date) {
        Some(rule) => Some((rule, None)),
        None if date >= horizon(business_date, horizon_nights) => Some((Rule::Horizon, Some(horizon_nights))),
        None => None,
    }
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
}
