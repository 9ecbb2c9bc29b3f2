//! What a partner is told of a stay is what it can book.

use std::ops::Range;

use chrono::Datelike;

use super::fixture::*;
use crate::inventory::availability::stay_availability;
use crate::inventory::command::ClaimKind;
use crate::inventory::{Level, Measure, Night, NightKey, Pool, PoolAccess, Rule};

const NIGHT: Level = Level::Night;
const AT_SHARED: Level = Level::Pool(Pool::Shared);
const AT_BETA: Level = Level::Pool(OF_BETA);

/// Doubles that [`BETA`] is told it can book, and what blocks on which day.
fn told(hotel: &Hotel, days: Range<u32>) -> (i32, Vec<(Rule, u32)>) {
    let (stock, stay, empty) = (&hotel.stock, stay(days), Night::default());
    let at = |date| stock.nights.get::<NightKey>(&(DBL, date)).unwrap_or(&empty);
    let contract = &stock.contracts[&BETA];
    let (rooms, problems) =
        stay_availability(&stock.property, contract, DBL, stay, hotel.now, stock.limits.horizon_nights, at);
    let blocks =
        problems.iter().map(|problem| (problem.rule.expect("a rule"), problem.date.map_or(0, |date| date.day())));
    (rooms, blocks.collect())
}

/// Books as many doubles as it is told, and then one more.
fn agrees(hotel: &mut Hotel, days: Range<u32>) {
    let (rooms, blocks) = told(hotel, days.clone());
    assert_eq!(rooms > 0, blocks.is_empty(), "{rooms} rooms, {blocks:?}");
    if rooms > 0 {
        let lines = (0..rooms).map(|_| line(DBL, days.clone())).collect();
        hotel.claim(BETA, ClaimKind::Book, lines).expect("what was told");
    }
    hotel.book(BETA, days).expect_err("one more than was told");
}

#[test]
fn own_rooms_count_and_shared_ones_up_to_the_cap() {
    let mut hotel = Hotel::new().opened_to(BETA, PoolAccess::Capped(2)).on_sale(DBL, OF_BETA, 10..=12, 3).on_sale(
        DBL,
        SHARED,
        10..=12,
        9,
    );
    assert_eq!(told(&hotel, 10..13), (5, vec![]));
    agrees(&mut hotel, 10..13);
}

#[test]
fn the_scarcest_night_decides() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=10, 9).on_sale(DBL, SHARED, 11..=11, 2);
    assert_eq!(told(&hotel, 10..12), (2, vec![]));
    agrees(&mut hotel, 10..12);
}

#[test]
fn a_rule_of_the_shared_pool_is_named_once_however_many_nights_need_the_pool() {
    let mut hotel =
        Hotel::open().on_sale(DBL, SHARED, 10..=14, 5).with_rule(AT_SHARED, 10..=10, Measure::MinStayArrival, 7);
    assert_eq!(told(&hotel, 10..15), (0, vec![(Rule::MinStayArrival, 10)]));
    agrees(&mut hotel, 10..15);
}

#[test]
fn a_rule_of_the_shared_pool_leaves_own_rooms() {
    let mut hotel = Hotel::open().on_sale(DBL, OF_BETA, 10..=11, 2).on_sale(DBL, SHARED, 10..=11, 5).with_rule(
        AT_SHARED,
        10..=10,
        Measure::ClosedToArrival,
        1,
    );
    assert_eq!(told(&hotel, 10..12), (2, vec![]));
    agrees(&mut hotel, 10..12);
}

#[test]
fn nights_that_are_over_or_too_far_ahead_are_named() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 1..=3, 5);
    hotel.wait(24 * 60);
    assert_eq!(told(&hotel, 1..3), (0, vec![(Rule::CutOff, 1)]));
    hotel.stock.limits.horizon_nights = 1;
    assert_eq!(told(&hotel, 2..4), (0, vec![(Rule::Horizon, 3)]));
}

/// Every mix of pools, access, limits and rules on the second of two nights.
#[test]
fn what_is_told_can_be_booked_and_no_more() {
    let rules = [
        None,
        Some((NIGHT, Measure::StopSell, 1)),
        Some((AT_SHARED, Measure::StopSell, 1)),
        Some((AT_BETA, Measure::StopSell, 1)),
        Some((AT_SHARED, Measure::MinStayThrough, 3)),
        Some((AT_BETA, Measure::MaxStayThrough, 1)),
        Some((NIGHT, Measure::SellLimit, 0)),
        Some((NIGHT, Measure::SellLimit, 2)),
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
                    if let Some((level, measure, value)) = rule {
                        hotel = hotel.with_rule(level, 11..=11, measure, value);
                    }
                    open += i32::from(told(&hotel, 10..12).0 > 0);
                    agrees(&mut hotel, 10..12);
                }
            }
        }
    }
    assert!(open > 50, "only {open} mixes had something to sell");
}
