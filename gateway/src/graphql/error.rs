//! Protocol errors with their `extensions.code`. A refusal of a rule is not an error but data (`userErrors`).

use async_graphql::{Error, ErrorExtensions};

use crate::inventory::Problem;
use crate::writer::WriteError;

/// The code of a protocol error. The names are part of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// No valid token.
    Unauthenticated,
    /// A valid token that does not allow this.
    Forbidden,
    /// The input is invalid.
    BadUserInput,
    /// Over the rate of the plan.
    RateLimited,
    /// One operation that costs more than the plan allows at once.
    CostLimitExceeded,
    /// The operation took too long.
    Timeout,
    /// A service that the gateway needs cannot be reached, or too much work is waiting.
    Unavailable,
    /// An internal error of the gateway.
    Internal,
}

/// The code of a document that is not among the trusted documents of the tenant.
pub const DOCUMENT_NOT_TRUSTED: &str = "DOCUMENT_NOT_TRUSTED";

impl ErrorCode {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::RateLimited => "RATE_LIMITED",
            Self::CostLimitExceeded => "COST_LIMIT_EXCEEDED",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// `true` when the same request may succeed later.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Timeout | Self::Unavailable)
    }

    /// An error with this code and a message for people.
    pub fn error(self, message: impl Into<String>) -> Error {
        Error::new(message).extend_with(|_, extensions| {
            extensions.set("code", self.name());
            extensions.set("retryable", self.is_retryable());
            if self == Self::Unavailable {
                extensions.set("retryAfterMs", 500);
            }
        })
    }
}

/// An invalid input, with the field at fault.
pub fn bad_input(field: &str, message: impl std::fmt::Display) -> Error {
    ErrorCode::BadUserInput
        .error(format!("{field}: {message}"))
        .extend_with(|_, extensions| extensions.set("field", field))
}

/// A problem with an argument as a protocol error, at `path` (the path of the argument, or empty) and the problem's own
/// field.
///
/// [`bad_input`] puts the field before the message, so a message that begins with the field's name loses it.
pub fn bad_argument(path: &str, problem: &Problem) -> Error {
    let own = problem.field.join(".");
    let field = if path.is_empty() { own } else { format!("{path}.{own}") };
    let name = problem.field.last().map_or("", String::as_str);
    let message = problem.message.strip_prefix(name).unwrap_or(&problem.message);
    bad_input(&field, message.trim_start())
}

/// A document that the tenant may not send.
pub fn untrusted() -> Error {
    Error::new("this tenant may send its trusted documents only").extend_with(|_, extensions| {
        extensions.set("code", DOCUMENT_NOT_TRUSTED);
        extensions.set("retryable", false);
    })
}

/// An internal error. The log gets the cause; the caller does not.
pub fn internal(cause: impl std::fmt::Display) -> Error {
    tracing::error!(%cause, "a resolver failed");
    ErrorCode::Internal.error("internal error")
}

/// A database error. The log gets the cause; the caller does not.
pub fn database(cause: &sea_orm::DbErr) -> Error {
    tracing::error!(%cause, "a read failed");
    ErrorCode::Unavailable.error("the inventory can't be read at the moment")
}

/// A failed write. Refusals are data and do not come here.
pub fn write_failed(error: &WriteError) -> Error {
    match error {
        WriteError::Refused(_) => internal("a refusal is data"),
        WriteError::Overloaded => ErrorCode::Unavailable.error("too many writes are waiting; nothing was written"),
        WriteError::Unavailable => ErrorCode::Unavailable
            .error("the database can't be reached; repeat with the same idempotencyKey to learn the outcome"),
        WriteError::Internal => ErrorCode::Internal.error("internal error; nothing was written"),
    }
}
