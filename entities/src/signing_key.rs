//! The keys of the built-in token issuer and the secret of cursors, shared by all nodes.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// One key pair, or the secret of cursors.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    /// The name of the key in a token's header.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub kid: String,
    /// `EdDSA`; `HMAC-SHA256` for the secret of cursors, which signs no token.
    #[sea_orm(column_type = "Text")]
    pub algorithm: String,
    /// The private key, PKCS#8; for cursors 32 random bytes.
    pub private_key: Vec<u8>,
    /// The public key, 32 bytes; for cursors empty.
    pub public_key: Vec<u8>,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
    /// Time from which it signs nothing and is not accepted. A rotated key gets one in the future, after the end of the
    /// last token that it signed.
    pub retired_at: Option<DateTime<Utc>>,
    /// Time from which it signs; null = its creation. Before that it is published and accepted, so that every verifier
    /// has it in time.
    pub signs_from: Option<DateTime<Utc>>,
    /// End of the longest token that it signed, where that is longer than those of the token endpoint.
    pub needed_until: Option<DateTime<Utc>>,
}

// Not derived, so that no log line shows the private key.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .field("created_at", &self.created_at)
            .field("retired_at", &self.retired_at)
            .field("signs_from", &self.signs_from)
            .finish_non_exhaustive()
    }
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
