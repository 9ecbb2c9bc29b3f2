//! The organisation's rate limit and its usage.

use cynic::QueryBuilder as _;

use super::{Failure, schema, session::Session, transport::execute, whole};

/// The rate limit and its usage.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// The plan.
    pub plan: String,
    /// Operations per second on average; `None` without limit.
    pub per_second: Option<u32>,
    /// Operations in one burst; `None` without limit.
    pub burst: Option<u32>,
    /// Operations left now; `None` without limit.
    pub remaining: Option<u32>,
    /// Points for reads; `None` without limit.
    pub reads: Option<CostBudget>,
    /// Points for writes; `None` without limit.
    pub writes: Option<CostBudget>,
    /// Open connections and their maximum; `None` without limit.
    pub sockets: Option<(u32, u32)>,
    /// True if each of several gateway nodes applies its own share of the limits now.
    pub is_apart: bool,
    /// Allowed and refused operations per minute of the last hour, oldest first.
    pub minutes: Vec<(u32, u32)>,
}

/// A budget of points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostBudget {
    /// Points regained per second.
    pub per_second: u32,
    /// Points of a full budget.
    pub burst: u32,
    /// Points left.
    pub remaining: u32,
}

/// Reads the rate limit.
pub async fn rate(session: Session) -> Result<Rate, Failure> {
    Ok(execute(session, wire::Rate::build(())).await?.rate_limit.into())
}

impl From<wire::RateLimit> for Rate {
    fn from(rate: wire::RateLimit) -> Self {
        Self {
            plan: rate.plan,
            per_second: rate.requests_per_second.map(whole),
            burst: rate.burst.map(whole),
            remaining: rate.remaining.map(whole),
            reads: rate.reads.map(CostBudget::from),
            writes: rate.writes.map(CostBudget::from),
            sockets: rate.sockets.map(|sockets| (whole(sockets.open), whole(sockets.most))),
            is_apart: !rate.shared && rate.nodes > 1,
            minutes: rate.minutes.iter().map(|minute| (whole(minute.allowed), whole(minute.refused))).collect(),
        }
    }
}

impl From<wire::CostBudget> for CostBudget {
    fn from(budget: wire::CostBudget) -> Self {
        Self {
            per_second: whole(budget.points_per_second),
            burst: whole(budget.burst),
            remaining: whole(budget.remaining),
        }
    }
}

mod wire {
    use super::schema;

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query")]
    pub struct Rate {
        pub rate_limit: RateLimit,
    }

    #[derive(cynic::QueryFragment)]
    pub struct RateLimit {
        pub plan: String,
        pub requests_per_second: Option<i32>,
        pub burst: Option<i32>,
        pub remaining: Option<i32>,
        pub reads: Option<CostBudget>,
        pub writes: Option<CostBudget>,
        pub sockets: Option<OpenLimit>,
        pub shared: bool,
        pub nodes: i32,
        pub minutes: Vec<RateMinute>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct CostBudget {
        pub points_per_second: i32,
        pub burst: i32,
        pub remaining: i32,
    }

    #[derive(cynic::QueryFragment)]
    pub struct OpenLimit {
        pub open: i32,
        pub most: i32,
    }

    #[derive(cynic::QueryFragment)]
    pub struct RateMinute {
        pub allowed: i32,
        pub refused: i32,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rate_without_limit_has_no_numbers() {
        let data: wire::Rate = serde_json::from_value(json!({ "rateLimit": {
            "plan": "unmetered", "requestsPerSecond": null, "burst": null, "remaining": null,
            "reads": null, "writes": null, "sockets": null, "shared": true, "nodes": 1,
            "minutes": [{ "allowed": 3, "refused": 1 }],
        } }))
        .expect("an answer of the schema");
        let rate = Rate::from(data.rate_limit);
        assert_eq!((rate.per_second, rate.reads, rate.minutes), (None, None, vec![(3, 1)]));
    }

    #[test]
    fn budgets_are_read_with_the_rate() {
        let data: wire::Rate = serde_json::from_value(json!({ "rateLimit": {
            "plan": "starter", "requestsPerSecond": 5, "burst": 20, "remaining": 19,
            "reads": { "pointsPerSecond": 2000, "burst": 100_000, "remaining": 99_000 },
            "writes": { "pointsPerSecond": 500, "burst": 60_000, "remaining": 60_000 },
            "sockets": { "open": 1, "most": 20 }, "shared": false, "nodes": 2, "minutes": [],
        } }))
        .expect("an answer of the schema");
        let rate = Rate::from(data.rate_limit);
        assert_eq!(rate.reads, Some(CostBudget { per_second: 2_000, burst: 100_000, remaining: 99_000 }));
        assert_eq!((rate.sockets, rate.is_apart), (Some((1, 20)), true));
    }
}
