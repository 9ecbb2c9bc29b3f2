//! Options of external token issuers.

use clap::Args;

use crate::auth::external::ExternalIssuers;

/// External token issuers.
#[derive(Clone, Debug, Args)]
pub struct ExternalOptions {
    /// Other issuers whose tokens are accepted, as a JSON array of objects: `issuer` (exactly the `iss` claim), `jwksUrl`
    /// (the URL of its keys: https, or http for the local host; redirects are not followed), `audience` (the `aud` claim),
    /// `tenants` (codes of the tenants that it may issue tokens for), `scopes` (the most that its tokens may have, separated by
    /// spaces), `plans` (the plans that it may name, never unmetered), and `algorithms` (default: RS256, PS256, ES256, EdDSA).
    /// Its tokens carry `sub`, `tenant`, `scope`, `plan` and `exp`, at most 24 hours ahead.
    #[arg(long, env, value_name = "JSON", default_value = "", hide_default_value = true)]
    pub external_issuers: ExternalIssuers,
}
