//! Holds that are extended, confirmed, cancelled or expired.

use chrono::Duration;
use uuid::Uuid;

use super::fixture::*;
use crate::inventory::command::BookingKind;
use crate::inventory::{Cause, Code, Field, Level, PoolAccess, Rule, Status};

/// Two doubles and a single held from the 10th, of five each.
fn held() -> (Hotel, Uuid) {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=12, 5).on_sale(SGL, SHARED, 10..=12, 5);
    let lines = vec![line(DBL, 10..12), line(DBL, 10..11), line(SGL, 10..12)];
    let id = hotel.reserve(BETA, BookingKind::Hold(None), lines).unwrap();
    (hotel, id)
}

#[test]
fn a_hold_runs_a_quarter_of_an_hour_unless_asked() {
    let (hotel, id) = held();
    assert_eq!(hotel.stock.reservations[&id].expires_at, Some(hotel.now + Duration::minutes(15)));
}

#[test]
fn from_hold_to_cancellation_line_by_line() {
    let (mut hotel, id) = held();
    assert_eq!(hotel.doubles(SHARED, 10), (Some(5), 2, 0));
    hotel.extend(id, 30).unwrap();
    hotel.wait(40);
    hotel.confirm(id).unwrap();
    assert_eq!(hotel.doubles(SHARED, 10), (Some(5), 0, 2));
    assert_eq!(hotel.stock.reservations[&id].expires_at, None);
    hotel.cancel_lines(id, &[1]).unwrap();
    assert_eq!(hotel.doubles(SHARED, 10), (Some(5), 0, 1));
    assert_eq!(hotel.doubles(SHARED, 11), (Some(5), 0, 0));
    assert_eq!(hotel.status(id), Status::Confirmed);
    hotel.cancel(id).unwrap();
    assert_eq!(hotel.doubles(SHARED, 10), (Some(5), 0, 0));
    assert_eq!(hotel.status(id), Status::Cancelled);
    let reservation = &hotel.stock.reservations[&id];
    assert_eq!((reservation.revision, reservation.expires_at), (5, None));
    let causes: Vec<_> = hotel.journal[2..].iter().map(|event| event.cause).collect();
    assert_eq!(causes, [Cause::Hold, Cause::Extend, Cause::Confirm, Cause::Cancel, Cause::Cancel]);
}

#[test]
fn cancelling_the_last_live_line_cancels_the_reservation() {
    let (mut hotel, id) = held();
    hotel.cancel_lines(id, &[1, 3]).unwrap();
    assert_eq!(hotel.status(id), Status::Held);
    hotel.cancel_lines(id, &[2]).unwrap();
    assert_eq!(hotel.status(id), Status::Cancelled);
}

#[test]
fn confirming_leaves_cancelled_lines_alone() {
    let (mut hotel, id) = held();
    hotel.cancel_lines(id, &[2]).unwrap();
    hotel.confirm(id).unwrap();
    assert_eq!(hotel.doubles(SHARED, 10), (Some(5), 0, 1));
}

#[test]
fn cancelling_a_line_again_changes_nothing() {
    let (mut hotel, id) = held();
    hotel.cancel_lines(id, &[2]).unwrap();
    let again = hotel.cancel_lines(id, &[2]).unwrap();
    assert_eq!((again.event, again.unchanged), (None, 1));
    hotel.cancel(id).unwrap();
    assert_eq!(hotel.cancel(id).unwrap().event, None);
}

#[test]
fn a_line_that_does_not_exist_cannot_be_cancelled() {
    let (mut hotel, id) = held();
    assert_eq!(codes(hotel.cancel_lines(id, &[1, 4])), [(Code::Invalid, 0)]);
    assert_eq!(hotel.doubles(SHARED, 10).1, 2);
}

#[test]
fn an_unknown_reservation_is_refused() {
    let mut hotel = Hotel::open();
    assert_eq!(codes(hotel.confirm(Uuid::from_u128(77))), [(Code::Invalid, 0)]);
    assert_eq!(codes(hotel.cancel(Uuid::from_u128(77))), [(Code::Invalid, 0)]);
}

#[test]
fn confirming_twice_changes_nothing() {
    let (mut hotel, id) = held();
    hotel.confirm(id).unwrap();
    let again = hotel.confirm(id).unwrap();
    assert_eq!((again.event, again.nights, again.unchanged), (None, vec![], 1));
    assert_eq!(again.reservation.unwrap().revision, 2);
}

#[test]
fn confirming_asks_no_selling_rule_again() {
    let (mut hotel, id) = held();
    hotel.rule(Level::Night, 10..=11, Field::StopSell, Some(1)).unwrap();
    hotel.confirm(id).unwrap();
}

#[test]
fn a_hold_that_is_over_cannot_be_confirmed_even_before_the_sweep() {
    let (mut hotel, id) = held();
    hotel.wait(15);
    assert_eq!(codes(hotel.confirm(id)), [(Code::HoldExpired, 0)]);
    assert_eq!(codes(hotel.extend(id, 5)), [(Code::HoldExpired, 0)]);
    assert_eq!(codes(hotel.cancel(id)), [(Code::HoldExpired, 0)]);
    hotel.expire(id).unwrap();
    assert_eq!(codes(hotel.confirm(id)), [(Code::HoldExpired, 0)]);
}

#[test]
fn a_hold_can_be_confirmed_until_the_minute_it_ends() {
    let (mut hotel, id) = held();
    hotel.now += Duration::milliseconds(15 * 60_000 - 1);
    hotel.confirm(id).unwrap();
}

#[test]
fn rooms_stay_held_until_the_expiry_is_committed() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=10, 1);
    let id = hotel.hold(10..11).unwrap();
    hotel.wait(15);
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::SoldOut, 10)]);
    hotel.expire(id).unwrap();
    assert_eq!(hotel.status(id), Status::Expired);
    hotel.book(BETA, 10..11).unwrap();
}

#[test]
fn a_hold_that_still_runs_does_not_expire() {
    let (mut hotel, id) = held();
    hotel.wait(14);
    assert_eq!(hotel.expire(id).unwrap().event, None);
    hotel.confirm(id).unwrap();
    hotel.wait(60);
    assert_eq!(hotel.expire(id).unwrap().event, None);
    assert_eq!(hotel.status(id), Status::Confirmed);
}

#[test]
fn expiry_gives_each_room_back_to_its_pool() {
    let mut hotel = Hotel::new().opened_to(BETA, PoolAccess::Capped(1)).on_sale(DBL, OF_BETA, 10..=10, 1).on_sale(
        DBL,
        SHARED,
        10..=10,
        1,
    );
    let lines = vec![line(DBL, 10..11), line(DBL, 10..11)];
    let id = hotel.reserve(BETA, BookingKind::Hold(None), lines.clone()).unwrap();
    assert_eq!((hotel.doubles(OF_BETA, 10).1, hotel.doubles(SHARED, 10).1), (1, 1));
    hotel.wait(15);
    hotel.expire(id).unwrap();
    assert_eq!((hotel.doubles(OF_BETA, 10).1, hotel.doubles(SHARED, 10).1), (0, 0));
    hotel.reserve(BETA, BookingKind::Book, lines).unwrap();
}

#[test]
fn a_hold_is_extended_up_to_an_hour_in_all() {
    let (mut hotel, id) = held();
    hotel.wait(10);
    hotel.extend(id, 45).unwrap();
    assert_eq!(blocks(hotel.extend(id, 1)), [(Rule::HoldLimit, 0)]);
    assert_eq!(values(hotel.extend(id, 1)), [Some(60)]);
    assert_eq!(hotel.stock.reservations[&id].expires_at, Some(morning() + Duration::minutes(60)));
}

#[test]
fn a_stop_sell_refuses_extending_a_hold_and_names_its_nights() {
    for level in [Level::Night, Level::Pool(OF_BETA), Level::Pool(SHARED)] {
        let (mut hotel, id) = held();
        hotel.rule(level, 11..=12, Field::StopSell, Some(1)).unwrap();
        assert_eq!(blocks(hotel.extend(id, 5)), [(Rule::StopSell, 11)]);
        hotel.rule(level, 11..=12, Field::StopSell, Some(0)).unwrap();
        hotel.extend(id, 5).unwrap();
    }
}

#[test]
fn a_stop_sell_of_the_shared_pool_lets_a_hold_of_own_rooms_be_extended() {
    let mut hotel = Hotel::open().on_sale(DBL, OF_BETA, 10..=10, 1);
    let id = hotel.hold(10..11).unwrap();
    hotel.rule(Level::Pool(SHARED), 10..=10, Field::StopSell, Some(1)).unwrap();
    hotel.extend(id, 5).unwrap();
}

#[test]
fn other_rules_do_not_refuse_extending_a_hold() {
    let (mut hotel, id) = held();
    hotel.rule(Level::Night, 10..=12, Field::ClosedToArrival, Some(1)).unwrap();
    hotel.rule(Level::Night, 10..=12, Field::SellLimit, Some(0)).unwrap();
    hotel.extend(id, 5).unwrap();
}

#[test]
fn a_cancelled_reservation_is_no_hold() {
    let (mut hotel, id) = held();
    hotel.cancel(id).unwrap();
    assert_eq!(codes(hotel.confirm(id)), [(Code::NotHeld, 0)]);
    assert_eq!(codes(hotel.extend(id, 5)), [(Code::NotHeld, 0)]);
}

#[test]
fn a_stay_that_has_begun_cannot_be_cancelled() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 1..=3, 5);
    let id = hotel.book(BETA, 1..3).unwrap();
    hotel.wait(8 * 60);
    assert_eq!(codes(hotel.cancel(id)), [(Code::StayBegun, 1)]);
    assert_eq!(hotel.status(id), Status::Confirmed);
}

#[test]
fn extending_touches_no_cell_and_is_still_an_event() {
    let (mut hotel, id) = held();
    let event = hotel.extend(id, 5).unwrap().event.unwrap();
    assert_eq!((event.cells, event.reservation), (vec![], Some((id, 2))));
}
