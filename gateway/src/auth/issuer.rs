//! The built-in token issuer. Its keys are in the database, shared by all nodes, unless an option names key files.

mod key_file;
mod key_ring;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, Header, Validation};
use sea_orm::{DatabaseConnection, DbErr};
use tokio::sync::Mutex;

use self::key_ring::KeyRing;
use super::claims::WireClaims;
use super::keys::{self, KeyError};
use super::verified_tokens::{VerifiedTokens, fingerprint};
use super::{AUDIENCE, AuthError, Claims, Grant, jwt_header};
use crate::clock::Clock;

/// The only algorithm. A token with another `alg` is refused.
const ALGORITHM: Algorithm = Algorithm::EdDSA;
/// Interval at which the keys are read from the database, so that websockets with a retired key close within 5 s.
const RELOAD: Duration = Duration::from_secs(3);
/// Minimum time between two reads. A token with an unknown key triggers a read, and anybody can send such tokens.
const MIN_RELOAD_INTERVAL: TimeDelta = TimeDelta::seconds(1);

/// An error of the issuer.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// No key could be generated.
    #[error(transparent)]
    Make(#[from] KeyError),
    /// The key does not exist or is unusable.
    #[error("the signing key {0} cannot be used")]
    Key(String),
    /// The file holds no usable key.
    #[error("the signing key file {0}: {1}")]
    File(String, &'static str),
    /// Signing failed.
    #[error("cannot sign a token: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

/// Signs and verifies tokens. Cheap to clone.
#[derive(Clone)]
pub struct Issuer {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    clock: Clock,
    /// Database from which keys are reloaded; `None` with key files, which are read once.
    source: Option<DatabaseConnection>,
    ring: RwLock<Arc<KeyRing>>,
    loaded_at: Mutex<DateTime<Utc>>,
    validation: Validation,
    verified: VerifiedTokens,
    cursor_key: [u8; 32],
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer").field("name", &self.inner.name).finish_non_exhaustive()
    }
}

impl Issuer {
    /// The issuer called `name` with the keys in `files`, or with the database's keys when no file is named.
    ///
    /// # Errors
    /// When a file or the database cannot be read, or holds an unusable key.
    pub async fn configured(
        read: &DatabaseConnection,
        write: &DatabaseConnection,
        name: &str,
        files: &[PathBuf],
        clock: Clock,
    ) -> Result<Self, IssuerError> {
        if files.is_empty() {
            return Self::open(read, write, name, clock).await;
        }
        let ring = KeyRing::new(&key_file::read_all(files)?)?;
        let cursor_key = keys::cursor_secret(write, clock.now()).await?;
        Ok(Self::new(name, clock, ring, None, cursor_key))
    }

    /// Opens the issuer called `name` with the database's keys; creates the first key when there is none.
    ///
    /// # Errors
    /// When the database fails or holds an unusable key.
    pub async fn open(
        read: &DatabaseConnection,
        write: &DatabaseConnection,
        name: &str,
        clock: Clock,
    ) -> Result<Self, IssuerError> {
        let mut found = keys::in_use(write, clock.now()).await?;
        if found.is_empty() {
            keys::insert_first(write, clock.now()).await?;
            found = keys::in_use(write, clock.now()).await?;
        }
        let cursor_key = keys::cursor_secret(write, clock.now()).await?;
        Ok(Self::new(name, clock, KeyRing::new(&found)?, Some(read.clone()), cursor_key))
    }

    fn new(name: &str, clock: Clock, ring: KeyRing, source: Option<DatabaseConnection>, cursor_key: [u8; 32]) -> Self {
        let loaded_at = Mutex::new(clock.now());
        let (ring, validation) = (RwLock::new(Arc::new(ring)), validation(name));
        let (name, verified) = (name.to_owned(), VerifiedTokens::default());
        Self { inner: Arc::new(Inner { name, clock, source, ring, loaded_at, validation, verified, cursor_key }) }
    }

    /// The `iss` claim of its tokens.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Signs a token for `grant`, valid from now.
    ///
    /// # Errors
    /// When no key can sign.
    pub fn sign(&self, grant: &Grant) -> Result<String, IssuerError> {
        self.sign_with_name(grant).map(|(token, _)| token)
    }

    /// As [`sign`](Self::sign), with the name of the key.
    pub(crate) fn sign_with_name(&self, grant: &Grant) -> Result<(String, String), IssuerError> {
        let now = self.inner.clock.now();
        let ring = self.ring();
        let key = ring.signing(now).ok_or_else(|| IssuerError::Key("in use".to_owned()))?;
        let claims = WireClaims::new(&self.inner.name, grant, now);
        let mut header = Header::new(ALGORITHM);
        header.kid = Some(key.kid.clone());
        Ok((jsonwebtoken::encode(&header, &claims, &key.signing)?, key.kid.clone()))
    }

    /// Verifies a token of this issuer against the loaded keys. The state of its subject is not checked here.
    ///
    /// # Errors
    /// [`AuthError::Expired`], or [`AuthError::Invalid`] with the reason.
    pub fn verify(&self, token: &str) -> Result<Claims, AuthError> {
        let header = jwt_header::read(token)?;
        if header.alg != ALGORITHM {
            return Err(AuthError::Invalid("algorithm"));
        }
        let now = self.inner.clock.now();
        let ring = self.ring();
        let kid = header.kid.ok_or(AuthError::Invalid("key"))?;
        let key = ring.accepted(&kid, now).ok_or(AuthError::Invalid("key"))?;
        let token = jsonwebtoken::decode::<WireClaims>(token, &key.verifying, &self.inner.validation);
        let token = token.map_err(|error| AuthError::Invalid(jwt_header::fault(error.kind())))?;
        token.claims.check(kid, now)
    }

    /// As [`verify`](Self::verify), but reloads the keys when the token's key is unknown. A verified signature is cached
    /// until the token expires or its key retires.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_or_reload(&self, token: &str) -> Result<Claims, AuthError> {
        let fingerprint = fingerprint(token);
        let known = self.inner.verified.get(&fingerprint, self.inner.clock.now());
        if let Some(claims) = known.filter(|claims| self.accepts(&claims.kid)) {
            return Ok(claims);
        }
        let kid = jwt_header::read(token)?.kid.ok_or(AuthError::Invalid("key"))?;
        if !self.ring().knows(&kid) {
            self.reload().await;
        }
        let claims = self.verify(token)?;
        self.inner.verified.insert(fingerprint, claims.clone());
        Ok(claims)
    }

    /// Whether tokens signed by this key are accepted.
    pub(super) fn accepts(&self, kid: &str) -> bool {
        self.ring().accepted(kid, self.inner.clock.now()).is_some()
    }

    /// The public keys that are not retired, as a JSON Web Key Set (RFC 7517).
    pub fn jwks(&self) -> serde_json::Value {
        self.ring().jwks(self.inner.clock.now())
    }

    /// The key that signs cursors, the same on every node; it never changes.
    pub fn cursor_key(&self) -> [u8; 32] {
        self.inner.cursor_key
    }

    /// Reloads the keys periodically, to follow other nodes and commands. Never returns.
    pub(super) async fn keep_reloading(&self) {
        let mut tick = tokio::time::interval(RELOAD);
        loop {
            tick.tick().await;
            self.reload().await;
        }
    }

    /// Reloads the keys unless they were just loaded. While the database is unavailable, the loaded keys stay in use.
    pub(super) async fn reload(&self) {
        let inner = &self.inner;
        let Some(db) = &inner.source else { return };
        // Tasks that waited for the lock find that the keys were just loaded.
        let mut loaded_at = inner.loaded_at.lock().await;
        let now = inner.clock.now();
        if (TimeDelta::zero()..MIN_RELOAD_INTERVAL).contains(&(now - *loaded_at)) {
            return;
        }
        *loaded_at = now;
        let read = keys::in_use(db, now).await.map_err(IssuerError::from).and_then(|keys| KeyRing::new(&keys));
        match read {
            Ok(ring) => *inner.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring),
            Err(error) => tracing::warn!(%error, "the signing keys cannot be read: the loaded ones stay in use"),
        }
    }

    fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.inner.ring.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The library's defaults check only the expiry, and audience and issuer only if present. The times are checked in
/// [`WireClaims::check`], against the clock that tests can move.
fn validation(issuer: &str) -> Validation {
    let mut validation = Validation::new(ALGORITHM);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

#[cfg(test)]
mod tests;
