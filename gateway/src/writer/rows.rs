//! Values of the inventory as rows of tables.

use chrono::{DateTime, NaiveDate, Utc};
use lodgate_entities::ids::{PropertyId, RoomTypeId};
use lodgate_entities::reservation::ReservationStatus;
use lodgate_entities::{allotment, reservation, reservation_draw, reservation_line, room_night, stock_event};
use sea_orm::IntoActiveModel;
use serde_json::json;
use uuid::Uuid;

use crate::inventory::cell::{Allotment, RoomNight};
use crate::inventory::reservation::{Draw, Line};
use crate::inventory::{Event, Pool, Reservation, Status};

pub(super) fn allotment_row(
    property: PropertyId,
    room_type: RoomTypeId,
    pool: Pool,
    date: NaiveDate,
    cell: &Allotment,
) -> allotment::ActiveModel {
    let restrictions = &cell.restrictions;
    allotment::Model {
        property_id: property,
        room_type_id: room_type,
        contract_id: pool.number(),
        stay_date: date,
        allotted: cell.allotted,
        held: cell.held,
        sold: cell.sold,
        released: cell.released,
        released_in: cell.released_in,
        guaranteed: cell.guaranteed,
        pool_held: cell.pool_held,
        pool_sold: cell.pool_sold,
        stop_sell: restrictions.stop_sell,
        closed_to_arrival: restrictions.closed_to_arrival,
        closed_to_departure: restrictions.closed_to_departure,
        min_stay_arrival: restrictions.min_stay_arrival,
        max_stay_arrival: restrictions.max_stay_arrival,
        min_stay_through: restrictions.min_stay_through,
        max_stay_through: restrictions.max_stay_through,
        min_advance_days: restrictions.min_advance_days,
        max_advance_days: restrictions.max_advance_days,
        release_days: None,
        release_time: None,
    }
    .into_active_model()
}

pub(super) fn room_night_row(
    property: PropertyId,
    room_type: RoomTypeId,
    date: NaiveDate,
    cell: &RoomNight,
) -> room_night::ActiveModel {
    let restrictions = &cell.restrictions;
    room_night::Model {
        property_id: property,
        room_type_id: room_type,
        stay_date: date,
        sell_limit: cell.sell_limit,
        stop_sell: restrictions.stop_sell,
        closed_to_arrival: restrictions.closed_to_arrival,
        closed_to_departure: restrictions.closed_to_departure,
        min_stay_arrival: restrictions.min_stay_arrival,
        max_stay_arrival: restrictions.max_stay_arrival,
        min_stay_through: restrictions.min_stay_through,
        max_stay_through: restrictions.max_stay_through,
        min_advance_days: restrictions.min_advance_days,
        max_advance_days: restrictions.max_advance_days,
    }
    .into_active_model()
}

fn status(status: Status) -> ReservationStatus {
    match status {
        Status::Held => ReservationStatus::Held,
        Status::Confirmed => ReservationStatus::Confirmed,
        Status::Cancelled => ReservationStatus::Cancelled,
        Status::Expired => ReservationStatus::Expired,
        Status::NoShow => ReservationStatus::NoShow,
    }
}

/// A reservation that changed at `updated_at`.
pub(super) fn reservation_row(
    property: PropertyId,
    reservation: &Reservation,
    updated_at: DateTime<Utc>,
) -> reservation::ActiveModel {
    reservation::Model {
        property_id: property,
        id: reservation.id,
        tenant_id: reservation.partner,
        contract_id: reservation.contract,
        locator: reservation.locator.clone(),
        reference: reservation.reference.clone(),
        supplier_reference: None,
        guest_name: reservation.guest_name.clone(),
        status: status(reservation.status),
        expires_at: reservation.expires_at,
        held_since: None,
        revision: reservation.revision,
        created_at: reservation.created_at,
        updated_at,
    }
    .into_active_model()
}

pub(super) fn line_row(property: PropertyId, reservation: Uuid, line: &Line) -> reservation_line::ActiveModel {
    reservation_line::Model {
        property_id: property,
        reservation_id: reservation,
        line: line.number,
        room_type_id: line.room_type,
        check_in: line.stay.check_in,
        check_out: line.stay.check_out,
        adults: line.adults,
        child_ages: json!(line.child_ages),
        status: status(line.status),
    }
    .into_active_model()
}

pub(super) fn draw_row(
    property: PropertyId,
    reservation: Uuid,
    line: &Line,
    draw: Draw,
) -> reservation_draw::ActiveModel {
    reservation_draw::Model {
        property_id: property,
        reservation_id: reservation,
        line: line.number,
        stay_date: draw.date,
        room_type_id: line.room_type,
        pool: draw.pool.number(),
        rooms: 1,
    }
    .into_active_model()
}

/// An event that the batch writes.
pub(super) fn event_row(event: &Event, batch: Uuid) -> stock_event::ActiveModel {
    let nights = event.nights();
    let mut room_types: Vec<_> = nights.iter().map(|night| night.0).collect();
    room_types.dedup();
    stock_event::Model {
        property_id: event.property,
        seq: event.seq,
        tag: event.tag.to_be_bytes().to_vec(),
        batch_id: batch,
        committed_at: event.at,
        actor_tenant_id: event.actor_tenant,
        actor: event.actor.clone(),
        cause: event.cause.name().to_owned(),
        reason: event.reason.clone(),
        reference: event.reference.clone(),
        change_set_id: event.change_set,
        reservation_id: event.reservation.map(|(id, _)| id),
        reservation_revision: event.reservation.map(|(_, revision)| revision),
        room_type_ids: json!(room_types),
        first_date: nights.iter().map(|night| night.1).min(),
        last_date: nights.iter().map(|night| night.1).max(),
        cells: json!(event.cells),
        structure: event.structure.clone(),
    }
    .into_active_model()
}
