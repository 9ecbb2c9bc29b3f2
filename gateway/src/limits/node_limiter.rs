//! A rate limiter per node and plan, keyed by tenant. A node never grants more requests than a whole plan, even when
//! Redis fails.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use lodgate_entities::ids::TenantId;

use super::{Plan, PlanRate, Plans};

type TenantLimiter = DefaultKeyedRateLimiter<TenantId>;

/// One limiter per metered plan.
#[derive(Debug)]
pub(super) struct NodeLimiter {
    starter: TenantLimiter,
    standard: TenantLimiter,
    premium: TenantLimiter,
}

impl NodeLimiter {
    pub(super) fn new(plans: &Plans) -> Self {
        Self {
            starter: limiter(plans.starter.requests),
            standard: limiter(plans.standard.requests),
            premium: limiter(plans.premium.requests),
        }
    }

    /// Takes `wanted` requests, at most the burst. The error is the time to wait.
    pub(super) fn check(&self, tenant: TenantId, plan: Plan, wanted: u32) -> Result<(), Duration> {
        let limiter = match plan {
            Plan::Starter => &self.starter,
            Plan::Standard => &self.standard,
            Plan::Premium => &self.premium,
            Plan::Unmetered => return Ok(()),
        };
        match limiter.check_key_n(&tenant, NonZeroU32::new(wanted).unwrap_or(NonZeroU32::MIN)) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => Err(not_until.wait_time_from(limiter.clock().now())),
            // The burst has room for fewer than `wanted`, at any time.
            Err(_) => Err(Duration::from_secs(1)),
        }
    }

    /// Removes the tenants whose budget is full again.
    pub(super) fn sweep(&self) {
        [&self.starter, &self.standard, &self.premium].into_iter().for_each(RateLimiter::retain_recent);
    }
}

fn limiter(rate: PlanRate) -> TenantLimiter {
    let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
    // `PlanRate` is at most one request per nanosecond, so its period is above 0 and the fallback is never used.
    let quota = Quota::with_period(rate.period()).unwrap_or(Quota::per_second(burst));
    RateLimiter::keyed(quota.allow_burst(burst))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Grant, OpenLimits};

    #[test]
    fn a_node_grants_a_whole_plan_and_no_more_whatever_is_behind_it() {
        let rate = |text: &str| text.parse().unwrap();
        let grant = |requests: &str| Grant {
            requests: rate(requests),
            reads: rate("1,1"),
            writes: rate("1,1"),
            events: rate("1,1"),
            open: OpenLimits { sockets: 1, subscriptions: 1 },
        };
        let (starter, standard, premium) = (grant("1,10"), grant("1,20"), grant("1,30"));
        let node_limiter = NodeLimiter::new(&Plans { starter, standard, premium, most_points: 1 });
        for (plan, burst) in [(Plan::Starter, 10), (Plan::Standard, 20), (Plan::Premium, 30)] {
            let granted = (0..100).filter(|_| node_limiter.check(TenantId(1), plan, 1).is_ok()).count();
            assert_eq!(granted, burst, "{plan}");
            let wait = node_limiter.check(TenantId(1), plan, 1).unwrap_err();
            assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
            node_limiter.check(TenantId(2), plan, 10).unwrap();
        }
        assert!((0..100).all(|_| node_limiter.check(TenantId(1), Plan::Unmetered, 1_000).is_ok()));
    }
}
