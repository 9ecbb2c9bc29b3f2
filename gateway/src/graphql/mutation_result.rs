//! What a mutation gives back: the changed objects, or why nothing was written.

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

    pub(super) fn cursor(&self, ctx: &Context<'_>) -> Result<Option<CursorText>> {
        let Some(outcome) = &self.outcome else { return Ok(None) };
        let position =
            Position { property: outcome.property, seq: outcome.seq, tag: outcome.tag, delivered_seq: outcome.seq };
        let cursor = Cursor { tenant: access::viewer(ctx)?.tenant, filter: 0, positions: vec![position] };
        Ok(Some(CursorText(app(ctx)?.cursor_key.encode(&cursor))))
    }

    pub(super) async fn event(&self, ctx: &Context<'_>) -> Result<Option<StockEvent>> {
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

pub(super) fn unknown(field: &str, what: &str) -> MutationResult {
    MutationResult::refused(None, [Problem::invalid(&[field], format!("no such {what} of yours"))])
}
