//! Rows of the set-based statements, turned into plain data.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use lodgate_entities::ids::{ContractId, PropertyId, RoomTypeId, TenantId};
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use crate::inventory::cell::{Allotment, Night, NightKey, Pool, Restrictions, RoomNight};
use crate::inventory::event::{Cause, CellChange, Event};
use crate::inventory::reservation::{Draw, Line, Reservation, Status};
use crate::inventory::stay::Stay;

/// Seq and tag of a property's latest event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub seq: i64,
    /// Its tag.
    pub tag: i64,
}

/// A locked `property_stock` row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Locked {
    pub(crate) property: PropertyId,
    pub(crate) head: Head,
    pub(crate) last_event_at: Option<DateTime<Utc>>,
    pub(crate) structure_seq: i64,
    pub(crate) database_time: Option<DateTime<Utc>>,
}

/// The nights of several properties in one snapshot, and where each property's journal stood in it.
pub(crate) type NightsByProperty = HashMap<PropertyId, (Head, HashMap<NightKey, Night>)>;

fn broken(what: &str) -> DbErr {
    DbErr::Type(format!("stored {what} can't be read"))
}

/// A tag as a number; it is stored as 8 bytes.
pub(crate) fn tag(bytes: Option<Vec<u8>>) -> Result<i64, DbErr> {
    let bytes = bytes.unwrap_or_default();
    if bytes.is_empty() {
        return Ok(0);
    }
    bytes.as_slice().try_into().map(i64::from_be_bytes).map_err(|_| broken("tag"))
}

pub(crate) fn locked(row: &QueryResult) -> Result<Locked, DbErr> {
    Ok(Locked {
        property: PropertyId(row.try_get_by_index(0)?),
        head: Head { seq: row.try_get_by_index(1)?, tag: tag(row.try_get_by_index(2)?)? },
        last_event_at: row.try_get_by_index(3)?,
        structure_seq: row.try_get_by_index(4)?,
        database_time: row.try_get_by_index::<Option<DateTime<Utc>>>(5).unwrap_or(None),
    })
}

fn restrictions(row: &QueryResult, first: usize) -> Result<Restrictions, DbErr> {
    Ok(Restrictions {
        stop_sell: row.try_get_by_index(first)?,
        closed_to_arrival: row.try_get_by_index(first + 1)?,
        closed_to_departure: row.try_get_by_index(first + 2)?,
        min_stay_arrival: row.try_get_by_index(first + 3)?,
        max_stay_arrival: row.try_get_by_index(first + 4)?,
        min_stay_through: row.try_get_by_index(first + 5)?,
        max_stay_through: row.try_get_by_index(first + 6)?,
        min_advance_days: row.try_get_by_index(first + 7)?,
        max_advance_days: row.try_get_by_index(first + 8)?,
    })
}

/// Rows of `sql::NIGHTS`.
pub(crate) fn nights(rows: &[QueryResult]) -> Result<NightsByProperty, DbErr> {
    let mut found = NightsByProperty::new();
    for row in rows {
        let property = found.entry(PropertyId(row.try_get_by_index(0)?)).or_default();
        let pool: i64 = row.try_get_by_index(2)?;
        if pool == -2 {
            property.0 = Head { seq: row.try_get_by_index(4)?, tag: tag(row.try_get_by_index(5)?)? };
            continue;
        }
        let key: NightKey = (RoomTypeId(row.try_get_by_index(1)?), row.try_get_by_index::<NaiveDate>(3)?);
        let night = property.1.entry(key).or_default();
        if pool == -1 {
            night.room = RoomNight { sell_limit: row.try_get_by_index(6)?, restrictions: restrictions(row, 14)? };
        } else {
            *night.pool_mut(Pool::from_number(pool)) = Allotment {
                allotted: row.try_get_by_index(6)?,
                held: row.try_get_by_index(7)?,
                sold: row.try_get_by_index(8)?,
                released: row.try_get_by_index(9)?,
                released_in: row.try_get_by_index(10)?,
                guaranteed: row.try_get_by_index(11)?,
                pool_held: row.try_get_by_index(12)?,
                pool_sold: row.try_get_by_index(13)?,
                restrictions: restrictions(row, 14)?,
            };
        }
    }
    Ok(found)
}

fn status(row: &QueryResult, index: usize) -> Result<Status, DbErr> {
    match row.try_get_by_index::<String>(index)?.as_str() {
        "HELD" => Ok(Status::Held),
        "CONFIRMED" => Ok(Status::Confirmed),
        "CANCELLED" => Ok(Status::Cancelled),
        "EXPIRED" => Ok(Status::Expired),
        "NO_SHOW" => Ok(Status::NoShow),
        _ => Err(broken("status")),
    }
}

/// A row of `sql::RESERVATION` columns, still without lines.
pub(crate) fn reservation(row: &QueryResult) -> Result<(PropertyId, Reservation), DbErr> {
    Ok((
        PropertyId(row.try_get_by_index(0)?),
        Reservation {
            id: row.try_get_by_index(1)?,
            partner: TenantId(row.try_get_by_index(2)?),
            contract: ContractId(row.try_get_by_index(3)?),
            locator: row.try_get_by_index(4)?,
            reference: row.try_get_by_index(5)?,
            guest_name: row.try_get_by_index(6)?,
            status: status(row, 7)?,
            expires_at: row.try_get_by_index(8)?,
            created_at: row.try_get_by_index(9)?,
            revision: row.try_get_by_index(10)?,
            lines: Vec::new(),
        },
    ))
}

/// A row of `sql::LINES`, still without draws.
pub(crate) fn line(row: &QueryResult) -> Result<(PropertyId, Uuid, Line), DbErr> {
    let ages: serde_json::Value = row.try_get_by_index(7)?;
    Ok((
        PropertyId(row.try_get_by_index(0)?),
        row.try_get_by_index(1)?,
        Line {
            number: row.try_get_by_index(2)?,
            room_type: RoomTypeId(row.try_get_by_index(3)?),
            stay: Stay { check_in: row.try_get_by_index(4)?, check_out: row.try_get_by_index(5)? },
            adults: row.try_get_by_index(6)?,
            child_ages: serde_json::from_value(ages).map_err(|_| broken("child ages"))?,
            status: status(row, 8)?,
            draws: Vec::new(),
        },
    ))
}

/// A row of `sql::DRAWS`: property, reservation, line number, draw.
pub(crate) fn draw(row: &QueryResult) -> Result<(PropertyId, Uuid, i32, Draw), DbErr> {
    let draw = Draw { date: row.try_get_by_index(3)?, pool: Pool::from_number(row.try_get_by_index(4)?) };
    Ok((PropertyId(row.try_get_by_index(0)?), row.try_get_by_index(1)?, row.try_get_by_index(2)?, draw))
}

/// A row of `sql::EVENT` columns.
pub(crate) fn event(row: &QueryResult) -> Result<Event, DbErr> {
    let reservation: Option<Uuid> = row.try_get_by_index(10)?;
    let revision: Option<i32> = row.try_get_by_index(11)?;
    let cells: serde_json::Value = row.try_get_by_index(12)?;
    let cells: Vec<CellChange> = serde_json::from_value(cells).map_err(|_| broken("cells of an event"))?;
    Ok(Event {
        property: PropertyId(row.try_get_by_index(0)?),
        seq: row.try_get_by_index(1)?,
        tag: tag(row.try_get_by_index(2)?)?,
        at: row.try_get_by_index(3)?,
        actor_tenant: TenantId(row.try_get_by_index(4)?),
        actor: row.try_get_by_index(5)?,
        cause: Cause::from_name(&row.try_get_by_index::<String>(6)?).ok_or_else(|| broken("cause"))?,
        reason: row.try_get_by_index(7)?,
        reference: row.try_get_by_index(8)?,
        change_set: row.try_get_by_index(9)?,
        reservation: reservation.zip(revision),
        cells,
        structure: row.try_get_by_index(13)?,
    })
}
