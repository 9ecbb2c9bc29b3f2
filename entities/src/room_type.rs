//! Sellable categories of rooms.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{PropertyId, RoomTypeId};

/// One room type of one hotel.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "room_types")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key)]
    pub id: RoomTypeId,
    /// The hotel.
    pub property_id: PropertyId,
    /// The supplier's own code, unique per hotel.
    #[sea_orm(column_type = "Text")]
    pub code: String,
    /// Name shown to people.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Most guests in a room.
    pub max_occupancy: i32,
    /// Most adults in a room.
    pub max_adults: i32,
    /// Most children in a room.
    pub max_children: i32,
    /// Rooms of this kind that exist.
    pub physical_rooms: i32,
    /// The left to sell from which a night counts as low.
    pub low_at: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// No relations: joins are spelled where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The room types of a hotel, for a caller who proved that it may see the hotel.
    pub fn of_property(property: PropertyId) -> Select<Self> {
        Self::find().filter(Column::PropertyId.eq(property))
    }
}
