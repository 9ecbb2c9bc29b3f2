//! Durations with a unit.

use std::time::Duration;

/// Parses `90s`, `30m`, `24h` or `7d`.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let error = || format!("`{text}` is not a time such as 90s, 30m, 24h or 7d");
    let unit = text.chars().next_back().ok_or_else(error)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(error()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| error())?;
    // At most ten years: more is a mistake and could overflow a date.
    number
        .checked_mul(seconds)
        .filter(|seconds| (1..=315_360_000).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit_and_a_bound() {
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("7d"), Ok(Duration::from_secs(604_800)));
        for bad in ["", "h", "0s", "10", "1w", "-1h", "99999999999999999999d", "9999d", "1é"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
