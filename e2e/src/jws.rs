//! Signed tokens of any form, also of forms that no correct issuer makes.

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
        RsaKeyPair,
    },
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

/// The algorithm of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA, PKCS #1, SHA-256.
    Rs256,
    /// RSA, PSS, SHA-256.
    Ps256,
    /// ECDSA on P-256, SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The name in headers and keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// A private key.
#[derive(Debug)]
pub struct SigningKey {
    kind: PrivateKey,
    algorithm: Algorithm,
}

#[derive(Debug)]
enum PrivateKey {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair, Vec<u8>),
}

impl SigningKey {
    /// Generates a key.
    ///
    /// # Panics
    /// When the system has no source of randomness.
    pub fn generate(algorithm: Algorithm) -> Self {
        let random = SystemRandom::new();
        let kind = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => RsaKeyPair::generate(KeySize::Rsa2048).map(PrivateKey::Rsa),
            Algorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(PrivateKey::Ec),
            Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(&random).map(|document| {
                let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("the key just made");
                PrivateKey::Ed(pair, document.as_ref().to_vec())
            }),
        };
        Self { kind: kind.expect("a key"), algorithm }
    }

    /// The private key as a file (PKCS #8, PEM).
    ///
    /// # Panics
    /// When the algorithm is not Ed25519.
    pub fn pem(&self) -> String {
        let PrivateKey::Ed(_, pkcs8) = &self.kind else { panic!("only Ed25519 keys are supported in files") };
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64_STANDARD.encode(pkcs8))
    }

    /// The public key (RFC 7517).
    pub fn jwk(&self, kid: &str) -> Value {
        let mut jwk = match &self.kind {
            PrivateKey::Rsa(pair) => {
                // A DER sequence of two numbers: 9 bytes of headers, the modulus of 256 bytes, and the exponent 65,537.
                let modulus = &pair.public_key().as_ref()[9..265];
                json!({ "kty": "RSA", "n": encode(modulus), "e": "AQAB" })
            }
            PrivateKey::Ec(pair) => {
                // A point: the byte 4, then both coordinates.
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) })
            }
            PrivateKey::Ed(pair, _) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref()) })
            }
        };
        jwk["kid"] = json!(kid);
        jwk["alg"] = json!(self.algorithm.name());
        jwk["use"] = json!("sig");
        jwk
    }

    /// The usual header for this key.
    pub fn header(&self, kid: &str) -> Value {
        json!({ "alg": self.algorithm.name(), "typ": "JWT", "kid": kid })
    }

    /// A token of this header and these claims with a valid signature, whatever they contain.
    ///
    /// # Panics
    /// When the system has no source of randomness.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let (bytes, random) = (message.as_bytes(), SystemRandom::new());
        let signature = match &self.kind {
            PrivateKey::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = match self.algorithm {
                    Algorithm::Ps256 => pair.sign(&RSA_PSS_SHA256, &random, bytes, &mut signature),
                    _ => pair.sign(&RSA_PKCS1_SHA256, &random, bytes, &mut signature),
                };
                signed.expect("a signature");
                signature
            }
            PrivateKey::Ec(pair) => pair.sign(&random, bytes).expect("a signature").as_ref().to_vec(),
            PrivateKey::Ed(pair, _) => pair.sign(bytes).as_ref().to_vec(),
        };
        format!("{message}.{}", encode(&signature))
    }

    /// A token signed by HS256 with the public key as the secret (algorithm confusion).
    pub fn confuse(&self, kid: &str, claims: &Value) -> String {
        let message = message(&json!({ "alg": "HS256", "typ": "JWT", "kid": kid }), claims);
        let public = match &self.kind {
            PrivateKey::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            PrivateKey::Ec(pair) => pair.public_key().as_ref().to_vec(),
            PrivateKey::Ed(pair, _) => pair.public_key().as_ref().to_vec(),
        };
        let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &public), message.as_bytes());
        format!("{message}.{}", encode(signature.as_ref()))
    }
}

/// A token without a signature.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.", message(header, claims))
}

fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()))
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
