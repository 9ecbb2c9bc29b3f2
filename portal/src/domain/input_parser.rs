//! Parses the text typed into a cell: `8`, `=8`, `+3`, `-2`, `*1.1`, `50%`, `l7`.

use super::{
    cell::{Cell, Value},
    draft::Change,
    night_key::Field,
};

/// Maximum number of rooms on sale for one night; the gateway has the same limit.
pub const MAX_ROOMS: u32 = 10_000;
/// Longest stay in a restriction, in nights.
pub const MAX_STAY: u32 = 366;

const MILLION: u32 = 1_000_000;

/// Parsed input, not applied to a cell yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParsedInput {
    /// This number; `None` clears the value.
    To(Option<u32>),
    /// This many rooms left to sell.
    Left(u32),
    /// This many rooms more; negative for fewer.
    By(i64),
    /// A factor for the shown number, in millionths.
    Times(u32),
    /// On or off.
    Flag(bool),
}

/// Parses the text typed into a cell of this field.
///
/// # Errors
/// A sentence that lists the accepted input.
pub fn parse(text: &str, field: Field) -> Result<ParsedInput, String> {
    let text = text.trim();
    let number = |text: &str| text.trim().parse::<u32>().ok();
    if field.is_flag() {
        return match text.to_lowercase().as_str() {
            "1" | "on" | "yes" | "y" | "x" => Ok(ParsedInput::Flag(true)),
            "0" | "off" | "no" | "n" | "" => Ok(ParsedInput::Flag(false)),
            _ => Err("Type 1 for on or 0 for off.".to_owned()),
        };
    }
    if field != Field::Allotment {
        if matches!(text, "" | "-" | "–") {
            return Ok(ParsedInput::To(None));
        }
        return match number(text) {
            Some(nights @ 1..=MAX_STAY) => Ok(ParsedInput::To(Some(nights))),
            _ => Err(format!("Type nights from 1 to {MAX_STAY}, or – for none.")),
        };
    }
    let unreadable = || Err("Type a number such as 8, or +3, -2, *1.1, 50%, or l7 for seven left to sell.".to_owned());
    let input = if let Some(rest) = text.strip_prefix(['l', 'L']) {
        number(rest).map(ParsedInput::Left)
    } else if let Some(rest) = text.strip_prefix('=') {
        number(rest).map(|rooms| ParsedInput::To(Some(rooms)))
    } else if let Some(rest) = text.strip_prefix('+') {
        number(rest).map(|rooms| ParsedInput::By(i64::from(rooms)))
    } else if let Some(rest) = text.strip_prefix(['-', '−']) {
        number(rest).map(|rooms| ParsedInput::By(-i64::from(rooms)))
    } else if let Some(rest) = text.strip_prefix('*') {
        factor(rest).map(ParsedInput::Times)
    } else if let Some(rest) = text.strip_suffix('%') {
        factor(rest).map(|percent| ParsedInput::Times(percent / 100))
    } else {
        number(text).map(|rooms| ParsedInput::To(Some(rooms)))
    };
    match input {
        Some(ParsedInput::To(Some(rooms)) | ParsedInput::Left(rooms)) if rooms > MAX_ROOMS => {
            Err(format!("A night has at most {MAX_ROOMS} rooms on sale."))
        }
        Some(input) => Ok(input),
        None => unreadable(),
    }
}

/// A decimal number from 0 to 100, in millionths; further digits are cut off.
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

impl ParsedInput {
    /// The change of a cell that shows `shown`; `None` for a relative input on a night that is not loaded.
    pub fn change(self, field: Field, shown: &Cell) -> Option<Change> {
        Some(match (self, field) {
            (Self::To(rooms), Field::Allotment) => Change::Allotted(rooms),
            (Self::Left(rooms), Field::Allotment) => Change::LeftToSell(i64::from(rooms)),
            (Self::By(rooms), Field::Allotment) => {
                shown.allotted?;
                Change::Adjust(rooms)
            }
            (Self::Times(factor), Field::Allotment) => {
                let millionths = u64::from(shown.allotted?) * u64::from(factor);
                let rooms = (millionths + u64::from(MILLION) / 2) / u64::from(MILLION);
                Change::Allotted(Some(u32::try_from(rooms).unwrap_or(MAX_ROOMS).min(MAX_ROOMS)))
            }
            (Self::To(nights), _) if !field.is_flag() => Change::new(field, Value::Number(nights))?,
            (Self::Flag(on), _) if field.is_flag() => Change::new(field, Value::Flag(on))?,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allotment_input_is_parsed() {
        let parsed = |text| parse(text, Field::Allotment).ok();
        assert_eq!(parsed("8"), Some(ParsedInput::To(Some(8))));
        assert_eq!(parsed(" =12 "), Some(ParsedInput::To(Some(12))));
        assert_eq!(parsed("+3"), Some(ParsedInput::By(3)));
        assert_eq!(parsed("-2"), Some(ParsedInput::By(-2)));
        assert_eq!(parsed("*1.1"), Some(ParsedInput::Times(1_100_000)));
        assert_eq!(parsed("*1,5"), Some(ParsedInput::Times(1_500_000)));
        assert_eq!(parsed("50%"), Some(ParsedInput::Times(500_000)));
        assert_eq!(parsed("*100"), Some(ParsedInput::Times(100_000_000)));
        assert_eq!(parsed("33.3%"), Some(ParsedInput::Times(333_000)));
        assert_eq!(parsed("*.5"), parsed("50%"));
        assert_eq!(parsed("*2."), Some(ParsedInput::Times(2_000_000)));
        assert_eq!(parsed("l7"), Some(ParsedInput::Left(7)));
        for nonsense in
            ["", "eight", "--2", "+", "1.5", "99999", "*x", "*", "*.", "*+2", "*1e2", "*100.1", "*9999999999", "l"]
        {
            assert_eq!(parsed(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn restriction_input_is_parsed() {
        assert_eq!(parse("2", Field::MinStayArrival), Ok(ParsedInput::To(Some(2))));
        assert_eq!(parse("-", Field::MinStayArrival), Ok(ParsedInput::To(None)));
        assert!(parse("0", Field::MaxStayThrough).is_err());
        assert!(parse("367", Field::MaxStayThrough).is_err());
        assert_eq!(parse("1", Field::ClosedToArrival), Ok(ParsedInput::Flag(true)));
        assert!(parse("7", Field::StopSell).is_err());
    }

    #[test]
    fn relative_input_counts_from_the_shown_value() {
        let shown = Cell::default().with(Field::Allotment, Value::Number(Some(15)));
        let change = |input: ParsedInput| input.change(Field::Allotment, &shown);
        assert_eq!(change(ParsedInput::Times(1_100_000)), Some(Change::Allotted(Some(17))), "16.5 is rounded up");
        assert_eq!(change(ParsedInput::Times(333_333)), Some(Change::Allotted(Some(5))));
        assert_eq!(change(ParsedInput::By(-2)), Some(Change::Adjust(-2)));
        assert_eq!(ParsedInput::By(3).change(Field::Allotment, &Cell::default()), None, "the night is not loaded");
    }
}
