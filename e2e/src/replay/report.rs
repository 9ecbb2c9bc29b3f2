//! The result of a replay, as a table.

use std::{fmt, time::Duration};

use super::{
    driver::DriverResult,
    rows::Bookings,
    sold_nights::{Difference, Sold},
};

/// The number of differences in the table.
const SHOWN: usize = 20;

/// The result of a replay.
#[derive(Clone, Debug)]
pub struct Report {
    /// Rows read.
    pub rows: u32,
    /// Rows without a night, which were not sent.
    pub day_use: u32,
    /// Accepted bookings.
    pub bookings: u64,
    /// Accepted cancellations.
    pub cancellations: u64,
    /// Responses that repeat the response to an earlier call.
    pub replayed: u64,
    /// Retries after a missing response or a limit.
    pub retries: u64,
    /// Refused bookings and cancellations.
    pub refusals: u64,
    /// Refusals that no full night explains.
    pub unexplained: u64,
    /// The first unexplained refusals.
    pub samples: Vec<String>,
    /// The allotment per night, when a small one was asked for.
    pub allotted: Option<u32>,
    /// Nights on which more rooms were sold than allotted.
    pub oversold: u64,
    /// Room nights sold in all.
    pub nights: i64,
    /// From the first booking to the last response.
    pub elapsed: Duration,
    /// True when an earlier process began this replay.
    pub resumed: bool,
    /// Nights on which the gateway's count differs from the file's.
    pub differences: Vec<Difference>,
}

impl Report {
    pub(super) fn new(
        allotted: Option<u32>,
        bookings: &Bookings,
        resumed: bool,
        result: DriverResult,
        retries: u64,
        found: &Sold,
        differences: Vec<Difference>,
    ) -> Self {
        let oversold = |limit: u32| found.0.values().filter(|&&sold| sold > i64::from(limit)).count() as u64;
        Self {
            rows: bookings.total,
            day_use: bookings.day_use,
            bookings: result.booked,
            cancellations: result.cancelled,
            replayed: result.replayed,
            retries,
            refusals: result.refused,
            unexplained: result.unexplained,
            samples: result.samples,
            allotted,
            oversold: oversold(allotted.unwrap_or(super::AMPLE_ROOMS)),
            nights: found.0.values().sum(),
            elapsed: result.elapsed,
            resumed,
            differences,
        }
    }

    /// True when no night differs or is oversold, and every refusal names a full night.
    pub fn is_sound(&self) -> bool {
        self.differences.is_empty() && self.oversold == 0 && self.unexplained == 0
    }

    /// Accepted bookings per second, without cancellations.
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
        line("retries", &self.retries)?;
        line("repeated responses", &self.replayed)?;
        line("seconds", &format!("{:.1}", self.elapsed.as_secs_f64()))?;
        line("bookings per second", &format!("{:.0}", self.bookings_per_second()))?;
        line("room nights sold", &self.nights)?;
        if let Some(allotted) = self.allotted {
            line("allotment per night", &allotted)?;
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
