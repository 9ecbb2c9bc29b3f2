//! The plans that a token can name.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A tenant's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Plan {
    /// The smallest.
    Starter,
    /// The usual one.
    Standard,
    /// For those who sell a lot.
    Premium,
    /// The operator's own tools and load tests: not counted.
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

/// No plan has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such plan: starter, standard, premium or unmetered")]
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
    /// So many a second, kept up; 1 to 1,000,000.
    pub per_second: u32,
    /// So many at once after a pause; 1 to 10,000,000.
    pub burst: u32,
}

impl PlanRate {
    /// Time after which one more is granted.
    pub fn period(self) -> Duration {
        Duration::from_secs(1) / self.per_second.max(1)
    }

    /// Time in which an empty budget fills up.
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

/// How many of a tenant's may be open at a time, written `SOCKETS,SUBSCRIPTIONS`.
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

/// All that a plan grants.
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
    /// What may be open at a time.
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

/// What a tenant has an allowance of. Each is drawn on for itself, so that a hungry reader can't block updates.
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
    /// All of them, in the order in which they are kept.
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

/// What the plans of this installation grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plans {
    /// [`Plan::Starter`].
    pub starter: Grant,
    /// [`Plan::Standard`].
    pub standard: Grant,
    /// [`Plan::Premium`].
    pub premium: Grant,
    /// Most points of one operation, whatever the plan.
    pub most_points: u32,
}

impl Plans {
    /// What `plan` grants; `None` for the one that is not metered.
    pub fn of(&self, plan: Plan) -> Option<Grant> {
        match plan {
            Plan::Starter => Some(self.starter),
            Plan::Standard => Some(self.standard),
            Plan::Premium => Some(self.premium),
            Plan::Unmetered => None,
        }
    }

    /// Most points that one operation may cost; a plan's burst is all that there ever is at once.
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
    fn what_may_be_open_is_two_numbers_above_0() {
        assert_eq!("20,100".parse(), Ok(OpenLimits { sockets: 20, subscriptions: 100 }));
        assert_eq!("20".parse::<OpenLimits>(), Err(UnknownOpenLimits));
    }

    #[test]
    fn one_operation_costs_at_most_what_there_ever_is() {
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
