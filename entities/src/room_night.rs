//! Limits of a room type's night that apply to every pool. Only the writer changes it, under the property's lock.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::ids::{PropertyId, RoomTypeId};

/// One night of one room type.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "room_nights")]
pub struct Model {
    /// The property.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: PropertyId,
    /// The room type.
    #[sea_orm(primary_key, auto_increment = false)]
    pub room_type_id: RoomTypeId,
    /// The night that begins on the evening of this date, local to the property.
    #[sea_orm(primary_key, auto_increment = false)]
    pub stay_date: NaiveDate,
    /// Maximum of rooms held and sold over all pools; null = no limit.
    pub sell_limit: Option<i32>,
    /// No rooms may be sold.
    pub stop_sell: bool,
    /// No stay may begin on this date.
    pub closed_to_arrival: bool,
    /// No stay may end on this date.
    pub closed_to_departure: bool,
    /// Fewest nights of a stay that arrives.
    pub min_stay_arrival: Option<i32>,
    /// Most nights of a stay that arrives.
    pub max_stay_arrival: Option<i32>,
    /// Fewest nights of a stay that includes this night.
    pub min_stay_through: Option<i32>,
    /// Most nights of a stay that includes this night.
    pub max_stay_through: Option<i32>,
    /// Fewest days between booking and arrival.
    pub min_advance_days: Option<i32>,
    /// Most days between booking and arrival.
    pub max_advance_days: Option<i32>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
