//! Why a token does not open the door.

use sea_orm::DbErr;

/// Why a token does not open the door. Callers are told the kind; the reason is for the log.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// None was given.
    #[error("no bearer token")]
    Missing,
    /// It was not made by this issuer for this audience, or says what it must not.
    #[error("the token is not valid: {0}")]
    Invalid(&'static str),
    /// It was good once: a fresh one helps.
    #[error("the token has expired")]
    Expired,
    /// The person, machine or session that it stands for was shut out.
    #[error("access was withdrawn")]
    Revoked,
    /// It could not be decided: worth trying again.
    #[error("the database does not answer: {0}")]
    Unavailable(#[from] DbErr),
}
