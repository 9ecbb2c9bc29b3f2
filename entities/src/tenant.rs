//! Organisations that call Lodgate.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::TenantId;

/// What a tenant does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TenantKind {
    /// A hotel or group of hotels.
    Supplier,
    /// Sells the suppliers' rooms: travel agency, bed bank, tour operator.
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
    /// Immutable public code, `^[a-z0-9-]{1,64}$`; what a token names.
    #[sea_orm(column_type = "Text", unique)]
    pub code: String,
    /// What it does.
    pub kind: TenantKind,
    /// Name shown to people.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// The plan that its tokens get unless their API client names another.
    #[sea_orm(column_type = "Text")]
    pub plan: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// No relations: joins are spelled where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The tenant of this code.
    pub fn of_code(code: &str) -> Select<Self> {
        Self::find().filter(Column::Code.eq(code))
    }
}
