//! Refusals of a mutation, as data.

use async_graphql::{Enum, Object};

use super::access::PropertyAccess;
use super::room_type::{RoomType, room_type_of};
use super::scalars::Date;
use crate::inventory::{self, Problem};

/// Why nothing was written.
#[derive(Clone)]
pub struct UserError {
    pub(super) seen: Option<PropertyAccess>,
    pub(super) problem: Problem,
}

impl UserError {
    /// A problem of the input's form.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self { seen: None, problem: Problem::invalid(&[field], message) }
    }
}

/// Why nothing was written.
#[Object]
impl UserError {
    /// What to switch on.
    async fn code(&self) -> UserErrorCode {
        self.problem.code.into()
    }

    /// A sentence for a person.
    async fn message(&self) -> &str {
        &self.problem.message
    }

    /// Path of the field of `input` that is at fault; null when no single field is.
    async fn field(&self) -> Option<&[String]> {
        Some(self.problem.field.as_slice()).filter(|path| !path.is_empty())
    }

    /// The room type at fault.
    async fn room_type(&self) -> Option<RoomType> {
        room_type_of(self.seen.as_ref()?, self.problem.room_type)
    }

    /// The night at fault.
    async fn date(&self) -> Option<Date> {
        self.problem.date.map(Date)
    }

    /// The selling rule that blocks.
    async fn rule(&self) -> Option<RefusalRule> {
        self.problem.rule.map(Into::into)
    }

    /// The rule's number.
    async fn value(&self) -> Option<i32> {
        self.problem.value
    }

    /// What is stored now, where the caller expected something else; flags are 0 and 1.
    async fn current(&self) -> Option<i32> {
        self.problem.current
    }
}

/// What kind of refusal it is: what a program switches on. The list may grow.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "inventory::Code")]
pub enum UserErrorCode {
    /// A selling rule blocks a night: `rule` says which, `value` its number.
    Refused,
    /// Fewer rooms than are held and sold: repeat with `allowOvercommit` if that is meant.
    BelowSold,
    /// Fewer rooms than are guaranteed to the contract.
    BelowGuaranteed,
    /// Not what the caller expected to replace: `current` says what is there.
    Conflict,
    /// The idempotency key was used with another request.
    KeyReused,
    /// The hold ran out; its rooms are back on sale.
    HoldExpired,
    /// Only a hold can be confirmed or extended.
    NotHeld,
    /// The reservation claims nothing any more.
    NotActive,
    /// The first night is over.
    StayBegun,
    /// The code is in use.
    CodeTaken,
    /// The reference is in use for another reservation of yours at this property.
    DuplicateReference,
    /// Several contracts fit: name one.
    ContractRequired,
    /// Cells of the change set were changed again since.
    CellsMoved,
    /// The change set changed nothing here.
    NothingToUndo,
    /// The input breaks a rule of form: `field` says where.
    Invalid,
    /// A stay of no nights.
    EmptyStay,
}

/// The selling rule that blocks a night. The list may grow: treat an unknown rule as blocking.
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
    /// Past the nights that are kept, `value` ahead.
    Horizon,
}
