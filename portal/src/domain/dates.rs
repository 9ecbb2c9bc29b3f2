//! Stay dates: parsing, arithmetic and formatting.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day of the week, named as in the schema.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];

    /// `Saturday`.
    pub fn name(self) -> &'static str {
        WEEKDAYS[self as usize]
    }

    /// `Sat`.
    pub fn short(self) -> &'static str {
        &self.name()[..3]
    }
}

/// A date of the Gregorian calendar without a zone, stored as a number of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    since_1970: i32,
}

/// The parts of a date; `month` and `day` start at 1.
struct Parts {
    year: i32,
    month: i32,
    day: i32,
}

impl Day {
    /// Parses `2026-12-16`; `None` for any other format and for impossible dates.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-').map(|part| part.parse::<i32>().ok());
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let date = Self::from_parts(&Parts { year, month, day });
        // 31 April becomes 1 May, whose text differs.
        (date.to_string() == text).then_some(date)
    }

    /// The date this many days after 1 January 1970.
    pub const fn from_days_since_1970(since_1970: i32) -> Self {
        Self { since_1970 }
    }

    /// Days after 1 January 1970.
    pub fn days_since_1970(self) -> i32 {
        self.since_1970
    }

    /// The date this many nights later.
    pub fn plus(self, nights: i32) -> Self {
        Self { since_1970: self.since_1970 + nights }
    }

    /// Nights from `earlier` to this date; negative if `earlier` is later.
    pub fn since(self, earlier: Self) -> i32 {
        self.since_1970 - earlier.since_1970
    }

    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        // Day 0 was a Thursday.
        let index = (self.since_1970 + 3).rem_euclid(7);
        Weekday::ALL[usize::try_from(index).unwrap_or_default()]
    }

    /// Day of the month, 1 to 31.
    pub fn of_month(self) -> i32 {
        self.parts().day
    }

    /// `December`.
    pub fn month_name(self) -> &'static str {
        let index = usize::try_from(self.parts().month - 1).unwrap_or_default();
        MONTHS[index]
    }

    /// `2026`.
    pub fn year(self) -> i32 {
        self.parts().year
    }

    /// `Sat 19 December`.
    pub fn named(self) -> String {
        format!("{} {} {}", self.weekday().short(), self.of_month(), self.month_name())
    }

    /// `Sat 19 Dec`.
    pub fn brief(self) -> String {
        format!("{} {} {}", self.weekday().short(), self.of_month(), &self.month_name()[..3])
    }

    /// Week number of ISO 8601: a week belongs to the year of its Thursday.
    pub fn iso_week(self) -> i32 {
        let thursday = self.plus(3 - self.weekday() as i32);
        let new_year = Self::from_parts(&Parts { year: thursday.year(), month: 1, day: 1 });
        thursday.since(new_year) / 7 + 1
    }

    /// `Saturday 19 December`, for screen readers.
    pub fn spoken(self) -> String {
        format!("{} {} {}", self.weekday().name(), self.of_month(), self.month_name())
    }

    /// Howard Hinnant's `days_from_civil`: years start in March, after the leap day.
    fn from_parts(parts: &Parts) -> Self {
        let year = if parts.month <= 2 { parts.year - 1 } else { parts.year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((parts.month + 9) % 12) + 2) / 5 + parts.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self { since_1970: era * 146_097 + day_of_era - 719_468 }
    }

    /// The inverse, `civil_from_days`.
    fn parts(self) -> Parts {
        let shifted = self.since_1970 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i32::from(month <= 2);
        Parts { year, month, day }
    }
}

/// ISO 8601, the API's date format.
impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { year, month, day } = self.parts();
        write!(out, "{year:04}-{month:02}-{day:02}")
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("`{text}` is not a date")))
    }
}

/// `14 – 27 December 2026`; month and year appear twice only where they differ.
pub fn range(from: Day, through: Day) -> String {
    let (first, last) = (from.parts(), through.parts());
    let end = format!("{} {} {}", last.day, through.month_name(), last.year);
    if first.year != last.year {
        format!("{} {} {} – {end}", first.day, from.month_name(), first.year)
    } else if first.month != last.month {
        format!("{} {} – {end}", first.day, from.month_name())
    } else {
        format!("{} – {end}", first.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a date")
    }

    #[test]
    fn dates_count_over_months_years_and_leap_days() {
        assert_eq!(day("2026-12-31").plus(1).to_string(), "2027-01-01");
        assert_eq!(day("2028-02-28").plus(1).to_string(), "2028-02-29");
        assert_eq!(day("2100-02-28").plus(1).to_string(), "2100-03-01");
        assert_eq!(day("1970-01-01").plus(0).since_1970, 0);
    }

    #[test]
    fn every_day_of_four_centuries_is_parsed_back() {
        let first = day("1900-01-01");
        for night in 0..146_097 {
            let date = first.plus(night);
            assert_eq!(Day::parse(&date.to_string()), Some(date));
        }
    }

    #[test]
    fn invalid_dates_are_rejected() {
        for text in
            ["2026-02-29", "2026-13-01", "2026-00-10", "2026-4-1", "2026-04-31", "16.12.2026", "", "2026-12-16-1"]
        {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_is_formatted_with_weekday_and_month() {
        assert_eq!(day("2026-12-19").spoken(), "Saturday 19 December");
        assert_eq!(day("2026-12-19").weekday().short(), "Sat");
        assert_eq!(day("2028-02-29").spoken(), "Tuesday 29 February");
    }

    #[test]
    fn a_week_belongs_to_the_year_of_its_thursday() {
        assert_eq!(day("2026-12-14").iso_week(), 51);
        assert_eq!(day("2027-01-03").iso_week(), 53);
        assert_eq!(day("2027-01-04").iso_week(), 1);
        assert_eq!(day("2024-12-30").iso_week(), 1);
    }

    #[test]
    fn a_range_repeats_only_the_parts_that_differ() {
        assert_eq!(range(day("2026-12-14"), day("2026-12-27")), "14 – 27 December 2026");
        assert_eq!(range(day("2026-11-24"), day("2026-12-07")), "24 November – 7 December 2026");
        assert_eq!(range(day("2026-12-28"), day("2027-01-10")), "28 December 2026 – 10 January 2027");
    }
}
