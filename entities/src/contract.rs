//! Contracts: the access of a partner to a property's rooms.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{ContractId, PropertyId, TenantId};

/// Whether a contract takes new reservations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContractStatus {
    /// It takes them.
    Active,
    /// It does not. The partner still sees its reservations.
    Suspended,
}

/// Access of a contract to the shared pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PoolAccess {
    /// No access.
    None,
    /// Up to `pool_cap` rooms per room type and night, held and sold pool rooms included.
    Capped,
    /// Access to all of it.
    Full,
}

/// Destination of a contract's unsold rooms at release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReleaseTo {
    /// Into the shared pool.
    Pool,
    /// Back to the supplier: not for sale here.
    House,
}

/// One contract of one property with one partner.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contracts")]
pub struct Model {
    /// Identity, never 0.
    #[sea_orm(primary_key)]
    pub id: ContractId,
    /// The property.
    pub property_id: PropertyId,
    /// The partner.
    pub tenant_id: TenantId,
    /// The supplier's own code, unique per property.
    #[sea_orm(column_type = "Text")]
    pub code: String,
    /// First night it covers.
    pub first_stay_date: NaiveDate,
    /// Last night it covers.
    pub last_stay_date: NaiveDate,
    /// The room types that it covers, an array of ids; null = all.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub room_type_ids: Option<Json>,
    /// Whether it takes new reservations.
    pub status: ContractStatus,
    /// Access to the shared pool.
    pub pool_access: PoolAccess,
    /// Rooms per room type and night, with `CAPPED`.
    pub pool_cap: Option<i32>,
    /// Days before the stay date at which unsold rooms are given back; null = never.
    pub release_days: Option<i32>,
    /// Minutes after local midnight of that day, 1,440 = 24:00.
    pub release_time: Option<i32>,
    /// Their destination.
    pub release_to: ReleaseTo,
    /// Maximum lifetime of a hold with its extensions, in minutes; null = the gateway's.
    pub longest_hold_minutes: Option<i32>,
    /// Maximum of rooms held at once over all nights; null = the gateway's.
    pub max_held_rooms: Option<i32>,
    /// Upper limit of the left to sell that the partner sees; null = no limit.
    pub left_to_sell_shown_up_to: Option<i32>,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The contracts of a partner at all properties.
    pub fn of_partner(partner: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(partner))
    }
}
