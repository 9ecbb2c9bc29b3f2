//! Slows down guessing of passwords.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::clock::Clock;

/// Wrong passwords that cost nothing but themselves.
const FREE: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// Then one more each.
const THEN_EVERY: Duration = Duration::from_secs(10);

type Key = (IpAddr, String);

/// Counts failed sign-ins by address and name. Successes are not counted, so that nobody is slowed down by being right,
/// and an address alone is not, so that an office behind one address is not locked out by one forgetful colleague.
#[derive(Debug)]
pub(super) struct Throttle {
    failures: DefaultKeyedRateLimiter<Key>,
    blocked: Mutex<HashMap<Key, DateTime<Utc>>>,
    clock: Clock,
}

impl Throttle {
    pub(super) fn new(clock: Clock) -> Self {
        // Never `None`, as the period is not 0; the other quota would be as good.
        let quota = Quota::with_period(THEN_EVERY).unwrap_or(Quota::per_minute(FREE)).allow_burst(FREE);
        Self { failures: RateLimiter::keyed(quota), blocked: Mutex::default(), clock }
    }

    /// How long this address must wait before it may try this name again; `None` = not at all.
    pub(super) fn wait(&self, address: IpAddr, name: &str) -> Option<Duration> {
        let blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        let until = blocked.get(&(address, name.to_owned()))?;
        until.signed_duration_since(self.clock.now()).to_std().ok().filter(|wait| !wait.is_zero())
    }

    /// A wrong password.
    pub(super) fn failed(&self, address: IpAddr, name: &str) {
        let key = (address, name.to_owned());
        if let Err(not_yet) = self.failures.check_key(&key) {
            let wait = not_yet.wait_time_from(self.failures.clock().now());
            let wait = chrono::Duration::from_std(wait).unwrap_or(chrono::Duration::seconds(10));
            let until = self.clock.now() + wait;
            self.blocked.lock().unwrap_or_else(PoisonError::into_inner).insert(key, until);
        }
    }

    /// Forgets what is over.
    pub(super) fn sweep(&self) {
        self.failures.retain_recent();
        let now = self.clock.now();
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, until| *until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_is_slowed_down_by_address_and_name() {
        let clock = Clock::default();
        let throttle = Throttle::new(clock.clone());
        let (here, there) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        for _ in 0..5 {
            throttle.failed(here, "a@h.example");
            assert_eq!(throttle.wait(here, "a@h.example"), None);
        }
        throttle.failed(here, "a@h.example");
        let wait = throttle.wait(here, "a@h.example").unwrap();
        assert!(wait <= THEN_EVERY, "{wait:?}");
        assert_eq!(throttle.wait(there, "a@h.example"), None);
        assert_eq!(throttle.wait(here, "b@h.example"), None);
        clock.advance(chrono::Duration::seconds(11));
        assert_eq!(throttle.wait(here, "a@h.example"), None);
        throttle.sweep();
    }
}
