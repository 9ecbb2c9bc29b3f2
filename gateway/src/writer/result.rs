//! Input and output of the writer.

use chrono::{DateTime, Utc};
use lodgate_entities::ids::{PropertyId, TenantId};
use serde::{Deserialize, Serialize};

use crate::inventory::{Command, Problem, Refusal, Reservation};

/// A command for one property, with the key under which it takes effect once.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The property.
    pub property: PropertyId,
    /// The command.
    pub command: Command,
    /// Its idempotency key.
    pub key: Option<Key>,
}

/// An idempotency key: a command takes effect once per tenant, property and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The caller's tenant.
    pub tenant: TenantId,
    /// The caller's text, 1 to 100 characters.
    pub text: String,
    /// SHA-256 of the operation and its coerced input. The same key with another hash is refused.
    pub hash: [u8; 32],
}

/// The result of a command. It is kept under its idempotency key and returned to a repeat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandResult {
    /// The property.
    pub property: PropertyId,
    /// Its event; `None` when it changed nothing.
    pub event: Option<i64>,
    /// The property's latest event after the command.
    pub seq: i64,
    /// The tag of that event.
    pub tag: i64,
    /// Time of the decision.
    pub at: DateTime<Utc>,
    /// Cells that changed.
    pub changed: usize,
    /// Cells that had their value already.
    pub unchanged: usize,
    /// Cells that were skipped because of a conflict.
    pub skipped: Vec<Problem>,
    /// The reservation after the command.
    pub reservation: Option<Reservation>,
    /// Id of the room type or contract that was created or changed.
    pub structure: Option<i64>,
    /// Whether this is the result of an earlier call.
    #[serde(skip)]
    pub replayed: bool,
}

/// Errors of the writer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    /// The rules refuse the command; nothing was written.
    #[error("refused")]
    Refused(Refusal),
    /// Too many commands wait; nothing was written.
    #[error("too many writes are waiting")]
    Overloaded,
    /// The database cannot be reached. The command may have been written: repeat it with the same key.
    #[error("the database cannot be reached")]
    Unavailable,
    /// A defect of the gateway; nothing was written. The log has the cause.
    #[error("internal error")]
    Internal,
}
