//! Random credentials: API client secrets and refresh tokens.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// A credential of 256 random bits. Only its SHA-256 is stored. Unlike a password it cannot be guessed, so a slow hash
/// would add cost to every token request and no protection.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Generates one: `prefix` and 43 characters. Scanners for leaked credentials recognise the prefix.
    pub fn new(prefix: &str) -> Self {
        let bits: [u8; 32] = rand::random();
        Self(format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(bits)))
    }

    /// The credential in clear, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Its hash for storage, 32 bytes.
    pub fn hash(&self) -> Vec<u8> {
        hash(&self.0)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// SHA-256 of a presented credential.
pub(super) fn hash(presented: &str) -> Vec<u8> {
    digest(&SHA256, presented.as_bytes()).as_ref().to_vec()
}

/// A hash in lower-case hexadecimal.
pub(super) fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares two hashes in constant time.
pub(super) fn agree(left: &str, right: &str) -> bool {
    verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_again_by_its_hash_and_not_shown_in_logs() {
        let secret = Secret::new("lgs_");
        assert!(secret.reveal().starts_with("lgs_") && secret.reveal().len() == 47);
        assert_eq!(secret.hash(), hash(secret.reveal()));
        assert_ne!(secret, Secret::new("lgs_"));
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(hex(&[0, 171]), "00ab");
    }
}
