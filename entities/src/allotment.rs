//! Rooms on sale for a room type and night in one pool. Only the writer changes it, under the property's lock.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::ids::{PropertyId, RoomTypeId};

/// One night of one room type in one pool.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "allotments")]
pub struct Model {
    /// The property.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: PropertyId,
    /// The room type.
    #[sea_orm(primary_key, auto_increment = false)]
    pub room_type_id: RoomTypeId,
    /// The contract, or 0 for the shared pool. An untyped number, since 0 is not a contract.
    #[sea_orm(primary_key, auto_increment = false)]
    pub contract_id: i64,
    /// The night that begins on the evening of this date, local to the property.
    #[sea_orm(primary_key, auto_increment = false)]
    pub stay_date: NaiveDate,
    /// Rooms given to the pool; null = not loaded, which sells nothing but differs from 0.
    pub allotted: Option<i32>,
    /// Rooms held from this pool.
    pub held: i32,
    /// Rooms sold from this pool.
    pub sold: i32,
    /// Contract: rooms given back at release.
    pub released: i32,
    /// Shared pool: rooms received at release.
    pub released_in: i32,
    /// Contract: rooms never released.
    pub guaranteed: i32,
    /// Contract: rooms held from the shared pool, for its cap.
    pub pool_held: i32,
    /// Contract: rooms sold from the shared pool, for its cap.
    pub pool_sold: i32,
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
    /// Days before the stay date at which unsold rooms are given back; replaces the contract's. Not set by any command yet.
    pub release_days: Option<i32>,
    /// Minutes after local midnight of that day; replaces the contract's. Not set by any command yet.
    pub release_time: Option<i32>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
