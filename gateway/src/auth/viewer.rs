//! Who asks.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use lodgate_entities::ids::{TenantId, UserId};
use lodgate_entities::tenant::TenantKind;
use lodgate_entities::user::UserRole;
use uuid::Uuid;

use super::{Scope, Scopes};
use crate::limits::Plan;

/// The caller of one operation, as its verified token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The tenant that everything is scoped by.
    pub tenant: TenantId,
    /// Its immutable code.
    pub tenant_code: String,
    /// What it does.
    pub kind: TenantKind,
    /// The person or machine.
    pub subject: Subject,
    /// What it may do.
    pub scopes: Scopes,
    /// Its budget.
    pub plan: Plan,
    /// Until when the token is good.
    pub expires_at: DateTime<Utc>,
    /// Which token it is.
    pub token: TokenRef,
}

/// What of a token can be withdrawn while it is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRef {
    /// The name of the key that signed it.
    pub kid: String,
    /// Its own name, where it has one.
    pub jti: Option<Uuid>,
}

/// The person or machine behind a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Someone signed in to the portal.
    User {
        /// Identity.
        id: UserId,
        /// The role at the time of the request.
        role: UserRole,
        /// Sign-in name.
        email: String,
        /// The sign-in that the token descends from.
        session: Option<Uuid>,
    },
    /// An API client.
    Client {
        /// Its public name.
        id: String,
        /// The name that the tenant gave it.
        label: String,
    },
    /// The operator's command line.
    Tool,
    /// Whoever another issuer says.
    External {
        /// The issuer.
        issuer: Arc<str>,
        /// The name that the journal shows: the issuer's name for it, and the issuer, so that it is nobody of ours.
        actor: String,
    },
}

/// The token does not carry this scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token lacks the scope {}", .0.name())]
pub struct MissingScope(pub Scope);

impl Viewer {
    /// The name under which the journal shows what this caller does.
    pub fn actor(&self) -> &str {
        match &self.subject {
            Subject::User { email, .. } => email,
            Subject::Client { label, .. } => label,
            Subject::Tool => "lodgate",
            Subject::External { actor, .. } => actor,
        }
    }

    /// Passes when the token carries `scope`.
    ///
    /// # Errors
    /// When it does not.
    pub fn require(&self, scope: Scope) -> Result<(), MissingScope> {
        if self.scopes.contains(scope) { Ok(()) } else { Err(MissingScope(scope)) }
    }

    /// Whether the token is still good at `now`.
    pub fn is_current(&self, now: DateTime<Utc>) -> bool {
        now < self.expires_at
    }
}
