//! Users of a tenant, who sign in to the portal.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{TenantId, UserId};

/// The rights of a user within the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserRole {
    /// Everything, API clients included.
    Owner,
    /// Reads and writes.
    Manager,
    /// Reads.
    Viewer,
}

/// One user.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key)]
    pub id: UserId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Sign-in name, lower case, unique over all tenants.
    #[sea_orm(column_type = "Text", unique)]
    pub email: String,
    /// Display name.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Rights.
    pub role: UserRole,
    /// Argon2id hash in PHC format.
    #[sea_orm(column_type = "Text")]
    pub password_hash: String,
    /// Time from which it may not sign in.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The user of this sign-in name; case does not matter.
    pub fn of_email(email: &str) -> Select<Self> {
        Self::find().filter(Column::Email.eq(email.trim().to_lowercase()))
    }
}
