//! Parses dates and date ranges as people type them.

use crate::domain::dates::{Day, Weekday};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];
/// Separators of a range. The bare dash is tried last, because dates have dashes too.
const BETWEEN: [&str; 6] = [" to ", " until ", " through ", "..", " - ", "-"];
/// Maximum length of a range, in nights.
const MAX_NIGHTS: i32 = 366;

/// Reads `1 jan`, `jan 1`, `1 January 2027`, `2027-01-01`, `1.1.`, `01.01.2027`, `today`, `tomorrow`, `fri`, `january`.
/// Without a year it is the next such day from `base`. Numbers with slashes are rejected, because the order of day and
/// month differs between countries.
pub fn date(text: &str, base: Day) -> Option<Day> {
    let text = text.trim().trim_end_matches(',').to_lowercase();
    if let Some(day) = Day::parse(&text) {
        return Some(day);
    }
    match text.as_str() {
        "today" | "tonight" => return Some(base),
        "tomorrow" => return Some(base.plus(1)),
        _ => {}
    }
    if let Some(day) = weekday(&text, base) {
        return Some(day);
    }
    let parts: Vec<&str> = text.split([' ', '.', ',']).filter(|part| !part.is_empty()).collect();
    // A day of the week before a date is ignored.
    let parts = if parts.len() > 1 && weekday(parts[0], base).is_some() { &parts[1..] } else { &parts[..] };
    match *parts {
        [one] => next(1, month(one)?, base),
        [one, other] => {
            if let (Some(day), Some(month)) = (ordinal(one), month_or_number(other, &text)) {
                next(day, month, base)
            } else if let (Some(month), Some(year)) = (month(one), year(other).filter(|_| other.len() == 4)) {
                exact(1, month, year)
            } else {
                next(ordinal(other)?, month(one)?, base)
            }
        }
        [one, other, last] => {
            let year = year(last)?;
            if let (Some(day), Some(month)) = (ordinal(one), month_or_number(other, &text)) {
                exact(day, month, year)
            } else {
                exact(ordinal(other)?, month(one)?, year)
            }
        }
        _ => None,
    }
}

/// Reads `24-26 dec`, `24 dec - 2 jan`, `24 dec to 26 dec`, `2026-12-24..2026-12-26`, or one date; both ends included.
pub fn range(text: &str, base: Day) -> Option<(Day, Day)> {
    let text = text.trim().to_lowercase().replace(['–', '—'], "-");
    if let Some(day) = date(&text, base) {
        return Some((day, day));
    }
    BETWEEN.into_iter().flat_map(|between| text.match_indices(between)).find_map(|(at, between)| {
        let (left, right) = (text[..at].trim(), text[at + between.len()..].trim());
        let (from, through) = match date(left, base) {
            Some(from) => (from, date(right, from)?),
            // `24` of `24-26 dec`: the month follows the second day.
            None => {
                let through = date(right, base)?;
                let from = through.plus(ordinal(left)? - through.of_month());
                (from, through)
            }
        };
        (from <= through && through.since(from) < MAX_NIGHTS && from >= base).then_some((from, through))
    })
}

fn weekday(text: &str, base: Day) -> Option<Day> {
    let text = text.strip_prefix("next ").unwrap_or(text);
    let is_named = |day: &Weekday| text.len() >= 3 && day.name().to_lowercase().starts_with(text);
    let wanted = WEEKDAYS.into_iter().find(is_named)?;
    (0..7).map(|days| base.plus(days)).find(|day| day.weekday() == wanted)
}

/// The month of a name or its beginning, 1 to 12. At least three letters, because `ma` is ambiguous.
fn month(text: &str) -> Option<i32> {
    let text = if text == "sept" { "sep" } else { text };
    let index = MONTHS.iter().position(|name| text.len() >= 3 && name.starts_with(text))?;
    i32::try_from(index + 1).ok()
}

/// A month by name, or by number in a text with dots, in which the day comes first.
fn month_or_number(text: &str, whole: &str) -> Option<i32> {
    month(text).or_else(|| text.parse().ok().filter(|month| whole.contains('.') && (1..=12).contains(month)))
}

/// `1`, `1st`, `24th`.
fn ordinal(text: &str) -> Option<i32> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let is_day = ["", "st", "nd", "rd", "th"].contains(&&text[digits.len()..]);
    digits.parse().ok().filter(|day| is_day && (1..=31).contains(day))
}

/// `2027`, or `27`.
fn year(text: &str) -> Option<i32> {
    let number: i32 = text.parse().ok()?;
    match text.len() {
        4 => Some(number),
        2 => Some(2000 + number),
        _ => None,
    }
}

fn exact(day: i32, month: i32, year: i32) -> Option<Day> {
    Day::parse(&format!("{year:04}-{month:02}-{day:02}"))
}

/// The next such day from `base`. For 29 February it may be years ahead.
fn next(day: i32, month: i32, base: Day) -> Option<Day> {
    (base.year()..=base.year() + 8).filter_map(|year| exact(day, month, year)).find(|day| *day >= base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a date")
    }

    #[test]
    fn dates_are_parsed_in_every_spelling() {
        // A Wednesday.
        let base = day("2026-12-16");
        for text in ["1 jan", "jan 1", "1 January", "1st jan", "2027-01-01", "1.1.", "01.01.2027", "fri 1 jan", "jan"] {
            assert_eq!(date(text, base), Some(day("2027-01-01")), "{text}");
        }
        assert_eq!(date("24 dec", base), Some(day("2026-12-24")));
        assert_eq!(date("15 dec", base), Some(day("2027-12-15")));
        assert_eq!(date("march 2028", base), Some(day("2028-03-01")));
        assert_eq!(date("Dec 24, 2026", base), Some(day("2026-12-24")));
        assert_eq!(date("29 feb", base), Some(day("2028-02-29")));
        assert_eq!(date("sept 3", base), Some(day("2027-09-03")));
        assert_eq!([date("today", base), date("tomorrow", base)], [Some(base), Some(base.plus(1))]);
        assert_eq!([date("wed", base), date("next sat", base)], [Some(base), Some(day("2026-12-19"))]);
        for text in ["", "1/2", "32 jan", "31 april", "soon", "ma", "deluxe", "12"] {
            assert_eq!(date(text, base), None, "{text}");
        }
    }

    #[test]
    fn a_range_has_its_month_once_or_twice() {
        let base = day("2026-12-16");
        let christmas = Some((day("2026-12-24"), day("2026-12-26")));
        for text in [
            "24-26 dec",
            "24 – 26 dec",
            "24 dec - 26 dec",
            "dec 24 to dec 26",
            "24.12. - 26.12.",
            "2026-12-24..2026-12-26",
            "2026-12-24 - 2026-12-26",
            "2026-12-24-2026-12-26",
        ] {
            assert_eq!(range(text, base), christmas, "{text}");
        }
        assert_eq!(range("24 dec - 2 jan", base), Some((day("2026-12-24"), day("2027-01-02"))));
        assert_eq!(range("fri - sun", base), Some((day("2026-12-18"), day("2026-12-20"))));
        assert_eq!(range("24 dec", base), Some((day("2026-12-24"), day("2026-12-24"))));
        for text in ["26-24 dec", "deluxe", "24-", "2026-12-01..2026-12-20"] {
            assert_eq!(range(text, base), None, "{text}");
        }
    }
}
