//! The viewer: the authenticated caller of an operation.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use lodgate_entities::ids::{TenantId, UserId};
use lodgate_entities::tenant::TenantKind;
use lodgate_entities::user::UserRole;
use uuid::Uuid;

use super::{Scope, Scopes};
use crate::limits::Plan;

/// The caller of one operation, from its verified token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The tenant; every read and write is restricted to it.
    pub tenant: TenantId,
    /// The immutable code of the tenant.
    pub tenant_code: String,
    /// The kind of the tenant.
    pub kind: TenantKind,
    /// The user or API client.
    pub subject: Subject,
    /// Its scopes.
    pub scopes: Scopes,
    /// The plan, which sets its budgets.
    pub plan: Plan,
    /// Expiry of the token.
    pub expires_at: DateTime<Utc>,
    /// The token.
    pub token: TokenRef,
}

/// Identity of a token, by which it can be revoked before it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRef {
    /// Name of the key that signed the token.
    pub kid: String,
    /// The `jti` of the token, if it has one.
    pub jti: Option<Uuid>,
}

/// The subject of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user signed in to the portal.
    User {
        /// Id of the user.
        id: UserId,
        /// The role at the time of authentication.
        role: UserRole,
        /// Sign-in name.
        email: String,
        /// The session that the token belongs to.
        session: Option<Uuid>,
    },
    /// An API client.
    Client {
        /// Its client id.
        id: String,
        /// Its label, chosen by the tenant.
        label: String,
    },
    /// The operator's command line.
    Tool,
    /// A subject of an external issuer.
    External {
        /// The issuer.
        issuer: Arc<str>,
        /// Name in the journal: the subject and the issuer, so that it cannot be taken for a user.
        actor: String,
    },
}

/// The token lacks this scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token lacks the scope {}", .0.name())]
pub struct MissingScope(pub Scope);

impl Viewer {
    /// Name of the caller in the journal.
    pub fn actor(&self) -> &str {
        match &self.subject {
            Subject::User { email, .. } => email,
            Subject::Client { label, .. } => label,
            Subject::Tool => "lodgate",
            Subject::External { actor, .. } => actor,
        }
    }

    /// Checks that the token has `scope`.
    ///
    /// # Errors
    /// When the token lacks it.
    pub fn require(&self, scope: Scope) -> Result<(), MissingScope> {
        if self.scopes.contains(scope) { Ok(()) } else { Err(MissingScope(scope)) }
    }

    /// Whether the token is unexpired at `now`.
    pub fn is_current(&self, now: DateTime<Utc>) -> bool {
        now < self.expires_at
    }
}
