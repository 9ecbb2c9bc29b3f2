//! The claims of a token of an external issuer.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::super::claims::check_times;
use super::super::{AuthError, Claims, Scope, SubjectId, is_tenant_code};
use super::trust_policy::TrustPolicy;
use crate::limits::Plan;

/// Maximum lifetime. A single token of an external issuer cannot be revoked.
const LONGEST: TimeDelta = TimeDelta::hours(24);
/// Maximum length of a `sub`, in characters (OpenID Connect).
const MAX_SUBJECT: usize = 255;

/// The claims in their JSON form. Issuer and audience are already checked; `nbf` is optional in the standard, and many
/// issuers leave it out.
#[derive(Debug, Deserialize)]
pub(super) struct ExternalClaims {
    /// A string, not a list.
    #[serde(rename = "iss")]
    _iss: String,
    sub: String,
    tenant: String,
    scope: String,
    plan: String,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
}

impl ExternalClaims {
    /// Checks the times and the grant of the issuer.
    pub(super) fn check(self, policy: &TrustPolicy, kid: String, now: DateTime<Utc>) -> Result<Claims, AuthError> {
        let expires_at = check_times(self.exp, self.nbf, now)?;
        if expires_at > now + LONGEST {
            return Err(AuthError::Invalid("good for too long"));
        }
        if !is_tenant_code(&self.tenant) || !policy.tenants.contains(&self.tenant) {
            return Err(AuthError::Invalid("tenant"));
        }
        let plan: Plan = self.plan.parse().map_err(|_| AuthError::Invalid("plan"))?;
        // The policy cannot name it either: only the operator's own tools are unmetered.
        if plan == Plan::Unmetered || !policy.plans.contains(&plan) {
            return Err(AuthError::Invalid("plan"));
        }
        let length = self.sub.chars().count();
        if !(1..=MAX_SUBJECT).contains(&length) || self.sub.chars().any(char::is_control) {
            return Err(AuthError::Invalid("subject"));
        }
        // The token may also have scopes of other services; they are ignored.
        let named = |scope: &Scope| self.scope.split_ascii_whitespace().any(|name| name == scope.name());
        let scopes = policy.scopes.iter().filter(named).collect();
        Ok(Claims {
            tenant: self.tenant,
            kind: None,
            subject: SubjectId::External { issuer: Arc::clone(&policy.issuer), subject: self.sub },
            scopes,
            plan,
            expires_at,
            session: None,
            kid,
            jti: None,
        })
    }
}
