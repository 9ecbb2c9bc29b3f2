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

/// What a plan grants, written `RATE,BURST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanRate {
    /// Operations a second, kept up; 1 to 1,000,000.
    pub per_second: u32,
    /// Operations at once after a pause; 1 to 10,000,000.
    pub burst: u32,
}

impl PlanRate {
    /// Time after which one more operation is granted.
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

/// What the plans of this installation grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanRates {
    /// [`Plan::Starter`].
    pub starter: PlanRate,
    /// [`Plan::Standard`].
    pub standard: PlanRate,
    /// [`Plan::Premium`].
    pub premium: PlanRate,
}

impl PlanRates {
    /// What `plan` grants; `None` for the one that is not metered.
    pub fn of(&self, plan: Plan) -> Option<PlanRate> {
        match plan {
            Plan::Starter => Some(self.starter),
            Plan::Standard => Some(self.standard),
            Plan::Premium => Some(self.premium),
            Plan::Unmetered => None,
        }
    }
}

impl From<crate::config::PlanOptions> for PlanRates {
    fn from(options: crate::config::PlanOptions) -> Self {
        Self { starter: options.plan_starter, standard: options.plan_standard, premium: options.plan_premium }
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
    fn plans_are_known_by_name() {
        assert_eq!("premium".parse(), Ok(Plan::Premium));
        assert_eq!("Premium".parse::<Plan>(), Err(UnknownPlan));
    }
}
