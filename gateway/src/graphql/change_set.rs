//! Changes of the calendar: what they have in common, and their undo.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use uuid::Uuid;

use super::access::own_property;
use super::mutation_result::{MutationResult, unknown};
use super::property::Property;
use super::room_type::{RoomType, room_type_of};
use super::scalars::{CursorText, Date};
use super::stock_event::StockEvent;
use super::submit::{ChangeNote, hash, submit};
use super::user_error::{UserError, UserErrorCode};
use crate::inventory::Action;

/// What to do about cells that are not what the caller expected.
#[derive(Enum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Write nothing and name them.
    #[default]
    Refuse,
    /// Leave them out, write the rest, and give them back in `skipped`.
    Skip,
}

/// Takes a change set back.
#[derive(InputObject, Clone, Debug)]
pub struct UndoChangeSetInput {
    /// The property.
    pub property_id: ID,
    /// The change set.
    pub change_set_id: Uuid,
    /// Made by you: the change set that this undo makes, by which it can itself be taken back.
    pub as_change_set_id: Option<Uuid>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: Option<String>,
    /// Why, for the history.
    pub reason: Option<String>,
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

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Undoes a change set at one property.
pub(super) async fn undo_change_set(ctx: &Context<'_>, input: UndoChangeSetInput) -> Result<StockPayload> {
    let Some(seen) = own_property(ctx, &input.property_id).await? else {
        return Ok(StockPayload(unknown("propertyId", "property")));
    };
    let key = input.idempotency_key.clone().map(|text| (text, hash("undoChangeSet", &input)));
    let note = ChangeNote { reason: input.reason, change_set: input.as_change_set_id, ..ChangeNote::default() };
    submit(ctx, seen, Action::Undo(input.change_set_id), note, key).await.map(StockPayload)
}
