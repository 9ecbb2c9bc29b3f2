//! Options of the built-in token issuer.

use std::path::PathBuf;

use clap::Args;

/// Built-in token issuer.
#[derive(Clone, Debug, Args)]
pub struct IssuerOptions {
    /// Name in the `iss` claim of the tokens. It must be the same on every node and in every command.
    #[arg(long, env = "TOKEN_ISSUER", value_name = "NAME", default_value = "lodgate")]
    pub token_issuer: String,
    /// Files with Ed25519 token keys (PKCS #8, PEM), separated by commas, instead of the keys in the database, which the
    /// first start creates. The list must be the same on every node. The first key signs; the others are only accepted and
    /// published. To rotate, append the new key, then move it to the front, then remove the old one.
    #[arg(long, env, value_name = "FILES", value_delimiter = ',')]
    pub signing_key_file: Vec<PathBuf>,
}
