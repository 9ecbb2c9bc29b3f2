//! Protocol errors: the codes of `extensions.code`. What the business refuses is data (`userErrors`), not this.

use async_graphql::{Error, ErrorExtensions};

use crate::writer::WriteError;

/// Why a request could not be carried out. The names are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// No valid token.
    Unauthenticated,
    /// A valid token that does not allow this.
    Forbidden,
    /// The input breaks a rule of form.
    BadUserInput,
    /// Over the plan's rate.
    RateLimited,
    /// One operation that costs more than the plan allows at once.
    CostLimitExceeded,
    /// It took too long.
    Timeout,
    /// Something the gateway needs can't be reached, or too much is waiting.
    Unavailable,
    /// A fault of the gateway.
    Internal,
}

/// The code of a document that is none of the tenant's trusted ones.
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

    /// Whether the same request may succeed later.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Timeout | Self::Unavailable)
    }

    /// An error of this kind with a sentence for a person.
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

/// An input that breaks a rule of form, naming the field.
pub fn bad_input(field: &str, message: impl std::fmt::Display) -> Error {
    ErrorCode::BadUserInput
        .error(format!("{field}: {message}"))
        .extend_with(|_, extensions| extensions.set("field", field))
}

/// A document that the tenant may not send.
pub fn untrusted() -> Error {
    Error::new("this tenant may send its trusted documents only").extend_with(|_, extensions| {
        extensions.set("code", DOCUMENT_NOT_TRUSTED);
        extensions.set("retryable", false);
    })
}

/// A fault of ours: the log has the cause, the caller only the fact.
pub fn internal(cause: impl std::fmt::Display) -> Error {
    tracing::error!(%cause, "a resolver failed");
    ErrorCode::Internal.error("internal error")
}

/// A database error as the caller may see it.
pub fn database(cause: &sea_orm::DbErr) -> Error {
    tracing::error!(%cause, "a read failed");
    ErrorCode::Unavailable.error("the inventory can't be read at the moment")
}

/// A write without an outcome, unless it was refused.
pub fn write_failed(error: &WriteError) -> Error {
    match error {
        WriteError::Refused(_) => internal("a refusal is data"),
        WriteError::Overloaded => ErrorCode::Unavailable.error("too many writes are waiting; nothing was written"),
        WriteError::Unavailable => ErrorCode::Unavailable
            .error("the database can't be reached; repeat with the same idempotencyKey to learn the outcome"),
        WriteError::Internal => ErrorCode::Internal.error("internal error; nothing was written"),
    }
}
