//! The keys that this node has loaded.

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{DecodingKey, EncodingKey};
use lodgate_entities::signing_key::Model;

use super::IssuerError;
use crate::auth::keys::Term;

/// The keys, oldest first.
pub(super) struct KeyRing(Vec<Key>);

pub(super) struct Key {
    pub(super) kid: String,
    pub(super) signing: EncodingKey,
    pub(super) verifying: DecodingKey,
    term: Term,
    /// The public key in base64url.
    x: String,
}

impl KeyRing {
    pub(super) fn new(keys: &[Model]) -> Result<Self, IssuerError> {
        keys.iter().map(Key::of).collect::<Result<_, _>>().map(Self)
    }

    /// The key that signs.
    pub(super) fn signing(&self, now: DateTime<Utc>) -> Option<&Key> {
        Term::signing(self.0.iter().map(|key| key.term), now).map(|at| &self.0[at])
    }

    /// The key of this name, if it is accepted.
    pub(super) fn accepted(&self, kid: &str, now: DateTime<Utc>) -> Option<&Key> {
        self.0.iter().find(|key| key.kid == kid && key.term.is_accepted(now))
    }

    /// Whether a key of this name is loaded, accepted or not.
    pub(super) fn knows(&self, kid: &str) -> bool {
        self.0.iter().any(|key| key.kid == kid)
    }

    /// The public keys that are accepted.
    pub(super) fn jwks(&self, now: DateTime<Utc>) -> serde_json::Value {
        let published = self.0.iter().filter(|key| key.term.is_accepted(now)).map(|key| {
            serde_json::json!({
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.kid, "x": key.x,
            })
        });
        serde_json::json!({ "keys": published.collect::<Vec<_>>() })
    }
}

impl Key {
    fn of(key: &Model) -> Result<Self, IssuerError> {
        let unusable = || IssuerError::Key(key.kid.clone());
        Ed25519KeyPair::from_pkcs8(&key.private_key).map_err(|_| unusable())?;
        let x = BASE64_URL_SAFE_NO_PAD.encode(&key.public_key);
        Ok(Self {
            kid: key.kid.clone(),
            signing: EncodingKey::from_ed_der(&key.private_key),
            verifying: DecodingKey::from_ed_components(&x).map_err(|_| unusable())?,
            term: Term::of(key),
            x,
        })
    }
}
