//! Access tokens revoked before their expiry. Only tokens without a session need it: a session is revoked as a whole.

use chrono::{DateTime, Utc};
use lodgate_entities::revoked_token::{ActiveModel, Column, Entity};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

/// Revokes a token that expires at `expires_at`. Repeating it is no error.
pub(super) async fn revoke(db: &impl ConnectionTrait, jti: Uuid, expires_at: DateTime<Utc>) -> Result<(), DbErr> {
    let row = ActiveModel { jti: Set(jti), expires_at: Set(expires_at) };
    Entity::insert(row).on_conflict_do_nothing_on([Column::Jti]).exec_without_returning(db).await?;
    Ok(())
}

/// Whether a token is revoked.
pub(super) async fn is_revoked(db: &impl ConnectionTrait, jti: Uuid) -> Result<bool, DbErr> {
    Ok(Entity::find_by_id(jti).one(db).await?.is_some())
}

/// Deletes the revocations of tokens that expired over an hour ago, more than any difference between clocks.
pub(super) async fn sweep(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::ExpiresAt.lt(now - chrono::Duration::hours(1))).exec(db).await?;
    Ok(())
}
