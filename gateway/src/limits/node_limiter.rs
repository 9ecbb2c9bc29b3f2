//! The first line: a governor in each node for each plan, keyed by tenant. No node ever grants more requests than a whole
//! plan, whatever becomes of Redis.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http;
use governor::clock::{Clock, QuantaInstant};
use governor::middleware::NoOpMiddleware;
use lodgate_entities::ids::TenantId;
use tower_governor::GovernorError;
use tower_governor::governor::{GovernorConfig, GovernorConfigBuilder};
use tower_governor::key_extractor::KeyExtractor;

use super::{Plan, PlanRate, Plans};
use crate::auth::Viewer;

/// The governor's instant, named so that the layer's type can be spelled.
pub(super) type Instant = QuantaInstant;

type Tier = GovernorConfig<TenantKey, NoOpMiddleware<Instant>>;

/// The verified tenant of a request, put into its extensions by authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TenantKey;

impl KeyExtractor for TenantKey {
    type Key = TenantId;

    fn extract<T>(&self, request: &http::Request<T>) -> Result<TenantId, GovernorError> {
        request.extensions().get::<Viewer>().map(|viewer| viewer.tenant).ok_or(GovernorError::UnableToExtractKey)
    }
}

/// One for each plan that is metered.
#[derive(Debug)]
pub(super) struct NodeLimiter {
    starter: Tier,
    standard: Tier,
    premium: Tier,
}

impl NodeLimiter {
    pub(super) fn new(plans: &Plans) -> Self {
        let tier = |rate| limiter_config(rate, TenantKey);
        Self {
            starter: tier(plans.starter.requests),
            standard: tier(plans.standard.requests),
            premium: tier(plans.premium.requests),
        }
    }

    /// Takes `wanted` requests, at most the burst, or says how long to wait.
    pub(super) fn check(&self, tenant: TenantId, plan: Plan, wanted: u32) -> Result<(), Duration> {
        let limiter = match plan {
            Plan::Starter => self.starter.limiter(),
            Plan::Standard => self.standard.limiter(),
            Plan::Premium => self.premium.limiter(),
            Plan::Unmetered => return Ok(()),
        };
        match limiter.check_key_n(&tenant, NonZeroU32::new(wanted).unwrap_or(NonZeroU32::MIN)) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_yet)) => Err(not_yet.wait_time_from(limiter.clock().now())),
            // More than the burst is never there.
            Err(_) => Err(Duration::from_secs(1)),
        }
    }

    /// Forgets the tenants whose budget is full again.
    pub(super) fn sweep(&self) {
        for tier in [&self.starter, &self.standard, &self.premium] {
            tier.limiter().retain_recent();
        }
    }
}

/// A governor of that rate for each key.
pub(super) fn limiter_config<K: KeyExtractor>(rate: PlanRate, key: K) -> GovernorConfig<K, NoOpMiddleware<Instant>> {
    let config =
        GovernorConfigBuilder::default().period(rate.period()).burst_size(rate.burst).key_extractor(key).finish();
    #[expect(clippy::expect_used, reason = "`PlanRate` holds neither a zero burst nor a rate above one a nanosecond")]
    config.expect("rate and burst are above 0")
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
