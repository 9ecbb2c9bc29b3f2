//! Upkeep of the property, its room types and its contracts.

use lodgate_entities::ids::{ContractId, RoomTypeId};

use super::fixture::*;
use crate::inventory::command::Structure;
use crate::inventory::{Action, Cause, Code, Contract, ContractStatus, PoolAccess, Property, RoomType, Rule};

fn change(structure: Structure) -> Action {
    Action::Structure(structure)
}

#[test]
fn a_code_is_taken_once() {
    let mut hotel = Hotel::open();
    let second = RoomType { code: "DBL".to_owned(), ..room_type(RoomTypeId(0), "") };
    assert_eq!(codes(hotel.run(change(Structure::RoomType(second)))), [(Code::CodeTaken, 0)]);
    let second = Contract { code: "C11".to_owned(), ..contract(ContractId(0), PoolAccess::None) };
    assert_eq!(codes(hotel.run(change(Structure::Contract(second)))), [(Code::CodeTaken, 0)]);
}

#[test]
fn a_patch_that_changes_nothing_makes_no_event() {
    let mut hotel = Hotel::open();
    for same in [
        Structure::Property(hotel.stock.property.clone()),
        Structure::RoomType(hotel.stock.room_types[&DBL].clone()),
        Structure::Contract(hotel.stock.contracts[&BETA].clone()),
    ] {
        let decision = hotel.run(change(same)).unwrap();
        assert_eq!((decision.event, decision.unchanged), (None, 1));
    }
}

#[test]
fn a_change_of_structure_is_an_event_without_cells() {
    let mut hotel = Hotel::open();
    let later = Property { same_day_cut_off: 1_200, ..hotel.stock.property.clone() };
    let event = hotel.run(change(Structure::Property(later))).unwrap().event.unwrap();
    assert_eq!((event.cause, event.cells), (Cause::PropertyUpdated, vec![]));
    let structure = event.structure.unwrap();
    assert_eq!(
        (&structure["before"]["same_day_cut_off"], &structure["after"]["same_day_cut_off"]),
        (&1_080.into(), &1_200.into())
    );
}

#[test]
fn creating_and_changing_have_different_causes() {
    let mut hotel = Hotel::open();
    let mut cause = |structure| hotel.run(change(structure)).unwrap().event.unwrap().cause;
    assert_eq!(cause(Structure::RoomType(room_type(RoomTypeId(3), "TPL"))), Cause::RoomTypeCreated);
    assert_eq!(cause(Structure::RoomType(room_type(RoomTypeId(3), "FAM"))), Cause::RoomTypeUpdated);
    assert_eq!(cause(Structure::Contract(contract(GAMMA, PoolAccess::None))), Cause::ContractCreated);
    assert_eq!(cause(Structure::Contract(contract(GAMMA, PoolAccess::Full))), Cause::ContractUpdated);
}

#[test]
fn a_contract_that_is_suspended_sells_nothing_from_then_on() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=10, 5);
    hotel.book(BETA, 10..11).unwrap();
    let suspended = Contract { status: ContractStatus::Suspended, ..contract(BETA, PoolAccess::Full) };
    hotel.run(change(Structure::Contract(suspended))).unwrap();
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::ContractInactive, 10)]);
}

#[test]
fn a_cap_below_what_is_drawn_takes_nothing_back() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=10, 5);
    hotel.book(BETA, 10..11).unwrap();
    hotel.book(BETA, 10..11).unwrap();
    hotel.run(change(Structure::Contract(contract(BETA, PoolAccess::Capped(1))))).unwrap();
    assert_eq!(hotel.doubles(SHARED, 10).2, 2);
    assert_eq!(blocks(hotel.book(BETA, 10..11)), [(Rule::PoolCap, 10)]);
}

#[test]
fn values_that_make_no_sense_are_refused_all_at_once() {
    let mut hotel = Hotel::open();
    let property = Property {
        code: "no spaces".to_owned(),
        name: " ".to_owned(),
        country: Some("pt".to_owned()),
        same_day_cut_off: 1_801,
        ..hotel.stock.property.clone()
    };
    assert_eq!(codes(hotel.run(change(Structure::Property(property)))), [(Code::Invalid, 0); 4]);
    let wrong = Contract {
        last_stay_date: night(1).pred_opt().unwrap(),
        room_types: Some(vec![RoomTypeId(9)]),
        pool_access: PoolAccess::Capped(-1),
        ..contract(GAMMA, PoolAccess::None)
    };
    assert_eq!(codes(hotel.run(change(Structure::Contract(wrong)))), [(Code::Invalid, 0); 3]);
    let wrong = RoomType { max_adults: 0, ..room_type(RoomTypeId(3), "TPL") };
    assert_eq!(codes(hotel.run(change(Structure::RoomType(wrong)))), [(Code::Invalid, 0)]);
}
