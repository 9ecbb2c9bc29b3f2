//! Authentication errors.

use sea_orm::DbErr;

/// An authentication error. The response names its kind only; the reason is logged.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The request has no bearer token.
    #[error("no bearer token")]
    Missing,
    /// The token is forged, malformed, or for another issuer or audience.
    #[error("the token is not valid: {0}")]
    Invalid(&'static str),
    /// The token has expired. A new one is needed.
    #[error("the token has expired")]
    Expired,
    /// The token, its key, or its user, API client or session was revoked.
    #[error("access was withdrawn")]
    Revoked,
    /// The database did not respond. The request may be repeated.
    #[error("the database does not respond: {0}")]
    Unavailable(#[from] DbErr),
}
