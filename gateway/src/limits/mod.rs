//! Rate limits per tenant, by its plan, over all requests, sockets and nodes.
//!
//! There are four budgets: requests, points of reads, points of writes, and subscription messages. Each is a bucket that
//! refills at a rate up to a burst. [`node_limiter`] comes first: a node never grants more requests than a whole plan, even
//! when Redis fails. Behind it [`lease`] keeps the sum over the nodes and [`local_bucket`] this node's part of it. A
//! request waits for neither. Without Redis each node grants its share alone, and logs that.
//!
//! The key is always the verified tenant, never a header.

mod client_ip;
mod lease;
mod local_bucket;
mod node_limiter;
mod plan;
mod rate_limit_headers;
mod tenant_budgets;
mod usage;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant as Monotonic};

use lodgate_entities::ids::TenantId;

pub use self::client_ip::{
    ClientIp, ClientIpConfig, Network, TrustedProxies, UnknownNetwork, client_ip_budgets, client_ip_layer,
};
pub use self::rate_limit_headers::too_many_requests;
pub use self::tenant_budgets::{Open, Opened};
pub use self::usage::Minute;
pub use plan::{Budget, Grant, OpenLimits, Plan, PlanRate, Plans, UnknownOpenLimits, UnknownPlan, UnknownRate};

use self::node_limiter::NodeLimiter;
use self::tenant_budgets::{Kind, TenantBudgets};
use self::usage::Usage;
use crate::clock;
use crate::redis::RedisClient;

/// The budgets of all tenants. Share it behind an `Arc`.
#[derive(Debug)]
pub struct Limits {
    plans: Plans,
    node_limiter: NodeLimiter,
    tenants: Arc<TenantBudgets>,
    usage: Usage,
    clock: clock::Clock,
}

/// The state of one budget of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetStatus {
    /// The budget.
    pub budget: Budget,
    /// The rate that the plan grants.
    pub rate: PlanRate,
    /// Remainder over all nodes, as far as this one knows.
    pub remaining: u32,
}

/// A refusal because a budget is exhausted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    /// The plan.
    pub plan: Plan,
    /// The exhausted budget.
    pub budget: Budget,
    /// Time until the operation would be granted.
    pub wait: Duration,
    /// The state of every budget.
    pub statuses: Vec<BudgetStatus>,
}

/// The limit of open connections or subscriptions is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooManyOpen {
    /// Websockets.
    #[error("your plan has at most {0} sockets at a time")]
    Sockets(u32),
    /// Subscriptions.
    #[error("your plan has at most {0} subscriptions at a time")]
    Subscriptions(u32),
}

/// Counts the nights that an operation wrote. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct NightsWritten(Arc<AtomicU64>);

impl NightsWritten {
    /// Adds a number of nights.
    pub fn add(&self, nights: usize) {
        self.0.fetch_add(u64::try_from(nights).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The total.
    pub fn sum(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Limits {
    /// Budgets of this node alone. `clock` dates the usage per minute; the budgets use a monotonic clock.
    pub fn new(plans: Plans, clock: clock::Clock) -> Self {
        Self::over(plans, clock, false)
    }

    /// As [`Limits::new`], shared with the other nodes over Redis by a background task.
    pub fn start(plans: Plans, clock: clock::Clock, redis: Option<RedisClient>) -> Self {
        let limits = Self::over(plans, clock, redis.is_some());
        match redis {
            Some(redis) => drop(tokio::spawn(lease::settle(limits.tenants.clone(), redis))),
            None => tracing::info!("budgets apply to this node alone: no Redis is configured"),
        }
        limits
    }

    fn over(plans: Plans, clock: clock::Clock, shared: bool) -> Self {
        let (node_limiter, tenants) = (NodeLimiter::new(&plans), Arc::new(TenantBudgets::new(plans, shared)));
        Self { plans, node_limiter, tenants, usage: Usage::default(), clock }
    }

    /// The tenant's usage of this node per minute over the last 60 minutes, oldest first; the last minute is incomplete.
    pub fn minutes(&self, tenant: TenantId) -> Vec<Minute> {
        self.usage.of(tenant, self.clock.now())
    }

    /// The budgets of a plan; `None` for the unmetered plan.
    pub fn grant(&self, plan: Plan) -> Option<Grant> {
        self.plans.of(plan)
    }

    /// Maximum points per operation under a plan.
    pub fn most_points(&self, plan: Plan, budget: Budget) -> u64 {
        self.plans.most_points(plan, budget)
    }

    /// Whether the budgets are currently shared with the other nodes.
    pub fn is_shared(&self) -> bool {
        self.tenants.is_shared()
    }

    /// Number of nodes that share the budgets, as last known, including this one.
    pub fn nodes(&self) -> u32 {
        self.tenants.nodes()
    }

    /// Takes `operations` from the tenant's budget of requests, for HTTP and websockets alike. More than the burst counts as
    /// the whole burst.
    ///
    /// # Errors
    /// When the remainder is smaller; with the time to wait.
    pub fn check(&self, tenant: TenantId, plan: Plan, operations: u32) -> Result<(), RetryAfter> {
        let answer = self.take(tenant, plan, operations);
        self.usage.count(tenant, answer.is_ok(), operations, self.clock.now());
        answer.map_err(|wait| self.refused(tenant, plan, Budget::Requests, wait))
    }

    fn take(&self, tenant: TenantId, plan: Plan, operations: u32) -> Result<(), Duration> {
        let Some(grant) = self.plans.of(plan) else { return Ok(()) };
        let wanted = operations.clamp(1, grant.requests.burst);
        self.node_limiter.check(tenant, plan, wanted)?;
        self.tenants.spend(tenant, plan, Budget::Requests, f64::from(wanted))
    }

    /// Takes the points of one operation. Check [`Limits::most_points`] first: more are never granted.
    ///
    /// # Errors
    /// When the remainder is smaller; with the time to wait.
    pub fn charge(&self, tenant: TenantId, plan: Plan, budget: Budget, points: u64) -> Result<(), RetryAfter> {
        let charged = self.tenants.spend(tenant, plan, budget, float(points));
        charged.map_err(|wait| self.refused(tenant, plan, budget, wait))
    }

    /// Returns points that an operation was charged but did not need.
    pub fn refund(&self, tenant: TenantId, plan: Plan, budget: Budget, points: u64) {
        if points > 0 {
            self.tenants.refund(tenant, plan, budget, float(points));
        }
    }

    /// Waits until one more subscription message may be sent. Meanwhile the subscriber's feed updates are merged.
    pub async fn deliver(&self, tenant: TenantId, plan: Plan) {
        while let Err(wait) = self.tenants.spend(tenant, plan, Budget::Events, 1.0) {
            metrics::counter!("lodgate_events_slowed_total", "plan" => plan.name()).increment(1);
            // Other subscriptions of the tenant may take it first, so the wait is repeated.
            tokio::time::sleep(wait.clamp(Duration::from_millis(1), Duration::from_secs(1))).await;
        }
    }

    /// Counts a websocket of the tenant until the returned value is dropped.
    ///
    /// # Errors
    /// When the plan's maximum is open over all nodes.
    pub fn open_socket(&self, tenant: TenantId, plan: Plan) -> Result<Opened, TooManyOpen> {
        self.tenants.open_one(tenant, plan, Kind::Socket).map_err(TooManyOpen::Sockets)
    }

    /// Counts a subscription of the tenant until the returned value is dropped.
    ///
    /// # Errors
    /// When the plan's maximum is running over all nodes.
    pub fn open_subscription(&self, tenant: TenantId, plan: Plan) -> Result<Opened, TooManyOpen> {
        self.tenants.open_one(tenant, plan, Kind::Subscription).map_err(TooManyOpen::Subscriptions)
    }

    /// Open websockets and subscriptions of the tenant over all nodes.
    pub fn open(&self, tenant: TenantId, plan: Plan) -> Open {
        self.tenants.open(tenant, plan)
    }

    /// The state of every budget of the tenant; empty for the unmetered plan.
    pub fn statuses(&self, tenant: TenantId, plan: Plan) -> Vec<BudgetStatus> {
        let Some(grant) = self.plans.of(plan) else { return Vec::new() };
        let remaining = self.tenants.remaining(tenant, plan, Budget::ALL).unwrap_or_default();
        let status = |(budget, remaining): (Budget, u32)| BudgetStatus { budget, rate: grant.rate(budget), remaining };
        Budget::ALL.into_iter().zip(remaining).map(status).collect()
    }

    /// The state of one budget of the tenant; `None` for the unmetered plan.
    pub fn status(&self, tenant: TenantId, plan: Plan, budget: Budget) -> Option<BudgetStatus> {
        let rate = self.plans.of(plan)?.rate(budget);
        let [remaining] = self.tenants.remaining(tenant, plan, [budget])?;
        Some(BudgetStatus { budget, rate, remaining })
    }

    fn refused(&self, tenant: TenantId, plan: Plan, budget: Budget, wait: Duration) -> RetryAfter {
        metrics::counter!("lodgate_rate_limited_total", "plan" => plan.name(), "budget" => budget.name()).increment(1);
        RetryAfter { plan, budget, wait, statuses: self.statuses(tenant, plan) }
    }

    /// Logs the tenants with refused operations, which are not logged one by one. Removes tenants whose budgets are full
    /// again, and the usage of tenants that were idle for an hour. Call it once per minute; it bounds the memory.
    pub fn sweep(&self) {
        self.node_limiter.sweep();
        for (tenant, refused) in self.usage.refused(self.clock.now()) {
            tracing::info!(%tenant, refused, "operations over the plan's rate in the last minute");
        }
        self.tenants.sweep(Monotonic::now());
        self.usage.sweep(self.clock.now());
    }
}

#[expect(clippy::cast_precision_loss, reason = "points are far below 2^53")]
fn float(points: u64) -> f64 {
    points as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plans() -> Plans {
        let rate = |text: &str| text.parse().unwrap();
        let grant = |requests: &str| Grant {
            requests: rate(requests),
            reads: rate("1000,5000"),
            writes: rate("100,500"),
            events: rate("10,20"),
            open: OpenLimits { sockets: 2, subscriptions: 3 },
        };
        Plans { starter: grant("5,20"), standard: grant("50,200"), premium: grant("500,2000"), most_points: 10_000 }
    }

    fn limits() -> Limits {
        Limits::new(plans(), clock::Clock::default())
    }

    fn left(limits: &Limits, tenant: TenantId, budget: Budget) -> u32 {
        limits.status(tenant, Plan::Starter, budget).unwrap().remaining
    }

    #[test]
    fn after_a_burst_the_caller_waits() {
        let limits = limits();
        let tenant = TenantId(1);
        for expected in (0..20).rev() {
            limits.check(tenant, Plan::Starter, 1).unwrap();
            let remaining = left(&limits, tenant, Budget::Requests);
            assert!(remaining.abs_diff(expected) <= 1, "{remaining} after {expected}");
        }
        let refused = limits.check(tenant, Plan::Starter, 1).unwrap_err();
        assert!(refused.wait > Duration::ZERO && refused.wait <= Duration::from_millis(200), "{refused:?}");
        assert_eq!(refused.seconds(), 1, "less than a second is rounded up, not down to 0");
    }

    #[test]
    fn a_node_never_grants_more_than_a_plan() {
        let limits = Limits::over(plans(), clock::Clock::default(), true);
        limits.refund(TenantId(1), Plan::Starter, Budget::Requests, 1_000);
        let granted = (0..100).filter(|_| limits.check(TenantId(1), Plan::Starter, 1).is_ok()).count();
        assert_eq!(granted, 20);
    }

    #[test]
    fn another_tenant_is_not_affected() {
        let limits = limits();
        while limits.check(TenantId(1), Plan::Starter, 1).is_ok() {}
        assert!(limits.check(TenantId(2), Plan::Starter, 1).is_ok());
    }

    #[test]
    fn a_batch_counts_per_operation_and_at_most_as_the_burst() {
        let limits = limits();
        limits.check(TenantId(1), Plan::Starter, 15).unwrap();
        assert_eq!(left(&limits, TenantId(1), Budget::Requests), 5);
        assert!(limits.check(TenantId(1), Plan::Starter, 15).is_err());
        assert!(limits.check(TenantId(2), Plan::Starter, 1_000).is_ok(), "taken as one whole burst");
    }

    #[test]
    fn reads_do_not_use_the_budget_of_writes() {
        let limits = limits();
        let (tenant, plan) = (TenantId(1), Plan::Starter);
        limits.charge(tenant, plan, Budget::Reads, 4_990).unwrap();
        let refused = limits.charge(tenant, plan, Budget::Reads, 1_000).unwrap_err();
        assert!(refused.wait > Duration::from_millis(900) && refused.wait < Duration::from_secs(1), "{refused:?}");
        limits.charge(tenant, plan, Budget::Writes, 500).unwrap();
        limits.refund(tenant, plan, Budget::Reads, 4_000);
        limits.charge(tenant, plan, Budget::Reads, 4_000).unwrap();
        assert!(!limits.is_shared() && limits.nodes() == 1);
    }

    #[tokio::test]
    async fn messages_above_the_rate_wait() {
        let limits = limits();
        let started = Monotonic::now();
        for _ in 0..23 {
            limits.deliver(TenantId(1), Plan::Starter).await;
        }
        assert!(started.elapsed() >= Duration::from_millis(250), "20 at once, then 10 a second");
    }

    #[test]
    fn open_sockets_count_until_they_close() {
        let limits = limits();
        let open = |tenant| limits.open_socket(TenantId(tenant), Plan::Starter);
        let (first, _second) = (open(1).unwrap(), open(1).unwrap());
        assert_eq!(open(1).unwrap_err().to_string(), "your plan has at most 2 sockets at a time");
        assert!(open(2).is_ok() && limits.open_subscription(TenantId(1), Plan::Starter).is_ok());
        assert_eq!(limits.open(TenantId(1), Plan::Starter), Open { sockets: 2, subscriptions: 0 });
        drop(first);
        assert!(open(1).is_ok());
    }

    #[test]
    fn usage_is_counted_per_minute_on_every_plan() {
        let limits = limits();
        let granted = (0..25).filter(|_| limits.check(TenantId(1), Plan::Starter, 1).is_ok()).count();
        limits.check(TenantId(2), Plan::Unmetered, 1).unwrap();
        let of = |tenant| {
            let minutes = limits.minutes(TenantId(tenant));
            assert_eq!(minutes.len(), 60);
            minutes.iter().fold((0, 0), |sum, minute| (sum.0 + minute.allowed, sum.1 + minute.refused))
        };
        assert_eq!(of(1), (u32::try_from(granted).unwrap(), 25 - u32::try_from(granted).unwrap()));
        assert_eq!((of(2), of(3)), ((1, 0), (0, 0)));
    }

    #[test]
    fn unmetered_has_no_limit() {
        let limits = limits();
        for _ in 0..5_000 {
            limits.check(TenantId(1), Plan::Unmetered, 1).unwrap();
            limits.charge(TenantId(1), Plan::Unmetered, Budget::Reads, 1_000_000).unwrap();
        }
        assert_eq!(limits.statuses(TenantId(1), Plan::Unmetered), []);
    }
}
