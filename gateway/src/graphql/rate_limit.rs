//! The limits of the caller.

use async_graphql::{Context, Result, SimpleObject};
use chrono::{DateTime, Utc};

use super::access::{self, app};
use super::cost::{self, CostBudget, OpenLimit, whole};
use crate::limits::{Budget, Minute};

/// Your rate limits and budgets, with the remaining amounts.
#[derive(SimpleObject, Clone, Debug)]
pub struct RateLimit {
    /// The plan.
    pub plan: &'static str,
    /// Operations per second, sustained; null is no limit.
    pub requests_per_second: Option<i32>,
    /// Most operations in a burst; null is no limit.
    pub burst: Option<i32>,
    /// Operations left now, after this one; null is no limit.
    pub remaining: Option<i32>,
    /// Budget of queries and subscriptions; null is no limit.
    pub reads: Option<CostBudget>,
    /// Budget of mutations; null is no limit.
    pub writes: Option<CostBudget>,
    /// Subscription messages per second, sustained. Above it, messages are merged and come less often. Null is no
    /// limit.
    pub events_per_second: Option<i32>,
    /// WebSocket connections; null is no limit.
    pub sockets: Option<OpenLimit>,
    /// Subscriptions; null is no limit.
    pub subscriptions: Option<OpenLimit>,
    /// `true` while all nodes share one set of limits. Otherwise this node grants its own share: one part in `nodes`.
    pub shared: bool,
    /// Number of nodes that share the limits, as last known.
    pub nodes: i32,
    /// The last 60 minutes of your organisation at this node, oldest first; the last one has not ended yet.
    pub minutes: Vec<RateMinute>,
}

/// Operations of your organisation at this node within one minute.
#[derive(SimpleObject, Clone, Debug)]
pub struct RateMinute {
    /// Begin of the minute.
    pub from: DateTime<Utc>,
    /// Operations that were admitted.
    pub allowed: i32,
    /// Operations that were refused because of the rate.
    pub refused: i32,
}

/// The limits of the caller, with the remaining amounts.
///
/// # Errors
/// When the request carries no caller.
pub fn rate_limit(ctx: &Context<'_>) -> Result<RateLimit> {
    let viewer = access::viewer(ctx)?;
    let limits = &app(ctx)?.limits;
    let grant = limits.grant(viewer.plan);
    let requests = limits.status(viewer.tenant, viewer.plan, Budget::Requests);
    let open = limits.open(viewer.tenant, viewer.plan);
    let minute = |minute: Minute| RateMinute {
        from: minute.from,
        allowed: whole(minute.allowed),
        refused: whole(minute.refused),
    };
    Ok(RateLimit {
        plan: viewer.plan.name(),
        requests_per_second: grant.map(|grant| whole(grant.requests.per_second)),
        burst: grant.map(|grant| whole(grant.requests.burst)),
        remaining: requests.map(|requests| whole(requests.remaining)),
        reads: cost::budget(limits, viewer, Budget::Reads),
        writes: cost::budget(limits, viewer, Budget::Writes),
        events_per_second: grant.map(|grant| whole(grant.events.per_second)),
        sockets: grant.map(|grant| OpenLimit { open: whole(open.sockets), most: whole(grant.open.sockets) }),
        subscriptions: grant
            .map(|grant| OpenLimit { open: whole(open.subscriptions), most: whole(grant.open.subscriptions) }),
        shared: limits.is_shared(),
        nodes: whole(limits.nodes()),
        minutes: limits.minutes(viewer.tenant).into_iter().map(minute).collect(),
    })
}
