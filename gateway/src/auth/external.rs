//! External token issuers, such as the sign-in of an organisation. Each is restricted to the operator's grant. Its keys are
//! fetched from the configured URL only.
//!
//! Subjects of an external issuer are never users, API clients or tools of the gateway, whatever their `sub` is. The
//! journal shows them with the name of the issuer.

mod claims;
mod jwks;
mod jwks_client;
mod trust_policy;

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::join_all;
use jsonwebtoken::Validation;
use serde::Deserialize;

pub use self::trust_policy::ExternalIssuers;

use self::claims::ExternalClaims;
use self::jwks_client::JwksClient;
use self::trust_policy::TrustPolicy;
use super::{AuthError, Claims, jwt_header};
use crate::clock::Clock;

/// The external issuers. Cheap to clone.
#[derive(Clone, Default)]
pub struct Externals {
    issuers: Arc<HashMap<Arc<str>, External>>,
    clock: Clock,
}

struct External {
    policy: Arc<TrustPolicy>,
    source: JwksClient,
}

impl std::fmt::Debug for Externals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.issuers.keys()).finish()
    }
}

/// The unverified issuer of a token, which only selects the keys to verify it with.
#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

impl Externals {
    /// The configured issuers. `own` is the name of the built-in issuer.
    ///
    /// # Errors
    /// When one has the name of the built-in issuer, or the host has no root certificates.
    pub fn new(written: &ExternalIssuers, own: &str, clock: Clock) -> anyhow::Result<Self> {
        if written.0.is_empty() {
            return Ok(Self { issuers: Arc::default(), clock });
        }
        let http = jwks_client::client()?;
        let mut issuers = HashMap::new();
        for policy in &written.0 {
            anyhow::ensure!(&*policy.issuer != own, "an external issuer has the name of the built-in one: {own}");
            let policy = Arc::new(policy.clone());
            let source = JwksClient::new(Arc::clone(&policy), http.clone(), clock.clone());
            issuers.insert(Arc::clone(&policy.issuer), External { policy, source });
        }
        Ok(Self { issuers: Arc::new(issuers), clock })
    }

    /// Verifies a token if it names one of these issuers.
    ///
    /// # Errors
    /// [`AuthError`] when it is invalid, or exceeds the grant of its issuer.
    pub(super) async fn verify(&self, token: &str) -> Option<Result<Claims, AuthError>> {
        if self.issuers.is_empty() {
            return None;
        }
        // This checks the length before anything is parsed.
        let header = match jwt_header::read(token) {
            Ok(header) => header,
            Err(error) => return Some(Err(error)),
        };
        let claimed: Claimed = jsonwebtoken::dangerous::insecure_decode_claims(token).ok()?;
        let external = self.issuers.get(claimed.iss.as_str())?;
        Some(external.verify(token, header, &self.clock).await)
    }

    /// Whether tokens signed by this key of the issuer are accepted.
    pub(super) fn accepts(&self, issuer: &str, kid: &str) -> bool {
        self.issuers.get(issuer).is_some_and(|external| external.source.get(kid).is_some())
    }

    /// Refreshes the keys of all issuers periodically. Never returns.
    pub(super) async fn keep_fresh(&self) {
        join_all(self.issuers.values().map(|external| external.source.keep_fresh())).await;
    }
}

impl External {
    async fn verify(&self, token: &str, header: jsonwebtoken::Header, clock: &Clock) -> Result<Claims, AuthError> {
        let kid = header.kid.ok_or(AuthError::Invalid("key"))?;
        let public = self.source.find(&kid).await?;
        // The key determines the algorithm; the token must name the same one.
        if header.alg != public.algorithm {
            return Err(AuthError::Invalid("algorithm"));
        }
        let mut validation = Validation::new(public.algorithm);
        validation.set_audience(&[&self.policy.audience]);
        validation.set_issuer(&[&self.policy.issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let token = jsonwebtoken::decode::<ExternalClaims>(token, &public.key, &validation);
        let token = token.map_err(|error| AuthError::Invalid(jwt_header::fault(error.kind())))?;
        token.claims.check(&self.policy, kid, clock.now())
    }
}

#[cfg(test)]
mod tests;
