//! Rules set on the belief that others stand there.

use super::fixture::*;
use crate::inventory::command::RestrictionChange;
use crate::inventory::{Action, Code, Decision, Level, Measure, Pool, Refusal};

const AT_NIGHT: Level = Level::Night;
const AT_SHARED: Level = Level::Pool(Pool::Shared);

/// Stops the sale of the doubles to everybody, believing something.
fn stop(days: std::ops::RangeInclusive<u32>, expected: &[(Measure, Option<i32>)]) -> RestrictionChange {
    RestrictionChange {
        room_type: DBL,
        level: AT_NIGHT,
        range: nights(days),
        set: vec![(Measure::StopSell, Some(1))],
        expected: expected.to_vec(),
    }
}

fn run(hotel: &mut Hotel, changes: Vec<RestrictionChange>) -> Result<Decision, Refusal> {
    hotel.run(Action::SetRestrictions(changes))
}

#[test]
fn what_is_as_believed_is_changed() {
    let mut hotel = Hotel::open().with_rule(AT_NIGHT, 10..=12, Measure::MinStayArrival, 2);
    let believed = [(Measure::MinStayArrival, Some(2)), (Measure::StopSell, Some(0)), (Measure::MaxStayThrough, None)];
    run(&mut hotel, vec![stop(10..=12, &believed)]).unwrap();
    assert!(hotel.stopped(AT_NIGHT, 12));
}

#[test]
fn what_moved_is_named_by_night_and_rule_and_nothing_is_changed() {
    let mut hotel = Hotel::open().with_rule(AT_NIGHT, 11..=11, Measure::MinStayArrival, 3).with_rule(
        AT_NIGHT,
        12..=12,
        Measure::ClosedToArrival,
        1,
    );
    let believed = [(Measure::MinStayArrival, None), (Measure::ClosedToArrival, Some(0))];
    let refused = run(&mut hotel, vec![stop(20..=20, &[]), stop(10..=12, &believed)]).unwrap_err();
    let told: Vec<_> =
        refused.0.iter().map(|problem| (problem.field.join("."), problem.room_type, problem.current)).collect();
    assert_eq!(
        told,
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
fn a_belief_is_about_what_the_calendar_of_the_shared_pool_shows() {
    let mut hotel = Hotel::open()
        .with_rule(AT_NIGHT, 10..=10, Measure::MinStayArrival, 2)
        .with_rule(AT_SHARED, 10..=10, Measure::MinStayArrival, 4)
        .with_rule(AT_SHARED, 10..=10, Measure::ClosedToDeparture, 1)
        .with_rule(Level::Pool(OF_BETA), 10..=10, Measure::MinStayThrough, 7);
    let at_night = stop(10..=10, &[(Measure::MinStayArrival, Some(2))]);
    assert_eq!(codes(run(&mut hotel, vec![at_night])), [(Code::Conflict, 10)]);
    let shown = [
        (Measure::MinStayArrival, Some(4)),
        (Measure::ClosedToDeparture, Some(1)),
        (Measure::MinStayThrough, None),
        (Measure::SellLimit, None),
    ];
    run(&mut hotel, vec![stop(10..=10, &shown)]).unwrap();
}

#[test]
fn beliefs_are_about_the_state_before_the_call() {
    let mut hotel = Hotel::open();
    let first = stop(10..=12, &[(Measure::StopSell, Some(0))]);
    let second = RestrictionChange {
        level: AT_SHARED,
        set: vec![(Measure::MinStayArrival, Some(2))],
        ..stop(12..=14, &[(Measure::StopSell, Some(0))])
    };
    run(&mut hotel, vec![first, second]).unwrap();
    let again = stop(14..=14, &[(Measure::MinStayArrival, None)]);
    assert_eq!(codes(run(&mut hotel, vec![again])), [(Code::Conflict, 14)]);
}

#[test]
fn one_rule_has_one_believed_value() {
    let mut hotel = Hotel::open();
    let both = [(Measure::MinStayArrival, Some(2)), (Measure::MinStayArrival, None)];
    assert_eq!(codes(run(&mut hotel, vec![stop(10..=10, &both)])), [(Code::Invalid, 0)]);
}
