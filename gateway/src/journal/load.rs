//! Current state from the database: nights with the seq that they include, structure, reservations.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use lodgate_entities::ids::{PropertyId, RoomTypeId};
use lodgate_entities::{contract, property, room_type};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryResult};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::rows::{self, Head};
use super::sql::{self, parameter::parameter};
use super::structure::PropertyStructure;
use crate::inventory::{
    Contract, ContractStatus, Event, Night, NightKey, PoolAccess, Property, Reservation, RoomType, Weekdays,
};

/// A closed range of nights of one room type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct NightRange {
    /// The property.
    #[serde(rename = "p")]
    pub property: PropertyId,
    /// The room type.
    #[serde(rename = "r")]
    pub room_type: RoomTypeId,
    /// First night.
    #[serde(rename = "f")]
    pub from: NaiveDate,
    /// Last night, included.
    #[serde(rename = "t")]
    pub through: NaiveDate,
}

impl NightRange {
    /// Sorts the ranges and joins adjacent ones, so that no cell is read twice.
    pub fn joined(mut ranges: Vec<Self>) -> Vec<Self> {
        ranges.sort_unstable();
        let mut joined: Vec<Self> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match joined.last_mut() {
                Some(last)
                    if (last.property, last.room_type) == (range.property, range.room_type)
                        && range.from <= last.through + chrono::Days::new(1) =>
                {
                    last.through = last.through.max(range.through);
                }
                _ => joined.push(range),
            }
        }
        joined
    }
}

/// The nights of one property and the latest event that they include.
#[derive(Clone, Debug, Default)]
pub struct StockState {
    /// Latest event included.
    pub seq: i64,
    /// Its tag.
    pub tag: i64,
    /// Nights with something stored.
    pub nights: HashMap<NightKey, Night>,
}

/// The nights of the ranges. Cells and seq come from one statement, so that they agree.
///
/// # Errors
/// Any error of the database.
pub async fn nights(
    db: &impl ConnectionTrait,
    ranges: Vec<NightRange>,
) -> Result<HashMap<PropertyId, StockState>, DbErr> {
    let ranges = NightRange::joined(ranges);
    let statement = sql::NIGHTS.with(db.get_database_backend(), [parameter(&ranges)?]);
    let found = rows::nights(&db.query_all_raw(statement).await?)?;
    Ok(found.into_iter().map(|(id, (Head { seq, tag }, nights))| (id, StockState { seq, tag, nights })).collect())
}

/// Structure of the properties that exist among `ids`, in two statements. It includes the events up to the head at least.
///
/// # Errors
/// Any error of the database, and one for a stored value that cannot be read.
pub async fn structure(
    db: &impl ConnectionTrait,
    ids: &[PropertyId],
) -> Result<HashMap<PropertyId, (Head, PropertyStructure)>, DbErr> {
    let backend = db.get_database_backend();
    let rows: Vec<_> = ids.iter().map(|id| json!({ "p": id })).collect();
    let mut found: HashMap<PropertyId, (Head, PropertyStructure)> = HashMap::new();
    // The head is read first, so that the contracts can only be newer.
    for row in db.query_all_raw(sql::PROPERTIES.with(backend, [parameter(&rows)?])).await? {
        let id: PropertyId = row.try_get("", "id")?;
        if let Entry::Vacant(entry) = found.entry(id) {
            entry.insert(property_of(&row)?);
        }
        let room_type: Option<RoomTypeId> = row.try_get(sql::ROOM_TYPE, "id")?;
        if let (Some(_), Some((_, structure))) = (room_type, found.get_mut(&id)) {
            let room_type = room_type_of(room_type::Model::from_query_result(&row, sql::ROOM_TYPE)?);
            structure.room_types.insert(room_type.id, room_type);
        }
    }
    let ids: Vec<PropertyId> = found.keys().copied().collect();
    if ids.is_empty() {
        return Ok(found);
    }
    for row in contract::Entity::find().filter(contract::Column::PropertyId.is_in(ids)).all(db).await? {
        if let Some((_, structure)) = found.get_mut(&row.property_id) {
            let contract = contract_of(row)?;
            structure.contracts.insert(contract.id, contract);
        }
    }
    Ok(found)
}

/// A property without its room types and contracts.
fn property_of(row: &QueryResult) -> Result<(Head, PropertyStructure), DbErr> {
    let tag: Vec<u8> = row.try_get("", "tag")?;
    let head = Head { seq: row.try_get("", "stock_seq")?, tag: rows::tag(&tag)? };
    let row = property::Model::from_query_result(row, "")?;
    let time_zone =
        row.time_zone.parse().map_err(|_| DbErr::Type(format!("property {}: unknown time zone", row.id)))?;
    let property = Property {
        id: row.id,
        supplier: row.tenant_id,
        code: row.code,
        name: row.name,
        place: row.place,
        country: row.country,
        time_zone,
        same_day_cut_off: row.same_day_cut_off,
        weekend_days: Weekdays(u8::try_from(row.weekend_days).unwrap_or(0)),
    };
    Ok((head, PropertyStructure { property, room_types: BTreeMap::new(), contracts: BTreeMap::new() }))
}

fn room_type_of(row: room_type::Model) -> RoomType {
    RoomType {
        id: row.id,
        code: row.code,
        name: row.name,
        max_occupancy: row.max_occupancy,
        max_adults: row.max_adults,
        max_children: row.max_children,
        physical_rooms: row.physical_rooms,
        low_at: row.low_at,
    }
}

fn contract_of(row: contract::Model) -> Result<Contract, DbErr> {
    let room_types =
        row.room_type_ids.map(serde_json::from_value).transpose().map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(Contract {
        id: row.id,
        partner: row.tenant_id,
        code: row.code,
        first_stay_date: row.first_stay_date,
        last_stay_date: row.last_stay_date,
        room_types,
        status: match row.status {
            contract::ContractStatus::Active => ContractStatus::Active,
            contract::ContractStatus::Suspended => ContractStatus::Suspended,
        },
        pool_access: match row.pool_access {
            contract::PoolAccess::None => PoolAccess::None,
            contract::PoolAccess::Capped => PoolAccess::Capped(row.pool_cap.unwrap_or(0)),
            contract::PoolAccess::Full => PoolAccess::Full,
        },
        longest_hold_minutes: row.longest_hold_minutes,
        max_held_rooms: row.max_held_rooms,
        left_to_sell_shown_up_to: row.left_to_sell_shown_up_to,
    })
}

/// The reservations `named` and the holds of the properties `due` that are due at `now`, with lines and draws.
///
/// # Errors
/// Any error of the database.
pub(crate) async fn reservations(
    db: &impl ConnectionTrait,
    due: &[PropertyId],
    now: DateTime<Utc>,
    named: &[(PropertyId, Uuid)],
) -> Result<HashMap<PropertyId, HashMap<Uuid, Reservation>>, DbErr> {
    let backend = db.get_database_backend();
    let due: Vec<_> = due.iter().map(|id| json!({ "p": id })).collect();
    let named: Vec<_> = named.iter().map(|(property, id)| json!({ "p": property, "id": id.simple() })).collect();
    let statement = sql::RESERVATIONS.with(backend, [parameter(&due)?, now.into(), parameter(&named)?]);
    let mut found: HashMap<PropertyId, HashMap<Uuid, Reservation>> = HashMap::new();
    for row in db.query_all_raw(statement).await? {
        let (property, reservation) = rows::reservation(&row)?;
        found.entry(property).or_default().insert(reservation.id, reservation);
    }
    if found.is_empty() {
        return Ok(found);
    }
    let ids: Vec<_> = found
        .iter()
        .flat_map(|(property, list)| list.keys().map(move |id| json!({ "p": property, "id": id.simple() })))
        .collect();
    for row in db.query_all_raw(sql::LINES.with(backend, [parameter(&ids)?])).await? {
        let (property, id, line) = rows::line(&row)?;
        if let Some(reservation) = found.get_mut(&property).and_then(|list| list.get_mut(&id)) {
            reservation.lines.push(line);
        }
    }
    for row in db.query_all_raw(sql::DRAWS.with(backend, [parameter(&ids)?])).await? {
        let (property, id, number, draw) = rows::draw(&row)?;
        let reservation = found.get_mut(&property).and_then(|list| list.get_mut(&id));
        if let Some(line) = reservation.and_then(|found| found.lines.iter_mut().find(|line| line.number == number)) {
            line.draws.push(draw);
        }
    }
    Ok(found)
}

/// Reservations by id, with lines and draws.
///
/// # Errors
/// Any error of the database.
pub async fn reservations_by_id(
    db: &impl ConnectionTrait,
    ids: &[(PropertyId, Uuid)],
) -> Result<HashMap<Uuid, (PropertyId, Reservation)>, DbErr> {
    let found = reservations(db, &[], DateTime::UNIX_EPOCH, ids).await?;
    Ok(found
        .into_iter()
        .flat_map(|(property, list)| list.into_iter().map(move |(id, reservation)| (id, (property, reservation))))
        .collect())
}

/// The events of change sets.
pub(crate) async fn change_sets(
    db: &impl ConnectionTrait,
    sets: &[(PropertyId, Uuid)],
) -> Result<HashMap<(PropertyId, Uuid), Vec<Event>>, DbErr> {
    let mut found: HashMap<(PropertyId, Uuid), Vec<Event>> = HashMap::new();
    let sets: Vec<_> = sets.iter().map(|(property, id)| json!({ "p": property, "id": id.simple() })).collect();
    for row in db.query_all_raw(sql::CHANGE_SETS.with(db.get_database_backend(), [parameter(&sets)?])).await? {
        let event = rows::event(&row)?;
        if let Some(set) = event.change_set {
            found.entry((event.property, set)).or_default().push(event);
        }
    }
    Ok(found)
}
