//! Change sets: the payload of changes of the calendar, conflicts, and undo.

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

/// Handling of cells that conflict: cells whose stored value is not the expected one, and cells that a rule
/// refuses.
#[derive(Enum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Write nothing and list every conflict.
    #[default]
    Refuse,
    /// Leave the conflicting cells out, write the rest, and list them in `skipped`.
    Skip,
}

/// Undoes a change set at one property.
#[derive(InputObject, Clone, Debug)]
pub struct UndoChangeSetInput {
    /// The property.
    pub property_id: ID,
    /// The change set.
    pub change_set_id: Uuid,
    /// Id that the caller makes for the change set of this undo. With it the undo can itself be undone.
    pub as_change_set_id: Option<Uuid>,
    /// Idempotency key, 1 to 100 characters. A repeat with the same key returns the first result and changes nothing.
    pub idempotency_key: Option<String>,
    /// Reason, shown in the history; at most 500 characters.
    pub reason: Option<String>,
}

/// The result of a change of the calendar.
#[derive(Default)]
pub struct StockPayload(pub MutationResult);

/// The result of a change of the calendar.
#[Object]
impl StockPayload {
    /// The property.
    async fn property(&self) -> Option<Property> {
        self.0.access.clone().map(Property)
    }

    /// The stock event of the change; null when nothing changed.
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
        problems
            .map(|problem| SkippedCell(UserError { access: self.0.access.clone(), problem: problem.clone() }))
            .collect()
    }

    /// Cursor after the write. A read with it as `atLeast` includes the write, on every node.
    async fn cursor(&self, ctx: &Context<'_>) -> Result<Option<CursorText>> {
        self.0.cursor(ctx)
    }

    /// `true` when this is the result of an earlier call with the same idempotency key.
    async fn replayed(&self) -> bool {
        self.0.outcome.as_ref().is_some_and(|outcome| outcome.replayed)
    }

    /// Reasons why nothing was written; empty after a write.
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
        room_type_of(self.0.access.as_ref()?, self.0.problem.room_type)
    }

    /// The night.
    async fn date(&self) -> Option<Date> {
        self.0.problem.date.map(Date)
    }

    /// The reason.
    async fn code(&self) -> UserErrorCode {
        self.0.problem.code.into()
    }

    /// Message for a person to read. Programs use the other fields.
    async fn message(&self) -> &str {
        &self.0.problem.message
    }

    /// The stored value.
    async fn current(&self) -> Option<i32> {
        self.0.problem.current
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Undoes a change set at one property.
pub(super) async fn undo_change_set(ctx: &Context<'_>, input: UndoChangeSetInput) -> Result<StockPayload> {
    let Some(access) = own_property(ctx, &input.property_id).await? else {
        return Ok(StockPayload(unknown("propertyId", "property")));
    };
    let key = input.idempotency_key.clone().map(|text| (text, hash("undoChangeSet", &input)));
    let note = ChangeNote { reason: input.reason, change_set: input.as_change_set_id, ..ChangeNote::default() };
    submit(ctx, access, Action::Undo(input.change_set_id), note, key).await.map(StockPayload)
}
