//! A semaphore that is fair across tenants.
//!
//! Waiting tenants take turns, so that no tenant waits behind a burst of another's. One tenant gets only a part of the
//! permits, so that its slow work leaves some to the others.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lodgate_entities::ids::TenantId;
use tokio::sync::oneshot;

/// The semaphore. Cheap to clone.
#[derive(Clone)]
pub struct FairSemaphore(Arc<Mutex<Waiters<oneshot::Sender<Permit>>>>);

/// A permit. It is returned when this is dropped.
pub struct Permit {
    semaphore: FairSemaphore,
    tenant: TenantId,
}

impl FairSemaphore {
    /// `permits` in all, of which one tenant holds at most `max_per_tenant`; both are at least 1.
    pub fn new(permits: usize, max_per_tenant: usize) -> Self {
        Self(Arc::new(Mutex::new(Waiters::new(permits.max(1), max_per_tenant.max(1)))))
    }

    /// Waits for a permit of this tenant.
    pub async fn acquire(&self, tenant: TenantId) -> Permit {
        loop {
            let (sender, granted) = oneshot::channel();
            if self.lock().enter(tenant, sender) {
                return Permit { semaphore: self.clone(), tenant };
            }
            // A waiter is never dropped from the queue while it waits. If it were, it would queue again.
            if let Ok(permit) = granted.await {
                return permit;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiters<oneshot::Sender<Permit>>> {
        // Nothing panics while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let next = self.semaphore.lock().leave(self.tenant, |waiter| !waiter.is_closed());
        if let Some((tenant, sender)) = next {
            // A waiter that is gone by now drops the permit, which passes it on.
            let _ = sender.send(Permit { semaphore: self.semaphore.clone(), tenant });
        }
    }
}

/// Free permits, permits in use and a queue of waiters per tenant.
struct Waiters<W> {
    free: usize,
    max_per_tenant: usize,
    in_use: HashMap<TenantId, usize>,
    /// The tenant whose turn is next comes first. No queue is empty.
    waiting: VecDeque<(TenantId, VecDeque<W>)>,
}

impl<W> Waiters<W> {
    fn new(permits: usize, max_per_tenant: usize) -> Self {
        Self { free: permits, max_per_tenant, in_use: HashMap::new(), waiting: VecDeque::new() }
    }

    /// Takes a permit if one is free for the tenant, else queues `waiter`; the result says which.
    fn enter(&mut self, tenant: TenantId, waiter: W) -> bool {
        // While a permit is free, every waiting tenant is at its maximum. So another tenant may pass it, and its own
        // requests may not.
        if self.free > 0 && self.has_share_left(tenant) {
            self.take(tenant);
            return true;
        }
        match self.waiting.iter_mut().find(|(other, _)| *other == tenant) {
            Some((_, queue)) => queue.push_back(waiter),
            None => self.waiting.push_back((tenant, VecDeque::from([waiter]))),
        }
        false
    }

    /// Returns a permit and takes it for the next waiter. Waiters that are gone are skipped.
    fn leave(&mut self, tenant: TenantId, is_waiting: impl Fn(&W) -> bool) -> Option<(TenantId, W)> {
        self.free += 1;
        if let Some(in_use) = self.in_use.get_mut(&tenant) {
            *in_use -= 1;
            if *in_use == 0 {
                self.in_use.remove(&tenant);
            }
        }
        for (_, queue) in &mut self.waiting {
            while queue.front().is_some_and(|waiter| !is_waiting(waiter)) {
                queue.pop_front();
            }
        }
        self.waiting.retain(|(_, queue)| !queue.is_empty());
        let index = self.waiting.iter().position(|(tenant, _)| self.has_share_left(*tenant))?;
        let (tenant, mut queue) = self.waiting.remove(index)?;
        let next = queue.pop_front()?;
        if !queue.is_empty() {
            self.waiting.push_back((tenant, queue));
        }
        self.take(tenant);
        Some((tenant, next))
    }

    fn has_share_left(&self, tenant: TenantId) -> bool {
        self.in_use.get(&tenant).is_none_or(|in_use| *in_use < self.max_per_tenant)
    }

    fn take(&mut self, tenant: TenantId) {
        self.free -= 1;
        *self.in_use.entry(tenant).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOUD: TenantId = TenantId(1);
    const QUIET: TenantId = TenantId(2);

    #[test]
    fn waiting_tenants_take_turns() {
        let mut waiters = Waiters::new(2, 2);
        let entered = (0..10).filter(|name| waiters.enter(LOUD, *name)).count();
        assert_eq!(entered, 2);
        assert!(!waiters.enter(QUIET, 100) && !waiters.enter(QUIET, 101) && !waiters.enter(TenantId(3), 200));
        let next = |waiters: &mut Waiters<i32>, tenant| waiters.leave(tenant, |_| true).unwrap();
        assert_eq!(next(&mut waiters, LOUD), (LOUD, 2));
        assert_eq!(next(&mut waiters, LOUD), (QUIET, 100));
        assert_eq!(next(&mut waiters, LOUD), (TenantId(3), 200));
        assert_eq!(next(&mut waiters, QUIET), (LOUD, 3));
        assert_eq!(next(&mut waiters, LOUD), (QUIET, 101));
        assert_eq!(next(&mut waiters, QUIET), (LOUD, 4));
    }

    #[test]
    fn one_tenant_gets_only_its_share() {
        let mut waiters = Waiters::new(3, 2);
        assert!(waiters.enter(LOUD, 0) && waiters.enter(LOUD, 1) && !waiters.enter(LOUD, 2));
        assert!(waiters.enter(QUIET, 100), "at once, past the waiter of the other tenant");
        assert_eq!(waiters.leave(QUIET, |_| true), None, "the other tenant has its share");
        assert!(waiters.enter(QUIET, 101));
        assert_eq!(waiters.leave(LOUD, |_| true), Some((LOUD, 2)));
    }

    #[test]
    fn waiters_that_are_gone_are_skipped() {
        let mut waiters = Waiters::new(1, 1);
        assert!(waiters.enter(LOUD, 0));
        (1..5).for_each(|name| assert!(!waiters.enter(LOUD, name)));
        assert!(!waiters.enter(QUIET, 100));
        assert_eq!(waiters.leave(LOUD, |waiter| *waiter > 3), Some((LOUD, 4)));
        assert_eq!(waiters.leave(LOUD, |waiter| *waiter > 100), None);
        assert!(waiters.enter(QUIET, 101) && waiters.waiting.is_empty());
    }

    #[tokio::test]
    async fn a_permit_that_is_not_taken_passes_to_the_next_waiter() {
        let semaphore = FairSemaphore::new(1, 1);
        let first = semaphore.acquire(LOUD).await;
        let mut gone = Box::pin(semaphore.acquire(LOUD));
        assert!(futures_util::poll!(gone.as_mut()).is_pending());
        let mut waiting = Box::pin(semaphore.acquire(QUIET));
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        // The permit is granted and not taken.
        drop(first);
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        drop(gone);
        drop(waiting.await);
        assert_eq!(semaphore.lock().free, 1);
    }
}
