//! The limits of the caller.

use async_graphql::{Context, Result, SimpleObject};
use chrono::{DateTime, Utc};

use super::access::{self, app};
use super::cost::{self, CostBudget, OpenLimit, whole};
use crate::limits::{Budget, Minute};

/// Your limits, and what is left of them.
#[derive(SimpleObject, Clone, Debug)]
pub struct RateLimit {
    /// The plan.
    pub plan: &'static str,
    /// Operations a second, in the long run; null is without limit.
    pub requests_per_second: Option<i32>,
    /// Operations at once; null is without limit.
    pub burst: Option<i32>,
    /// Operations left at this moment, this one paid; null is without limit.
    pub remaining: Option<i32>,
    /// Points for queries and subscriptions; null is without limit.
    pub reads: Option<CostBudget>,
    /// Points for mutations; null is without limit.
    pub writes: Option<CostBudget>,
    /// Messages of subscriptions a second, in the long run; past it they say more and come less often. Null is without
    /// limit.
    pub events_per_second: Option<i32>,
    /// Sockets; null is without limit.
    pub sockets: Option<OpenLimit>,
    /// Subscriptions; null is without limit.
    pub subscriptions: Option<OpenLimit>,
    /// Whether the limits hold over all nodes together at this moment. If not, this node grants its own part of them:
    /// one part of as many as there are `nodes`.
    pub shared: bool,
    /// Nodes that grant the limits, as last known.
    pub nodes: i32,
    /// The last 60 minutes of your organisation at this node, oldest first; the last one is still running.
    pub minutes: Vec<RateMinute>,
}

/// What your organisation asked of this node within a minute.
#[derive(SimpleObject, Clone, Debug)]
pub struct RateMinute {
    /// When the minute began.
    pub from: DateTime<Utc>,
    /// Operations that were granted.
    pub allowed: i32,
    /// Operations that were over the rate.
    pub refused: i32,
}

/// The caller's limits, and what is left of them.
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
