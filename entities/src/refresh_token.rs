//! Refresh tokens of portal sessions, one row per issued token.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::UserId;

/// One refresh token.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    /// SHA-256 of the token. The token itself is random, so a plain hash is enough.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_hash: Vec<u8>,
    /// The user.
    pub user_id: UserId,
    /// The sign-in from which it descends by rotation. Reuse of a rotated token revokes the whole family.
    pub family: Uuid,
    /// Time of issue.
    pub issued_at: DateTime<Utc>,
    /// Expiry.
    pub expires_at: DateTime<Utc>,
    /// Time of its first exchange for a newer one.
    pub rotated_at: Option<DateTime<Utc>>,
    /// Time of sign-out or of the revocation of its family.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
