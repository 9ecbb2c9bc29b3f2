//! What a supplier opened to a partner.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{ContractId, PropertyId, TenantId};

/// Whether a contract takes new claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContractStatus {
    /// It does.
    Active,
    /// It does not; the partner still sees its reservations.
    Suspended,
}

/// How far a contract reaches into the shared pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PoolAccess {
    /// Not at all.
    None,
    /// Up to `pool_cap` rooms a room type and night, held and sold pool rooms counting.
    Capped,
    /// All of it.
    Full,
}

/// Where unsold rooms of a contract go at release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReleaseTo {
    /// Into the shared pool.
    Pool,
    /// Back to the house: nobody sells them here.
    House,
}

/// One contract of one hotel with one partner.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contracts")]
pub struct Model {
    /// Identity, never 0.
    #[sea_orm(primary_key)]
    pub id: ContractId,
    /// The hotel.
    pub property_id: PropertyId,
    /// The partner.
    pub tenant_id: TenantId,
    /// The supplier's own code, unique per hotel.
    #[sea_orm(column_type = "Text")]
    pub code: String,
    /// First night it covers.
    pub first_stay_date: NaiveDate,
    /// Last night it covers.
    pub last_stay_date: NaiveDate,
    /// The room types that it covers, an array of ids; null = all.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub room_type_ids: Option<Json>,
    /// Whether it takes new claims.
    pub status: ContractStatus,
    /// How far it reaches into the shared pool.
    pub pool_access: PoolAccess,
    /// Rooms a room type and night, with `CAPPED`.
    pub pool_cap: Option<i32>,
    /// Days before the stay date at which unsold rooms are given back; null = never.
    pub release_days: Option<i32>,
    /// Minutes after local midnight of that day, 1,440 = 24:00.
    pub release_time: Option<i32>,
    /// Where they go.
    pub release_to: ReleaseTo,
    /// Longest life of a hold with its extensions, in minutes; null = the gateway's.
    pub longest_hold_minutes: Option<i32>,
    /// Most rooms held at once over all nights; null = the gateway's.
    pub max_held_rooms: Option<i32>,
    /// The highest left to sell that the partner is shown; null = the true one.
    pub left_to_sell_shown_up_to: Option<i32>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// No relations: joins are spelled where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The contracts of a partner, over all hotels.
    pub fn of_partner(partner: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(partner))
    }

    /// The contracts of a hotel, for a caller who proved to be its supplier.
    pub fn of_property(property: PropertyId) -> Select<Self> {
        Self::find().filter(Column::PropertyId.eq(property))
    }
}
