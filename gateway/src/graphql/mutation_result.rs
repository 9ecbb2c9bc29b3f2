//! The result that the payloads of mutations share: the changed objects, or the reasons why nothing was written.

use async_graphql::{Context, Result};

use super::access::{self, PropertyAccess, app};
use super::error;
use super::loaders::Loaders;
use super::scalars::CursorText;
use super::stock_event::StockEvent;
use super::user_error::UserError;
use crate::feed::{Cursor, Position};
use crate::inventory::{Problem, Refusal};
use crate::writer::{CommandResult, WriteError};

/// The result of a write, for the payloads.
#[derive(Clone, Default)]
pub struct MutationResult {
    /// The property, as the caller sees it after the write.
    pub access: Option<PropertyAccess>,
    /// The writer's result, after a write.
    pub outcome: Option<CommandResult>,
    /// Reasons why nothing was written.
    pub errors: Vec<UserError>,
}

impl MutationResult {
    /// Nothing was written.
    pub fn refused(access: Option<PropertyAccess>, problems: impl IntoIterator<Item = Problem>) -> Self {
        let errors = problems.into_iter().map(|problem| UserError { access: access.clone(), problem }).collect();
        Self { access, outcome: None, errors }
    }

    /// From the answer of the writer.
    ///
    /// # Errors
    /// When the write failed: it has neither a result nor a refusal.
    pub fn from(access: Option<PropertyAccess>, result: Result<CommandResult, WriteError>) -> Result<Self> {
        match result {
            Ok(outcome) => Ok(Self { access, outcome: Some(outcome), errors: Vec::new() }),
            Err(WriteError::Refused(Refusal(problems))) => Ok(Self::refused(access, problems)),
            Err(fault) => Err(error::write_failed(&fault)),
        }
    }

    pub(super) fn cursor(&self, ctx: &Context<'_>) -> Result<Option<CursorText>> {
        let Some(outcome) = &self.outcome else { return Ok(None) };
        let position =
            Position { property: outcome.property, seq: outcome.seq, tag: outcome.tag, delivered_seq: outcome.seq };
        let cursor = Cursor { tenant: access::viewer(ctx)?.tenant, filter: 0, positions: vec![position] };
        Ok(Some(CursorText(app(ctx)?.cursor_key.encode(&cursor))))
    }

    pub(super) async fn event(&self, ctx: &Context<'_>) -> Result<Option<StockEvent>> {
        let (Some(access), Some(seq)) = (&self.access, self.outcome.as_ref().and_then(|outcome| outcome.event)) else {
            return Ok(None);
        };
        let found = ctx
            .data::<Loaders>()?
            .events
            .load((access.id(), seq))
            .await
            .map_err(|failure| access::load_failed(&failure))?;
        Ok(found.map(|event| StockEvent { access: access.clone(), event }))
    }
}

pub(super) fn unknown(field: &str, what: &str) -> MutationResult {
    MutationResult::refused(None, [Problem::invalid(&[field], format!("no such {what} of yours"))])
}
