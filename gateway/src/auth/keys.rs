//! Signing keys in the database, shared by all nodes: creation, rotation with an overlap, retirement.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use lodgate_entities::signing_key::{self, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DbErr,
    EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

/// The algorithm of token keys.
pub(super) const ALGORITHM: &str = "EdDSA";
/// Name of the first key. All nodes of a new installation try to insert it; one succeeds.
pub(super) const FIRST_KEY: &str = "1";
/// Row of the cursor secret.
const CURSORS: &str = "cursors";
const CURSORS_ALGORITHM: &str = "HMAC-SHA256";
/// Maximum lifetime of a token from the token endpoint.
pub(crate) const MAX_SERVED: Duration = Duration::from_secs(3_600);
/// Time for which a key is accepted after its last token has expired: clocks differ, and nodes learn a new key late.
const MARGIN: TimeDelta = TimeDelta::minutes(2);

/// A failed operation on keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// No key could be generated.
    #[error("no key could be generated")]
    Generate,
    /// No key has this name, or it is retired.
    #[error("no key in use has the name `{0}`; `lodgate keys list` shows the names")]
    Unknown(String),
    /// It is the only key left to sign with.
    #[error("`{0}` is the only key that is not retiring: run `lodgate keys rotate` first")]
    Last(String),
}

/// The state of a key at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published and accepted; does not sign yet.
    Waiting,
    /// Signs new tokens.
    Signing,
    /// No longer signs; its tokens are accepted until they expire.
    Accepted,
    /// Not accepted.
    Retired,
}

/// The time from which a key signs, and the time until which it is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term {
    signs_from: DateTime<Utc>,
    retired_at: Option<DateTime<Utc>>,
}

impl Term {
    pub(super) fn of(key: &Model) -> Self {
        Self { signs_from: key.signs_from.unwrap_or(key.created_at), retired_at: key.retired_at }
    }

    pub(super) fn is_accepted(self, now: DateTime<Utc>) -> bool {
        self.retired_at.is_none_or(|at| now < at)
    }

    /// Index of the key that signs: of the accepted keys the one that started last, or the one that starts first if none has
    /// started.
    pub(super) fn signing(terms: impl Iterator<Item = Self> + Clone, now: DateTime<Utc>) -> Option<usize> {
        let accepted = terms.enumerate().filter(|(_, term)| term.is_accepted(now));
        let begun = accepted.clone().filter(|(_, term)| term.signs_from <= now).max_by_key(|(_, term)| term.signs_from);
        begun.or_else(|| accepted.min_by_key(|(_, term)| term.signs_from)).map(|(at, _)| at)
    }
}

/// All token keys, oldest first, with their state.
///
/// # Errors
/// Any error of the database.
pub async fn list(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<(Model, KeyState)>, DbErr> {
    let keys = oldest_first().all(db).await?;
    let signing = Term::signing(keys.iter().map(Term::of), now);
    let states = keys.iter().enumerate().map(|(at, key)| match Term::of(key) {
        term if !term.is_accepted(now) => KeyState::Retired,
        _ if signing == Some(at) => KeyState::Signing,
        term if term.signs_from > now => KeyState::Waiting,
        _ => KeyState::Accepted,
    });
    let states: Vec<KeyState> = states.collect();
    Ok(keys.into_iter().zip(states).collect())
}

/// Creates a key that signs after `notice`. Older keys are accepted until every token that they signed by then has
/// expired, and then retire.
///
/// # Errors
/// [`KeyError`].
pub async fn rotate(db: &DatabaseConnection, now: DateTime<Utc>, notice: Duration) -> Result<Model, KeyError> {
    let signs_from = now + TimeDelta::from_std(notice).unwrap_or(TimeDelta::MAX);
    let served = signs_from + TimeDelta::from_std(MAX_SERVED).unwrap_or(TimeDelta::MAX);
    let tx = begin(db).await?;
    for key in locked(&tx, now).await? {
        let ends = key.needed_until.map_or(served, |until| until.max(served)) + MARGIN;
        let ends = key.retired_at.map_or(ends, |at| at.max(ends));
        let mut key = key.into_active_model();
        key.retired_at = Set(Some(ends));
        key.update(&tx).await?;
    }
    let (private, public) = generate()?;
    let key = signing_key::ActiveModel {
        kid: Set(thumbprint(&public)),
        algorithm: Set(ALGORITHM.to_owned()),
        private_key: Set(private),
        public_key: Set(public),
        created_at: Set(now),
        retired_at: Set(None),
        signs_from: Set(Some(signs_from)),
        needed_until: Set(None),
    };
    let key = key.insert(&tx).await?;
    tx.commit().await?;
    Ok(key)
}

/// Retires a key at once, for a key that has leaked. Nodes refuse its tokens within 5 s.
///
/// # Errors
/// [`KeyError`].
pub async fn retire(db: &DatabaseConnection, kid: &str, now: DateTime<Utc>) -> Result<Model, KeyError> {
    let tx = begin(db).await?;
    let keys = locked(&tx, now).await?;
    let Some(key) = keys.iter().find(|key| key.kid == kid) else { return Err(KeyError::Unknown(kid.to_owned())) };
    if !keys.iter().any(|other| other.kid != kid && other.retired_at.is_none()) {
        return Err(KeyError::Last(kid.to_owned()));
    }
    let mut key = key.clone().into_active_model();
    key.retired_at = Set(Some(now));
    let key = key.update(&tx).await?;
    tx.commit().await?;
    Ok(key)
}

/// Keeps a key accepted until `end`, for a token that outlives those of the token endpoint.
///
/// # Errors
/// [`KeyError::Unknown`] when the key has been retired.
pub(crate) async fn keep_until(
    db: &DatabaseConnection,
    kid: &str,
    end: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), KeyError> {
    let tx = begin(db).await?;
    let key = locked(&tx, now).await?.into_iter().find(|key| key.kid == kid);
    let key = key.ok_or_else(|| KeyError::Unknown(kid.to_owned()))?;
    let needed_until = key.needed_until.map_or(end, |until| until.max(end));
    let retired_at = key.retired_at.map(|at| at.max(end + MARGIN));
    let mut key = key.into_active_model();
    key.needed_until = Set(Some(needed_until));
    key.retired_at = Set(retired_at);
    key.update(&tx).await?;
    tx.commit().await?;
    Ok(())
}

/// The keys that are not retired at `now`, oldest first.
pub(super) async fn in_use(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<Model>, DbErr> {
    unretired(now).all(db).await
}

/// Creates the first key unless it exists.
pub(super) async fn insert_first(db: &DatabaseConnection, now: DateTime<Utc>) -> Result<(), KeyError> {
    let (private, public) = generate()?;
    insert_once(db, FIRST_KEY, ALGORITHM, private, public, now).await
}

/// The cursor secret. It is separate from the token keys, so that one kind of signature cannot pass for the other and so
/// that cursors outlive key rotation.
pub(super) async fn cursor_secret(db: &DatabaseConnection, now: DateTime<Utc>) -> Result<[u8; 32], KeyError> {
    let find = || Entity::find_by_id(CURSORS).one(db);
    let mut found = find().await?;
    if found.is_none() {
        // Earlier versions derived it from the oldest key; their cursors stay valid.
        let oldest = oldest_first().one(db).await?;
        let secret = oldest.map_or_else(rand::random, |key| derived(&key.private_key));
        insert_once(db, CURSORS, CURSORS_ALGORITHM, secret.to_vec(), Vec::new(), now).await?;
        found = find().await?;
    }
    found.and_then(|row| row.private_key.try_into().ok()).ok_or(KeyError::Generate)
}

fn derived(private: &[u8]) -> [u8; 32] {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, private);
    let mut key = [0; 32];
    key.copy_from_slice(hmac::sign(&secret, b"lodgate: key of cursors, 1").as_ref());
    key
}

/// The name of a key (RFC 7638), derived from the key itself, so that it is the same on every node.
pub(super) fn thumbprint(public: &[u8]) -> String {
    let x = BASE64_URL_SAFE_NO_PAD.encode(public);
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
}

fn generate() -> Result<(Vec<u8>, Vec<u8>), KeyError> {
    let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::Generate)?;
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).map_err(|_| KeyError::Generate)?;
    Ok((private.as_ref().to_vec(), pair.public_key().as_ref().to_vec()))
}

/// Inserts a row unless it exists. Of two nodes the second one reads the row of the first.
async fn insert_once(
    db: &DatabaseConnection,
    kid: &str,
    algorithm: &str,
    private: Vec<u8>,
    public: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<(), KeyError> {
    let row = signing_key::ActiveModel {
        kid: Set(kid.to_owned()),
        algorithm: Set(algorithm.to_owned()),
        private_key: Set(private),
        public_key: Set(public),
        created_at: Set(now),
        retired_at: Set(None),
        signs_from: Set(None),
        needed_until: Set(None),
    };
    Entity::insert(row).on_conflict_do_nothing_on([Column::Kid]).exec_without_returning(db).await?;
    Ok(())
}

fn oldest_first() -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::Algorithm.eq(ALGORITHM)).order_by_asc(Column::CreatedAt).order_by_asc(Column::Kid)
}

fn unretired(now: DateTime<Utc>) -> sea_orm::Select<Entity> {
    oldest_first().filter(Condition::any().add(Column::RetiredAt.is_null()).add(Column::RetiredAt.gt(now)))
}

/// The keys in use, locked, so that concurrent commands see each other's changes.
async fn locked(tx: &sea_orm::DatabaseTransaction, now: DateTime<Utc>) -> Result<Vec<Model>, DbErr> {
    unretired(now).lock_exclusive().all(tx).await
}

async fn begin(db: &DatabaseConnection) -> Result<sea_orm::DatabaseTransaction, DbErr> {
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    db.begin_with_options(immediate).await
}

#[cfg(test)]
mod tests;
