//! Options of the plans.

use clap::Args;

use crate::limits::{Grant, OpenLimits, PlanRate, Plans};

/// The budgets of a tenant on each plan, over all nodes that share a Redis.
///
/// The points follow from the request rate: on average 400 points per request for reads (a month of two room types, night
/// by night) and 100 for writes (a change over a quarter). Each burst covers the largest operation that the rules allow.
#[derive(Clone, Copy, Debug, Args)]
pub struct PlanOptions {
    /// Plan starter: requests per second and burst, over all nodes.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "5,20")]
    pub plan_starter: PlanRate,
    /// Plan starter: points of queries per second and burst.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "2000,100000")]
    pub plan_starter_reads: PlanRate,
    /// Plan starter: points of mutations per second and burst.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "500,60000")]
    pub plan_starter_writes: PlanRate,
    /// Plan starter: subscription messages per second and burst. Above it, subscribers get fewer and larger messages.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "200,2000")]
    pub plan_starter_events: PlanRate,
    /// Plan starter: maximum number of open websockets and of running subscriptions.
    #[arg(long, env, value_name = "SOCKETS,SUBSCRIPTIONS", default_value = "20,100")]
    pub plan_starter_open: OpenLimits,
    /// Plan standard: requests per second and burst, over all nodes.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "50,200")]
    pub plan_standard: PlanRate,
    /// Plan standard: points of queries per second and burst.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "20000,500000")]
    pub plan_standard_reads: PlanRate,
    /// Plan standard: points of mutations per second and burst.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "5000,200000")]
    pub plan_standard_writes: PlanRate,
    /// Plan standard: subscription messages per second and burst. Above it, subscribers get fewer and larger messages.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "2000,20000")]
    pub plan_standard_events: PlanRate,
    /// Plan standard: maximum number of open websockets and of running subscriptions.
    #[arg(long, env, value_name = "SOCKETS,SUBSCRIPTIONS", default_value = "200,1000")]
    pub plan_standard_open: OpenLimits,
    /// Plan premium: requests per second and burst, over all nodes.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "500,2000")]
    pub plan_premium: PlanRate,
    /// Plan premium: points of queries per second and burst.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "200000,2000000")]
    pub plan_premium_reads: PlanRate,
    /// Plan premium: points of mutations per second and burst.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "50000,1000000")]
    pub plan_premium_writes: PlanRate,
    /// Plan premium: subscription messages per second and burst. Above it, subscribers get fewer and larger messages.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "20000,200000")]
    pub plan_premium_events: PlanRate,
    /// Plan premium: maximum number of open websockets and of running subscriptions.
    #[arg(long, env, value_name = "SOCKETS,SUBSCRIPTIONS", default_value = "2000,10000")]
    pub plan_premium_open: OpenLimits,
    /// Maximum points per operation on any plan. The plan's burst is a limit too.
    #[arg(long, env, value_name = "POINTS", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub most_points: u32,
}

impl From<&PlanOptions> for Plans {
    fn from(options: &PlanOptions) -> Self {
        let o = options;
        Self {
            starter: Grant {
                requests: o.plan_starter,
                reads: o.plan_starter_reads,
                writes: o.plan_starter_writes,
                events: o.plan_starter_events,
                open: o.plan_starter_open,
            },
            standard: Grant {
                requests: o.plan_standard,
                reads: o.plan_standard_reads,
                writes: o.plan_standard_writes,
                events: o.plan_standard_events,
                open: o.plan_standard_open,
            },
            premium: Grant {
                requests: o.plan_premium,
                reads: o.plan_premium_reads,
                writes: o.plan_premium_writes,
                events: o.plan_premium_events,
                open: o.plan_premium_open,
            },
            most_points: o.most_points,
        }
    }
}
