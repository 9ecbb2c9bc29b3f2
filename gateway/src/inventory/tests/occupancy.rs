//! Parties in rooms: the limits of one room type, and several parties in the rooms that are left.

use super::fixture::*;
use crate::inventory::occupancy::{Party, all_fit, occupancy_problem};
use crate::inventory::{Code, Rule};

fn party(adults: i32, child_ages: &[i32]) -> Party<'_> {
    Party { adults, child_ages }
}

#[test]
fn a_party_fits_within_the_limits_of_adults_children_and_all_guests() {
    // Two adults, two children, three guests.
    let double = room_type(DBL, "DBL");
    for (adults, child_ages, fits) in
        [(2, &[4][..], true), (1, &[4, 5], true), (3, &[], false), (1, &[4, 5, 6], false), (2, &[4, 5], false)]
    {
        assert_eq!(party(adults, child_ages).fits(&double), fits, "{adults} adults, children of {child_ages:?}");
    }
}

#[test]
fn a_problem_has_the_path_of_the_input() {
    let double = room_type(DBL, "DBL");
    let problem = |party| occupancy_problem(&double, party, &["lines", "0"]).map(|found| (found.code, found.field));
    let path = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
    assert_eq!(problem(party(2, &[4])), None);
    assert_eq!(problem(party(0, &[4])), Some((Code::Invalid, path(&["lines", "0", "adults"]))));
    assert_eq!(problem(party(1, &[18])), Some((Code::Invalid, path(&["lines", "0", "childAges"]))));
    assert_eq!(problem(party(3, &[])), Some((Code::Refused, path(&["lines", "0"]))));
    let rule = occupancy_problem(&double, party(3, &[]), &[]).and_then(|found| found.rule);
    assert_eq!(rule, Some(Rule::Occupancy));
}

#[test]
fn each_party_needs_a_room_of_its_own() {
    let double = room_type(DBL, "DBL");
    let parties = [party(2, &[]), party(1, &[])];
    assert!(all_fit(vec![(&double, 2)], &parties));
    assert!(!all_fit(vec![(&double, 1)], &parties));
    assert!(all_fit(vec![(&double, 0)], &[]));
}

#[test]
fn a_small_party_leaves_the_large_room_to_a_large_party() {
    let double = room_type(DBL, "DBL");
    let mut single = room_type(SGL, "SGL");
    (single.max_occupancy, single.max_adults, single.max_children) = (1, 1, 0);
    let rooms = || vec![(&double, 1), (&single, 1)];
    assert!(all_fit(rooms(), &[party(1, &[]), party(2, &[4])]));
    assert!(all_fit(rooms(), &[party(2, &[4]), party(1, &[])]));
    assert!(!all_fit(rooms(), &[party(2, &[]), party(2, &[])]));
}
