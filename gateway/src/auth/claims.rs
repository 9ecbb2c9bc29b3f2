//! The claims of a token.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use lodgate_entities::ids::UserId;
use lodgate_entities::tenant::TenantKind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AuthError, Scopes};
use crate::limits::Plan;

/// The `aud` claim.
pub const AUDIENCE: &str = "lodgate";

/// The subject of a token, as written in its `sub`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SubjectId {
    /// `user:` and the id of the user.
    User(UserId),
    /// `client:` and the client id.
    Client(String),
    /// `tool`: the operator's command line.
    Tool,
    /// A subject of an external issuer. It never equals a user or an API client, whatever its text.
    External {
        /// The issuer.
        issuer: Arc<str>,
        /// Its `sub`, 1 to 255 characters.
        subject: String,
    },
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Client(id) => write!(f, "client:{id}"),
            Self::Tool => f.write_str("tool"),
            Self::External { issuer, subject } => write!(f, "{subject} of {issuer}"),
        }
    }
}

impl FromStr for SubjectId {
    type Err = AuthError;

    fn from_str(text: &str) -> Result<Self, AuthError> {
        match text.split_once(':') {
            None if text == "tool" => Ok(Self::Tool),
            Some(("user", id)) => {
                id.parse().map(|id| Self::User(UserId(id))).map_err(|_| AuthError::Invalid("subject"))
            }
            Some(("client", id)) if !id.is_empty() && id.len() <= 64 => Ok(Self::Client(id.to_owned())),
            _ => Err(AuthError::Invalid("subject")),
        }
    }
}

/// The content of a new token.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The tenant's code.
    pub tenant: String,
    /// The kind of the tenant.
    pub kind: TenantKind,
    /// The subject.
    pub subject: SubjectId,
    /// The scopes.
    pub scopes: Scopes,
    /// The plan.
    pub plan: Plan,
    /// The lifetime.
    pub lifetime: Duration,
    /// The session that it belongs to.
    pub session: Option<Uuid>,
}

/// The claims of a verified token, parsed and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The tenant's code, `^[a-z0-9-]{1,64}$`.
    pub tenant: String,
    /// The kind of the tenant; absent in tokens of external issuers.
    pub kind: Option<TenantKind>,
    /// The subject.
    pub subject: SubjectId,
    /// The scopes.
    pub scopes: Scopes,
    /// The plan.
    pub plan: Plan,
    /// Expiry.
    pub expires_at: DateTime<Utc>,
    /// The session that it belongs to.
    pub session: Option<Uuid>,
    /// Name of the key that signed it.
    pub kid: String,
    /// The `jti`; optional in tokens of external issuers.
    pub jti: Option<Uuid>,
}

/// The claims in their JSON form. Every field except `sid` is required and has one type: a number written as a string is
/// refused.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireClaims {
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) sub: String,
    pub(super) tenant: String,
    pub(super) kind: TenantKind,
    pub(super) scope: String,
    pub(super) plan: String,
    pub(super) iat: i64,
    pub(super) nbf: i64,
    pub(super) exp: i64,
    pub(super) jti: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sid: Option<Uuid>,
}

/// Tolerated difference between the clocks of two hosts, in seconds.
const LEEWAY: i64 = 30;

impl WireClaims {
    /// The claims of a new token.
    pub(super) fn new(issuer: &str, grant: &Grant, now: DateTime<Utc>) -> Self {
        let now = now.timestamp();
        let lifetime = i64::try_from(grant.lifetime.as_secs()).unwrap_or(i64::MAX);
        Self {
            iss: issuer.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: grant.subject.to_string(),
            tenant: grant.tenant.clone(),
            kind: grant.kind,
            scope: grant.scopes.to_string(),
            plan: grant.plan.name().to_owned(),
            iat: now,
            nbf: now,
            exp: now.saturating_add(lifetime),
            jti: Uuid::new_v4(),
            sid: grant.session,
        }
    }

    /// Checks the times and parses the other claims. Issuer, audience and the signature by key `kid` are already checked.
    pub(super) fn check(self, kid: String, now: DateTime<Utc>) -> Result<Claims, AuthError> {
        let expires_at = check_times(self.exp, Some(self.nbf), now)?;
        // Checked before it becomes part of a statement or of a Redis key.
        if !is_tenant_code(&self.tenant) {
            return Err(AuthError::Invalid("tenant"));
        }
        Ok(Claims {
            tenant: self.tenant,
            kind: Some(self.kind),
            subject: self.sub.parse()?,
            scopes: self.scope.parse().map_err(|_| AuthError::Invalid("scope"))?,
            plan: self.plan.parse().map_err(|_| AuthError::Invalid("plan"))?,
            expires_at,
            session: self.sid,
            kid,
            jti: Some(self.jti),
        })
    }
}

/// Checks `exp` and `nbf`, in seconds since 1970, with a leeway of half a minute. Returns the expiry.
///
/// # Errors
/// [`AuthError::Expired`], or [`AuthError::Invalid`].
pub(super) fn check_times(exp: i64, nbf: Option<i64>, now: DateTime<Utc>) -> Result<DateTime<Utc>, AuthError> {
    let now = now.timestamp();
    if exp.saturating_add(LEEWAY) <= now {
        return Err(AuthError::Expired);
    }
    if nbf.is_some_and(|nbf| nbf.saturating_sub(LEEWAY) > now) {
        return Err(AuthError::Invalid("not before"));
    }
    DateTime::from_timestamp(exp, 0).ok_or(AuthError::Invalid("expiry"))
}

/// Whether `code` is a valid tenant code: 1 to 64 lower-case letters, digits and hyphens.
pub fn is_tenant_code(code: &str) -> bool {
    (1..=64).contains(&code.len()) && code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
