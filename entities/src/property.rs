//! Properties (hotels).

use chrono::{DateTime, Utc};
use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;

use crate::contract;
use crate::ids::{PropertyId, TenantId};

/// One property of one supplier.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "properties")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key)]
    pub id: PropertyId,
    /// The supplier.
    pub tenant_id: TenantId,
    /// The supplier's own code, unique per supplier.
    #[sea_orm(column_type = "Text")]
    pub code: String,
    /// Display name.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Town or place.
    #[sea_orm(column_type = "Text")]
    pub place: String,
    /// ISO 3166-1 alpha-2.
    #[sea_orm(column_type = "Text", nullable)]
    pub country: Option<String>,
    /// IANA time zone.
    #[sea_orm(column_type = "Text")]
    pub time_zone: String,
    /// Minutes after local midnight of the stay date until which that night is sold, 0 to 1,800.
    pub same_day_cut_off: i32,
    /// The weekdays that are its weekend: a bit mask, bit 0 = Monday.
    pub weekend_days: i32,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The properties of a supplier.
    pub fn of_supplier(supplier: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(supplier))
    }

    /// The properties that have a contract with a partner, a suspended one included (its reservations stay visible).
    pub fn of_partner(partner: TenantId) -> Select<Self> {
        let opened = contract::Entity::of_partner(partner).select_only().column(contract::Column::PropertyId);
        Self::find().filter(Column::Id.in_subquery(sea_orm::QueryTrait::into_query(opened)))
    }
}
