//! Reservations of partners.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{QuerySelect, QueryTrait};
use serde::{Deserialize, Serialize};

use crate::ids::{ContractId, PropertyId, TenantId};
use crate::property;

/// The status of a reservation or of one of its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReservationStatus {
    /// Rooms are held until it expires.
    Held,
    /// Rooms are sold.
    Confirmed,
    /// Given back by the partner.
    Cancelled,
    /// Given back because it was not confirmed in time.
    Expired,
    /// Sold, and the guest did not come.
    NoShow,
}

/// One reservation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reservations")]
pub struct Model {
    /// The property.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: PropertyId,
    /// Identity, version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The partner.
    pub tenant_id: TenantId,
    /// The contract that it draws on.
    pub contract_id: ContractId,
    /// Short code for people, unique per property.
    #[sea_orm(column_type = "Text")]
    pub locator: String,
    /// The partner's own reference, unique per partner and property.
    #[sea_orm(column_type = "Text")]
    pub reference: String,
    /// The supplier's acknowledgement. Not set by any command yet.
    #[sea_orm(column_type = "Text", nullable)]
    pub supplier_reference: Option<String>,
    /// Lead guest.
    #[sea_orm(column_type = "Text", nullable)]
    pub guest_name: Option<String>,
    /// Its status.
    pub status: ReservationStatus,
    /// End of the hold, while it is held.
    pub expires_at: Option<DateTime<Utc>>,
    /// Start of the hold, from which its maximum lifetime counts. Not set by any command yet.
    pub held_since: Option<DateTime<Utc>>,
    /// Number of the latest change, from 1.
    pub revision: i32,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
    /// Time of the latest change.
    pub updated_at: DateTime<Utc>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The reservations of a partner at all properties.
    pub fn of_partner(partner: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(partner))
    }

    /// The reservations at the properties of a supplier.
    pub fn of_supplier(supplier: TenantId) -> Select<Self> {
        let owned = property::Entity::of_supplier(supplier).select_only().column(property::Column::Id);
        Self::find().filter(Column::PropertyId.in_subquery(QueryTrait::into_query(owned)))
    }
}
