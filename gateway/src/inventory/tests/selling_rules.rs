//! The selling rules: each alone, and where it is read.

use super::fixture::*;
use crate::inventory::command::{BookingKind, LineRequest};
use crate::inventory::{ContractStatus, Field, Level, Pool, PoolAccess, Rule};

const NIGHT: Level = Level::Night;
const AT_SHARED: Level = Level::Pool(Pool::Shared);
const AT_BETA: Level = Level::Pool(OF_BETA);

/// Opened to two partners with the whole shared pool, five doubles there on the 10th to the 20th.
fn hotel() -> Hotel {
    Hotel::open().opened_to(GAMMA, PoolAccess::Full).on_sale(DBL, SHARED, 10..=20, 5)
}

#[test]
fn a_night_without_rooms_left_is_sold_out() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=10, 1);
    hotel.book(BETA, 10..11).unwrap();
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::SoldOut, 10)]);
}

#[test]
fn a_night_that_was_never_loaded_is_not_the_same_as_sold_out() {
    assert_eq!(blocks(Hotel::open().book(BETA, 10..11)), [(Rule::NotLoaded, 10)]);
    assert_eq!(blocks(Hotel::open().on_sale(DBL, SHARED, 10..=10, 0).book(BETA, 10..11)), [(Rule::SoldOut, 10)]);
}

#[test]
fn the_shared_pool_is_not_loaded_for_a_contract_without_access_to_it() {
    let mut hotel = Hotel::new().opened_to(BETA, PoolAccess::None).on_sale(DBL, SHARED, 10..=10, 5);
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::NotLoaded, 10)]);
}

#[test]
fn rules_of_the_shared_pool_are_no_reason_for_a_contract_without_access_to_it() {
    let mut hotel = Hotel::new()
        .opened_to(BETA, PoolAccess::None)
        .on_sale(DBL, SHARED, 10..=10, 5)
        .on_sale(DBL, OF_BETA, 10..=10, 0)
        .with_rule(AT_SHARED, 10..=10, Field::ClosedToArrival, 1);
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::SoldOut, 10)]);
}

#[test]
fn a_stop_sell_of_the_night_binds_everybody() {
    let mut hotel = hotel().on_sale(DBL, OF_BETA, 10..=10, 1).with_rule(NIGHT, 10..=10, Field::StopSell, 1);
    assert_eq!(blocks(hotel.book(BETA, 10..12)), [(Rule::StopSell, 10)]);
    assert_eq!(blocks(hotel.book(GAMMA, 10..12)), [(Rule::StopSell, 10)]);
}

#[test]
fn a_stop_sell_of_a_contract_closes_both_pools_to_it_alone() {
    let mut hotel = hotel().on_sale(DBL, OF_BETA, 10..=10, 1).with_rule(AT_BETA, 10..=10, Field::StopSell, 1);
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::StopSell, 10)]);
    hotel.book(GAMMA, 10..11).unwrap();
}

#[test]
fn a_stop_sell_of_the_shared_pool_leaves_own_rooms() {
    let mut hotel = hotel().on_sale(DBL, OF_BETA, 10..=10, 1).with_rule(AT_SHARED, 10..=10, Field::StopSell, 1);
    hotel.book(BETA, 10..11).unwrap();
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::StopSell, 10)]);
    assert_eq!(blocks(hotel.book(GAMMA, 10..11)), [(Rule::StopSell, 10)]);
}

#[test]
fn closed_to_arrival_is_read_at_check_in_only() {
    let mut hotel = hotel().with_rule(NIGHT, 12..=12, Field::ClosedToArrival, 1);
    assert_eq!(blocks(hotel.book(BETA, 12..14)), [(Rule::ClosedToArrival, 12)]);
    hotel.book(BETA, 11..14).unwrap();
    hotel.book(BETA, 11..12).unwrap();
}

#[test]
fn closed_to_departure_is_read_on_the_date_of_check_out_itself() {
    let mut hotel = hotel().with_rule(NIGHT, 12..=12, Field::ClosedToDeparture, 1);
    assert_eq!(blocks(hotel.book(BETA, 10..12)), [(Rule::ClosedToDeparture, 12)]);
    hotel.book(BETA, 10..13).unwrap();
    hotel.book(BETA, 12..13).unwrap();
}

#[test]
fn nothing_but_closed_to_departure_blocks_leaving() {
    // On the 20th: stopped and sold out. The 21st was never loaded.
    let mut hotel = hotel().on_sale(DBL, SHARED, 20..=20, 0).with_rule(NIGHT, 20..=20, Field::StopSell, 1);
    hotel.book(BETA, 18..20).unwrap();
    let mut hotel = self::hotel();
    hotel.book(BETA, 18..21).unwrap();
}

#[test]
fn stays_by_arrival_are_measured_where_they_begin() {
    let mut hotel =
        hotel().with_rule(NIGHT, 12..=12, Field::MinStayArrival, 3).with_rule(NIGHT, 15..=15, Field::MaxStayArrival, 2);
    assert_eq!(blocks(hotel.book(BETA, 12..14)), [(Rule::MinStayArrival, 12)]);
    assert_eq!(values(hotel.book(BETA, 12..14)), [Some(3)]);
    hotel.book(BETA, 12..15).unwrap();
    hotel.book(BETA, 11..13).unwrap();
    assert_eq!(blocks(hotel.book(BETA, 15..18)), [(Rule::MaxStayArrival, 15)]);
    hotel.book(BETA, 15..17).unwrap();
    hotel.book(BETA, 14..18).unwrap();
}

#[test]
fn stays_through_a_night_are_measured_on_every_night() {
    let mut hotel =
        hotel().with_rule(NIGHT, 12..=12, Field::MinStayThrough, 3).with_rule(NIGHT, 16..=17, Field::MaxStayThrough, 2);
    assert_eq!(blocks(hotel.book(BETA, 11..13)), [(Rule::MinStayThrough, 12)]);
    hotel.book(BETA, 10..12).unwrap();
    hotel.book(BETA, 11..14).unwrap();
    assert_eq!(blocks(hotel.book(BETA, 15..18)), [(Rule::MaxStayThrough, 16), (Rule::MaxStayThrough, 17)]);
    hotel.book(BETA, 16..18).unwrap();
}

#[test]
fn an_arrival_is_sold_neither_too_late_nor_too_early() {
    let mut hotel = hotel()
        .with_rule(NIGHT, 10..=10, Field::MinAdvanceDays, 10)
        .with_rule(NIGHT, 11..=11, Field::MinAdvanceDays, 10)
        .with_rule(NIGHT, 12..=12, Field::MaxAdvanceDays, 10)
        .with_rule(NIGHT, 13..=13, Field::MaxAdvanceDays, 12);
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::MinAdvance, 10)]);
    hotel.book(BETA, 11..12).unwrap();
    assert_eq!(blocks(hotel.book(BETA, 12..13)), [(Rule::MaxAdvance, 12)]);
    hotel.book(BETA, 13..14).unwrap();
}

#[test]
fn days_in_advance_are_counted_from_the_business_date() {
    let mut hotel = hotel().with_rule(NIGHT, 11..=11, Field::MinAdvanceDays, 10);
    hotel.wait(8 * 60); // 18:00 at the hotel: the 1st is over.
    assert_eq!(blocks(hotel.book(BETA, 11..12)), [(Rule::MinAdvance, 11)]);
}

#[test]
fn a_contracts_number_wins_over_the_room_nights() {
    let mut hotel = hotel().with_rule(NIGHT, 12..=12, Field::MinStayArrival, 4).with_rule(
        AT_BETA,
        12..=12,
        Field::MinStayArrival,
        2,
    );
    assert_eq!(values(hotel.book(GAMMA, 12..14)), [Some(4)]);
    hotel.book(BETA, 12..14).unwrap();
    assert_eq!(values(hotel.book(BETA, 12..13)), [Some(2)]);
}

#[test]
fn closures_of_both_levels_add_up() {
    let mut hotel = hotel()
        .with_rule(NIGHT, 12..=12, Field::ClosedToArrival, 1)
        .with_rule(AT_BETA, 14..=14, Field::ClosedToDeparture, 1)
        .with_rule(AT_BETA, 12..=12, Field::ClosedToArrival, 0);
    assert_eq!(blocks(hotel.book(BETA, 12..14)), [(Rule::ClosedToArrival, 12), (Rule::ClosedToDeparture, 14)]);
    assert_eq!(blocks(hotel.book(GAMMA, 12..14)), [(Rule::ClosedToArrival, 12)]);
}

#[test]
fn rules_of_the_shared_pool_bind_draws_on_it_alone() {
    let mut hotel = hotel().on_sale(DBL, OF_BETA, 12..=13, 1).with_rule(AT_SHARED, 12..=12, Field::MinStayArrival, 3);
    hotel.book(BETA, 12..14).unwrap();
    assert_eq!(blocks(hotel.book(BETA, 12..14)), [(Rule::MinStayArrival, 12)]);
    hotel.book(BETA, 12..15).unwrap();
}

#[test]
fn a_night_past_its_cut_off_is_no_longer_sold() {
    let mut hotel = hotel().on_sale(DBL, SHARED, 1..=2, 5);
    hotel.wait(8 * 60 - 1); // 17:59 at the hotel.
    hotel.book(BETA, 1..2).unwrap();
    hotel.wait(1);
    assert_eq!(blocks(hotel.book(BETA, 1..3)), [(Rule::CutOff, 1)]);
    hotel.book(BETA, 2..3).unwrap();
}

#[test]
fn nights_past_the_horizon_are_not_sold() {
    let mut hotel = hotel();
    hotel.stock.limits.horizon_nights = 12; // Through the 12th.
    hotel.book(BETA, 11..13).unwrap();
    assert_eq!(blocks(hotel.book(BETA, 12..15)), [(Rule::Horizon, 13), (Rule::Horizon, 14)]);
}

#[test]
fn a_capped_contract_draws_no_more_than_its_cap() {
    let mut hotel = Hotel::new().opened_to(BETA, PoolAccess::Capped(2)).on_sale(DBL, SHARED, 10..=11, 5);
    let held = hotel.hold(10..11).unwrap();
    hotel.book(BETA, 10..12).unwrap();
    assert_eq!(blocks(hotel.book(BETA, 10..12)), [(Rule::PoolCap, 10)]);
    assert_eq!(values(hotel.book(BETA, 10..12)), [Some(2)]);
    hotel.cancel(held).unwrap();
    hotel.book(BETA, 10..12).unwrap();
}

#[test]
fn own_rooms_do_not_count_against_the_cap() {
    let mut hotel = Hotel::new().opened_to(BETA, PoolAccess::Capped(1)).on_sale(DBL, OF_BETA, 10..=10, 1).on_sale(
        DBL,
        SHARED,
        10..=10,
        5,
    );
    hotel.book(BETA, 10..11).unwrap();
    hotel.book(BETA, 10..11).unwrap();
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::PoolCap, 10)]);
}

#[test]
fn an_empty_shared_pool_is_sold_out_even_for_a_contract_at_its_cap() {
    let mut hotel = Hotel::new().opened_to(BETA, PoolAccess::Capped(1)).on_sale(DBL, SHARED, 10..=10, 1);
    hotel.book(BETA, 10..11).unwrap();
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::SoldOut, 10)]);
}

#[test]
fn the_sell_limit_counts_held_and_sold_rooms_of_all_pools() {
    let mut hotel = hotel().on_sale(DBL, OF_BETA, 10..=10, 5).with_rule(NIGHT, 10..=10, Field::SellLimit, 2);
    hotel.hold(10..11).unwrap();
    hotel.book(GAMMA, 10..11).unwrap();
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::SellLimit, 10)]);
    assert_eq!(values(hotel.book(GAMMA, 10..11)), [Some(2)]);
}

#[test]
fn the_sell_limit_binds_the_lines_of_one_booking_together() {
    let mut hotel = hotel().with_rule(NIGHT, 10..=10, Field::SellLimit, 1);
    let lines = vec![line(DBL, 10..11), line(DBL, 10..11)];
    assert_eq!(blocks(hotel.reserve(BETA, BookingKind::Book, lines)), [(Rule::SellLimit, 10)]);
}

#[test]
fn a_suspended_contract_takes_no_new_bookings_and_keeps_its_reservations() {
    let mut hotel = hotel();
    let held = hotel.hold(10..11).unwrap();
    let mut hotel = hotel.with_contract(BETA, |contract| contract.status = ContractStatus::Suspended);
    assert_eq!(blocks(hotel.book(BETA, 10..12)), [(Rule::ContractInactive, 10), (Rule::ContractInactive, 11)]);
    hotel.confirm(held).unwrap();
    hotel.cancel(held).unwrap();
}

#[test]
fn a_contract_opens_its_own_dates_only() {
    let mut hotel = hotel().with_contract(BETA, |contract| {
        contract.first_stay_date = night(12);
        contract.last_stay_date = night(13);
    });
    assert_eq!(blocks(hotel.book(BETA, 11..15)), [(Rule::ContractInactive, 11), (Rule::ContractInactive, 14)]);
    hotel.book(BETA, 12..14).unwrap();
}

#[test]
fn a_contract_opens_its_own_room_types_only() {
    let mut hotel = hotel().with_contract(BETA, |contract| contract.room_types = Some(vec![SGL]));
    assert_eq!(blocks(hotel.book(BETA, 12..13)), [(Rule::ContractInactive, 12)]);
}

#[test]
fn a_room_takes_no_more_guests_than_it_has_beds_for() {
    let mut hotel = hotel();
    let mut sleep = |adults, child_ages: &[i32]| {
        let request = LineRequest { adults, child_ages: child_ages.to_vec(), ..line(DBL, 10..11) };
        hotel.reserve(BETA, BookingKind::Book, vec![request])
    };
    sleep(2, &[4]).unwrap();
    assert_eq!(values(sleep(3, &[])), [Some(2)]);
    assert_eq!(values(sleep(1, &[4, 5, 6])), [Some(2)]);
    assert_eq!(values(sleep(2, &[4, 5])), [Some(3)]);
    assert_eq!(blocks(sleep(2, &[4, 5])), [(Rule::Occupancy, 0)]);
}

#[test]
fn a_hold_lasts_no_longer_than_the_contract_allows() {
    let mut hotel = hotel().with_contract(BETA, |contract| contract.longest_hold_minutes = Some(30));
    let mut hold = |minutes| hotel.reserve(BETA, BookingKind::Hold(Some(minutes)), vec![line(DBL, 10..11)]);
    hold(30).unwrap();
    assert_eq!(blocks(hold(31)), [(Rule::HoldLimit, 0)]);
    assert_eq!(values(hold(31)), [Some(30)]);
}

#[test]
fn the_usual_length_of_a_hold_is_capped_by_the_contract() {
    let mut hotel = hotel().with_contract(BETA, |contract| contract.longest_hold_minutes = Some(5));
    let id = hotel.hold(10..11).unwrap();
    assert_eq!(hotel.stock.reservations[&id].expires_at, Some(hotel.now + chrono::Duration::minutes(5)));
}

#[test]
fn a_contract_holds_no_more_rooms_at_a_time_than_it_may() {
    let mut hotel = hotel().with_contract(BETA, |contract| contract.max_held_rooms = Some(2));
    let first = hotel.hold(10..11).unwrap();
    let lines = vec![line(DBL, 12..13), line(DBL, 14..15)];
    assert_eq!(blocks(hotel.reserve(BETA, BookingKind::Hold(None), lines.clone())), [(Rule::HoldLimit, 0)]);
    hotel.confirm(first).unwrap();
    hotel.reserve(BETA, BookingKind::Hold(None), lines.clone()).unwrap();
    hotel.reserve(BETA, BookingKind::Book, lines).unwrap();
}

#[test]
fn both_limits_of_a_hold_are_reported_together() {
    let mut hotel = hotel().with_contract(BETA, |contract| contract.max_held_rooms = Some(0));
    let refused = hotel.reserve(BETA, BookingKind::Hold(Some(90)), vec![line(DBL, 10..11)]);
    assert_eq!(values(refused), [Some(0), Some(60)]);
}
