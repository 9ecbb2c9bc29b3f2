//! Trusted documents: the GraphQL documents that a tenant has registered for its programs.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::TenantId;

/// One document of one tenant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trusted_documents")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The id under which its programs request it.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub name: String,
    /// SHA-256 of the document, 32 bytes.
    pub sha256: Vec<u8>,
    /// The document.
    #[sea_orm(column_type = "Text")]
    pub document: String,
    /// Time of loading.
    pub created_at: DateTime<Utc>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The documents of a tenant.
    pub fn of_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(tenant))
    }
}
