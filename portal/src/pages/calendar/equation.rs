//! The equation of the rooms left, as text.

use crate::domain::cell::signed;

/// What an editor's hint says: `12 − 5 sold = 7 left`.
pub fn sum(allotted: u32, held: u32, sold: u32) -> String {
    let left = i64::from(allotted) - i64::from(held) - i64::from(sold);
    let held = if held > 0 { format!(" − {held} held") } else { String::new() };
    format!("{allotted} − {sold} sold{held} = {} left", signed(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_may_be_below_nothing() {
        assert_eq!(sum(12, 0, 5), "12 − 5 sold = 7 left");
        assert_eq!(sum(12, 1, 13), "12 − 13 sold − 1 held = −2 left");
    }
}
