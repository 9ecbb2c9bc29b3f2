//! The limits of texts, at their boundaries.

use crate::inventory::Problem;
use crate::inventory::text_limits::*;

/// Lengths that are accepted, of texts of one letter repeated.
fn accepted(lengths: &[usize], problem: impl Fn(&str) -> Option<Problem>) -> Vec<usize> {
    lengths.iter().copied().filter(|length| problem(&"x".repeat(*length)).is_none()).collect()
}

#[test]
fn each_kind_of_text_has_a_longest_and_a_shortest() {
    assert_eq!(accepted(&[0, 500, 501], reason_problem), [0, 500]);
    assert_eq!(accepted(&[0, 500, 501], change_reference_problem), [0, 500]);
    assert_eq!(accepted(&[0, 1, 100, 101], idempotency_key_problem), [1, 100]);
    assert_eq!(accepted(&[0, 1, 100, 101], reference_problem), [1, 100]);
    assert_eq!(accepted(&[0, 200, 201], guest_name_problem), [0, 200]);
    assert_eq!(accepted(&[0, 1, 200, 201], |text| name_problem("name", text)), [1, 200]);
    assert_eq!(accepted(&[0, 1, 40, 41], code_problem), [1, 40]);
    assert_eq!(accepted(&[0, 1, 100, 101], label_problem), [1, 100]);
    assert_eq!(accepted(&[0, 1, 64, 65], page_id_problem), [1, 64]);
}

#[test]
fn spaces_alone_are_no_reference_label_or_name() {
    assert!(reference_problem("  ").is_some());
    assert!(label_problem("  ").is_some());
    assert!(name_problem("place", "  ").is_some());
}

#[test]
fn a_code_has_ascii_letters_digits_dashes_dots_and_underscores_only() {
    assert!(code_problem("A-b_3.c").is_none());
    for code in ["a b", "ä", "a/b"] {
        assert!(code_problem(code).is_some(), "{code}");
    }
}
