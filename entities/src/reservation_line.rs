//! The rooms of a reservation, one line each.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::ids::{PropertyId, RoomTypeId};
use crate::reservation::ReservationStatus;

/// One room of one reservation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reservation_lines")]
pub struct Model {
    /// The property.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: PropertyId,
    /// The reservation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub reservation_id: Uuid,
    /// Number within the reservation, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i32,
    /// The room type.
    pub room_type_id: RoomTypeId,
    /// Day of arrival.
    pub check_in: NaiveDate,
    /// Day of departure, after `check_in`.
    pub check_out: NaiveDate,
    /// Adults in the room.
    pub adults: i32,
    /// Ages of the children in the room, an array of numbers.
    #[sea_orm(column_type = "JsonBinary")]
    pub child_ages: Json,
    /// Status of the line.
    pub status: ReservationStatus,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
