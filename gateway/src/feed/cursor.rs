//! Cursors: the signed position of a subscriber. A client cannot forge one.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lodgate_entities::ids::{PropertyId, TenantId};
use serde::{Deserialize, Serialize};

/// Version of the layout.
const VERSION: u8 = 1;
const SIGNATURE: usize = 16;

/// The position of a subscriber: the latest event and its tag per property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Its tenant.
    pub tenant: TenantId,
    /// Hash of the subscription's filter; 0 for the cursor of a write.
    pub filter: u64,
    /// Ascending by property.
    pub positions: Vec<Position>,
}

/// The position at one property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The property.
    pub property: PropertyId,
    /// Latest event seen, whether or not the subscriber may see its content.
    pub seq: i64,
    /// Its tag.
    pub tag: i64,
    /// Latest event delivered: the next message links to it.
    pub delivered_seq: i64,
}

/// The key that signs cursors; the same on all nodes.
#[derive(Clone)]
pub struct CursorKey(hmac::Key);

impl CursorKey {
    /// A key from 32 secret bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The cursor as opaque text.
    pub fn encode(&self, cursor: &Cursor) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(postcard::to_stdvec(cursor).unwrap_or_default());
        let signature = hmac::sign(&self.0, &bytes);
        bytes.extend_from_slice(&signature.as_ref()[..SIGNATURE]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The reverse of [`CursorKey::encode`]; `None` for text that this key did not sign.
    pub fn decode(&self, text: &str) -> Option<Cursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, signature) = bytes.split_at_checked(bytes.len().checked_sub(SIGNATURE)?)?;
        let expected = hmac::sign(&self.0, body);
        let same =
            aws_lc_rs::constant_time::verify_slices_are_equal(&expected.as_ref()[..SIGNATURE], signature).is_ok();
        let (version, payload) = body.split_first()?;
        (same && *version == VERSION).then(|| postcard::from_bytes(payload).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_decodes_only_with_its_key_and_unchanged() {
        let key = CursorKey::new(&[7; 32]);
        let cursor = Cursor {
            tenant: TenantId(3),
            filter: 9,
            positions: vec![Position { property: PropertyId(1), seq: 42, tag: -5, delivered_seq: 40 }],
        };
        let text = key.encode(&cursor);
        assert_eq!(key.decode(&text), Some(cursor));
        assert_eq!(CursorKey::new(&[8; 32]).decode(&text), None);
        let mut forged = text.into_bytes();
        forged[3] = if forged[3] == b'A' { b'B' } else { b'A' };
        assert_eq!(key.decode(std::str::from_utf8(&forged).unwrap()), None);
        assert_eq!(key.decode("x"), None);
    }
}
