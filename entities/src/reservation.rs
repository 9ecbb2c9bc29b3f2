//! Partners' claims on rooms.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{ContractId, PropertyId, TenantId};

/// Where a reservation or one of its lines stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReservationStatus {
    /// Rooms are kept until it expires.
    Held,
    /// Rooms are sold.
    Confirmed,
    /// Given back by the partner.
    Cancelled,
    /// Given back because nobody confirmed in time.
    Expired,
    /// Sold, and nobody came.
    NoShow,
}

/// One reservation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reservations")]
pub struct Model {
    /// The hotel.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: PropertyId,
    /// Identity, version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The partner.
    pub tenant_id: TenantId,
    /// The contract that it draws on.
    pub contract_id: ContractId,
    /// Short code that people read out, unique per hotel.
    #[sea_orm(column_type = "Text")]
    pub locator: String,
    /// The partner's own reference, unique per partner and hotel.
    #[sea_orm(column_type = "Text")]
    pub reference: String,
    /// The supplier's acknowledgement.
    #[sea_orm(column_type = "Text", nullable)]
    pub supplier_reference: Option<String>,
    /// Lead guest.
    #[sea_orm(column_type = "Text", nullable)]
    pub guest_name: Option<String>,
    /// Where it stands.
    pub status: ReservationStatus,
    /// When the hold ends, while it is held.
    pub expires_at: Option<DateTime<Utc>>,
    /// When the hold began, from which its longest life counts.
    pub held_since: Option<DateTime<Utc>>,
    /// Goes up with every change, from 1.
    pub revision: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// No relations: joins are spelled where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The reservations of a partner, over all hotels.
    pub fn of_partner(partner: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(partner))
    }

    /// The reservations of a hotel, for a caller who proved to be its supplier.
    pub fn of_property(property: PropertyId) -> Select<Self> {
        Self::find().filter(Column::PropertyId.eq(property))
    }
}
