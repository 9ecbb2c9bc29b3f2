//! Undo of a change set.

use uuid::Uuid;

use super::fixture::*;
use crate::inventory::command::{CountChange, CountOp, RestrictionChange};
use crate::inventory::{Action, Cause, Code, Field, Level, Rule};

const CHANGE_SET: Uuid = Uuid::from_u128(7_000);

/// Five doubles on the 10th to the 12th; a change set then makes them eight and stops their sale.
fn hotel() -> Hotel {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=12, 5);
    in_change_set(&mut hotel, count(DBL, SHARED, 10..=12, CountOp::Allotted(8)));
    hotel
}

fn in_change_set(hotel: &mut Hotel, change: CountChange) {
    hotel.run_in(Some(CHANGE_SET), Action::SetCounts(counts(vec![change]))).unwrap();
}

fn undo(hotel: &mut Hotel) -> Result<crate::inventory::Decision, crate::inventory::Refusal> {
    hotel.run(Action::Undo(CHANGE_SET))
}

#[test]
fn a_change_set_is_undone_whole() {
    let mut hotel = hotel();
    let stop = RestrictionChange {
        room_type: DBL,
        level: Level::Night,
        range: nights(11..=12),
        set: vec![(Field::StopSell, Some(1)), (Field::SellLimit, Some(3))],
        expected: vec![],
    };
    hotel.run_in(Some(CHANGE_SET), Action::SetRestrictions(vec![stop])).unwrap();
    let decision = undo(&mut hotel).unwrap();
    assert_eq!(decision.event.unwrap().cause, Cause::Undo);
    let after = hotel.stock.night((DBL, night(11)));
    assert_eq!(
        (after.shared.allotted, after.room.sell_limit, after.room.restrictions.stop_sell),
        (Some(5), None, false)
    );
}

#[test]
fn several_changes_of_one_change_set_go_back_to_before_the_first() {
    let mut hotel = hotel();
    in_change_set(&mut hotel, count(DBL, SHARED, 11..=11, CountOp::Allotted(2)));
    undo(&mut hotel).unwrap();
    assert_eq!(hotel.allotted(SHARED, 11), Some(5));
}

#[test]
fn what_was_not_loaded_is_not_loaded_again() {
    let mut hotel = Hotel::open();
    in_change_set(&mut hotel, count(DBL, SHARED, 10..=10, CountOp::Allotted(3)));
    undo(&mut hotel).unwrap();
    assert_eq!(hotel.allotted(SHARED, 10), None);
}

#[test]
fn cells_that_moved_since_are_named_and_nothing_is_undone() {
    let mut hotel = hotel().on_sale(DBL, SHARED, 11..=11, 9);
    let refused = undo(&mut hotel).unwrap_err();
    assert_eq!(refused.0[0].current, Some(9));
    assert_eq!(codes(Err::<(), _>(refused)), [(Code::CellsMoved, 11)]);
    assert_eq!(hotel.allotted(SHARED, 10), Some(8));
}

#[test]
fn a_cell_that_somebody_else_set_in_the_middle_of_the_change_set_has_moved() {
    let mut hotel = hotel().on_sale(DBL, SHARED, 11..=11, 9);
    in_change_set(&mut hotel, count(DBL, SHARED, 11..=11, CountOp::Allotted(10)));
    assert_eq!(codes(undo(&mut hotel)), [(Code::CellsMoved, 11)]);
}

#[test]
fn a_sale_in_between_stays_and_is_no_conflict() {
    let mut hotel = hotel();
    hotel.book(BETA, 10..12).unwrap();
    hotel.hold(11..13).unwrap();
    undo(&mut hotel).unwrap();
    assert_eq!(hotel.doubles(SHARED, 11), (Some(5), 1, 1));
}

#[test]
fn an_undo_never_goes_below_what_was_sold_meanwhile() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=11, 1);
    in_change_set(&mut hotel, count(DBL, SHARED, 10..=11, CountOp::Allotted(2)));
    hotel.book(BETA, 10..12).unwrap();
    hotel.book(BETA, 10..11).unwrap();
    assert_eq!(codes(undo(&mut hotel)), [(Code::BelowSold, 10)]);
    assert_eq!(hotel.allotted(SHARED, 11), Some(2));
}

#[test]
fn nights_that_are_over_are_not_undone() {
    let mut hotel = Hotel::open();
    in_change_set(&mut hotel, count(DBL, SHARED, 1..=2, CountOp::Allotted(3)));
    hotel.wait(8 * 60);
    assert_eq!(blocks(undo(&mut hotel)), [(Rule::CutOff, 1)]);
}

#[test]
fn a_change_set_that_changed_nothing_here_cannot_be_undone() {
    assert_eq!(codes(undo(&mut Hotel::open())), [(Code::NothingToUndo, 0)]);
}

#[test]
fn a_change_set_is_undone_once() {
    let mut hotel = hotel();
    undo(&mut hotel).unwrap();
    let again = undo(&mut hotel).unwrap_err();
    assert!(again.0.iter().all(|problem| problem.code == Code::CellsMoved));
}

#[test]
fn an_undo_can_be_undone() {
    let mut hotel = hotel();
    let second = Uuid::from_u128(7_001);
    hotel.run_in(Some(second), Action::Undo(CHANGE_SET)).unwrap();
    hotel.run(Action::Undo(second)).unwrap();
    assert_eq!(hotel.allotted(SHARED, 10), Some(8));
}

#[test]
fn undo_and_redo_can_alternate() {
    let mut hotel = hotel();
    let change_sets: Vec<Uuid> = (0..5).map(|number| Uuid::from_u128(7_100 + number)).collect();
    let mut last = CHANGE_SET;
    for (change_set, rooms) in change_sets.iter().zip([5, 8, 5, 8, 5]) {
        hotel.run_in(Some(*change_set), Action::Undo(last)).unwrap();
        assert_eq!(hotel.allotted(SHARED, 10), Some(rooms));
        assert_eq!(
            hotel.journal.last().map(|event| (event.cause, event.change_set)),
            Some((Cause::Undo, Some(*change_set)))
        );
        last = *change_set;
    }
}

#[test]
fn an_undo_is_not_part_of_the_change_set_that_it_undoes() {
    let mut hotel = hotel();
    let refused = hotel.run_in(Some(CHANGE_SET), Action::Undo(CHANGE_SET)).unwrap_err();
    assert_eq!((refused.0[0].code, refused.0[0].field.join(".")), (Code::Invalid, "asChangeSetId".to_owned()));
    assert_eq!(hotel.allotted(SHARED, 10), Some(8));
}

#[test]
fn bookings_of_a_change_set_are_not_undone() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=10, 5);
    let booking = hotel.request(BETA, crate::inventory::command::BookingKind::Book, vec![line(DBL, 10..11)]);
    hotel.run_in(Some(CHANGE_SET), Action::Book(booking)).unwrap();
    assert_eq!(codes(undo(&mut hotel)), [(Code::NothingToUndo, 0)]);
}
