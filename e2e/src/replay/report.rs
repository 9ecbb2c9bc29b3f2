//! What a replay found, as one table.

use std::{fmt, time::Duration};

use super::{
    driver::DriverResult,
    rows::Bookings,
    sold_nights::{Difference, Sold},
};

/// How many differences are spelled out.
const SHOWN: usize = 20;

/// The outcome of a replay.
#[derive(Clone, Debug)]
pub struct Report {
    /// Rows read.
    pub rows: u32,
    /// Rows of no nights among them, which were not sent.
    pub day_use: u32,
    /// Bookings acknowledged.
    pub bookings: u64,
    /// Cancellations acknowledged.
    pub cancellations: u64,
    /// Answers that repeat the answer to an earlier call.
    pub replayed: u64,
    /// Calls that were sent again after silence or a limit.
    pub retries: u64,
    /// Bookings and cancellations refused.
    pub refusals: u64,
    /// Refusals that no full night explains.
    pub unexplained: u64,
    /// The first of those, for people.
    pub samples: Vec<String>,
    /// Rooms on sale every night, when few were asked for.
    pub allotted: Option<u32>,
    /// Nights on which more were sold than that.
    pub oversold: u64,
    /// Room nights sold in all.
    pub nights: i64,
    /// From the first booking sent to the last answer.
    pub elapsed: Duration,
    /// Whether an earlier process began this replay.
    pub resumed: bool,
    /// Nights on which the gateway's count isn't the file's.
    pub differences: Vec<Difference>,
}

impl Report {
    pub(super) fn new(
        allotted: Option<u32>,
        bookings: &Bookings,
        resumed: bool,
        driven: DriverResult,
        retries: u64,
        found: &Sold,
        differences: Vec<Difference>,
    ) -> Self {
        let oversold = |limit: u32| found.0.values().filter(|&&sold| sold > i64::from(limit)).count() as u64;
        Self {
            rows: bookings.total,
            day_use: bookings.day_use,
            bookings: driven.booked,
            cancellations: driven.cancelled,
            replayed: driven.replayed,
            retries,
            refusals: driven.refused,
            unexplained: driven.unexplained,
            samples: driven.samples,
            allotted,
            oversold: oversold(allotted.unwrap_or(super::AMPLE_ROOMS)),
            nights: found.0.values().sum(),
            elapsed: driven.elapsed,
            resumed,
            differences,
        }
    }

    /// Whether everything is as it must be: no night differs or is oversold, and every refusal names a full night.
    pub fn is_sound(&self) -> bool {
        self.differences.is_empty() && self.oversold == 0 && self.unexplained == 0
    }

    /// Bookings acknowledged per second, cancellations not counted.
    pub fn bookings_per_second(&self) -> f64 {
        self.bookings as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, value: &dyn fmt::Display| writeln!(f, "{name:<24}{value:>12}");
        line("rows", &self.rows)?;
        line("day use (not sent)", &self.day_use)?;
        line("bookings", &self.bookings)?;
        line("cancellations", &self.cancellations)?;
        line("refusals", &self.refusals)?;
        line("  unexplained", &self.unexplained)?;
        line("sent again", &self.retries)?;
        line("answered as before", &self.replayed)?;
        line("seconds", &format!("{:.1}", self.elapsed.as_secs_f64()))?;
        line("bookings per second", &format!("{:.0}", self.bookings_per_second()))?;
        line("room nights sold", &self.nights)?;
        if let Some(allotted) = self.allotted {
            line("rooms on sale a night", &allotted)?;
        }
        line("nights oversold", &self.oversold)?;
        writeln!(f, "differences: {}", self.differences.len())?;
        for difference in self.differences.iter().take(SHOWN) {
            writeln!(f, "  {difference}")?;
        }
        for refusal in &self.samples {
            writeln!(f, "  unexplained: {refusal}")?;
        }
        Ok(())
    }
}
