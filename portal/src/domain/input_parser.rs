//! What is typed into a cell: `8`, `=8`, `+3`, `-2`, `*1.1`, `50%`, `l7`.

use super::{
    cell::{Cell, Value},
    draft::Change,
    night_key::Measure,
};

/// Most rooms that one night can have on sale; the gateway's own limit.
pub const MOST_ROOMS: u32 = 10_000;
/// Longest stay that a restriction can name, in nights.
pub const LONGEST_STAY: u32 = 366;

const MILLION: u32 = 1_000_000;

/// What was typed, before it meets a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Typed {
    /// That number, or none.
    To(Option<u32>),
    /// So many rooms left to sell.
    Left(u32),
    /// So many more, or fewer.
    By(i64),
    /// The present number times this, in millionths.
    Times(u32),
    /// On or off.
    Flag(bool),
}

/// Reads what was typed into a cell of this measure.
///
/// # Errors
/// A sentence that says what would be understood.
pub fn read(text: &str, measure: Measure) -> Result<Typed, String> {
    let text = text.trim();
    let number = |text: &str| text.trim().parse::<u32>().ok();
    if measure.is_flag() {
        return match text.to_lowercase().as_str() {
            "1" | "on" | "yes" | "y" | "x" => Ok(Typed::Flag(true)),
            "0" | "off" | "no" | "n" | "" => Ok(Typed::Flag(false)),
            _ => Err("Type 1 for on or 0 for off.".to_owned()),
        };
    }
    if measure != Measure::Allotment {
        if matches!(text, "" | "-" | "–") {
            return Ok(Typed::To(None));
        }
        return match number(text) {
            Some(nights @ 1..=LONGEST_STAY) => Ok(Typed::To(Some(nights))),
            _ => Err(format!("Type nights from 1 to {LONGEST_STAY}, or – for none.")),
        };
    }
    let understood = || Err("Type a number such as 8, or +3, -2, *1.1, 50%, or l7 for seven left to sell.".to_owned());
    let typed = if let Some(rest) = text.strip_prefix(['l', 'L']) {
        number(rest).map(Typed::Left)
    } else if let Some(rest) = text.strip_prefix('=') {
        number(rest).map(|rooms| Typed::To(Some(rooms)))
    } else if let Some(rest) = text.strip_prefix('+') {
        number(rest).map(|rooms| Typed::By(i64::from(rooms)))
    } else if let Some(rest) = text.strip_prefix(['-', '−']) {
        number(rest).map(|rooms| Typed::By(-i64::from(rooms)))
    } else if let Some(rest) = text.strip_prefix('*') {
        factor(rest).map(Typed::Times)
    } else if let Some(rest) = text.strip_suffix('%') {
        factor(rest).map(|percent| Typed::Times(percent / 100))
    } else {
        number(text).map(|rooms| Typed::To(Some(rooms)))
    };
    match typed {
        Some(Typed::To(Some(rooms)) | Typed::Left(rooms)) if rooms > MOST_ROOMS => {
            Err(format!("A night has at most {MOST_ROOMS} rooms on sale."))
        }
        Some(typed) => Ok(typed),
        None => understood(),
    }
}

/// A decimal number from 0 to 100, in millionths; what is finer is left out.
fn factor(text: &str) -> Option<u32> {
    let text = text.trim();
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let is_number = !(whole.is_empty() && part.is_empty());
    if !is_number || !whole.chars().chain(part.chars()).all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let whole: u32 = format!("0{whole}").parse().ok()?;
    let part: u32 = format!("{part:0<6}")[..6].parse().ok()?;
    let factor = whole.checked_mul(MILLION)?.checked_add(part)?;
    (factor <= 100 * MILLION).then_some(factor)
}

impl Typed {
    /// What it makes of a cell that shows this; none where there is nothing to count from.
    pub fn change(self, measure: Measure, shown: &Cell) -> Option<Change> {
        Some(match (self, measure) {
            (Self::To(rooms), Measure::Allotment) => Change::Allotted(rooms),
            (Self::Left(rooms), Measure::Allotment) => Change::LeftToSell(i64::from(rooms)),
            (Self::By(rooms), Measure::Allotment) => {
                shown.allotted?;
                Change::Adjust(rooms)
            }
            (Self::Times(factor), Measure::Allotment) => {
                let millionths = u64::from(shown.allotted?) * u64::from(factor);
                let rooms = (millionths + u64::from(MILLION) / 2) / u64::from(MILLION);
                Change::Allotted(Some(u32::try_from(rooms).unwrap_or(MOST_ROOMS).min(MOST_ROOMS)))
            }
            (Self::To(nights), _) if !measure.is_flag() => Change::of(measure, Value::Number(nights))?,
            (Self::Flag(on), _) if measure.is_flag() => Change::of(measure, Value::Flag(on))?,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_typed_as_in_a_spreadsheet() {
        let typed = |text| read(text, Measure::Allotment).ok();
        assert_eq!(typed("8"), Some(Typed::To(Some(8))));
        assert_eq!(typed(" =12 "), Some(Typed::To(Some(12))));
        assert_eq!(typed("+3"), Some(Typed::By(3)));
        assert_eq!(typed("-2"), Some(Typed::By(-2)));
        assert_eq!(typed("*1.1"), Some(Typed::Times(1_100_000)));
        assert_eq!(typed("*1,5"), Some(Typed::Times(1_500_000)));
        assert_eq!(typed("50%"), Some(Typed::Times(500_000)));
        assert_eq!(typed("*100"), Some(Typed::Times(100_000_000)));
        assert_eq!(typed("33.3%"), Some(Typed::Times(333_000)));
        assert_eq!(typed("*.5"), typed("50%"));
        assert_eq!(typed("*2."), Some(Typed::Times(2_000_000)));
        assert_eq!(typed("l7"), Some(Typed::Left(7)));
        for nonsense in
            ["", "eight", "--2", "+", "1.5", "99999", "*x", "*", "*.", "*+2", "*1e2", "*100.1", "*9999999999", "l"]
        {
            assert_eq!(typed(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn restrictions_are_nights_or_switches() {
        assert_eq!(read("2", Measure::MinStayArrival), Ok(Typed::To(Some(2))));
        assert_eq!(read("-", Measure::MinStayArrival), Ok(Typed::To(None)));
        assert!(read("0", Measure::MaxStayThrough).is_err());
        assert!(read("367", Measure::MaxStayThrough).is_err());
        assert_eq!(read("1", Measure::ClosedToArrival), Ok(Typed::Flag(true)));
        assert!(read("7", Measure::StopSell).is_err());
    }

    #[test]
    fn what_is_relative_counts_from_what_is_shown() {
        let shown = Cell::default().with(Measure::Allotment, Value::Number(Some(15)));
        let change = |typed: Typed| typed.change(Measure::Allotment, &shown);
        assert_eq!(change(Typed::Times(1_100_000)), Some(Change::Allotted(Some(17))), "16.5 is rounded up");
        assert_eq!(change(Typed::Times(333_333)), Some(Change::Allotted(Some(5))));
        assert_eq!(change(Typed::By(-2)), Some(Change::Adjust(-2)));
        assert_eq!(Typed::By(3).change(Measure::Allotment, &Cell::default()), None, "nothing is loaded there");
    }
}
