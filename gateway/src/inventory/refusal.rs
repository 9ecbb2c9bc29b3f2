//! Refusals: the reasons why a command was refused, night by night.

use chrono::NaiveDate;
use lodgate_entities::ids::RoomTypeId;
use serde::{Deserialize, Serialize};

/// The selling rule that blocked a night. More rules may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are standard terms and are described in the schema")]
pub enum Rule {
    SoldOut,
    NotLoaded,
    StopSell,
    ClosedToArrival,
    ClosedToDeparture,
    MinStayArrival,
    MaxStayArrival,
    MinStayThrough,
    MaxStayThrough,
    MinAdvance,
    MaxAdvance,
    CutOff,
    PoolCap,
    SellLimit,
    ContractInactive,
    Released,
    Occupancy,
    HoldLimit,
    Horizon,
}

impl Rule {
    /// The name of the rule in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::SoldOut => "SOLD_OUT",
            Self::NotLoaded => "NOT_LOADED",
            Self::StopSell => "STOP_SELL",
            Self::ClosedToArrival => "CLOSED_TO_ARRIVAL",
            Self::ClosedToDeparture => "CLOSED_TO_DEPARTURE",
            Self::MinStayArrival => "MIN_STAY_ARRIVAL",
            Self::MaxStayArrival => "MAX_STAY_ARRIVAL",
            Self::MinStayThrough => "MIN_STAY_THROUGH",
            Self::MaxStayThrough => "MAX_STAY_THROUGH",
            Self::MinAdvance => "MIN_ADVANCE",
            Self::MaxAdvance => "MAX_ADVANCE",
            Self::CutOff => "CUT_OFF",
            Self::PoolCap => "POOL_CAP",
            Self::SellLimit => "SELL_LIMIT",
            Self::ContractInactive => "CONTRACT_INACTIVE",
            Self::Released => "RELEASED",
            Self::Occupancy => "OCCUPANCY",
            Self::HoldLimit => "HOLD_LIMIT",
            Self::Horizon => "HORIZON",
        }
    }

    /// The message for people; `value` is the number of the rule.
    pub fn sentence(self, value: Option<i32>) -> String {
        let number = value.map(|value| value.to_string()).unwrap_or_default();
        match self {
            Self::SoldOut => "no room is left on this night".to_owned(),
            Self::NotLoaded => "the supplier has put no rooms on sale for this night".to_owned(),
            Self::StopSell => "sales are stopped for this night".to_owned(),
            Self::ClosedToArrival => "no stay may begin on this date".to_owned(),
            Self::ClosedToDeparture => "no stay may end on this date".to_owned(),
            Self::MinStayArrival => format!("a stay that begins on this date takes at least {number} nights"),
            Self::MaxStayArrival => format!("a stay that begins on this date takes at most {number} nights"),
            Self::MinStayThrough => format!("a stay over this night takes at least {number} nights"),
            Self::MaxStayThrough => format!("a stay over this night takes at most {number} nights"),
            Self::MinAdvance => format!("this arrival is sold at least {number} days ahead"),
            Self::MaxAdvance => format!("this arrival is sold at most {number} days ahead"),
            Self::CutOff => "this night can no longer be changed or sold".to_owned(),
            Self::PoolCap => format!("the contract already draws its {number} rooms from the shared pool"),
            Self::SellLimit => format!("all pools together sell at most {number} rooms on this night"),
            Self::ContractInactive => "the contract does not cover this".to_owned(),
            Self::Released => "the contract's rooms for this night were released".to_owned(),
            Self::Occupancy => format!("the room type takes at most {number} guests of this kind"),
            Self::HoldLimit => format!("the limit for holds is {number}"),
            Self::Horizon => format!("nights are kept {number} days ahead"),
        }
    }
}

/// The kind of a refusal, for programs. More kinds may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "described one by one in the schema")]
pub enum Code {
    Refused,
    BelowSold,
    BelowGuaranteed,
    Conflict,
    KeyReused,
    HoldExpired,
    NotHeld,
    NotActive,
    StayBegun,
    CodeTaken,
    DuplicateReference,
    ContractRequired,
    CellsMoved,
    NothingToUndo,
    Invalid,
    EmptyStay,
}

/// One reason of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The kind, for programs.
    pub code: Code,
    /// The message for people.
    pub message: String,
    /// Path of the input field at fault, outermost first; empty when no single field is.
    pub field: Vec<String>,
    /// The room type concerned.
    pub room_type: Option<RoomTypeId>,
    /// The night concerned.
    pub date: Option<NaiveDate>,
    /// The selling rule, with code `REFUSED`.
    pub rule: Option<Rule>,
    /// The number of the rule that blocked.
    pub value: Option<i32>,
    /// The stored value, where the caller expected another one.
    pub current: Option<i32>,
}

impl Problem {
    /// A problem of the given kind with its message.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            field: Vec::new(),
            room_type: None,
            date: None,
            rule: None,
            value: None,
            current: None,
        }
    }

    /// An invalid input.
    pub fn invalid(field: &[&str], message: impl Into<String>) -> Self {
        Self::new(Code::Invalid, message).at_field(field)
    }

    /// A selling rule that blocks.
    pub fn blocked(rule: Rule, value: Option<i32>) -> Self {
        Self { rule: Some(rule), value, ..Self::new(Code::Refused, rule.sentence(value)) }
    }

    /// Sets the input field.
    pub fn at_field(mut self, field: &[&str]) -> Self {
        self.field = field.iter().map(|part| (*part).to_owned()).collect();
        self
    }

    /// Sets the night.
    pub fn on_night(mut self, room_type: RoomTypeId, date: NaiveDate) -> Self {
        self.room_type = Some(room_type);
        self.date = Some(date);
        self
    }

    /// Sets the room type only.
    pub fn in_room_type(mut self, room_type: RoomTypeId) -> Self {
        self.room_type = Some(room_type);
        self
    }

    /// Sets the stored value.
    pub fn current(mut self, current: Option<i32>) -> Self {
        self.current = current;
        self
    }
}

/// Every reason why nothing was changed; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal(pub Vec<Problem>);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}
