//! Usage per tenant and minute over the last hour, on this node.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use lodgate_entities::ids::TenantId;

/// Minutes kept.
const KEPT: usize = 60;
/// Tenants kept, at half a kilobyte each.
const MAX_TENANTS: usize = 10_000;

/// The usage of a tenant within one minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minute {
    /// Start of the minute.
    pub from: DateTime<Utc>,
    /// Operations that were granted.
    pub allowed: u32,
    /// Operations that were over the rate.
    pub refused: u32,
}

/// Granted and refused operations in the minutes up to `latest`. Minute `n` is at index `n % KEPT`.
#[derive(Clone, Debug)]
struct Ring {
    /// Minutes since 1970.
    latest: i64,
    counts: [(u32, u32); KEPT],
}

/// Rings by tenant.
#[derive(Debug, Default)]
pub(super) struct Usage(Mutex<HashMap<TenantId, Ring>>);

fn minute_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(60)
}

fn index(minute: i64) -> usize {
    usize::try_from(minute.rem_euclid(KEPT as i64)).unwrap_or(0)
}

impl Ring {
    fn new(minute: i64) -> Self {
        Self { latest: minute, counts: [(0, 0); KEPT] }
    }

    /// Clears the entries of the minutes that have begun since. With a clock that was set back, the latest minute counts.
    fn turn(&mut self, minute: i64) {
        let begun = (minute - self.latest).clamp(0, KEPT as i64);
        for minute in minute - begun + 1..=minute {
            self.counts[index(minute)] = (0, 0);
        }
        self.latest = self.latest.max(minute);
    }

    /// Granted and refused operations in a minute; 0 if it is not kept.
    fn of(&self, minute: i64) -> (u32, u32) {
        let is_kept = (self.latest - KEPT as i64 + 1..=self.latest).contains(&minute);
        if is_kept { self.counts[index(minute)] } else { (0, 0) }
    }

    fn is_over(&self, minute: i64) -> bool {
        minute - self.latest >= KEPT as i64
    }
}

impl Usage {
    pub(super) fn count(&self, tenant: TenantId, granted: bool, operations: u32, now: DateTime<Utc>) {
        let minute = minute_of(now);
        let mut rings = self.lock();
        if rings.len() >= MAX_TENANTS && !rings.contains_key(&tenant) {
            // The tenant that was idle for the longest time is removed.
            let quietest = rings.iter().min_by_key(|(_, ring)| ring.latest).map(|(tenant, _)| *tenant);
            quietest.map(|quietest| rings.remove(&quietest));
        }
        let ring = rings.entry(tenant).or_insert_with(|| Ring::new(minute));
        ring.turn(minute);
        let (allowed, refused) = &mut ring.counts[index(ring.latest)];
        let count = if granted { allowed } else { refused };
        *count = count.saturating_add(operations);
    }

    pub(super) fn of(&self, tenant: TenantId, now: DateTime<Utc>) -> Vec<Minute> {
        let minute = minute_of(now);
        let mut ring = self.lock().get(&tenant).cloned().unwrap_or_else(|| Ring::new(minute));
        ring.turn(minute);
        let first = ring.latest - KEPT as i64 + 1;
        (first..=ring.latest)
            .map(|minute| {
                let (allowed, refused) = ring.of(minute);
                Minute { from: DateTime::from_timestamp(minute * 60, 0).unwrap_or(now), allowed, refused }
            })
            .collect()
    }

    /// The tenants with refused operations in the previous minute, with their number.
    pub(super) fn refused(&self, now: DateTime<Utc>) -> Vec<(TenantId, u32)> {
        let minute = minute_of(now) - 1;
        let rings = self.lock();
        let refused = rings.iter().map(|(tenant, ring)| (*tenant, ring.of(minute).1));
        refused.filter(|(_, refused)| *refused > 0).collect()
    }

    pub(super) fn sweep(&self, now: DateTime<Utc>) {
        let minute = minute_of(now);
        self.lock().retain(|_, ring| !ring.is_over(minute));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Ring>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    const A: TenantId = TenantId(1);

    fn at(minutes: i64) -> DateTime<Utc> {
        "2026-12-01T11:00:20Z".parse::<DateTime<Utc>>().unwrap() + Duration::minutes(minutes)
    }

    /// Minutes ago, granted and refused, of the minutes in which something was.
    fn busy(minutes: &Usage, now: i64) -> Vec<(usize, u32, u32)> {
        let found = minutes.of(A, at(now));
        assert_eq!(found.len(), KEPT);
        assert!(found.is_sorted_by(|one, next| next.from - one.from == Duration::minutes(1)));
        assert_eq!(found[KEPT - 1].from, at(now) - Duration::seconds(20));
        let ago = found.iter().rev().enumerate().filter(|(_, minute)| minute.allowed + minute.refused > 0);
        ago.map(|(ago, minute)| (ago, minute.allowed, minute.refused)).collect()
    }

    #[test]
    fn an_hour_is_kept_and_no_more() {
        let minutes = Usage::default();
        for (minute, granted) in [(0, true), (0, true), (0, false), (1, true), (30, false)] {
            minutes.count(A, granted, 1, at(minute));
        }
        assert_eq!(busy(&minutes, 30), [(0, 0, 1), (29, 1, 0), (30, 2, 1)]);
        assert_eq!(busy(&minutes, 59), [(29, 0, 1), (58, 1, 0), (59, 2, 1)]);
        assert_eq!(busy(&minutes, 60), [(30, 0, 1), (59, 1, 0)]);
        minutes.count(A, true, 3, at(75));
        assert_eq!(busy(&minutes, 75), [(0, 3, 0), (45, 0, 1)]);
        minutes.count(A, true, 1, at(5_000));
        assert_eq!(busy(&minutes, 5_000), [(0, 1, 0)]);
        assert_eq!(busy(&minutes, 9_000), []);
    }

    #[test]
    fn tenants_with_refusals_in_the_last_minute_are_listed() {
        let minutes = Usage::default();
        minutes.count(A, false, 3, at(0));
        minutes.count(TenantId(2), true, 5, at(0));
        assert_eq!(minutes.refused(at(0)), []);
        assert_eq!(minutes.refused(at(1)), [(A, 3)]);
        assert_eq!(minutes.refused(at(2)), []);
        minutes.count(A, false, 1, at(60));
        assert_eq!(minutes.refused(at(1)), [], "its entry belongs to another minute by then");
    }

    #[test]
    fn a_clock_set_back_counts_into_the_latest_minute() {
        let minutes = Usage::default();
        minutes.count(A, true, 1, at(10));
        minutes.count(A, true, 1, at(7));
        assert_eq!(busy(&minutes, 10), [(0, 2, 0)]);
    }

    #[test]
    fn idle_tenants_are_removed() {
        let minutes = Usage::default();
        minutes.count(A, true, 1, at(0));
        minutes.count(TenantId(2), true, 1, at(30));
        minutes.sweep(at(59));
        assert_eq!(minutes.lock().len(), 2);
        minutes.sweep(at(60));
        assert_eq!(minutes.lock().keys().collect::<Vec<_>>(), [&TenantId(2)]);
        for tenant in 3..=i64::try_from(MAX_TENANTS).unwrap() + 10 {
            minutes.count(TenantId(tenant), true, 1, at(61));
        }
        let kept = minutes.lock();
        assert_eq!((kept.len(), kept.contains_key(&TenantId(2))), (MAX_TENANTS, false));
    }
}
