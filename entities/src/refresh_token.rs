//! Refresh tokens of portal sessions, one row for each token ever handed out.

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
    /// The person.
    pub user_id: UserId,
    /// The sign-in from which it descends by rotation. Reuse of an old token revokes the whole family.
    pub family: Uuid,
    /// When it was handed out.
    pub issued_at: DateTime<Utc>,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
    /// When it was first exchanged for a newer one.
    pub rotated_at: Option<DateTime<Utc>>,
    /// When it was signed out or its family was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
