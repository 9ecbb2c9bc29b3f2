//! Issuers that are not ours: an organisation's own sign-in, say. Each is bound to what the operator grants it; its keys
//! are fetched from the one address that was configured.
//!
//! Its subjects are a kind of their own: they are no people of the portal, no API clients and no tools of ours, whatever
//! they are called, and the journal shows them with the issuer's name.

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

/// The issuers that are accepted beside our own. Cheap to clone.
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

/// Who made a token, in its own words: only good for choosing whose keys to try.
#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

impl Externals {
    /// As the operator wrote. `own` is the name of the built-in issuer.
    ///
    /// # Errors
    /// When one has our own name, or this machine has no certificates to trust.
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

    /// What a token says, if it claims to be of one of these issuers.
    ///
    /// # Errors
    /// [`AuthError`] when it is not what it claims, or says more than its issuer may.
    pub(super) async fn verify(&self, token: &str) -> Option<Result<Claims, AuthError>> {
        if self.issuers.is_empty() {
            return None;
        }
        // The length is checked before anything is read.
        let header = match jwt_header::read(token) {
            Ok(header) => header,
            Err(error) => return Some(Err(error)),
        };
        let claimed: Claimed = jsonwebtoken::dangerous::insecure_decode_claims(token).ok()?;
        let external = self.issuers.get(claimed.iss.as_str())?;
        Some(external.verify(token, header, &self.clock).await)
    }

    /// Whether tokens of this issuer's key are still accepted.
    pub(super) fn accepts(&self, issuer: &str, kid: &str) -> bool {
        self.issuers.get(issuer).is_some_and(|external| external.source.get(kid).is_some())
    }

    /// Fetches keys when they are old, for as long as it is polled.
    pub(super) async fn keep_fresh(&self) {
        join_all(self.issuers.values().map(|external| external.source.keep_fresh())).await;
    }
}

impl External {
    async fn verify(&self, token: &str, header: jsonwebtoken::Header, clock: &Clock) -> Result<Claims, AuthError> {
        let kid = header.kid.ok_or(AuthError::Invalid("key"))?;
        let public = self.source.find(&kid).await?;
        // The key says what it is for; the token may only agree.
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
