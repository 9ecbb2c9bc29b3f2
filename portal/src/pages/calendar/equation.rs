//! The equation of the rooms left, as text.

use crate::domain::cell::signed;

/// The rooms left of an allotment: `12 − 5 sold = 7 left`.
pub fn left_equation(allotted: u32, held: u32, sold: u32) -> String {
    let left = i64::from(allotted) - i64::from(held) - i64::from(sold);
    let held = if held > 0 { format!(" − {held} held") } else { String::new() };
    format!("{allotted} − {sold} sold{held} = {} left", signed(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rooms_left_may_be_negative() {
        assert_eq!(left_equation(12, 0, 5), "12 − 5 sold = 7 left");
        assert_eq!(left_equation(12, 1, 13), "12 − 13 sold − 1 held = −2 left");
    }
}
