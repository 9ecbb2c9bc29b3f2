//! Rows of tables as values of the inventory.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use lodgate_entities::ids::PropertyId;
use lodgate_entities::reservation::ReservationStatus;
use lodgate_entities::{
    allotment, property_stock, reservation, reservation_draw, reservation_line, room_night, stock_event,
};
use sea_orm::{DbErr, FromQueryResult, QueryResult};
use uuid::Uuid;

use super::sql;
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

/// The nights of several properties in one snapshot, with the head of each property in it.
pub(crate) type NightsByProperty = HashMap<PropertyId, (Head, HashMap<NightKey, Night>)>;

fn unreadable(what: &str) -> DbErr {
    DbErr::Type(format!("stored {what} cannot be read"))
}

/// A tag as a number; it is stored as 8 bytes.
pub(crate) fn tag(bytes: &[u8]) -> Result<i64, DbErr> {
    bytes.try_into().map(i64::from_be_bytes).map_err(|_| unreadable("tag"))
}

/// A row of a lock statement.
pub(crate) fn locked(row: &QueryResult) -> Result<Locked, DbErr> {
    let stock = property_stock::Model::from_query_result(row, "")?;
    Ok(Locked {
        property: stock.property_id,
        head: head(&stock)?,
        last_event_at: stock.last_event_at,
        structure_seq: stock.structure_seq,
        database_time: row.try_get::<Option<DateTime<Utc>>>("", "database_time").unwrap_or(None),
    })
}

/// The head in a row of `property_stock`.
pub(crate) fn head(stock: &property_stock::Model) -> Result<Head, DbErr> {
    Ok(Head { seq: stock.stock_seq, tag: tag(&stock.tag)? })
}

/// The restrictions in a row of either of the two tables that have them.
macro_rules! restrictions {
    ($row:ident) => {
        Restrictions {
            stop_sell: $row.stop_sell,
            closed_to_arrival: $row.closed_to_arrival,
            closed_to_departure: $row.closed_to_departure,
            min_stay_arrival: $row.min_stay_arrival,
            max_stay_arrival: $row.max_stay_arrival,
            min_stay_through: $row.min_stay_through,
            max_stay_through: $row.max_stay_through,
            min_advance_days: $row.min_advance_days,
            max_advance_days: $row.max_advance_days,
        }
    };
}

/// The rows of [`sql::NIGHTS`].
pub(crate) fn nights(rows: &[QueryResult]) -> Result<NightsByProperty, DbErr> {
    let mut found = NightsByProperty::new();
    for row in rows {
        match row.try_get("", "contract_id")? {
            sql::HEAD_POOL => {
                let row = property_stock::Model::from_query_result(row, "")?;
                found.entry(row.property_id).or_default().0 = head(&row)?;
            }
            sql::ROOM_NIGHT_POOL => {
                let row = room_night::Model::from_query_result(row, "")?;
                let nights = &mut found.entry(row.property_id).or_default().1;
                nights.entry((row.room_type_id, row.stay_date)).or_default().room =
                    RoomNight { sell_limit: row.sell_limit, restrictions: restrictions!(row) };
            }
            pool => {
                let row = allotment::Model::from_query_result(row, "")?;
                let nights = &mut found.entry(row.property_id).or_default().1;
                let night = nights.entry((row.room_type_id, row.stay_date)).or_default();
                *night.pool_mut(Pool::from_number(pool)) = Allotment {
                    allotted: row.allotted,
                    held: row.held,
                    sold: row.sold,
                    released: row.released,
                    released_in: row.released_in,
                    guaranteed: row.guaranteed,
                    pool_held: row.pool_held,
                    pool_sold: row.pool_sold,
                    restrictions: restrictions!(row),
                };
            }
        }
    }
    Ok(found)
}

fn status(stored: ReservationStatus) -> Status {
    match stored {
        ReservationStatus::Held => Status::Held,
        ReservationStatus::Confirmed => Status::Confirmed,
        ReservationStatus::Cancelled => Status::Cancelled,
        ReservationStatus::Expired => Status::Expired,
        ReservationStatus::NoShow => Status::NoShow,
    }
}

/// A row of `reservations`, still without lines.
pub(crate) fn reservation(row: &QueryResult) -> Result<(PropertyId, Reservation), DbErr> {
    let row = reservation::Model::from_query_result(row, "")?;
    let reservation = Reservation {
        id: row.id,
        partner: row.tenant_id,
        contract: row.contract_id,
        locator: row.locator,
        reference: row.reference,
        guest_name: row.guest_name,
        status: status(row.status),
        expires_at: row.expires_at,
        created_at: row.created_at,
        revision: row.revision,
        lines: Vec::new(),
    };
    Ok((row.property_id, reservation))
}

/// A row of `reservation_lines`, still without draws: property, reservation, line.
pub(crate) fn line(row: &QueryResult) -> Result<(PropertyId, Uuid, Line), DbErr> {
    let row = reservation_line::Model::from_query_result(row, "")?;
    let line = Line {
        number: row.line,
        room_type: row.room_type_id,
        stay: Stay { check_in: row.check_in, check_out: row.check_out },
        adults: row.adults,
        child_ages: serde_json::from_value(row.child_ages).map_err(|_| unreadable("child ages"))?,
        status: status(row.status),
        draws: Vec::new(),
    };
    Ok((row.property_id, row.reservation_id, line))
}

/// A row of `reservation_draws`: property, reservation, line number, draw.
pub(crate) fn draw(row: &QueryResult) -> Result<(PropertyId, Uuid, i32, Draw), DbErr> {
    let row = reservation_draw::Model::from_query_result(row, "")?;
    let draw = Draw { date: row.stay_date, pool: Pool::from_number(row.pool) };
    Ok((row.property_id, row.reservation_id, row.line, draw))
}

/// A row of `stock_events`.
pub(crate) fn event(row: &QueryResult) -> Result<Event, DbErr> {
    let row = stock_event::Model::from_query_result(row, "")?;
    let cells: Vec<CellChange> = serde_json::from_value(row.cells).map_err(|_| unreadable("cells of an event"))?;
    Ok(Event {
        property: row.property_id,
        seq: row.seq,
        tag: tag(&row.tag)?,
        at: row.committed_at,
        actor_tenant: row.actor_tenant_id,
        actor: row.actor,
        cause: Cause::from_name(&row.cause).ok_or_else(|| unreadable("cause"))?,
        reason: row.reason,
        reference: row.reference,
        change_set: row.change_set_id,
        reservation: row.reservation_id.zip(row.reservation_revision),
        cells,
        structure: row.structure,
    })
}
