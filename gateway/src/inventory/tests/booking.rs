//! The draws of holds and bookings, and their pools.

use super::fixture::*;
use crate::inventory::command::{BookingKind, CountOp};
use crate::inventory::{Action, Cause, Code, Contract, Decision, PoolAccess, Rule, Status};

#[test]
fn a_booking_sells_one_room_on_every_night_but_the_last_morning() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=13, 2);
    hotel.book(BETA, 10..12).unwrap();
    assert_eq!(hotel.doubles(SHARED, 10), (Some(2), 0, 1));
    assert_eq!(hotel.doubles(SHARED, 11), (Some(2), 0, 1));
    assert_eq!(hotel.doubles(SHARED, 12), (Some(2), 0, 0));
}

#[test]
fn own_rooms_are_drawn_before_the_shared_pools() {
    let mut hotel = Hotel::open().on_sale(DBL, OF_BETA, 10..=10, 1).on_sale(DBL, SHARED, 10..=10, 1);
    hotel.book(BETA, 10..11).unwrap();
    assert_eq!((hotel.doubles(OF_BETA, 10).2, hotel.doubles(SHARED, 10).2), (1, 0));
    hotel.book(BETA, 10..11).unwrap();
    assert_eq!((hotel.doubles(OF_BETA, 10).2, hotel.doubles(SHARED, 10).2), (1, 1));
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::SoldOut, 10)]);
}

#[test]
fn one_stay_may_draw_on_both_pools() {
    let mut hotel = Hotel::open().on_sale(DBL, OF_BETA, 10..=10, 1).on_sale(DBL, SHARED, 11..=11, 1);
    let id = hotel.book(BETA, 10..12).unwrap();
    let pools: Vec<_> = hotel.stock.reservations[&id].lines[0].draws.iter().map(|draw| draw.pool).collect();
    assert_eq!(pools, [OF_BETA, SHARED]);
}

#[test]
fn earlier_draws_are_not_rebalanced_when_own_rooms_come_later() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=10, 1);
    hotel.book(BETA, 10..11).unwrap();
    let mut hotel = hotel.on_sale(DBL, OF_BETA, 10..=10, 1);
    assert_eq!((hotel.doubles(OF_BETA, 10).2, hotel.doubles(SHARED, 10).2), (0, 1));
    hotel.book(BETA, 10..11).unwrap();
    assert_eq!((hotel.doubles(OF_BETA, 10).2, hotel.doubles(SHARED, 10).2), (1, 1));
}

#[test]
fn each_room_goes_back_to_the_pool_it_came_from() {
    let mut hotel = Hotel::open().on_sale(DBL, OF_BETA, 10..=10, 1).on_sale(DBL, SHARED, 10..=10, 1);
    let from_own = hotel.book(BETA, 10..11).unwrap();
    let from_shared = hotel.book(BETA, 10..11).unwrap();
    hotel.cancel(from_shared).unwrap();
    assert_eq!((hotel.doubles(OF_BETA, 10).2, hotel.doubles(SHARED, 10).2), (1, 0));
    hotel.cancel(from_own).unwrap();
    assert_eq!((hotel.doubles(OF_BETA, 10).2, hotel.doubles(SHARED, 10).2), (0, 0));
}

#[test]
fn no_draw_goes_across_contracts() {
    let mut hotel = Hotel::open().opened_to(GAMMA, PoolAccess::Full).on_sale(DBL, OF_BETA, 10..=10, 5).on_sale(
        DBL,
        SHARED,
        10..=10,
        0,
    );
    assert_eq!(blocks(hotel.book(GAMMA, 10..11)), [(Rule::SoldOut, 10)]);
}

#[test]
fn the_lines_demand_is_summed_per_night() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=12, 2);
    let three = vec![line(DBL, 10..12), line(DBL, 11..13), line(DBL, 11..12)];
    assert_eq!(blocks(hotel.reserve(BETA, BookingKind::Book, three)), [(Rule::SoldOut, 11)]);
    let two = vec![line(DBL, 10..12), line(DBL, 11..13)];
    hotel.reserve(BETA, BookingKind::Book, two).unwrap();
    assert_eq!(hotel.doubles(SHARED, 11).2, 2);
}

#[test]
fn a_booking_takes_all_of_its_rooms_or_none() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=12, 1).on_sale(SGL, SHARED, 10..=11, 1);
    let lines = vec![line(DBL, 10..13), line(SGL, 10..13)];
    assert_eq!(blocks(hotel.reserve(BETA, BookingKind::Hold(None), lines)), [(Rule::NotLoaded, 12)]);
    assert_eq!(hotel.doubles(SHARED, 10), (Some(1), 0, 0));
    assert!(hotel.stock.reservations.is_empty());
}

#[test]
fn every_blocked_night_is_named_with_its_own_rule() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=11, 0).on_sale(DBL, SHARED, 13..=13, 1);
    assert_eq!(blocks(hotel.book(BETA, 10..14)), [(Rule::SoldOut, 10), (Rule::SoldOut, 11), (Rule::NotLoaded, 12)]);
}

#[test]
fn a_night_that_is_short_only_for_all_lines_together_is_named_too() {
    // The first line fails on the 10th, and still wants the only room of the 11th.
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=10, 0).on_sale(DBL, SHARED, 11..=11, 1);
    let lines = vec![line(DBL, 10..12), line(DBL, 11..12)];
    assert_eq!(blocks(hotel.reserve(BETA, BookingKind::Book, lines)), [(Rule::SoldOut, 10), (Rule::SoldOut, 11)]);
}

#[test]
fn a_contract_may_be_left_out_when_only_one_fits() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=10, 5).on_sale(SGL, SHARED, 10..=10, 5);
    let second =
        Contract { partner: partner_of(BETA), room_types: Some(vec![DBL]), ..contract(GAMMA, PoolAccess::Full) };
    hotel.stock.contracts.insert(GAMMA, second);
    let mut unnamed = |room_type| {
        let mut booking = hotel.request(BETA, BookingKind::Book, vec![line(room_type, 10..11)]);
        booking.contract = None;
        hotel.run(Action::Book(booking))
    };
    assert_eq!(unnamed(SGL).unwrap().reservation.unwrap().contract, BETA);
    assert_eq!(codes(unnamed(DBL)), [(Code::ContractRequired, 0)]);
}

#[test]
fn another_partners_contract_is_answered_as_an_unknown_one() {
    let mut hotel = Hotel::open().opened_to(GAMMA, PoolAccess::Full).on_sale(DBL, SHARED, 10..=10, 5);
    let mut of = |id| {
        let mut booking = hotel.request(BETA, BookingKind::Book, vec![line(DBL, 10..11)]);
        booking.contract = Some(id);
        hotel.run(Action::Book(booking)).unwrap_err()
    };
    assert_eq!(of(GAMMA), of(lodgate_entities::ids::ContractId(99)));
}

#[test]
fn a_reference_is_taken_once_per_partner() {
    let mut hotel = Hotel::open().opened_to(GAMMA, PoolAccess::Full).on_sale(DBL, SHARED, 10..=10, 5);
    let mut book = |contract| -> Result<Decision, _> {
        let mut booking = hotel.request(contract, BookingKind::Book, vec![line(DBL, 10..11)]);
        booking.reference = "trip-1".to_owned();
        hotel.run(Action::Book(booking))
    };
    book(BETA).unwrap();
    assert_eq!(codes(book(BETA)), [(Code::DuplicateReference, 0)]);
    book(GAMMA).unwrap();
}

#[test]
fn a_stay_of_no_nights_is_refused() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=10, 5);
    assert_eq!(codes(hotel.book(BETA, 10..10)), [(Code::EmptyStay, 0)]);
    #[expect(clippy::reversed_empty_ranges, reason = "the point")]
    let reversed = hotel.book(BETA, 11..10);
    assert_eq!(codes(reversed), [(Code::EmptyStay, 0)]);
}

#[test]
fn a_booking_without_lines_is_refused() {
    assert_eq!(codes(Hotel::open().reserve(BETA, BookingKind::Book, vec![])), [(Code::Invalid, 0)]);
}

#[test]
fn a_hold_is_held_and_a_booking_is_sold() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=10, 5);
    let held = hotel.hold(10..11).unwrap();
    let booked = hotel.book(BETA, 10..11).unwrap();
    assert_eq!((hotel.status(held), hotel.status(booked)), (Status::Held, Status::Confirmed));
    assert_eq!(hotel.doubles(SHARED, 10), (Some(5), 1, 1));
    let causes: Vec<_> = hotel.journal.iter().map(|event| event.cause).collect();
    assert_eq!(causes, [Cause::SetAllotments, Cause::Hold, Cause::Book]);
}

#[test]
fn an_overcommitted_night_sells_nothing() {
    let mut hotel = Hotel::open().on_sale(DBL, OF_BETA, 10..=10, 2).on_sale(DBL, SHARED, 10..=10, 0);
    hotel.book(BETA, 10..11).unwrap();
    hotel.book(BETA, 10..11).unwrap();
    let mut lower = counts(vec![count(DBL, OF_BETA, 10..=10, CountOp::Allotted(1))]);
    lower.allow_overcommit = true;
    hotel.run(Action::SetCounts(lower)).unwrap();
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::SoldOut, 10)]);
}
