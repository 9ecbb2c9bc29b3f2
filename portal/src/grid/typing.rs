//! What is typed into a cell: `8`, `=8`, `+3`, `-2`, `*1.1`, `50%`, `l7`.

use super::{
    cell::{Cell, Value},
    draft::Change,
    place::Measure,
};

/// Most rooms that one night can have on sale; the gateway's own limit.
pub const MOST_ROOMS: u32 = 10_000;
/// Longest stay that a restriction can name, in nights.
pub const LONGEST_STAY: u32 = 366;

/// What was typed, before it meets a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Typed {
    /// That number, or none.
    To(Option<u32>),
    /// So many rooms left to sell.
    Left(u32),
    /// So many more, or fewer.
    By(i64),
    /// The present number times this.
    Times(f64),
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
        factor(rest).map(|percent| Typed::Times(percent / 100.0))
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

fn factor(text: &str) -> Option<f64> {
    let factor: f64 = text.trim().replace(',', ".").parse().ok()?;
    (factor.is_finite() && (0.0..=100.0).contains(&factor)).then_some(factor)
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
                let rooms = (f64::from(shown.allotted?) * factor).round().min(f64::from(MOST_ROOMS));
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10,000, rounded")]
                let rooms = rooms as u32;
                Change::Allotted(Some(rooms))
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
        assert_eq!(typed("*1.1"), Some(Typed::Times(1.1)));
        assert_eq!(typed("*1,5"), Some(Typed::Times(1.5)));
        assert_eq!(typed("50%"), Some(Typed::Times(0.5)));
        assert_eq!(typed("l7"), Some(Typed::Left(7)));
        for nonsense in ["", "eight", "--2", "+", "1.5", "99999", "*x", "l"] {
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
        assert_eq!(change(Typed::Times(1.1)), Some(Change::Allotted(Some(17))));
        assert_eq!(change(Typed::By(-2)), Some(Change::Adjust(-2)));
        assert_eq!(Typed::By(3).change(Measure::Allotment, &Cell::default()), None, "nothing is loaded there");
    }
}
