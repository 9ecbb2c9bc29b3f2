//! What a token says.

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

/// For whom tokens are made.
pub const AUDIENCE: &str = "lodgate";

/// Whose token it is, as written in its `sub`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SubjectId {
    /// `user:` and the person's number.
    User(UserId),
    /// `client:` and the API client's public name.
    Client(String),
    /// `tool`: the operator's command line.
    Tool,
    /// Whoever another issuer says, in its own words; never one of ours, whatever it is called.
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

/// What a new token is to say.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The tenant's code.
    pub tenant: String,
    /// What the tenant does.
    pub kind: TenantKind,
    /// Whose token it is.
    pub subject: SubjectId,
    /// What it may do.
    pub scopes: Scopes,
    /// Its budget.
    pub plan: Plan,
    /// How long it is good for.
    pub lifetime: Duration,
    /// The sign-in that it descends from.
    pub session: Option<Uuid>,
}

/// What a verified token says, in types that cannot be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The tenant's code, `^[a-z0-9-]{1,64}$`.
    pub tenant: String,
    /// What the tenant does; other issuers do not say.
    pub kind: Option<TenantKind>,
    /// Whose token it is.
    pub subject: SubjectId,
    /// What it may do.
    pub scopes: Scopes,
    /// Its budget.
    pub plan: Plan,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// The sign-in that it descends from.
    pub session: Option<Uuid>,
    /// The name of the key that signed it.
    pub kid: String,
    /// Its own name; other issuers' tokens need none.
    pub jti: Option<Uuid>,
}

/// The claims as they are written. Every field but `sid` is required, and none is taken in another type: a number
/// written as a string is refused, not read.
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

/// Clocks of two machines may differ by so much, in seconds.
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

    /// Checks the times and reads the rest. Issuer, audience and signature were checked before, by the key `kid`.
    pub(super) fn check(self, kid: String, now: DateTime<Utc>) -> Result<Claims, AuthError> {
        let expires_at = check_times(self.exp, Some(self.nbf), now)?;
        // Before it touches a statement or a key of Redis.
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

/// Checks `exp` and `nbf`, in seconds since 1970, with half a minute of leeway; gives when the token ends.
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

/// Whether `code` can be a tenant's: 1 to 64 lower-case letters, digits and hyphens.
pub fn is_tenant_code(code: &str) -> bool {
    (1..=64).contains(&code.len()) && code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
