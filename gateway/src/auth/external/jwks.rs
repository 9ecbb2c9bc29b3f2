//! A JSON Web Key Set (RFC 7517): the usable public keys and their algorithms.

use std::collections::HashMap;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

use super::trust_policy::algorithm;

/// Maximum number of keys per issuer; further ones are ignored.
const MAX_KEYS: usize = 64;

/// A key and its only algorithm (RFC 8725 section 3.1).
#[derive(Clone, Debug)]
pub(super) struct PublicKey {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// Keys by name.
pub(super) type Keys = HashMap<String, PublicKey>;

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// The usable keys of a set. Keys for another use, without an allowed algorithm or without a name are skipped, as the RFC
/// requires. Of two keys with one name the first counts.
///
/// # Errors
/// When it is not a set, or has no usable key: that is taken as a mistake, not as a withdrawal of all keys.
pub(super) fn read(text: &[u8], allowed: &[Algorithm]) -> Result<Keys, &'static str> {
    let set: Set = serde_json::from_slice(text).map_err(|_| "the response is not a set of keys")?;
    let mut keys = Keys::new();
    for value in set.keys.into_iter().take(MAX_KEYS) {
        let Ok(jwk) = serde_json::from_value::<Jwk>(value) else { continue };
        if let Some((kid, key)) = usable(&jwk, allowed) {
            keys.entry(kid).or_insert(key);
        }
    }
    if keys.is_empty() { Err("the set has no usable key") } else { Ok(keys) }
}

fn usable(jwk: &Jwk, allowed: &[Algorithm]) -> Option<(String, PublicKey)> {
    let common = &jwk.common;
    let kid = common.key_id.clone().filter(|kid| !kid.is_empty())?;
    let signs = common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let verifies = common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    if !signs || !verifies {
        return None;
    }
    // Symmetric keys and unknown curves are never usable.
    let possible: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => &[Algorithm::RS256, Algorithm::PS256],
        AlgorithmParameters::EllipticCurve(point) if point.curve == EllipticCurve::P256 => &[Algorithm::ES256],
        AlgorithmParameters::OctetKeyPair(point) if point.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
        _ => &[],
    };
    // A key without `alg` is restricted to one algorithm too.
    let algorithm = match &common.key_algorithm {
        Some(named) => {
            algorithm(&named.to_string()).filter(|named| possible.contains(named) && allowed.contains(named))
        }
        None => possible.iter().copied().find(|one| allowed.contains(one)),
    }?;
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some((kid, PublicKey { algorithm, key }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ALL: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

    fn rsa() -> Value {
        json!({ "kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB" })
    }

    fn algorithm_of(jwk: &Value, allowed: &[Algorithm]) -> Option<Algorithm> {
        let set = json!({ "keys": [jwk] }).to_string();
        read(set.as_bytes(), allowed).ok().map(|keys| keys.values().next().unwrap().algorithm)
    }

    #[test]
    fn a_key_has_one_allowed_algorithm() {
        assert_eq!(algorithm_of(&rsa(), &ALL), Some(Algorithm::RS256));
        assert_eq!(algorithm_of(&rsa(), &[Algorithm::PS256]), Some(Algorithm::PS256));
        assert_eq!(algorithm_of(&rsa(), &[Algorithm::ES256]), None);
        let with = |name: &str, value: Value| {
            let mut jwk = rsa();
            jwk[name] = value;
            jwk
        };
        assert_eq!(algorithm_of(&with("alg", json!("PS256")), &ALL), Some(Algorithm::PS256));
        for (name, value) in [
            ("alg", json!("RS512")),
            ("alg", json!("HS256")),
            ("alg", json!("ES256")),
            ("alg", json!("none")),
            ("use", json!("enc")),
            ("key_ops", json!(["encrypt"])),
            ("kid", json!("")),
            ("kid", json!(null)),
            ("n", json!("not base64")),
        ] {
            assert_eq!(algorithm_of(&with(name, value.clone()), &ALL), None, "{name} = {value}");
        }
    }

    #[test]
    fn a_symmetric_key_is_refused() {
        assert_eq!(algorithm_of(&json!({ "kty": "oct", "kid": "a", "alg": "HS256", "k": "AAAA" }), &ALL), None);
        let x = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(
            algorithm_of(&json!({ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": x }), &ALL),
            Some(Algorithm::EdDSA)
        );
        assert_eq!(
            algorithm_of(&json!({ "kty": "EC", "crv": "P-256", "kid": "a", "x": x, "y": x }), &ALL),
            Some(Algorithm::ES256)
        );
        assert_eq!(algorithm_of(&json!({ "kty": "EC", "crv": "P-384", "kid": "a", "x": x, "y": x }), &ALL), None);
    }

    #[test]
    fn unusable_keys_are_skipped() {
        let set = json!({ "keys": [{ "kty": "quantum" }, 7, { "kty": "oct", "kid": "s", "k": "AAAA" }, rsa(), rsa()] });
        assert_eq!(read(set.to_string().as_bytes(), &ALL).unwrap().len(), 1);
        for bad in ["", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#, "<html>"] {
            assert!(read(bad.as_bytes(), &ALL).is_err(), "{bad}");
        }
    }
}
