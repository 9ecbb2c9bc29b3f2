//! Portal sessions: a refresh token that is exchanged for a newer one at each use.

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

/// A session that nobody uses for so long ends.
pub(super) const IDLE: Duration = Duration::days(14);
/// A token may be used twice within this time: a second tab, or an answer that got lost on the way.
const GRACE: Duration = Duration::seconds(10);

/// A session after sign-in or refresh.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) user: UserId,
    pub(super) family: Uuid,
    /// The token to be used next.
    pub(super) token: Secret,
}

/// What a presented refresh token led to.
#[derive(Debug)]
pub(super) enum Rotation {
    /// A newer one.
    Renewed(Session),
    /// Unknown, expired or signed out.
    Refused,
    /// Used again long after it was exchanged: someone has a copy. The whole family is revoked.
    Reused(UserId),
}

/// Starts a session.
pub(super) async fn start(db: &impl ConnectionTrait, user: UserId, now: DateTime<Utc>) -> Result<Session, DbErr> {
    issue(db, user, Uuid::now_v7(), now).await
}

/// Exchanges a refresh token.
pub(super) async fn rotate(db: &DatabaseConnection, presented: &str, now: DateTime<Utc>) -> Result<Rotation, DbErr> {
    let presented = hash(presented);
    // The exchange and its successor are one, or a crash between them would look like a theft the next time.
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
    let outcome = match standing(&token, claimed, now) {
        AccountStatus::Good => Rotation::Renewed(issue(&tx, token.user_id, token.family, now).await?),
        AccountStatus::Over => Rotation::Refused,
        AccountStatus::Stolen => {
            revoke_family(&tx, token.family, now).await?;
            Rotation::Reused(token.user_id)
        }
    };
    tx.commit().await?;
    Ok(outcome)
}

/// Ends the session of a refresh token, or with `everywhere` all sessions of its person, whom it names. An unknown token
/// is no error.
pub(super) async fn end(
    db: &impl ConnectionTrait,
    presented: &str,
    everywhere: bool,
    now: DateTime<Utc>,
) -> Result<Option<UserId>, DbErr> {
    let Some(token) = Entity::find_by_id(hash(presented)).one(db).await? else { return Ok(None) };
    // Only a token that could still be used may shut out others.
    if everywhere && token.revoked_at.is_none() && token.expires_at > now {
        revoke(db, Column::UserId.eq(token.user_id), now).await?;
    } else {
        revoke_family(db, token.family, now).await?;
    }
    Ok(Some(token.user_id))
}

/// Whether a session still runs.
pub(super) async fn is_live(db: &impl ConnectionTrait, family: Uuid) -> Result<bool, DbErr> {
    let found = Entity::find().filter(Column::Family.eq(family)).filter(Column::RevokedAt.is_null()).one(db).await?;
    Ok(found.is_some())
}

/// Deletes what has been over for a day.
pub(super) async fn sweep(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::ExpiresAt.lt(now - Duration::days(1))).exec(db).await?;
    Ok(())
}

enum AccountStatus {
    Good,
    Over,
    Stolen,
}

fn standing(token: &Model, claimed: bool, now: DateTime<Utc>) -> AccountStatus {
    if claimed {
        return AccountStatus::Good;
    }
    match token.rotated_at {
        _ if token.revoked_at.is_some() || token.expires_at <= now => AccountStatus::Over,
        Some(at) if now - at <= GRACE => AccountStatus::Good,
        Some(_) => AccountStatus::Stolen,
        None => AccountStatus::Over,
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
