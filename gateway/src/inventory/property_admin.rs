//! Changes of the property, its room types and its contracts. They change what can be sold, so they are events.

use serde_json::json;

use super::allotment::MAX_ROOMS;
use super::command::Structure;
use super::decide::Decision;
use super::event::{Cause, EventDraft};
use super::property::{Contract, PoolAccess, Property, RoomType};
use super::refusal::{Code, Problem, Refusal};
use super::stock::Stock;
use super::text_limits::{code_problem, name_problem};

/// Checks the new values against the rest of the property. A change without a difference makes no event.
pub(super) fn change(stock: &Stock, structure: &Structure) -> Result<Decision, Refusal> {
    let (problems, cause, before, after) = match structure {
        Structure::Property(property) => (
            property_problems(property),
            (stock.property != *property).then_some(Cause::PropertyUpdated),
            json!(stock.property),
            json!(property),
        ),
        Structure::RoomType(room_type) => {
            let before = stock.room_types.get(&room_type.id);
            let taken = stock.room_types.values().any(|other| other.id != room_type.id && other.code == room_type.code);
            let created = before.is_none().then_some(Cause::RoomTypeCreated);
            (
                room_type_problems(room_type).into_iter().chain(taken.then(code_taken)).collect(),
                created.or((before != Some(room_type)).then_some(Cause::RoomTypeUpdated)),
                json!(before),
                json!(room_type),
            )
        }
        Structure::Contract(contract) => {
            let before = stock.contracts.get(&contract.id);
            let taken = stock.contracts.values().any(|other| other.id != contract.id && other.code == contract.code);
            let created = before.is_none().then_some(Cause::ContractCreated);
            (
                contract_problems(stock, contract).into_iter().chain(taken.then(code_taken)).collect(),
                created.or((before != Some(contract)).then_some(Cause::ContractUpdated)),
                json!(before),
                json!(contract),
            )
        }
    };
    if !problems.is_empty() {
        return Err(Refusal(problems));
    }
    let event = cause.map(|cause| EventDraft {
        cause,
        cells: Vec::new(),
        reservation: None,
        structure: Some(json!({ "before": before, "after": after })),
    });
    let unchanged = usize::from(event.is_none());
    Ok(Decision { structure: Some(structure.clone()), event, unchanged, ..Decision::default() })
}

fn code_taken() -> Problem {
    Problem::new(Code::CodeTaken, "this code is already in use at this property").at_field(&["code"])
}

fn number_problem(field: &str, number: i32, least: i32, most: i32) -> Option<Problem> {
    (!(least..=most).contains(&number))
        .then(|| Problem::invalid(&[field], format!("{field} is {least} to {most}, not {number}")))
}

/// The problems with the values of a property. Also called before a new property is stored.
pub fn property_problems(property: &Property) -> Vec<Problem> {
    let country =
        property.country.as_ref().is_some_and(|code| code.len() != 2 || !code.chars().all(|c| c.is_ascii_uppercase()));
    [
        code_problem(&property.code),
        name_problem("name", &property.name),
        name_problem("place", &property.place),
        country.then(|| Problem::invalid(&["country"], "a country is two capital letters (ISO 3166-1 alpha-2)")),
        number_problem("sameDayCutOff", property.same_day_cut_off, 0, 1_800),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn room_type_problems(room_type: &RoomType) -> Vec<Problem> {
    [
        code_problem(&room_type.code),
        name_problem("name", &room_type.name),
        number_problem("maxOccupancy", room_type.max_occupancy, 1, 100),
        number_problem("maxAdults", room_type.max_adults, 1, 100),
        number_problem("maxChildren", room_type.max_children, 0, 100),
        number_problem("physicalRooms", room_type.physical_rooms, 0, MAX_ROOMS),
        number_problem("lowAt", room_type.low_at, 0, MAX_ROOMS),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn contract_problems(stock: &Stock, contract: &Contract) -> Vec<Problem> {
    let unknown = contract.room_types.iter().flatten().any(|id| !stock.room_types.contains_key(id));
    let cap = match contract.pool_access {
        PoolAccess::Capped(cap) => number_problem("poolCap", cap, 0, MAX_ROOMS),
        PoolAccess::None | PoolAccess::Full => None,
    };
    let reversed = contract.first_stay_date > contract.last_stay_date;
    [
        code_problem(&contract.code),
        reversed.then(|| Problem::invalid(&["lastStayDate"], "lastStayDate must not lie before firstStayDate")),
        unknown.then(|| Problem::invalid(&["roomTypeIds"], "a room type of the list is not at this property")),
        cap,
        contract.longest_hold_minutes.and_then(|minutes| number_problem("longestHoldMinutes", minutes, 1, 10_080)),
        contract.max_held_rooms.and_then(|rooms| number_problem("maxHeldRooms", rooms, 0, MAX_ROOMS)),
        contract.left_to_sell_shown_up_to.and_then(|rooms| number_problem("leftToSellShownUpTo", rooms, 1, MAX_ROOMS)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
