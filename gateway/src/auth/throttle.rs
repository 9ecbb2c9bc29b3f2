//! Throttling of password guesses.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::clock::Clock;

/// Per kind of key: the number of wrong passwords without a wait, and the wait after each further one.
const BOUNDS: [(u32, Duration); 3] = [
    // One address and one name.
    (5, Duration::from_secs(10)),
    // One name from any address, against guessing from many addresses. Generous, because anybody can exhaust it for a user.
    (100, Duration::from_secs(30)),
    // One address with any name, against trying one password on many users. Generous, because an office may share an address.
    (50, Duration::from_secs(5)),
];

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Pair(IpAddr, String),
    Name(String),
    Address(IpAddr),
}

/// Counts failed sign-ins by address, by name, and by both. Successful sign-ins do not count.
#[derive(Debug)]
pub(super) struct Throttle {
    failures: [DefaultKeyedRateLimiter<Key>; 3],
    blocked: Mutex<HashMap<Key, DateTime<Utc>>>,
    clock: Clock,
}

impl Throttle {
    pub(super) fn new(clock: Clock) -> Self {
        let failures = BOUNDS.map(|(free, then_every)| {
            let free = NonZeroU32::new(free).unwrap_or(NonZeroU32::MIN);
            // The period is never 0, so the fallback is never used.
            RateLimiter::keyed(Quota::with_period(then_every).unwrap_or(Quota::per_minute(free)).allow_burst(free))
        });
        Self { failures, blocked: Mutex::default(), clock }
    }

    /// Time until this address may try this name again; `None` if it may now.
    pub(super) fn wait(&self, address: IpAddr, name: &str) -> Option<Duration> {
        let blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        let until = keys(address, name).into_iter().filter_map(|key| blocked.get(&key)).max()?;
        until.signed_duration_since(self.clock.now()).to_std().ok().filter(|wait| !wait.is_zero())
    }

    /// Records a wrong password.
    pub(super) fn failed(&self, address: IpAddr, name: &str) {
        for (failures, key) in self.failures.iter().zip(keys(address, name)) {
            if let Err(not_yet) = failures.check_key(&key) {
                let wait = not_yet.wait_time_from(failures.clock().now());
                let wait = chrono::Duration::from_std(wait).unwrap_or(chrono::Duration::seconds(10));
                let until = self.clock.now() + wait;
                self.blocked.lock().unwrap_or_else(PoisonError::into_inner).insert(key, until);
            }
        }
    }

    /// Removes expired entries.
    pub(super) fn sweep(&self) {
        self.failures.iter().for_each(RateLimiter::retain_recent);
        let now = self.clock.now();
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, until| *until > now);
    }
}

/// In the order of [`BOUNDS`].
fn keys(address: IpAddr, name: &str) -> [Key; 3] {
    [Key::Pair(address, name.to_owned()), Key::Name(name.to_owned()), Key::Address(address)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_throttled_per_address_and_name() {
        let clock = Clock::default();
        let throttle = Throttle::new(clock.clone());
        let (first, second) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        for _ in 0..5 {
            throttle.failed(first, "a@h.example");
            assert_eq!(throttle.wait(first, "a@h.example"), None);
        }
        throttle.failed(first, "a@h.example");
        let wait = throttle.wait(first, "a@h.example").unwrap();
        assert!(wait <= Duration::from_secs(10), "{wait:?}");
        assert_eq!(throttle.wait(second, "a@h.example"), None);
        assert_eq!(throttle.wait(first, "b@h.example"), None);
        clock.advance(chrono::Duration::seconds(11));
        assert_eq!(throttle.wait(first, "a@h.example"), None);
        throttle.sweep();
    }

    #[test]
    fn guesses_are_throttled_per_name_and_per_address() {
        let throttle = Throttle::new(Clock::default());
        let address = |last: u32| IpAddr::from([10, 0, 0, u8::try_from(last % 256).unwrap()]);
        let (stranger, home) = (IpAddr::from([10, 9, 9, 9]), IpAddr::from([10, 9, 9, 8]));
        for attempt in 0..101 {
            assert_eq!(throttle.wait(stranger, "a@h.example"), None);
            throttle.failed(address(attempt), "a@h.example");
        }
        assert!(throttle.wait(stranger, "a@h.example").is_some());
        assert_eq!(throttle.wait(stranger, "b@h.example"), None);

        for attempt in 0..51 {
            assert_eq!(throttle.wait(home, "x@h.example"), None);
            throttle.failed(home, &format!("{attempt}@h.example"));
        }
        assert!(throttle.wait(home, "x@h.example").is_some());
        assert_eq!(throttle.wait(stranger, "x@h.example"), None);
    }
}
