//! Documents that requests name instead of sending them: automatic persisted queries, which a client registers by sending
//! them once, and trusted documents, which a tenant's developers load.

mod manifest;
mod persisted_queries;
pub mod trusted;

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};

pub use self::manifest::{Listed, ManifestError, read as read_manifest};
pub use self::persisted_queries::PersistedQueries;
pub use self::trusted::TrustedDocuments;

/// SHA-256 of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

/// The text is not a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 has 64 hexadecimal digits")]
pub struct InvalidHash;

impl Hash {
    /// The hash of a text.
    pub fn of(text: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        Self(bytes)
    }

    /// Its 32 bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Hash {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(InvalidHash);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            *byte = digit(pair[0]).ok_or(InvalidHash)? << 4 | digit(pair[1]).ok_or(InvalidHash)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_parsed_and_formatted() {
        // The value of the empty text in the standard's test vectors.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Hash::of("").to_string(), empty);
        assert_eq!(empty.parse(), Ok(Hash::of("")));
        assert_eq!(empty.to_uppercase().parse(), Ok(Hash::of("")));
        for bad in ["", &empty[1..], &empty.replace('e', "g"), &"é".repeat(32)] {
            assert_eq!(bad.parse::<Hash>(), Err(InvalidHash), "{bad}");
        }
    }
}
