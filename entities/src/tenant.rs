//! Organisations that call Lodgate.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::TenantId;

/// The role of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TenantKind {
    /// Sells its rooms: a hotel or a group of hotels.
    Supplier,
    /// Resells the suppliers' rooms: travel agency, bed bank, tour operator.
    Partner,
    /// Runs the gateway.
    Operator,
}

/// One tenant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenants")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key)]
    pub id: TenantId,
    /// Immutable public code, `^[a-z0-9-]{1,64}$`; the tenant in a token.
    #[sea_orm(column_type = "Text", unique)]
    pub code: String,
    /// Its role.
    pub kind: TenantKind,
    /// Display name.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// The plan of its tokens, unless their API client has its own.
    #[sea_orm(column_type = "Text")]
    pub plan: String,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The tenant of this code.
    pub fn of_code(code: &str) -> Select<Self> {
        Self::find().filter(Column::Code.eq(code))
    }
}
