//! A signing key from a file, for operators who keep their keys themselves.

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use chrono::DateTime;
use lodgate_entities::signing_key;

use super::IssuerError;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// Reads an Ed25519 key, as `openssl genpkey -algorithm ed25519` writes it (PKCS #8 in PEM).
///
/// # Errors
/// When the file cannot be read or holds something else.
pub(super) fn read(file: &Path) -> Result<signing_key::Model, IssuerError> {
    let fault = |rule| IssuerError::File(file.display().to_string(), rule);
    let text = std::fs::read_to_string(file).map_err(|_| fault("cannot be read"))?;
    let private = decoded(&text).ok_or_else(|| fault("is no private key in PEM"))?;
    let pair = Ed25519KeyPair::from_pkcs8(&private).map_err(|_| fault("is no Ed25519 key"))?;
    let public = pair.public_key().as_ref();
    Ok(signing_key::Model {
        kid: thumbprint(public),
        algorithm: "EdDSA".to_owned(),
        public_key: public.to_vec(),
        private_key: private,
        created_at: DateTime::UNIX_EPOCH,
        retired_at: None,
    })
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(BEGIN)?;
    let (body, _) = rest.split_once(END)?;
    BASE64_STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}

/// RFC 7638: the same on every node that has the key, another for another key.
fn thumbprint(public: &[u8]) -> String {
    let x = BASE64_URL_SAFE_NO_PAD.encode(public);
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 8037, appendix A, in PKCS #8; its thumbprint is given there too.
    const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

    #[test]
    fn the_key_of_the_standard_has_its_thumbprint() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.pem");
        std::fs::write(&file, KEY).unwrap();
        assert_eq!(read(&file).unwrap().kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn whatever_else_is_told_by_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.pem");
        let refused = |text: Option<&str>| {
            if let Some(text) = text {
                std::fs::write(&file, text).unwrap();
            }
            read(&file).unwrap_err().to_string()
        };
        assert!(refused(None).ends_with("key.pem: cannot be read"));
        assert!(refused(Some("secret")).ends_with("is no private key in PEM"));
        assert!(refused(Some(&KEY.replace("MC4C", "MC4D"))).ends_with("is no Ed25519 key"));
    }
}
