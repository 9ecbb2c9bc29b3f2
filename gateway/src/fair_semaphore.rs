//! Turns at something that only a few may use at a time: the connections that read, and the beginnings of subscriptions.
//!
//! Whoever waits is served tenant by tenant, so that nobody waits behind all that one tenant asked for at once; and the
//! last few turns are never one tenant's, so that what takes it long leaves the others a way.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lodgate_entities::ids::TenantId;
use tokio::sync::oneshot;

/// Turns at one thing. Cheap to clone.
#[derive(Clone)]
pub struct FairSemaphore(Arc<Mutex<Waiters<oneshot::Sender<Permit>>>>);

/// A turn, which lasts as long as this value.
pub struct Permit {
    permits: FairSemaphore,
    tenant: TenantId,
}

impl FairSemaphore {
    /// So many at a time, of which one tenant has at most `each`; at least one.
    pub fn new(all: usize, each: usize) -> Self {
        Self(Arc::new(Mutex::new(Waiters::new(all.max(1), each.max(1)))))
    }

    /// Waits for a turn of this tenant.
    pub async fn acquire(&self, tenant: TenantId) -> Permit {
        let permit = || Permit { permits: self.clone(), tenant };
        loop {
            let (called, waiting) = oneshot::channel();
            if self.lock().enter(tenant, called) {
                return permit();
            }
            // None is forgotten while it waits; were one, it would ask again.
            if let Ok(permit) = waiting.await {
                return permit;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiters<oneshot::Sender<Permit>>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let next = self.permits.lock().leave(self.tenant, |waiting| !waiting.is_closed());
        if let Some((tenant, called)) = next {
            // Whoever has gone this very moment gives its turn back at once, by dropping it.
            let _ = called.send(Permit { permits: self.permits.clone(), tenant });
        }
    }
}

/// Who is at it, and who waits: a line for each tenant.
struct Waiters<W> {
    free: usize,
    each: usize,
    at_it: HashMap<TenantId, usize>,
    /// The tenant whose turn it is next comes first. None of the lines is empty.
    waiting: VecDeque<(TenantId, VecDeque<W>)>,
}

impl<W> Waiters<W> {
    fn new(all: usize, each: usize) -> Self {
        Self { free: all, each, at_it: HashMap::new(), waiting: VecDeque::new() }
    }

    /// Whether it may begin at once; else `waiter` is called when it may.
    fn enter(&mut self, tenant: TenantId, waiter: W) -> bool {
        // Whoever waits while a turn is free has its share already: it is overtaken by others, and not by its own.
        if self.free > 0 && self.may_begin(tenant) {
            self.begin(tenant);
            return true;
        }
        match self.waiting.iter_mut().find(|(of, _)| *of == tenant) {
            Some((_, line)) => line.push_back(waiter),
            None => self.waiting.push_back((tenant, VecDeque::from([waiter]))),
        }
        false
    }

    /// Ends a turn; gives the next one, whose turn has begun. Those who wait no longer are passed over.
    fn leave(&mut self, tenant: TenantId, is_there: impl Fn(&W) -> bool) -> Option<(TenantId, W)> {
        self.free += 1;
        if let Some(at_it) = self.at_it.get_mut(&tenant) {
            *at_it -= 1;
            if *at_it == 0 {
                self.at_it.remove(&tenant);
            }
        }
        for (_, line) in &mut self.waiting {
            while line.front().is_some_and(|waiter| !is_there(waiter)) {
                line.pop_front();
            }
        }
        self.waiting.retain(|(_, line)| !line.is_empty());
        let place = self.waiting.iter().position(|(tenant, _)| self.may_begin(*tenant))?;
        let (tenant, mut line) = self.waiting.remove(place)?;
        let next = line.pop_front()?;
        if !line.is_empty() {
            self.waiting.push_back((tenant, line));
        }
        self.begin(tenant);
        Some((tenant, next))
    }

    fn may_begin(&self, tenant: TenantId) -> bool {
        self.at_it.get(&tenant).is_none_or(|at_it| *at_it < self.each)
    }

    fn begin(&mut self, tenant: TenantId) {
        self.free -= 1;
        *self.at_it.entry(tenant).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOUD: TenantId = TenantId(1);
    const QUIET: TenantId = TenantId(2);

    #[test]
    fn nobody_waits_behind_all_of_one_tenant() {
        let mut lines = Waiters::new(2, 2);
        let entered = (0..10).filter(|name| lines.enter(LOUD, *name)).count();
        assert_eq!(entered, 2);
        assert!(!lines.enter(QUIET, 100) && !lines.enter(QUIET, 101) && !lines.enter(TenantId(3), 200));
        let next = |lines: &mut Waiters<i32>, tenant| lines.leave(tenant, |_| true).unwrap();
        assert_eq!(next(&mut lines, LOUD), (LOUD, 2));
        assert_eq!(next(&mut lines, LOUD), (QUIET, 100));
        assert_eq!(next(&mut lines, LOUD), (TenantId(3), 200));
        assert_eq!(next(&mut lines, QUIET), (LOUD, 3));
        assert_eq!(next(&mut lines, LOUD), (QUIET, 101));
        assert_eq!(next(&mut lines, QUIET), (LOUD, 4));
    }

    #[test]
    fn the_last_turns_are_never_one_tenants() {
        let mut lines = Waiters::new(3, 2);
        assert!(lines.enter(LOUD, 0) && lines.enter(LOUD, 1) && !lines.enter(LOUD, 2));
        assert!(lines.enter(QUIET, 100), "at once, past the one who waits");
        assert_eq!(lines.leave(QUIET, |_| true), None, "it has its share");
        assert!(lines.enter(QUIET, 101));
        assert_eq!(lines.leave(LOUD, |_| true), Some((LOUD, 2)));
    }

    #[test]
    fn who_has_gone_is_passed_over() {
        let mut lines = Waiters::new(1, 1);
        assert!(lines.enter(LOUD, 0));
        (1..5).for_each(|name| assert!(!lines.enter(LOUD, name)));
        assert!(!lines.enter(QUIET, 100));
        assert_eq!(lines.leave(LOUD, |waiter| *waiter > 3), Some((LOUD, 4)));
        assert_eq!(lines.leave(LOUD, |waiter| *waiter > 100), None);
        assert!(lines.enter(QUIET, 101) && lines.waiting.is_empty());
    }

    #[tokio::test]
    async fn a_turn_that_nobody_takes_any_more_goes_on_to_the_next() {
        let permits = FairSemaphore::new(1, 1);
        let first = permits.acquire(LOUD).await;
        let mut gone = Box::pin(permits.acquire(LOUD));
        assert!(futures_util::poll!(gone.as_mut()).is_pending());
        let mut waits = Box::pin(permits.acquire(QUIET));
        assert!(futures_util::poll!(waits.as_mut()).is_pending());
        // Called and never taken.
        drop(first);
        assert!(futures_util::poll!(waits.as_mut()).is_pending());
        drop(gone);
        drop(waits.await);
        assert_eq!(permits.lock().free, 1);
    }
}
