//! The operations of a bulk edit, and their inputs.

use crate::{
    domain::{
        bulk::{MAX_ROOMS, Operation},
        cell::signed,
        dates::Day,
        draft::Change,
    },
    panels::formatting::{grouped, span},
};

/// The kind of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the labels describe them")]
pub enum OperationKind {
    Set,
    LeftToSell,
    Adjust,
    Percent,
    NotLoaded,
    Copy,
    StopSellOn,
    StopSellOff,
    MinStayArrival,
    MaxStayArrival,
    MinStayThrough,
    MaxStayThrough,
    ClosedToArrivalOn,
    ClosedToArrivalOff,
    ClosedToDepartureOn,
    ClosedToDepartureOff,
}

/// The input that a kind needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// A whole number between these bounds, both included.
    Number(i64, i64),
    /// Nights to copy from.
    Source,
}

/// The kinds by heading, in the order of the list.
pub const GROUPS: [(&str, &[OperationKind]); 4] = [
    (
        "Rooms",
        &[
            OperationKind::Set,
            OperationKind::LeftToSell,
            OperationKind::Adjust,
            OperationKind::Percent,
            OperationKind::Copy,
            OperationKind::NotLoaded,
        ],
    ),
    ("Sales", &[OperationKind::StopSellOn, OperationKind::StopSellOff]),
    (
        "Length of stay",
        &[
            OperationKind::MinStayArrival,
            OperationKind::MaxStayArrival,
            OperationKind::MinStayThrough,
            OperationKind::MaxStayThrough,
        ],
    ),
    (
        "Arrival and departure",
        &[
            OperationKind::ClosedToArrivalOn,
            OperationKind::ClosedToArrivalOff,
            OperationKind::ClosedToDepartureOn,
            OperationKind::ClosedToDepartureOff,
        ],
    ),
];

impl OperationKind {
    /// The value of the option in the page; browser tests use it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::LeftToSell => "left-to-sell",
            Self::Adjust => "adjust",
            Self::Percent => "percent",
            Self::NotLoaded => "not-loaded",
            Self::Copy => "copy",
            Self::StopSellOn => "stop-sell-on",
            Self::StopSellOff => "stop-sell-off",
            Self::MinStayArrival => "min-stay-arrival",
            Self::MaxStayArrival => "max-stay-arrival",
            Self::MinStayThrough => "min-stay-through",
            Self::MaxStayThrough => "max-stay-through",
            Self::ClosedToArrivalOn => "closed-to-arrival-on",
            Self::ClosedToArrivalOff => "closed-to-arrival-off",
            Self::ClosedToDepartureOn => "closed-to-departure-on",
            Self::ClosedToDepartureOff => "closed-to-departure-off",
        }
    }

    /// The kind of an option value.
    pub fn from_key(key: &str) -> Option<Self> {
        GROUPS.iter().flat_map(|(_, kinds)| kinds.iter().copied()).find(|kind| kind.key() == key)
    }

    /// The label in the list.
    pub fn label(self) -> &'static str {
        match self {
            Self::Set => "Set allotment to",
            Self::LeftToSell => "Set left to sell to",
            Self::Adjust => "Adjust allotment by",
            Self::Percent => "Adjust allotment by percent",
            Self::NotLoaded => "Take off sale (not loaded)",
            Self::Copy => "Copy from other nights",
            Self::StopSellOn => "Stop sell",
            Self::StopSellOff => "Lift stop sell",
            Self::MinStayArrival => "Min stay on arrival",
            Self::MaxStayArrival => "Max stay on arrival",
            Self::MinStayThrough => "Min stay through",
            Self::MaxStayThrough => "Max stay through",
            Self::ClosedToArrivalOn => "Close to arrival",
            Self::ClosedToArrivalOff => "Open to arrival",
            Self::ClosedToDepartureOn => "Close to departure",
            Self::ClosedToDepartureOff => "Open to departure",
        }
    }

    /// The input that it needs.
    pub fn needs(self) -> Needs {
        match self {
            Self::Set | Self::LeftToSell => Needs::Number(0, MAX_ROOMS),
            Self::Adjust => Needs::Number(-MAX_ROOMS, MAX_ROOMS),
            Self::Percent => Needs::Number(-100, 1_000),
            Self::MinStayArrival | Self::MaxStayArrival | Self::MinStayThrough | Self::MaxStayThrough => {
                Needs::Number(1, 366)
            }
            Self::Copy => Needs::Source,
            Self::NotLoaded
            | Self::StopSellOn
            | Self::StopSellOff
            | Self::ClosedToArrivalOn
            | Self::ClosedToArrivalOff
            | Self::ClosedToDepartureOn
            | Self::ClosedToDepartureOff => Needs::Nothing,
        }
    }

    /// Returns whether the restriction can be cleared instead of set.
    pub fn can_clear(self) -> bool {
        matches!(self, Self::MinStayArrival | Self::MaxStayArrival | Self::MinStayThrough | Self::MaxStayThrough)
    }

    /// Returns whether its number is a difference, shown with its sign.
    pub fn is_difference(self) -> bool {
        matches!(self, Self::Adjust | Self::Percent)
    }

    /// The typed number: `8`, `+3`, `-2` or `−2`. The error is a sentence for the user.
    pub fn number(self, text: &str) -> Result<i64, String> {
        let Needs::Number(least, most) = self.needs() else { return Ok(0) };
        let text = text.trim().trim_end_matches('%').trim_end().replace('−', "-");
        if text.is_empty() {
            return Err("Enter a number to see what would change.".to_owned());
        }
        text.parse::<i64>().ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            let most = grouped(usize::try_from(most).unwrap_or_default());
            let least =
                if least < 0 { format!("−{}", grouped(least.unsigned_abs() as usize)) } else { least.to_string() };
            format!("A whole number from {least} to {most}.")
        })
    }

    /// The operation. The error is a sentence about the missing input.
    pub fn operation(self, value: &str, is_cleared: bool, source: Option<(Day, Day)>) -> Result<Operation, String> {
        let rooms = |number: i64| Some(u32::try_from(number).unwrap_or_default());
        let stay = || if is_cleared { Ok(None) } else { self.number(value).map(rooms) };
        let change = match self {
            Self::Set => Change::Allotted(rooms(self.number(value)?)),
            Self::LeftToSell => Change::LeftToSell(self.number(value)?),
            Self::Adjust => Change::Adjust(self.number(value)?),
            Self::Percent => return Ok(Operation::Percent(self.number(value)?)),
            Self::NotLoaded => Change::Allotted(None),
            Self::Copy => {
                let missing = "Choose the first and the last night to copy from.";
                let (from, through) = source.ok_or_else(|| missing.to_owned())?;
                return Ok(Operation::Copy { from, through });
            }
            Self::StopSellOn => Change::StopSell(true),
            Self::StopSellOff => Change::StopSell(false),
            Self::MinStayArrival => Change::MinStayArrival(stay()?),
            Self::MaxStayArrival => Change::MaxStayArrival(stay()?),
            Self::MinStayThrough => Change::MinStayThrough(stay()?),
            Self::MaxStayThrough => Change::MaxStayThrough(stay()?),
            Self::ClosedToArrivalOn => Change::ClosedToArrival(true),
            Self::ClosedToArrivalOff => Change::ClosedToArrival(false),
            Self::ClosedToDepartureOn => Change::ClosedToDeparture(true),
            Self::ClosedToDepartureOff => Change::ClosedToDeparture(false),
        };
        Ok(Operation::Each(change))
    }
}

/// The description of an operation, for undo and for messages: `allotment 7`, `stop sell`.
pub fn described(operation: Operation) -> String {
    let difference = |number: i64| if number > 0 { format!("+{number}") } else { signed(number) };
    let stay = |name: &str, nights: Option<u32>| match nights {
        Some(nights) => format!("{name} {nights}"),
        None => format!("{name} cleared"),
    };
    match operation {
        Operation::Percent(percent) => format!("allotment {} %", difference(percent)),
        Operation::Copy { from, through } => format!("copied from {}", span(from, through, from.year())),
        Operation::Each(change) => match change {
            Change::Allotted(Some(rooms)) => format!("allotment {rooms}"),
            Change::Allotted(None) => "not loaded".to_owned(),
            Change::LeftToSell(rooms) => format!("{rooms} left to sell"),
            Change::Adjust(rooms) => format!("allotment {}", difference(rooms)),
            Change::StopSell(true) => "stop sell".to_owned(),
            Change::StopSell(false) => "stop sell lifted".to_owned(),
            Change::MinStayArrival(nights) => stay("min stay on arrival", nights),
            Change::MaxStayArrival(nights) => stay("max stay on arrival", nights),
            Change::MinStayThrough(nights) => stay("min stay through", nights),
            Change::MaxStayThrough(nights) => stay("max stay through", nights),
            Change::ClosedToArrival(true) => "closed to arrival".to_owned(),
            Change::ClosedToArrival(false) => "open to arrival".to_owned(),
            Change::ClosedToDeparture(true) => "closed to departure".to_owned(),
            Change::ClosedToDeparture(false) => "open to departure".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_key() {
        for kind in GROUPS.iter().flat_map(|(_, kinds)| kinds.iter().copied()) {
            assert_eq!(OperationKind::from_key(kind.key()), Some(kind));
        }
        assert_eq!(OperationKind::from_key("sell-all"), None);
    }

    #[test]
    fn numbers_are_read_with_their_sign() {
        let adjust = |text: &str| OperationKind::Adjust.number(text);
        assert_eq!([adjust("+3"), adjust(" -2 "), adjust("−2"), adjust("4")], [Ok(3), Ok(-2), Ok(-2), Ok(4)]);
        assert_eq!(OperationKind::Percent.number("-20 %"), Ok(-20));
        let refused = |kind: OperationKind, text| kind.number(text).expect_err("a sentence");
        assert_eq!(refused(OperationKind::Set, "-1"), "A whole number from 0 to 10,000.");
        assert_eq!(refused(OperationKind::Adjust, "x"), "A whole number from −10,000 to 10,000.");
        assert_eq!(refused(OperationKind::MinStayArrival, "0"), "A whole number from 1 to 366.");
        assert_eq!(refused(OperationKind::Set, ""), "Enter a number to see what would change.");
    }

    #[test]
    fn an_operation_is_described_in_words() {
        let text = |kind: OperationKind, value, is_cleared| kind.operation(value, is_cleared, None).map(described);
        assert_eq!(text(OperationKind::Set, "7", false).as_deref(), Ok("allotment 7"));
        assert_eq!(text(OperationKind::Adjust, "-1", false).as_deref(), Ok("allotment −1"));
        assert_eq!(text(OperationKind::Percent, "10", false).as_deref(), Ok("allotment +10 %"));
        assert_eq!(text(OperationKind::StopSellOn, "", false).as_deref(), Ok("stop sell"));
        assert_eq!(text(OperationKind::MinStayThrough, "", true).as_deref(), Ok("min stay through cleared"));
        assert!(text(OperationKind::Copy, "", false).is_err());
    }
}
