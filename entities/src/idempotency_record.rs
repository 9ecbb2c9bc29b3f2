//! Results by idempotency key, kept so that a repeated command takes effect once.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{PropertyId, TenantId};

/// The result of one key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_records")]
pub struct Model {
    /// The property, whose lock orders duplicates.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: PropertyId,
    /// The caller's tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The caller's key.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub idempotency_key: String,
    /// SHA-256 of the coerced input, 32 bytes: the same key with other input is refused.
    pub request_hash: Vec<u8>,
    /// The stored answer.
    #[sea_orm(column_type = "JsonBinary")]
    pub outcome: Json,
    /// Time of the command. A record is kept for 7 days.
    pub created_at: DateTime<Utc>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
