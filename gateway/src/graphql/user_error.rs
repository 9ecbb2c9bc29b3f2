//! User errors: the reasons why a mutation wrote nothing.

use async_graphql::{Enum, Object};

use super::access::PropertyAccess;
use super::room_type::{RoomType, room_type_of};
use super::scalars::Date;
use crate::inventory::{self, Problem};

/// A reason why nothing was written.
#[derive(Clone)]
pub struct UserError {
    pub(super) access: Option<PropertyAccess>,
    pub(super) problem: Problem,
}

impl From<Problem> for UserError {
    /// A problem that names no object of a property.
    fn from(problem: Problem) -> Self {
        Self { access: None, problem }
    }
}

impl UserError {
    /// A problem of the input's form.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Problem::invalid(&[field], message).into()
    }
}

/// A reason why nothing was written.
#[Object]
impl UserError {
    /// Code for programs.
    async fn code(&self) -> UserErrorCode {
        self.problem.code.into()
    }

    /// Message for a person to read. Programs use the other fields.
    async fn message(&self) -> &str {
        &self.problem.message
    }

    /// Path of the invalid field in `input`; null when no single field is at fault.
    async fn field(&self) -> Option<&[String]> {
        Some(self.problem.field.as_slice()).filter(|path| !path.is_empty())
    }

    /// The room type concerned.
    async fn room_type(&self) -> Option<RoomType> {
        room_type_of(self.access.as_ref()?, self.problem.room_type)
    }

    /// The night concerned.
    async fn date(&self) -> Option<Date> {
        self.problem.date.map(Date)
    }

    /// The selling rule that blocks.
    async fn rule(&self) -> Option<RefusalRule> {
        self.problem.rule.map(Into::into)
    }

    /// The number of the rule, for example the fewest nights.
    async fn value(&self) -> Option<i32> {
        self.problem.value
    }

    /// The stored value, where the caller expected another one; flags are 0 and 1.
    async fn current(&self) -> Option<i32> {
        self.problem.current
    }
}

/// The kind of a refusal, for programs. More values may be added.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "inventory::Code")]
pub enum UserErrorCode {
    /// A selling rule blocks a night: `rule` names it, `value` is its number.
    Refused,
    /// Fewer rooms than are held and sold. `allowOvercommit` accepts this.
    BelowSold,
    /// Fewer rooms than are guaranteed to the contract.
    BelowGuaranteed,
    /// The stored value is not the expected one: `current` has it.
    Conflict,
    /// The idempotency key was used with another request.
    KeyReused,
    /// The hold has expired; its rooms are back on sale.
    HoldExpired,
    /// Only a hold can be confirmed or extended.
    NotHeld,
    /// The reservation is no longer held or confirmed.
    NotActive,
    /// The stay has begun: its first night is past the cut-off.
    StayBegun,
    /// The code is in use.
    CodeTaken,
    /// The reference is in use for another reservation of yours at this property.
    DuplicateReference,
    /// Several contracts cover the stay: give `contractId`.
    ContractRequired,
    /// Cells of the change set were changed again since.
    CellsMoved,
    /// The change set changed nothing at this property.
    NothingToUndo,
    /// The input is invalid: `field` has the path.
    Invalid,
    /// The stay has no nights.
    EmptyStay,
}

/// The selling rule that blocks a night. More values may be added: treat an unknown rule as blocking.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "inventory::Rule")]
pub enum RefusalRule {
    /// Every room is held or sold.
    SoldOut,
    /// The supplier has put no rooms on sale.
    NotLoaded,
    /// Sales are stopped.
    StopSell,
    /// No stay may begin on this date.
    ClosedToArrival,
    /// No stay may end on this date.
    ClosedToDeparture,
    /// Too short for this arrival; `value` nights at least.
    MinStayArrival,
    /// Too long for this arrival; `value` nights at most.
    MaxStayArrival,
    /// Too short for a stay over this night; `value` nights at least.
    MinStayThrough,
    /// Too long for a stay over this night; `value` nights at most.
    MaxStayThrough,
    /// Too late: sold at least `value` days ahead.
    MinAdvance,
    /// Too early: sold at most `value` days ahead.
    MaxAdvance,
    /// The night can no longer be sold or changed.
    CutOff,
    /// The contract draws its `value` rooms from the shared pool already.
    PoolCap,
    /// All pools together sell at most `value` rooms.
    SellLimit,
    /// The contract is suspended or does not cover the night or the room type.
    ContractInactive,
    /// The contract's rooms were released.
    Released,
    /// Too many guests for the room type; `value` at most.
    Occupancy,
    /// Too many rooms held, or held too long; `value` at most.
    HoldLimit,
    /// Past the horizon: nights are kept `value` days ahead.
    Horizon,
}
