//! Tokens whose signature was checked before: a caller sends the same one with every request, and checking it anew costs
//! more than most of what a request is refused for.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};

use super::Claims;
use super::claims::check_times;

/// Tokens that are kept, half a kilobyte each.
const MOST: usize = 10_000;

/// SHA-256 of a token, so that none is kept that somebody could use.
pub(super) type Fingerprint = [u8; 32];

pub(super) fn fingerprint(token: &str) -> Fingerprint {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    bytes
}

/// What tokens said that were good. Only those get in, so a stranger fills nothing.
#[derive(Debug, Default)]
pub(super) struct VerifiedTokens(Mutex<HashMap<Fingerprint, Claims>>);

impl VerifiedTokens {
    /// What the token says, unless it has ended since. Whether its key is still accepted is for the caller to ask.
    pub(super) fn recall(&self, token: &Fingerprint, now: DateTime<Utc>) -> Option<Claims> {
        self.lock().get(token).filter(|claims| is_current(claims, now)).cloned()
    }

    pub(super) fn keep(&self, token: Fingerprint, claims: &Claims, now: DateTime<Utc>) {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.retain(|_, claims| is_current(claims, now));
            if known.len() >= MOST {
                known.clear();
            }
        }
        known.insert(token, claims.clone());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Fingerprint, Claims>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// With the same leeway as when it was checked.
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
    fn a_token_is_known_until_it_ends_and_no_other_is() {
        let (verified, start) = (VerifiedTokens::default(), DateTime::from_timestamp(1_000_000, 0).unwrap());
        let claims = claims(start + Duration::minutes(10));
        verified.keep(fingerprint("a.b.c"), &claims, start);
        let recall = |token, after| verified.recall(&fingerprint(token), start + after);
        assert_eq!(recall("a.b.c", Duration::minutes(9)), Some(claims));
        assert_eq!(recall("a.b.c", Duration::minutes(11)), None);
        assert_eq!(recall("a.b.d", Duration::zero()), None);
    }

    #[test]
    fn those_that_ended_make_room() {
        let (verified, start) = (VerifiedTokens::default(), DateTime::from_timestamp(1_000_000, 0).unwrap());
        let later = start + Duration::minutes(20);
        for number in 0..MOST {
            let lives = if number == 0 { 60 } else { 10 };
            verified.keep(fingerprint(&number.to_string()), &claims(start + Duration::minutes(lives)), start);
        }
        verified.keep(fingerprint("new"), &claims(later + Duration::minutes(10)), later);
        assert_eq!(verified.lock().len(), 2);
        assert!(verified.recall(&fingerprint("0"), later).is_some());
    }
}
