//! Plans and their budgets.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A tenant's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Plan {
    /// The smallest plan.
    Starter,
    /// The default plan.
    Standard,
    /// The largest metered plan.
    Premium,
    /// Not metered; for the operator's own tools and load tests.
    Unmetered,
}

impl Plan {
    /// The name in tokens and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starter => "starter",
            Self::Standard => "standard",
            Self::Premium => "premium",
            Self::Unmetered => "unmetered",
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Unknown plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown plan; the plans are starter, standard, premium and unmetered")]
pub struct UnknownPlan;

impl FromStr for Plan {
    type Err = UnknownPlan;

    fn from_str(name: &str) -> Result<Self, UnknownPlan> {
        [Self::Starter, Self::Standard, Self::Premium, Self::Unmetered]
            .into_iter()
            .find(|plan| plan.name() == name)
            .ok_or(UnknownPlan)
    }
}

/// A rate and the burst above it, written `RATE,BURST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanRate {
    /// Sustained rate per second; 1 to 1,000,000.
    pub per_second: u32,
    /// Maximum at once after a pause; 1 to 10,000,000.
    pub burst: u32,
}

impl PlanRate {
    /// Time in which one unit refills.
    pub fn period(self) -> Duration {
        Duration::from_secs(1) / self.per_second.max(1)
    }

    /// Time in which an empty budget refills.
    pub fn window(self) -> Duration {
        self.period().saturating_mul(self.burst)
    }
}

/// Not `RATE,BURST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a rate and a burst above 0, such as 50,200")]
pub struct UnknownRate;

impl FromStr for PlanRate {
    type Err = UnknownRate;

    fn from_str(text: &str) -> Result<Self, UnknownRate> {
        let (rate, burst) = text.split_once(',').ok_or(UnknownRate)?;
        let number = |text: &str, most: u32| {
            text.trim().parse().ok().filter(|number| (1..=most).contains(number)).ok_or(UnknownRate)
        };
        Ok(Self { per_second: number(rate, 1_000_000)?, burst: number(burst, 10_000_000)? })
    }
}

/// Maximum numbers of open websockets and subscriptions per tenant, written `SOCKETS,SUBSCRIPTIONS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenLimits {
    /// Websockets; 1 to 1,000,000.
    pub sockets: u32,
    /// Subscriptions, over sockets and event streams; 1 to 10,000,000.
    pub subscriptions: u32,
}

/// Not `SOCKETS,SUBSCRIPTIONS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number of sockets and one of subscriptions above 0, such as 200,1000")]
pub struct UnknownOpenLimits;

impl FromStr for OpenLimits {
    type Err = UnknownOpenLimits;

    fn from_str(text: &str) -> Result<Self, UnknownOpenLimits> {
        let PlanRate { per_second, burst } = text.parse().map_err(|_| UnknownOpenLimits)?;
        Ok(Self { sockets: per_second, subscriptions: burst })
    }
}

/// The budgets of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Operations.
    pub requests: PlanRate,
    /// Points of queries and subscriptions.
    pub reads: PlanRate,
    /// Points of mutations.
    pub writes: PlanRate,
    /// Messages of subscriptions.
    pub events: PlanRate,
    /// Maximum numbers of open websockets and subscriptions.
    pub open: OpenLimits,
}

impl Grant {
    /// The rate of one budget.
    pub fn rate(&self, budget: Budget) -> PlanRate {
        match budget {
            Budget::Requests => self.requests,
            Budget::Reads => self.reads,
            Budget::Writes => self.writes,
            Budget::Events => self.events,
        }
    }
}

/// A budget of a tenant. Budgets are separate, so that heavy reads cannot block updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// Operations, one each.
    Requests,
    /// Points of queries and subscriptions.
    Reads,
    /// Points of mutations.
    Writes,
    /// Messages of subscriptions, one each.
    Events,
}

impl Budget {
    /// All budgets, in the order of [`Budget::index`].
    pub const ALL: [Self; 4] = [Self::Requests, Self::Reads, Self::Writes, Self::Events];

    /// The name in headers and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Events => "events",
        }
    }

    pub(super) fn index(self) -> usize {
        match self {
            Self::Requests => 0,
            Self::Reads => 1,
            Self::Writes => 2,
            Self::Events => 3,
        }
    }
}

/// The budgets of all plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plans {
    /// [`Plan::Starter`].
    pub starter: Grant,
    /// [`Plan::Standard`].
    pub standard: Grant,
    /// [`Plan::Premium`].
    pub premium: Grant,
    /// Maximum points per operation on any plan.
    pub most_points: u32,
}

impl Plans {
    /// The budgets of `plan`; `None` for the unmetered plan.
    pub fn of(&self, plan: Plan) -> Option<Grant> {
        match plan {
            Plan::Starter => Some(self.starter),
            Plan::Standard => Some(self.standard),
            Plan::Premium => Some(self.premium),
            Plan::Unmetered => None,
        }
    }

    /// Maximum points per operation: at most the plan's burst, which is never exceeded.
    pub fn most_points(&self, plan: Plan, budget: Budget) -> u64 {
        let burst = self.of(plan).map_or(u32::MAX, |grant| grant.rate(budget).burst);
        u64::from(self.most_points.min(burst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_two_numbers_above_0() {
        assert_eq!("5,20".parse(), Ok(PlanRate { per_second: 5, burst: 20 }));
        for bad in ["", "5", "0,20", "5,0", "5;20", "-1,2", "5,20,30", "2000000,1"] {
            assert_eq!(bad.parse::<PlanRate>(), Err(UnknownRate), "{bad}");
        }
    }

    #[test]
    fn an_empty_budget_fills_in_burst_over_rate() {
        assert_eq!(PlanRate { per_second: 50, burst: 200 }.window(), Duration::from_secs(4));
    }

    #[test]
    fn open_limits_are_two_numbers_above_0() {
        assert_eq!("20,100".parse(), Ok(OpenLimits { sockets: 20, subscriptions: 100 }));
        assert_eq!("20".parse::<OpenLimits>(), Err(UnknownOpenLimits));
    }

    #[test]
    fn one_operation_costs_at_most_the_burst() {
        let grant = |burst| Grant {
            requests: PlanRate { per_second: 1, burst },
            reads: PlanRate { per_second: 1, burst },
            writes: PlanRate { per_second: 1, burst },
            events: PlanRate { per_second: 1, burst },
            open: OpenLimits { sockets: 1, subscriptions: 1 },
        };
        let plans = Plans { starter: grant(50), standard: grant(500), premium: grant(5_000), most_points: 1_000 };
        let most = |plan| plans.most_points(plan, Budget::Reads);
        assert_eq!([Plan::Starter, Plan::Standard, Plan::Premium, Plan::Unmetered].map(most), [50, 500, 1_000, 1_000]);
    }

    #[test]
    fn plans_are_known_by_name() {
        assert_eq!("premium".parse(), Ok(Plan::Premium));
        assert_eq!("Premium".parse::<Plan>(), Err(UnknownPlan));
    }
}
