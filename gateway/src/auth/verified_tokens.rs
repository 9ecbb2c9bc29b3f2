//! Claims of tokens whose signature was verified. A client sends the same token with every request, and verifying a
//! signature costs more than the rest of a small request.

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::Claims;
use super::claims::check_times;

/// Tokens kept, at half a kilobyte each.
const MAX_TOKENS: u64 = 10_000;

/// SHA-256 of a token, so that memory holds no usable token.
pub(super) type Fingerprint = [u8; 32];

pub(super) fn fingerprint(token: &str) -> Fingerprint {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    bytes
}

/// Claims by fingerprint. Only verified tokens are inserted, so a client without credentials cannot fill the cache.
#[derive(Debug)]
pub(super) struct VerifiedTokens(Cache<Fingerprint, Claims>);

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MAX_TOKENS).eviction_policy(EvictionPolicy::lru()).build())
    }
}

impl VerifiedTokens {
    /// The claims of a token that has not expired. The caller checks that its key is still accepted.
    pub(super) fn get(&self, token: &Fingerprint, now: DateTime<Utc>) -> Option<Claims> {
        self.0.get(token).filter(|claims| is_current(claims, now))
    }

    pub(super) fn insert(&self, token: Fingerprint, claims: Claims) {
        self.0.insert(token, claims);
    }
}

/// Whether a token is unexpired, with the same leeway as at its verification.
fn is_current(claims: &Claims, now: DateTime<Utc>) -> bool {
    check_times(claims.expires_at.timestamp(), None, now).is_ok()
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::auth::{Scopes, SubjectId};
    use crate::limits::Plan;

    fn claims(expires_at: DateTime<Utc>) -> Claims {
        Claims {
            tenant: "harbour".to_owned(),
            kind: None,
            subject: SubjectId::Tool,
            scopes: Scopes::NONE,
            plan: Plan::Standard,
            expires_at,
            session: None,
            kid: "k".to_owned(),
            jti: None,
        }
    }

    #[test]
    fn claims_are_returned_until_the_token_expires() {
        let (verified, start) = (VerifiedTokens::default(), DateTime::from_timestamp(1_000_000, 0).unwrap());
        let claims = claims(start + Duration::minutes(10));
        verified.insert(fingerprint("a.b.c"), claims.clone());
        let get = |token, after| verified.get(&fingerprint(token), start + after);
        assert_eq!(get("a.b.c", Duration::minutes(9)), Some(claims));
        assert_eq!(get("a.b.c", Duration::minutes(11)), None);
        assert_eq!(get("a.b.d", Duration::zero()), None);
    }

    #[test]
    fn the_least_recently_used_token_is_evicted() {
        let (verified, start) = (VerifiedTokens::default(), DateTime::from_timestamp(1_000_000, 0).unwrap());
        let claims = claims(start + Duration::minutes(10));
        for number in 0..MAX_TOKENS {
            verified.insert(fingerprint(&number.to_string()), claims.clone());
        }
        verified.0.run_pending_tasks();
        assert!(verified.get(&fingerprint("0"), start).is_some());
        verified.0.run_pending_tasks();
        verified.insert(fingerprint("new"), claims);
        verified.0.run_pending_tasks();
        assert_eq!(verified.0.entry_count(), MAX_TOKENS);
        for (token, is_kept) in [("0", true), ("1", false), ("new", true)] {
            assert_eq!(verified.get(&fingerprint(token), start).is_some(), is_kept, "{token}");
        }
    }
}
