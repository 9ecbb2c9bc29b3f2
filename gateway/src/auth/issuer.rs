//! The built-in token issuer. Its key lives in the database, so that every node signs and accepts the same, unless an
//! option names a file with another.

mod key_file;

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use lodgate_entities::signing_key;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::claims::WireClaims;
use super::{AUDIENCE, AuthError, Claims, Grant};
use crate::clock::Clock;
use crate::config::IssuerOptions;

/// The only algorithm. A token that names another is refused whatever its signature.
const ALGORITHM: Algorithm = Algorithm::EdDSA;
/// The key of the first start. All nodes of a new installation try to insert this name; one of them succeeds.
const FIRST_KEY: &str = "1";
/// Longer tokens are refused unread, in bytes.
const LONGEST_TOKEN: usize = 8_192;

/// Why the issuer cannot work.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// No key could be made, or a stored one is none.
    #[error("the signing key {0} cannot be used")]
    Key(String),
    /// The file that was named holds no usable key.
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
    kid: String,
    signing: EncodingKey,
    accepted: HashMap<String, DecodingKey>,
    validation: Validation,
    jwks: serde_json::Value,
    cursor_key: [u8; 32],
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer").field("name", &self.inner.name).field("kid", &self.inner.kid).finish_non_exhaustive()
    }
}

impl Issuer {
    /// The issuer that the options describe: over the key of their file, else over the database's.
    ///
    /// # Errors
    /// When the file or the database cannot be read, or holds a key that is none.
    pub async fn configured(
        db: &DatabaseConnection,
        options: &IssuerOptions,
        clock: Clock,
    ) -> Result<Self, IssuerError> {
        match &options.signing_key_file {
            Some(file) => Self::over(&options.token_issuer, clock, &[key_file::read(file)?]),
            None => Self::open(db, &options.token_issuer, clock).await,
        }
    }

    /// Opens the issuer called `name` over the database's keys; on the first start makes one. `db` must be able to
    /// write.
    ///
    /// # Errors
    /// When the database fails or holds a key that is none.
    pub async fn open(db: &DatabaseConnection, name: &str, clock: Clock) -> Result<Self, IssuerError> {
        let mut keys = keys(db).await?;
        if keys.is_empty() {
            insert_first(db, &clock).await?;
            keys = self::keys(db).await?;
        }
        Self::over(name, clock, &keys)
    }

    /// Signs with the last of the keys and accepts them all.
    fn over(name: &str, clock: Clock, keys: &[signing_key::Model]) -> Result<Self, IssuerError> {
        let newest = keys.last().ok_or_else(|| IssuerError::Key(FIRST_KEY.to_owned()))?;
        let unusable = |key: &signing_key::Model| IssuerError::Key(key.kid.clone());
        let mut accepted = HashMap::new();
        let mut published = Vec::new();
        for key in keys {
            Ed25519KeyPair::from_pkcs8(&key.private_key).map_err(|_| unusable(key))?;
            let x = BASE64_URL_SAFE_NO_PAD.encode(&key.public_key);
            accepted.insert(key.kid.clone(), DecodingKey::from_ed_components(&x).map_err(|_| unusable(key))?);
            published.push(serde_json::json!({
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.kid, "x": x,
            }));
        }
        // Cursors outlive nodes as tokens do, so their key comes from the shared one. It is another key, so that
        // neither kind of signature can pass for the other.
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &keys[0].private_key);
        let mut cursor_key = [0; 32];
        cursor_key.copy_from_slice(hmac::sign(&secret, b"lodgate: key of cursors, 1").as_ref());
        Ok(Self {
            inner: Arc::new(Inner {
                name: name.to_owned(),
                clock,
                kid: newest.kid.clone(),
                signing: EncodingKey::from_ed_der(&newest.private_key),
                accepted,
                validation: validation(name),
                jwks: serde_json::json!({ "keys": published }),
                cursor_key,
            }),
        })
    }

    /// A token that says what `grant` says, good from now.
    ///
    /// # Errors
    /// When signing fails, which a usable key rules out.
    pub fn sign(&self, grant: &Grant) -> Result<String, IssuerError> {
        let claims = WireClaims::new(&self.inner.name, grant, self.inner.clock.now());
        let mut header = Header::new(ALGORITHM);
        header.kid = Some(self.inner.kid.clone());
        Ok(jsonwebtoken::encode(&header, &claims, &self.inner.signing)?)
    }

    /// What a token of this issuer says. Whether its subject was shut out meanwhile is not known here.
    ///
    /// # Errors
    /// [`AuthError::Expired`], or [`AuthError::Invalid`] with what is wrong.
    pub fn verify(&self, token: &str) -> Result<Claims, AuthError> {
        if token.len() > LONGEST_TOKEN {
            return Err(AuthError::Invalid("length"));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| AuthError::Invalid("header"))?;
        if header.alg != ALGORITHM {
            return Err(AuthError::Invalid("algorithm"));
        }
        // A token must not bring its own key, nor demand what we do not know.
        let foreign = header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some();
        if foreign || header.crit.is_some() {
            return Err(AuthError::Invalid("header"));
        }
        let key = header.kid.as_deref().and_then(|kid| self.inner.accepted.get(kid));
        let key = key.ok_or(AuthError::Invalid("key"))?;
        let token = jsonwebtoken::decode::<WireClaims>(token, key, &self.inner.validation);
        let token = token.map_err(|error| AuthError::Invalid(fault(error.kind())))?;
        token.claims.check(self.inner.clock.now())
    }

    /// The public keys, as RFC 7517 writes them.
    pub fn jwks(&self) -> serde_json::Value {
        self.inner.jwks.clone()
    }

    /// The key that signs cursors, the same on every node.
    pub fn cursor_key(&self) -> [u8; 32] {
        self.inner.cursor_key
    }
}

/// The library's defaults check the expiry alone, and audience and issuer only where present. The times are checked by
/// us, as our clock is the one that tests can move.
fn validation(issuer: &str) -> Validation {
    let mut validation = Validation::new(ALGORITHM);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

fn fault(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidSignature => "signature",
        ErrorKind::InvalidAudience => "audience",
        ErrorKind::InvalidIssuer => "issuer",
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::Json(_) => "claims",
        _ => "form",
    }
}

/// The keys in use, oldest first.
async fn keys(db: &DatabaseConnection) -> Result<Vec<signing_key::Model>, DbErr> {
    signing_key::Entity::find()
        .filter(signing_key::Column::RetiredAt.is_null())
        .filter(signing_key::Column::Algorithm.eq("EdDSA"))
        .order_by_asc(signing_key::Column::CreatedAt)
        .order_by_asc(signing_key::Column::Kid)
        .all(db)
        .await
}

async fn insert_first(db: &DatabaseConnection, clock: &Clock) -> Result<(), IssuerError> {
    let unusable = || IssuerError::Key(FIRST_KEY.to_owned());
    let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| unusable())?;
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).map_err(|_| unusable())?;
    let key = signing_key::ActiveModel {
        kid: Set(FIRST_KEY.to_owned()),
        algorithm: Set("EdDSA".to_owned()),
        private_key: Set(private.as_ref().to_vec()),
        public_key: Set(pair.public_key().as_ref().to_vec()),
        created_at: Set(clock.now()),
        retired_at: Set(None),
    };
    // Another node may be faster; whoever comes second reads the first one's.
    signing_key::Entity::insert(key)
        .on_conflict_do_nothing_on([signing_key::Column::Kid])
        .exec_without_returning(db)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
