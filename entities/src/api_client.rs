//! API clients of a tenant.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{ApiClientId, TenantId};

/// One API client.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_clients")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key)]
    pub id: ApiClientId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Public name of the credential.
    #[sea_orm(column_type = "Text", unique)]
    pub client_id: String,
    /// The actor shown in the history, such as the name of a property management system.
    #[sea_orm(column_type = "Text")]
    pub label: String,
    /// SHA-256 of the secret, lower-case hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub secret_hash: String,
    /// The scopes that it may request, separated by spaces.
    #[sea_orm(column_type = "Text")]
    pub scopes: String,
    /// The plan of its tokens.
    #[sea_orm(column_type = "Text")]
    pub plan: String,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
    /// Time from which it is refused.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The API clients of a tenant, revoked ones included.
    pub fn of_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(tenant))
    }

    /// The client of this public name, of any tenant: only for checking a credential.
    pub fn of_client_id(client_id: &str) -> Select<Self> {
        Self::find().filter(Column::ClientId.eq(client_id))
    }
}
