//! Portal sessions: a refresh token is exchanged for a new one at each use.

use chrono::{DateTime, Duration, Utc};
use lodgate_entities::ids::UserId;
use lodgate_entities::refresh_token::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait,
    QueryFilter, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use uuid::Uuid;

use super::Secret;
use super::secret::hash;

/// A session expires after this time without use.
pub(super) const IDLE: Duration = Duration::days(14);
/// A refresh token may be used again within this time: by a second tab, or after a lost response.
const GRACE: Duration = Duration::seconds(10);

/// A session after sign-in or refresh.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) user: UserId,
    pub(super) family: Uuid,
    /// The new refresh token.
    pub(super) token: Secret,
}

/// The result of presenting a refresh token.
#[derive(Debug)]
pub(super) enum Rotation {
    /// A new refresh token.
    Renewed(Session),
    /// Unknown, expired or signed out.
    Refused,
    /// The token was used again long after its exchange, so it was copied. The whole family is revoked.
    Reused(UserId),
}

/// Starts a session.
pub(super) async fn start(db: &impl ConnectionTrait, user: UserId, now: DateTime<Utc>) -> Result<Session, DbErr> {
    issue(db, user, Uuid::now_v7(), now).await
}

/// Exchanges a refresh token.
pub(super) async fn rotate(db: &DatabaseConnection, presented: &str, now: DateTime<Utc>) -> Result<Rotation, DbErr> {
    let presented = hash(presented);
    // The exchange and the new token are one transaction. Otherwise the next use after a crash would look like a theft.
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let tx = db.begin_with_options(immediate).await?;
    let claimed = Entity::update_many()
        .col_expr(Column::RotatedAt, Expr::value(now))
        .filter(Column::TokenHash.eq(presented.clone()))
        .filter(Column::RotatedAt.is_null())
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .exec(&tx)
        .await?
        .rows_affected
        == 1;
    let Some(token) = Entity::find_by_id(presented).one(&tx).await? else {
        return Ok(Rotation::Refused);
    };
    let outcome = match token_status(&token, claimed, now) {
        TokenStatus::Valid => Rotation::Renewed(issue(&tx, token.user_id, token.family, now).await?),
        TokenStatus::Ended => Rotation::Refused,
        TokenStatus::Stolen => {
            revoke_family(&tx, token.family, now).await?;
            Rotation::Reused(token.user_id)
        }
    };
    tx.commit().await?;
    Ok(outcome)
}

/// Ends the session of a refresh token, or with `everywhere` all sessions of its user, and returns the user. An unknown
/// token is no error.
pub(super) async fn end(
    db: &impl ConnectionTrait,
    presented: &str,
    everywhere: bool,
    now: DateTime<Utc>,
) -> Result<Option<UserId>, DbErr> {
    let Some(token) = Entity::find_by_id(hash(presented)).one(db).await? else { return Ok(None) };
    // Only a valid token may end other sessions.
    if everywhere && token.revoked_at.is_none() && token.expires_at > now {
        revoke(db, Column::UserId.eq(token.user_id), now).await?;
    } else {
        revoke_family(db, token.family, now).await?;
    }
    Ok(Some(token.user_id))
}

/// Whether a session is live.
pub(super) async fn is_live(db: &impl ConnectionTrait, family: Uuid) -> Result<bool, DbErr> {
    let found = Entity::find().filter(Column::Family.eq(family)).filter(Column::RevokedAt.is_null()).one(db).await?;
    Ok(found.is_some())
}

/// Deletes the tokens that expired more than a day ago.
pub(super) async fn sweep(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::ExpiresAt.lt(now - Duration::days(1))).exec(db).await?;
    Ok(())
}

enum TokenStatus {
    Valid,
    Ended,
    Stolen,
}

fn token_status(token: &Model, claimed: bool, now: DateTime<Utc>) -> TokenStatus {
    if claimed {
        return TokenStatus::Valid;
    }
    match token.rotated_at {
        _ if token.revoked_at.is_some() || token.expires_at <= now => TokenStatus::Ended,
        Some(at) if now - at <= GRACE => TokenStatus::Valid,
        Some(_) => TokenStatus::Stolen,
        None => TokenStatus::Ended,
    }
}

async fn issue(db: &impl ConnectionTrait, user: UserId, family: Uuid, now: DateTime<Utc>) -> Result<Session, DbErr> {
    let token = Secret::new("lgr_");
    let row = ActiveModel {
        token_hash: Set(token.hash()),
        user_id: Set(user),
        family: Set(family),
        issued_at: Set(now),
        expires_at: Set(now + IDLE),
        rotated_at: Set(None),
        revoked_at: Set(None),
    };
    row.insert(db).await?;
    Ok(Session { user, family, token })
}

async fn revoke_family(db: &impl ConnectionTrait, family: Uuid, now: DateTime<Utc>) -> Result<(), DbErr> {
    revoke(db, Column::Family.eq(family), now).await
}

async fn revoke(
    db: &impl ConnectionTrait,
    which: sea_orm::sea_query::SimpleExpr,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .filter(which)
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}
