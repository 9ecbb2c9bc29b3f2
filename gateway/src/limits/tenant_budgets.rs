//! The budgets and open connections of the tenants that this node knows.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lodgate_entities::ids::TenantId;
use tokio::sync::Notify;

use super::lease::Settled;
use super::local_bucket::{LocalBucket, NodeShare, Settlement};
use super::{Budget, Grant, Plan, PlanRate, Plans};

/// A tenant that spent nothing for this time returns its lease.
const IDLE: Duration = Duration::from_secs(1);
/// Interval at which open sockets are reported to the other nodes, even if idle.
const TELL_OPEN: Duration = Duration::from_secs(2);
/// A tenant is removed after this time, or after the time in which all its budgets refill, whichever is longer.
const KEPT: Duration = Duration::from_secs(60);

type Key = (TenantId, Plan);

/// A kind of open connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Socket,
    Subscription,
}

/// Numbers of open websockets and subscriptions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Websockets.
    pub sockets: u32,
    /// Subscriptions.
    pub subscriptions: u32,
}

impl Open {
    fn of(&mut self, kind: Kind) -> &mut u32 {
        match kind {
            Kind::Socket => &mut self.sockets,
            Kind::Subscription => &mut self.subscriptions,
        }
    }
}

struct Tenant {
    buckets: [LocalBucket; Budget::ALL.len()],
    open: Open,
    elsewhere: Open,
    used: Instant,
    /// Whether something was spent or refused since the last settlement.
    touched: bool,
    settled: Option<Instant>,
    /// Whether what was spent since the last settlement is not owed.
    alone: bool,
}

/// The tenants of this node. The lock is held for a few instructions at a time.
pub(super) struct TenantBudgets {
    plans: Plans,
    known: Mutex<HashMap<Key, Tenant>>,
    shared: AtomicBool,
    nodes: AtomicU32,
    hurry: Notify,
}

/// The settlement of one tenant.
pub(super) struct Call {
    pub(super) tenant: TenantId,
    pub(super) plan: Plan,
    pub(super) budgets: [(PlanRate, Settlement); Budget::ALL.len()],
    pub(super) sockets: u32,
    pub(super) subscriptions: u32,
    pub(super) was_alone: bool,
    pub(super) gives_back: bool,
    pub(super) kept_ms: u64,
}

impl TenantBudgets {
    /// `shared`: Redis is configured, and taken as reachable until it fails.
    pub(super) fn new(plans: Plans, shared: bool) -> Self {
        Self {
            plans,
            known: Mutex::default(),
            shared: AtomicBool::new(shared),
            nodes: AtomicU32::new(1),
            hurry: Notify::new(),
        }
    }

    /// Whether the last settlement reached Redis.
    pub(super) fn is_shared(&self) -> bool {
        self.shared.load(Ordering::Relaxed)
    }

    /// Number of nodes, as last known.
    pub(super) fn nodes(&self) -> u32 {
        self.nodes.load(Ordering::Relaxed)
    }

    /// Resolves when a budget runs low.
    pub(super) async fn hurried(&self) {
        self.hurry.notified().await;
    }

    /// Spends `cost` of a budget. The error is the time to wait. The unmetered plan has no budgets.
    pub(super) fn spend(&self, tenant: TenantId, plan: Plan, budget: Budget, cost: f64) -> Result<(), Duration> {
        self.with(tenant, plan, |found, grant, now| {
            let share = self.share(found.alone, grant.rate(budget));
            found.touched = true;
            found.used = now;
            let bucket = &mut found.buckets[budget.index()];
            let outcome = bucket.spend(cost, share, now);
            // Not after a refusal: a client that repeats its requests would keep the node busy with settlements.
            if outcome.is_ok() && !found.alone && bucket.is_low(share) {
                self.hurry.notify_one();
            }
            outcome
        })
        .unwrap_or(Ok(()))
    }

    /// Returns what was spent but not needed.
    pub(super) fn refund(&self, tenant: TenantId, plan: Plan, budget: Budget, points: f64) {
        self.with(tenant, plan, |found, grant, now| {
            let share = self.share(found.alone, grant.rate(budget));
            found.touched = true;
            found.buckets[budget.index()].refund(points, share, now);
        });
    }

    /// Remainders of these budgets over all nodes, as far as this one knows; `None` for the unmetered plan.
    pub(super) fn remaining<const N: usize>(
        &self,
        tenant: TenantId,
        plan: Plan,
        budgets: [Budget; N],
    ) -> Option<[u32; N]> {
        self.with(tenant, plan, |found, grant, now| {
            budgets.map(|budget| {
                let share = self.share(found.alone, grant.rate(budget));
                found.buckets[budget.index()].remaining(share, now)
            })
        })
    }

    /// Open sockets and subscriptions on all nodes; 0 for the unmetered plan.
    pub(super) fn open(&self, tenant: TenantId, plan: Plan) -> Open {
        self.with(tenant, plan, |found, _, _| Open {
            sockets: found.open.sockets.saturating_add(found.elsewhere.sockets),
            subscriptions: found.open.subscriptions.saturating_add(found.elsewhere.subscriptions),
        })
        .unwrap_or_default()
    }

    /// Counts one more until the returned value is dropped.
    ///
    /// # Errors
    /// The plan's maximum, when it is reached over all nodes.
    pub(super) fn open_one(self: &Arc<Self>, tenant: TenantId, plan: Plan, kind: Kind) -> Result<Opened, u32> {
        let counted = self.with(tenant, plan, |found, grant, now| {
            let most = match kind {
                Kind::Socket => grant.open.sockets,
                Kind::Subscription => grant.open.subscriptions,
            };
            // Also after a refusal: other nodes may have closed some since the last settlement.
            found.touched = true;
            found.used = now;
            let (here, elsewhere) = (found.open.of(kind), *found.elsewhere.of(kind));
            if here.saturating_add(elsewhere) >= most {
                return Err(most);
            }
            *here += 1;
            Ok(())
        });
        match counted {
            Some(Err(most)) => Err(most),
            Some(Ok(())) => Ok(Opened(Some((self.clone(), tenant, plan, kind)))),
            None => Ok(Opened(None)),
        }
    }

    fn close_one(&self, tenant: TenantId, plan: Plan, kind: Kind) {
        self.with(tenant, plan, |found, _, now| {
            let here = found.open.of(kind);
            *here = here.saturating_sub(1);
            found.touched = true;
            found.used = now;
        });
    }

    /// Redis responds; `nodes` is the number of nodes.
    pub(super) fn together(&self, nodes: u32) {
        self.nodes.store(nodes.max(1), Ordering::Relaxed);
        if !self.shared.swap(true, Ordering::Relaxed) {
            tracing::info!(nodes, "budgets are shared with the other nodes again");
        }
        metrics::gauge!("lodgate_limits_shared").set(1.0);
    }

    /// Redis does not respond: every tenant gets the local share until it does.
    pub(super) fn alone(&self) {
        metrics::gauge!("lodgate_limits_shared").set(0.0);
        if !self.shared.swap(false, Ordering::Relaxed) {
            return;
        }
        let nodes = self.nodes();
        tracing::warn!(nodes, "budgets are not shared: each tenant gets this node's share of its plan");
        let now = Instant::now();
        for ((_, plan), found) in self.lock().iter_mut() {
            let Some(grant) = self.plans.of(*plan) else { continue };
            found.alone = true;
            found.elsewhere = Open::default();
            for budget in Budget::ALL {
                let share = NodeShare { rate: grant.rate(budget), nodes, alone: true };
                found.buckets[budget.index()].part(share, now);
            }
        }
    }

    /// The settlements due now: of tenants that spent, were refused, hold an unused lease, or have something open.
    pub(super) fn due(&self, now: Instant) -> Vec<Call> {
        let mut calls = Vec::new();
        for ((tenant, plan), found) in self.lock().iter_mut() {
            let Some(grant) = self.plans.of(*plan) else { continue };
            let since = |at: Instant| now.saturating_duration_since(at);
            let wanting = found.buckets.iter().any(|bucket| bucket.is_wanting(now));
            let gives_back = !found.touched
                && !wanting
                && since(found.used) >= IDLE
                && found.buckets.iter().any(LocalBucket::is_holding);
            let is_open = found.open != Open::default();
            let tells = is_open && found.settled.is_none_or(|settled| since(settled) >= TELL_OPEN);
            if !(found.touched || found.alone || wanting || gives_back || tells) {
                continue;
            }
            found.touched = false;
            let budgets = Budget::ALL.map(|budget| {
                let rate = grant.rate(budget);
                (rate, found.buckets[budget.index()].settlement(self.share(found.alone, rate), now))
            });
            calls.push(Call {
                tenant: *tenant,
                plan: *plan,
                budgets,
                sockets: found.open.sockets,
                subscriptions: found.open.subscriptions,
                was_alone: found.alone,
                gives_back,
                kept_ms: u64::try_from(kept(&grant).as_millis()).unwrap_or(u64::MAX),
            });
        }
        calls
    }

    /// Applies the responses to `calls`.
    pub(super) fn settle(&self, calls: &[Call], answers: &[Settled], now: Instant) {
        let mut known = self.lock();
        for (call, answer) in calls.iter().zip(answers) {
            let Some(found) = known.get_mut(&(call.tenant, call.plan)) else { continue };
            found.alone = false;
            found.settled = Some(now);
            found.elsewhere = Open { sockets: answer.sockets, subscriptions: answer.subscriptions };
            for (bucket, ((rate, settlement), (slice, left))) in
                found.buckets.iter_mut().zip(call.budgets.iter().zip(&answer.budgets))
            {
                bucket.settle(*settlement, *slice, *left, self.share(false, *rate), now);
            }
        }
    }

    /// Makes `calls` due again.
    pub(super) fn put_off(&self, calls: &[Call]) {
        let mut known = self.lock();
        for call in calls {
            if let Some(found) = known.get_mut(&(call.tenant, call.plan)) {
                found.touched = true;
            }
        }
    }

    /// Removes tenants whose budgets are full again and that have nothing open.
    pub(super) fn sweep(&self, now: Instant) {
        self.lock().retain(|(_, plan), found| {
            let kept = self.plans.of(*plan).map_or(KEPT, |grant| kept(&grant));
            found.open != Open::default() || now.saturating_duration_since(found.used) < kept
        });
    }

    fn share(&self, alone: bool, rate: PlanRate) -> NodeShare {
        NodeShare { rate, nodes: self.nodes(), alone }
    }

    fn with<T>(&self, tenant: TenantId, plan: Plan, act: impl FnOnce(&mut Tenant, Grant, Instant) -> T) -> Option<T> {
        let grant = self.plans.of(plan)?;
        let now = Instant::now();
        let mut known = self.lock();
        let found = known.entry((tenant, plan)).or_insert_with(|| {
            let alone = !self.is_shared();
            Tenant {
                buckets: Budget::ALL.map(|budget| LocalBucket::new(self.share(alone, grant.rate(budget)), now)),
                open: Open::default(),
                elsewhere: Open::default(),
                used: now,
                touched: false,
                settled: None,
                alone,
            }
        });
        Some(act(found, grant, now))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Tenant>> {
        // Nothing panics while it is held.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for TenantBudgets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantBudgets").field("plans", &self.plans).finish_non_exhaustive()
    }
}

/// Time for which a tenant's budgets must be kept: afterwards they are full.
fn kept(grant: &Grant) -> Duration {
    Budget::ALL.map(|budget| grant.rate(budget).window()).into_iter().fold(KEPT, Duration::max)
}

/// An open websocket or subscription; it stops counting when dropped.
#[derive(Debug)]
pub struct Opened(Option<(Arc<TenantBudgets>, TenantId, Plan, Kind)>);

impl Drop for Opened {
    fn drop(&mut self) {
        if let Some((tenants, tenant, plan, kind)) = &self.0 {
            tenants.close_one(*tenant, *plan, *kind);
        }
    }
}
