//! Access tokens that were revoked before their expiry.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// One access token.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revoked_tokens")]
pub struct Model {
    /// Its `jti`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub jti: Uuid,
    /// Its expiry. The row is needed until then.
    pub expires_at: DateTime<Utc>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
