//! What a mutation gives back: the changed objects, or why nothing was written.

use async_graphql::{Context, Object, Result};

use super::access::{self, PropertyAccess, app};
use super::availability::room_type_of;
use super::contract::Contract;
use super::enums::{RefusalRule, UserErrorCode};
use super::error;
use super::loaders::Loaders;
use super::property::Property;
use super::reservation::Reservation;
use super::room_type::RoomType;
use super::scalars::{CursorText, Date};
use super::stock_event::StockEvent;
use crate::feed::{Cursor, Position};
use crate::inventory::{Problem, Refusal};
use crate::writer::{CommandResult, WriteError};

/// Why nothing was written.
#[derive(Clone)]
pub struct UserError {
    seen: Option<PropertyAccess>,
    problem: Problem,
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

/// A cell that was left out because it conflicts.
#[derive(Clone)]
pub struct SkippedCell(UserError);

/// A cell that was left out because it conflicts.
#[Object]
impl SkippedCell {
    /// The room type.
    async fn room_type(&self) -> Option<RoomType> {
        room_type_of(self.0.seen.as_ref()?, self.0.problem.room_type)
    }

    /// The night.
    async fn date(&self) -> Option<Date> {
        self.0.problem.date.map(Date)
    }

    /// Why.
    async fn code(&self) -> UserErrorCode {
        self.0.problem.code.into()
    }

    /// A sentence for a person.
    async fn message(&self) -> &str {
        &self.0.problem.message
    }

    /// What is stored now.
    async fn current(&self) -> Option<i32> {
        self.0.problem.current
    }
}

/// A write's result as the payloads share it.
#[derive(Clone, Default)]
pub struct MutationResult {
    /// The property, as the caller sees it after the write.
    pub seen: Option<PropertyAccess>,
    /// What was done.
    pub outcome: Option<CommandResult>,
    /// Why nothing was.
    pub errors: Vec<UserError>,
}

impl MutationResult {
    /// Nothing was written.
    pub fn refused(seen: Option<PropertyAccess>, problems: impl IntoIterator<Item = Problem>) -> Self {
        let errors = problems.into_iter().map(|problem| UserError { seen: seen.clone(), problem }).collect();
        Self { seen, outcome: None, errors }
    }

    /// From the writer's answer.
    ///
    /// # Errors
    /// When there is neither an outcome nor a refusal.
    pub fn from(seen: Option<PropertyAccess>, answer: Result<CommandResult, WriteError>) -> Result<Self> {
        match answer {
            Ok(outcome) => Ok(Self { seen, outcome: Some(outcome), errors: Vec::new() }),
            Err(WriteError::Refused(Refusal(problems))) => Ok(Self::refused(seen, problems)),
            Err(fault) => Err(error::write_failed(&fault)),
        }
    }

    fn cursor(&self, ctx: &Context<'_>) -> Result<Option<CursorText>> {
        let Some(outcome) = &self.outcome else { return Ok(None) };
        let position =
            Position { property: outcome.property, seq: outcome.seq, tag: outcome.tag, delivered_seq: outcome.seq };
        let cursor = Cursor { tenant: access::viewer(ctx)?.tenant, filter: 0, positions: vec![position] };
        Ok(Some(CursorText(app(ctx)?.cursor_key.encode(&cursor))))
    }

    async fn event(&self, ctx: &Context<'_>) -> Result<Option<StockEvent>> {
        let (Some(seen), Some(seq)) = (&self.seen, self.outcome.as_ref().and_then(|outcome| outcome.event)) else {
            return Ok(None);
        };
        let found = ctx
            .data::<Loaders>()?
            .events
            .load((seen.id(), seq))
            .await
            .map_err(|failure| access::load_failed(&failure))?;
        Ok(found.map(|event| StockEvent { seen: seen.clone(), event }))
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// What became of a change of the calendar.
#[derive(Default)]
pub struct StockPayload(pub MutationResult);

/// What became of a change of the calendar.
#[Object]
impl StockPayload {
    /// The property.
    async fn property(&self) -> Option<Property> {
        self.0.seen.clone().map(Property)
    }

    /// The event it made; null when nothing changed.
    async fn event(&self, ctx: &Context<'_>) -> Result<Option<StockEvent>> {
        self.0.event(ctx).await
    }

    /// Cells that changed.
    async fn changed_cells(&self) -> i32 {
        self.0.outcome.as_ref().map_or(0, |outcome| count(outcome.changed))
    }

    /// Cells that had the value already.
    async fn unchanged_cells(&self) -> i32 {
        self.0.outcome.as_ref().map_or(0, |outcome| count(outcome.unchanged))
    }

    /// With `onConflict: SKIP`: the cells that were left out.
    async fn skipped(&self) -> Vec<SkippedCell> {
        let problems = self.0.outcome.iter().flat_map(|outcome| &outcome.skipped);
        problems.map(|problem| SkippedCell(UserError { seen: self.0.seen.clone(), problem: problem.clone() })).collect()
    }

    /// Give it to reads as `atLeast` to read your own write, on every node.
    async fn cursor(&self, ctx: &Context<'_>) -> Result<Option<CursorText>> {
        self.0.cursor(ctx)
    }

    /// Whether this repeats the answer to an earlier call with the same idempotency key.
    async fn replayed(&self) -> bool {
        self.0.outcome.as_ref().is_some_and(|outcome| outcome.replayed)
    }

    /// Why nothing was written; empty when it was.
    async fn user_errors(&self) -> &[UserError] {
        &self.0.errors
    }
}

/// What became of a claim.
#[derive(Default)]
pub struct ReservationPayload(pub MutationResult);

/// What became of a claim.
#[Object]
impl ReservationPayload {
    /// The reservation as it was left; for a repeat as it was left then.
    async fn reservation(&self) -> Option<Reservation> {
        let reservation = self.0.outcome.as_ref()?.reservation.clone()?;
        Some(Reservation { seen: self.0.seen.clone()?, reservation })
    }

    /// The event it made; null when nothing changed.
    async fn event(&self, ctx: &Context<'_>) -> Result<Option<StockEvent>> {
        self.0.event(ctx).await
    }

    /// Give it to reads as `atLeast` to read your own write, on every node.
    async fn cursor(&self, ctx: &Context<'_>) -> Result<Option<CursorText>> {
        self.0.cursor(ctx)
    }

    /// Whether this repeats the answer to an earlier call with the same idempotency key.
    async fn replayed(&self) -> bool {
        self.0.outcome.as_ref().is_some_and(|outcome| outcome.replayed)
    }

    /// Why nothing was written, night by night; empty when it was.
    async fn user_errors(&self) -> &[UserError] {
        &self.0.errors
    }
}

macro_rules! structure_payload {
    ($(#[$doc:meta])* $name:ident, $field:ident: $type:ty, $find:expr) => {
        $(#[$doc])*
        #[derive(Default)]
        pub struct $name(pub MutationResult);

        $(#[$doc])*
        #[Object]
        impl $name {
            /// What was created or changed.
            async fn $field(&self) -> Option<$type> {
                let find: fn(&PropertyAccess, i64) -> Option<$type> = $find;
                find(self.0.seen.as_ref()?, self.0.outcome.as_ref()?.structure.unwrap_or(0))
            }

            /// Give it to reads as `atLeast` to read your own write, on every node.
            async fn cursor(&self, ctx: &Context<'_>) -> Result<Option<CursorText>> {
                self.0.cursor(ctx)
            }

            /// Why nothing was written; empty when it was.
            async fn user_errors(&self) -> &[UserError] {
                &self.0.errors
            }
        }
    };
}

structure_payload!(
    /// What became of a property.
    PropertyPayload, property: Property, |seen, _| Some(Property(seen.clone()))
);
structure_payload!(
    /// What became of a room type.
    RoomTypePayload, room_type: RoomType, |seen, id| room_type_of(seen, Some(id.into()))
);
structure_payload!(
    /// What became of a contract.
    ContractPayload, contract: Contract, |seen, id| {
        let contract = seen.structure.contracts.get(&id.into())?.clone();
        Some(Contract { seen: seen.clone(), contract })
    }
);
