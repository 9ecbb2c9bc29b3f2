//! The audit finds every drift and reports none in a sound hotel.

use super::fixture::*;
use crate::inventory::audit::drifts;
use crate::inventory::{Field, Level, PoolAccess, Status};

/// A hotel with a hold from its own rooms and a sale from the shared pool, on the 10th.
fn hotel() -> Hotel {
    let mut hotel = Hotel::new()
        .opened_to(BETA, PoolAccess::Capped(3))
        .on_sale(DBL, OF_BETA, 10..=10, 1)
        .on_sale(DBL, SHARED, 10..=10, 4)
        .with_rule(Level::Night, 10..=10, Field::MinStayThrough, 1);
    hotel.hold(10..11).unwrap();
    hotel.book(BETA, 10..11).unwrap();
    hotel
}

fn found(hotel: &Hotel) -> Vec<(Level, Field, &'static str)> {
    let drifts = drifts(&hotel.stock.nights, &hotel.draws(), &hotel.replayed);
    drifts.iter().map(|drift| (drift.level, drift.field, drift.against)).collect()
}

#[test]
fn a_sound_hotel_has_no_drift() {
    assert_eq!(found(&hotel()), []);
}

#[test]
fn a_corrupted_count_is_found_against_draws_and_journal() {
    let at = [(SHARED, Field::Sold), (OF_BETA, Field::Held), (OF_BETA, Field::PoolSold)];
    for (level, field) in at.map(|(pool, field)| (Level::Pool(pool), field)) {
        let mut hotel = hotel();
        let night = hotel.stock.nights.get_mut(&(DBL, night(10))).unwrap();
        night.set(level, field, night.get(level, field).map(|rooms| rooms + 1));
        assert_eq!(found(&hotel), [(level, field, "draws"), (level, field, "journal")]);
    }
}

#[test]
fn values_without_draws_are_compared_with_the_journal() {
    let mut hotel = hotel();
    let night = hotel.stock.nights.get_mut(&(DBL, night(10))).unwrap();
    night.shared.allotted = None;
    night.room.restrictions.min_stay_through = Some(2);
    assert_eq!(
        found(&hotel),
        [(Level::Pool(SHARED), Field::Allotted, "journal"), (Level::Night, Field::MinStayThrough, "journal")]
    );
}

#[test]
fn a_lost_draw_is_found() {
    let mut hotel = hotel();
    let sold = hotel.stock.reservations.values_mut().find(|found| found.status == Status::Confirmed).unwrap();
    sold.lines[0].draws.clear();
    assert_eq!(
        found(&hotel),
        [(Level::Pool(SHARED), Field::Sold, "draws"), (Level::Pool(OF_BETA), Field::PoolSold, "draws")]
    );
}

#[test]
fn a_lost_night_and_a_lost_event_are_found() {
    let mut lost_night = hotel();
    lost_night.stock.nights.clear();
    assert!(found(&lost_night).contains(&(Level::Pool(SHARED), Field::Allotted, "journal")));
    let mut lost_event = hotel();
    lost_event.replayed.clear();
    assert!(found(&lost_event).contains(&(Level::Pool(SHARED), Field::Allotted, "journal")));
}
