//! The pool from which each night of a line took its room. A cancellation returns the room there.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::ids::{PropertyId, RoomTypeId};

/// The rooms that one line took for one night.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reservation_draws")]
pub struct Model {
    /// The property.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: PropertyId,
    /// The reservation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub reservation_id: Uuid,
    /// The line.
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i32,
    /// The night.
    #[sea_orm(primary_key, auto_increment = false)]
    pub stay_date: NaiveDate,
    /// The room type.
    pub room_type_id: RoomTypeId,
    /// The contract, or 0 for the shared pool.
    pub pool: i64,
    /// Rooms taken.
    pub rooms: i32,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
