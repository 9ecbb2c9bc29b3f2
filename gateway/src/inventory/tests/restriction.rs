//! Changes of restrictions with expected values.

use super::fixture::*;
use crate::inventory::command::RestrictionChange;
use crate::inventory::{Action, Code, Decision, Field, Level, Pool, Refusal};

const AT_NIGHT: Level = Level::Night;
const AT_SHARED: Level = Level::Pool(Pool::Shared);

/// Stops all sales of the doubles, with expected values.
fn stop(days: std::ops::RangeInclusive<u32>, expected: &[(Field, Option<i32>)]) -> RestrictionChange {
    RestrictionChange {
        room_type: DBL,
        level: AT_NIGHT,
        range: nights(days),
        set: vec![(Field::StopSell, Some(1))],
        expected: expected.to_vec(),
    }
}

fn run(hotel: &mut Hotel, changes: Vec<RestrictionChange>) -> Result<Decision, Refusal> {
    hotel.run(Action::SetRestrictions(changes))
}

#[test]
fn a_change_with_correct_expectations_is_made() {
    let mut hotel = Hotel::open().with_rule(AT_NIGHT, 10..=12, Field::MinStayArrival, 2);
    let expected_values = [(Field::MinStayArrival, Some(2)), (Field::StopSell, Some(0)), (Field::MaxStayThrough, None)];
    run(&mut hotel, vec![stop(10..=12, &expected_values)]).unwrap();
    assert!(hotel.stopped(AT_NIGHT, 12));
}

#[test]
fn a_wrong_expectation_is_a_conflict_per_night_and_rule() {
    let mut hotel = Hotel::open().with_rule(AT_NIGHT, 11..=11, Field::MinStayArrival, 3).with_rule(
        AT_NIGHT,
        12..=12,
        Field::ClosedToArrival,
        1,
    );
    let expected_values = [(Field::MinStayArrival, None), (Field::ClosedToArrival, Some(0))];
    let refused = run(&mut hotel, vec![stop(20..=20, &[]), stop(10..=12, &expected_values)]).unwrap_err();
    let conflicts: Vec<_> =
        refused.0.iter().map(|problem| (problem.field.join("."), problem.room_type, problem.current)).collect();
    assert_eq!(
        conflicts,
        [
            ("changes.1.expected.minStayArrival".to_owned(), Some(DBL), Some(3)),
            ("changes.1.expected.closedToArrival".to_owned(), Some(DBL), Some(1)),
        ]
    );
    assert!(refused.0[0].message.ends_with("minStayArrival is now 3"), "{}", refused.0[0].message);
    assert!(refused.0[1].message.ends_with("closedToArrival is now on"), "{}", refused.0[1].message);
    assert_eq!(codes(Err::<(), _>(refused)), [(Code::Conflict, 11), (Code::Conflict, 12)]);
    assert!(!hotel.stopped(AT_NIGHT, 10) && !hotel.stopped(AT_NIGHT, 20));
}

#[test]
fn expectations_are_compared_with_the_calendar_of_the_shared_pool() {
    let mut hotel = Hotel::open()
        .with_rule(AT_NIGHT, 10..=10, Field::MinStayArrival, 2)
        .with_rule(AT_SHARED, 10..=10, Field::MinStayArrival, 4)
        .with_rule(AT_SHARED, 10..=10, Field::ClosedToDeparture, 1)
        .with_rule(Level::Pool(OF_BETA), 10..=10, Field::MinStayThrough, 7);
    let at_night = stop(10..=10, &[(Field::MinStayArrival, Some(2))]);
    assert_eq!(codes(run(&mut hotel, vec![at_night])), [(Code::Conflict, 10)]);
    let shown = [
        (Field::MinStayArrival, Some(4)),
        (Field::ClosedToDeparture, Some(1)),
        (Field::MinStayThrough, None),
        (Field::SellLimit, None),
    ];
    run(&mut hotel, vec![stop(10..=10, &shown)]).unwrap();
}

#[test]
fn expectations_are_compared_with_the_state_before_the_call() {
    let mut hotel = Hotel::open();
    let first = stop(10..=12, &[(Field::StopSell, Some(0))]);
    let second = RestrictionChange {
        level: AT_SHARED,
        set: vec![(Field::MinStayArrival, Some(2))],
        ..stop(12..=14, &[(Field::StopSell, Some(0))])
    };
    run(&mut hotel, vec![first, second]).unwrap();
    let again = stop(14..=14, &[(Field::MinStayArrival, None)]);
    assert_eq!(codes(run(&mut hotel, vec![again])), [(Code::Conflict, 14)]);
}

#[test]
fn one_rule_has_one_expected_value() {
    let mut hotel = Hotel::open();
    let both = [(Field::MinStayArrival, Some(2)), (Field::MinStayArrival, None)];
    assert_eq!(codes(run(&mut hotel, vec![stop(10..=10, &both)])), [(Code::Invalid, 0)]);
}
