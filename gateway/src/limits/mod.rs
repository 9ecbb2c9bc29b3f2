//! How much a tenant may ask for: requests a second by its plan, counted over all of its sockets and requests.
//!
//! This is the first line, in this process alone. The key is always the verified tenant, never a header.

mod answer;
mod minutes;
mod peer;
mod plan;

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http;
use governor::clock::{Clock, QuantaInstant};
use governor::middleware::StateInformationMiddleware;
use lodgate_entities::ids::TenantId;
use tower_governor::GovernorError;
use tower_governor::governor::{GovernorConfig, GovernorConfigBuilder};
use tower_governor::key_extractor::KeyExtractor;

pub use answer::too_many_requests;
pub use minutes::Minute;
pub use peer::{PeerAddress, PeerConfig, peer_layer};
pub use plan::{Plan, PlanRate, PlanRates, UnknownPlan, UnknownRate};

use self::minutes::Minutes;
use crate::auth::Viewer;
use crate::clock;

/// The verified tenant of a request, put into its extensions by authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantKey;

impl KeyExtractor for TenantKey {
    type Key = TenantId;

    fn extract<T>(&self, request: &http::Request<T>) -> Result<TenantId, GovernorError> {
        request.extensions().get::<Viewer>().map(|viewer| viewer.tenant).ok_or(GovernorError::UnableToExtractKey)
    }
}

type Tier = GovernorConfig<TenantKey, StateInformationMiddleware>;

/// The budgets of all tenants in this process. Share it behind an `Arc`.
#[derive(Debug)]
pub struct Limits {
    rates: PlanRates,
    starter: Tier,
    standard: Tier,
    premium: Tier,
    minutes: Minutes,
    clock: clock::Clock,
}

/// What is left after an operation was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// The plan.
    pub plan: Plan,
    /// What it grants; `None` when it is not metered.
    pub rate: Option<PlanRate>,
    /// Operations that would be granted at once; `u32::MAX` when not metered.
    pub operations: u32,
}

/// What to answer when nothing is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    /// The plan.
    pub plan: Plan,
    /// What it grants.
    pub rate: PlanRate,
    /// How long until the operation would be granted.
    pub wait: Duration,
}

impl Limits {
    /// Budgets as the plans say. `clock` tells the minutes of the record; budgets have a monotonic one of their own.
    pub fn new(rates: PlanRates, clock: clock::Clock) -> Self {
        let (starter, standard, premium) = (tier(rates.starter), tier(rates.standard), tier(rates.premium));
        Self { rates, starter, standard, premium, minutes: Minutes::default(), clock }
    }

    /// What the tenant asked of this node in the last 60 minutes, oldest first; the last one is still running.
    pub fn minutes(&self, tenant: TenantId) -> Vec<Minute> {
        self.minutes.of(tenant, self.clock.now())
    }

    /// What a plan grants; `None` for the one that is not metered.
    pub fn rate(&self, plan: Plan) -> Option<PlanRate> {
        self.rates.of(plan)
    }

    /// Takes `operations` from the tenant's budget, or says when to come again. Whether it came by HTTP or over a
    /// socket makes no difference. Asking for more than the burst is taken as asking for the whole burst.
    ///
    /// # Errors
    /// When less is left.
    pub fn check(&self, tenant: TenantId, plan: Plan, operations: u32) -> Result<Remaining, RetryAfter> {
        let answer = self.take(tenant, plan, operations);
        self.minutes.count(tenant, answer.is_ok(), operations, self.clock.now());
        answer
    }

    fn take(&self, tenant: TenantId, plan: Plan, operations: u32) -> Result<Remaining, RetryAfter> {
        let (tier, rate) = match plan {
            Plan::Starter => (&self.starter, self.rates.starter),
            Plan::Standard => (&self.standard, self.rates.standard),
            Plan::Premium => (&self.premium, self.rates.premium),
            Plan::Unmetered => return Ok(Remaining { plan, rate: None, operations: u32::MAX }),
        };
        let limiter = tier.limiter();
        let wanted = NonZeroU32::new(operations.clamp(1, rate.burst)).unwrap_or(NonZeroU32::MIN);
        match limiter.check_key_n(&tenant, wanted) {
            Ok(Ok(state)) => Ok(Remaining { plan, rate: Some(rate), operations: state.remaining_burst_capacity() }),
            Ok(Err(not_yet)) => {
                metrics::counter!("lodgate_rate_limited_total", "plan" => plan.name()).increment(1);
                let wait = not_yet.wait_time_from(limiter.clock().now());
                Err(RetryAfter { plan, rate, wait })
            }
            // Never above the burst, as `wanted` is clamped; if it were, waiting for a whole burst is right.
            Err(_) => Err(RetryAfter { plan, rate, wait: rate.window() }),
        }
    }

    /// Forgets the tenants whose budget is full again, and the minutes of those who were quiet for an hour. Call it each minute, or their number only grows.
    pub fn sweep(&self) {
        for tier in [&self.starter, &self.standard, &self.premium] {
            tier.limiter().retain_recent();
        }
        self.minutes.sweep(self.clock.now());
    }
}

fn tier(rate: PlanRate) -> Tier {
    let config = GovernorConfigBuilder::default()
        .period(rate.period())
        .burst_size(rate.burst)
        .key_extractor(TenantKey)
        .use_headers()
        .finish();
    #[expect(clippy::expect_used, reason = "`PlanRate` holds neither a zero burst nor a rate above one a nanosecond")]
    config.expect("a plan's rate and burst are above 0")
}

/// The governor's instant, named so that the layer's type can be spelled.
pub(crate) type Instant = QuantaInstant;

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        let rate = |text: &str| text.parse().unwrap();
        Limits::new(
            PlanRates { starter: rate("5,20"), standard: rate("50,200"), premium: rate("500,2000") },
            clock::Clock::default(),
        )
    }

    #[test]
    fn a_burst_is_granted_and_then_the_caller_waits() {
        let limits = limits();
        let tenant = TenantId(1);
        for left in (0..20).rev() {
            let remaining = limits.check(tenant, Plan::Starter, 1).unwrap();
            assert!(remaining.operations.abs_diff(left) <= 1, "{remaining:?} after {left}");
        }
        let refused = limits.check(tenant, Plan::Starter, 1).unwrap_err();
        assert!(refused.wait > Duration::ZERO && refused.wait <= Duration::from_millis(200), "{refused:?}");
        assert_eq!(refused.seconds(), 1, "less than a second is rounded up, not down to 0");
    }

    #[test]
    fn another_tenant_is_not_affected() {
        let limits = limits();
        while limits.check(TenantId(1), Plan::Starter, 1).is_ok() {}
        assert!(limits.check(TenantId(2), Plan::Starter, 1).is_ok());
    }

    #[test]
    fn a_costly_operation_takes_its_share_and_never_waits_for_ever() {
        let limits = limits();
        assert_eq!(limits.check(TenantId(1), Plan::Starter, 15).unwrap().operations, 5);
        assert!(limits.check(TenantId(1), Plan::Starter, 15).is_err());
        assert!(limits.check(TenantId(2), Plan::Starter, 1_000).is_ok(), "taken as one whole burst");
    }

    #[test]
    fn what_was_granted_and_refused_is_kept_by_minutes_whatever_the_plan() {
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
            assert_eq!(limits.check(TenantId(1), Plan::Unmetered, 1).unwrap().rate, None);
        }
    }
}
