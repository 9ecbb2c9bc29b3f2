//! Sellable categories of rooms.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{PropertyId, RoomTypeId};

/// One room type of one property.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "room_types")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key)]
    pub id: RoomTypeId,
    /// The property.
    pub property_id: PropertyId,
    /// The supplier's own code, unique per property.
    #[sea_orm(column_type = "Text")]
    pub code: String,
    /// Display name.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Maximum guests in a room.
    pub max_occupancy: i32,
    /// Maximum adults in a room.
    pub max_adults: i32,
    /// Maximum children in a room.
    pub max_children: i32,
    /// Number of rooms of this type.
    pub physical_rooms: i32,
    /// A night with at most this many rooms left to sell counts as low.
    pub low_at: i32,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
