//! Signing keys from files, for operators who manage keys themselves.

use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use lodgate_entities::signing_key;

use super::super::keys::{ALGORITHM, thumbprint};
use super::IssuerError;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// Reads the keys of these files: the first signs, the others are only accepted.
///
/// # Errors
/// When a file cannot be read or holds something else.
pub(super) fn read_all(files: &[PathBuf]) -> Result<Vec<signing_key::Model>, IssuerError> {
    let mut keys = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
    for other in keys.iter_mut().skip(1) {
        other.signs_from = Some(DateTime::<Utc>::MAX_UTC);
    }
    Ok(keys)
}

/// Reads an Ed25519 key, as `openssl genpkey -algorithm ed25519` writes it (PKCS #8 in PEM).
fn read(file: &Path) -> Result<signing_key::Model, IssuerError> {
    let fault = |rule| IssuerError::File(file.display().to_string(), rule);
    let text = std::fs::read_to_string(file).map_err(|_| fault("cannot be read"))?;
    let private = decoded(&text).ok_or_else(|| fault("is not a private key in PEM"))?;
    let pair = Ed25519KeyPair::from_pkcs8(&private).map_err(|_| fault("is not an Ed25519 key"))?;
    let public = pair.public_key().as_ref();
    Ok(signing_key::Model {
        kid: thumbprint(public),
        algorithm: ALGORITHM.to_owned(),
        public_key: public.to_vec(),
        private_key: private,
        created_at: DateTime::UNIX_EPOCH,
        retired_at: None,
        signs_from: None,
        needed_until: None,
    })
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(BEGIN)?;
    let (body, _) = rest.split_once(END)?;
    BASE64_STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::issuer::key_ring::KeyRing;

    /// The key of RFC 8037, appendix A, in PKCS #8; its thumbprint is given there too.
    const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

    #[test]
    fn the_thumbprint_of_the_standard_key_is_correct() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.pem");
        std::fs::write(&file, KEY).unwrap();
        assert_eq!(read(&file).unwrap().kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn an_unusable_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.pem");
        let refused = |text: Option<&str>| {
            if let Some(text) = text {
                std::fs::write(&file, text).unwrap();
            }
            read(&file).unwrap_err().to_string()
        };
        assert!(refused(None).ends_with("key.pem: cannot be read"));
        assert!(refused(Some("secret")).ends_with("is not a private key in PEM"));
        assert!(refused(Some(&KEY.replace("MC4C", "MC4D"))).ends_with("is not an Ed25519 key"));
    }

    #[test]
    fn the_first_file_signs_and_the_others_are_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<PathBuf> = ["a.pem", "b.pem"].iter().map(|name| folder.path().join(name)).collect();
        std::fs::write(&files[0], KEY).unwrap();
        std::fs::write(&files[1], lodgate_e2e::jws::SigningKey::generate(lodgate_e2e::jws::Algorithm::EdDsa).pem())
            .unwrap();
        let now = DateTime::from_timestamp(1_900_000_000, 0).unwrap();
        for order in [files.clone(), files.into_iter().rev().collect()] {
            let ring = KeyRing::new(&read_all(&order).unwrap()).unwrap();
            assert_eq!(ring.signing(now).unwrap().kid, read(&order[0]).unwrap().kid);
            assert_eq!(ring.jwks(now)["keys"].as_array().unwrap().len(), 2);
        }
    }
}
