//! Days of the week, and ranges of nights on some of them.

use async_graphql::Enum;

use super::scalars::Date;
use crate::inventory::{self, DateRange};

/// A day of the week.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "chrono::Weekday")]
pub enum Weekday {
    /// Monday.
    #[graphql(name = "MONDAY")]
    Mon,
    /// Tuesday.
    #[graphql(name = "TUESDAY")]
    Tue,
    /// Wednesday.
    #[graphql(name = "WEDNESDAY")]
    Wed,
    /// Thursday.
    #[graphql(name = "THURSDAY")]
    Thu,
    /// Friday.
    #[graphql(name = "FRIDAY")]
    Fri,
    /// Saturday.
    #[graphql(name = "SATURDAY")]
    Sat,
    /// Sunday.
    #[graphql(name = "SUNDAY")]
    Sun,
}

impl Weekday {
    /// All seven.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// As a set; `None` means all.
    pub fn set(days: Option<&[Self]>) -> inventory::Weekdays {
        days.map_or(inventory::Weekdays::ALL, |days| inventory::Weekdays::of(days.iter().map(|day| (*day).into())))
    }
}

pub(super) fn date_range(from: Date, through: Date, days: Option<&[Weekday]>) -> DateRange {
    DateRange { from: from.0, through: through.0, days: Weekday::set(days) }
}
