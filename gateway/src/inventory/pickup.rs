//! The period of a pickup report.

use super::refusal::Problem;

/// Most hours of a pickup report: one week.
pub const MAX_PICKUP_HOURS: i32 = 168;

/// The number of hours of a pickup report.
///
/// # Errors
/// `INVALID` unless it is 1 to 168.
pub fn pickup_hours(hours: i32) -> Result<usize, Problem> {
    usize::try_from(hours)
        .ok()
        .filter(|_| (1..=MAX_PICKUP_HOURS).contains(&hours))
        .ok_or_else(|| Problem::invalid(&["hours"], format!("1 to {MAX_PICKUP_HOURS} hours, not {hours}")))
}
