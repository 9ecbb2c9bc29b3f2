//! Availability of a stay: exactly the available rooms can be booked.

use std::ops::Range;

use chrono::Datelike;

use super::fixture::*;
use crate::inventory::availability::stay_availability;
use crate::inventory::command::BookingKind;
use crate::inventory::{Field, Level, Night, NightKey, Pool, PoolAccess, Rule};

const NIGHT: Level = Level::Night;
const AT_SHARED: Level = Level::Pool(Pool::Shared);
const AT_BETA: Level = Level::Pool(OF_BETA);

/// Doubles available to [`BETA`], and the rules that block with their days.
fn available(hotel: &Hotel, days: Range<u32>) -> (i32, Vec<(Rule, u32)>) {
    let (stock, stay, empty) = (&hotel.stock, stay(days), Night::default());
    let at = |date| stock.nights.get::<NightKey>(&(DBL, date)).unwrap_or(&empty);
    let contract = &stock.contracts[&BETA];
    let (rooms, problems) =
        stay_availability(&stock.property, contract, DBL, stay, hotel.now, stock.limits.horizon_nights, at);
    let blocks =
        problems.iter().map(|problem| (problem.rule.expect("a rule"), problem.date.map_or(0, |date| date.day())));
    (rooms, blocks.collect())
}

/// Books all available doubles, and then one more, which is refused.
fn agrees(hotel: &mut Hotel, days: Range<u32>) {
    let (rooms, blocks) = available(hotel, days.clone());
    assert_eq!(rooms > 0, blocks.is_empty(), "{rooms} rooms, {blocks:?}");
    if rooms > 0 {
        let lines = (0..rooms).map(|_| line(DBL, days.clone())).collect();
        hotel.reserve(BETA, BookingKind::Book, lines).expect("the available rooms");
    }
    hotel.book(BETA, days).expect_err("one more than available");
}

#[test]
fn own_rooms_count_and_shared_ones_up_to_the_cap() {
    let mut hotel = Hotel::new().opened_to(BETA, PoolAccess::Capped(2)).on_sale(DBL, OF_BETA, 10..=12, 3).on_sale(
        DBL,
        SHARED,
        10..=12,
        9,
    );
    assert_eq!(available(&hotel, 10..13), (5, vec![]));
    agrees(&mut hotel, 10..13);
}

#[test]
fn the_scarcest_night_decides() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=10, 9).on_sale(DBL, SHARED, 11..=11, 2);
    assert_eq!(available(&hotel, 10..12), (2, vec![]));
    agrees(&mut hotel, 10..12);
}

#[test]
fn a_rule_of_the_shared_pool_is_named_once_however_many_nights_need_the_pool() {
    let mut hotel =
        Hotel::open().on_sale(DBL, SHARED, 10..=14, 5).with_rule(AT_SHARED, 10..=10, Field::MinStayArrival, 7);
    assert_eq!(available(&hotel, 10..15), (0, vec![(Rule::MinStayArrival, 10)]));
    agrees(&mut hotel, 10..15);
}

#[test]
fn a_rule_of_the_shared_pool_leaves_own_rooms() {
    let mut hotel = Hotel::open().on_sale(DBL, OF_BETA, 10..=11, 2).on_sale(DBL, SHARED, 10..=11, 5).with_rule(
        AT_SHARED,
        10..=10,
        Field::ClosedToArrival,
        1,
    );
    assert_eq!(available(&hotel, 10..12), (2, vec![]));
    agrees(&mut hotel, 10..12);
}

#[test]
fn nights_that_are_over_or_too_far_ahead_are_named() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 1..=3, 5);
    hotel.wait(24 * 60);
    assert_eq!(available(&hotel, 1..3), (0, vec![(Rule::CutOff, 1)]));
    hotel.stock.limits.horizon_nights = 1;
    assert_eq!(available(&hotel, 2..4), (0, vec![(Rule::Horizon, 3)]));
}

/// Every mix of pools, access, limits and rules on the second of two nights.
#[test]
fn exactly_the_available_rooms_can_be_booked() {
    let rules = [
        None,
        Some((NIGHT, Field::StopSell, 1)),
        Some((AT_SHARED, Field::StopSell, 1)),
        Some((AT_BETA, Field::StopSell, 1)),
        Some((AT_SHARED, Field::MinStayThrough, 3)),
        Some((AT_BETA, Field::MaxStayThrough, 1)),
        Some((NIGHT, Field::SellLimit, 0)),
        Some((NIGHT, Field::SellLimit, 2)),
    ];
    let mut open = 0;
    for own in [None, Some(0), Some(2)] {
        for shared in [None, Some(0), Some(3)] {
            for access in [PoolAccess::None, PoolAccess::Capped(0), PoolAccess::Capped(1), PoolAccess::Full] {
                for rule in rules {
                    let mut hotel = Hotel::new().opened_to(BETA, access).on_sale(DBL, OF_BETA, 10..=10, 4).on_sale(
                        DBL,
                        SHARED,
                        10..=10,
                        4,
                    );
                    for (pool, rooms) in [(OF_BETA, own), (SHARED, shared)] {
                        if let Some(rooms) = rooms {
                            hotel = hotel.on_sale(DBL, pool, 11..=11, rooms);
                        }
                    }
                    if let Some((level, field, value)) = rule {
                        hotel = hotel.with_rule(level, 11..=11, field, value);
                    }
                    open += i32::from(available(&hotel, 10..12).0 > 0);
                    agrees(&mut hotel, 10..12);
                }
            }
        }
    }
    assert!(open > 50, "only {open} mixes had something to sell");
}
