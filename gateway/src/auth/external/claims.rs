//! What a token of another issuer says.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::super::claims::check_times;
use super::super::{AuthError, Claims, Scope, SubjectId, is_tenant_code};
use super::trust_policy::TrustPolicy;
use crate::limits::Plan;

/// Such a token cannot be withdrawn one by one, so none may be good for longer.
const LONGEST: TimeDelta = TimeDelta::hours(24);
/// Characters of the longest `sub`, as OpenID Connect has it.
const MAX_SUBJECT: usize = 255;

/// The claims as they are written. Issuer and audience are checked before; `nbf` is optional in the standard, and many
/// issuers leave it out.
#[derive(Debug, Deserialize)]
pub(super) struct ExternalClaims {
    /// One name and not a list of them.
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
    /// Checks the times and that the issuer may say all this.
    pub(super) fn check(self, policy: &TrustPolicy, kid: String, now: DateTime<Utc>) -> Result<Claims, AuthError> {
        let expires_at = check_times(self.exp, self.nbf, now)?;
        if expires_at > now + LONGEST {
            return Err(AuthError::Invalid("good for too long"));
        }
        if !is_tenant_code(&self.tenant) || !policy.tenants.contains(&self.tenant) {
            return Err(AuthError::Invalid("tenant"));
        }
        let plan: Plan = self.plan.parse().map_err(|_| AuthError::Invalid("plan"))?;
        // The terms cannot name it either; nobody but the operator's own tools goes uncounted.
        if plan == Plan::Unmetered || !policy.plans.contains(&plan) {
            return Err(AuthError::Invalid("plan"));
        }
        let length = self.sub.chars().count();
        if !(1..=MAX_SUBJECT).contains(&length) || self.sub.chars().any(char::is_control) {
            return Err(AuthError::Invalid("subject"));
        }
        // Scopes of other services may be there too.
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
