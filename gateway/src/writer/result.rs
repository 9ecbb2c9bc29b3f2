//! What goes into the writer and what comes out.

use chrono::{DateTime, Utc};
use lodgate_entities::ids::{PropertyId, TenantId};
use serde::{Deserialize, Serialize};

use crate::inventory::{Command, Problem, Refusal, Reservation};

/// A command for one property, with the key under which it takes effect once.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The property.
    pub property: PropertyId,
    /// What is asked.
    pub command: Command,
    /// Under which key, if any.
    pub key: Option<Key>,
}

/// An idempotency key: the same tenant, property and key take effect once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose key.
    pub tenant: TenantId,
    /// The caller's text, 1 to 100 characters.
    pub text: String,
    /// SHA-256 of the operation and its coerced input: the same key with another is refused.
    pub hash: [u8; 32],
}

/// What a command did. Kept under its idempotency key and given again to a repeat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandResult {
    /// The property.
    pub property: PropertyId,
    /// The event it made; `None` when it changed nothing.
    pub event: Option<i64>,
    /// The property's latest event once this was done.
    pub seq: i64,
    /// The tag of that event.
    pub tag: i64,
    /// Time of the decision.
    pub at: DateTime<Utc>,
    /// Cells that changed.
    pub changed: usize,
    /// Cells that had the value already.
    pub unchanged: usize,
    /// Cells left out because they conflict.
    pub skipped: Vec<Problem>,
    /// The reservation as it was left.
    pub reservation: Option<Reservation>,
    /// Id of the room type or contract that was created or changed.
    pub structure: Option<i64>,
    /// Whether this repeats the answer to an earlier call.
    #[serde(skip)]
    pub replayed: bool,
}

/// Why a command has no outcome.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    /// The rules say no; nothing was written.
    #[error("refused")]
    Refused(Refusal),
    /// Too much is waiting; nothing was written.
    #[error("too many writes are waiting")]
    Overloaded,
    /// The database can't be reached. Whether it was written is unknown: repeat with the same key.
    #[error("the database can't be reached")]
    Unavailable,
    /// A fault of ours; nothing was written. The log has the cause.
    #[error("internal error")]
    Internal,
}
