//! The gateway's command line: access tokens and audits.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use tokio::task::spawn_blocking;

use crate::process;

/// The kind of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantKind {
    /// A hotel or a group of hotels.
    Supplier,
    /// A company that sells the rooms of suppliers.
    Partner,
    /// The company that runs the gateway.
    Operator,
}

impl TenantKind {
    /// All scopes that are of use to a tenant of this kind.
    pub fn scopes(self) -> &'static str {
        match self {
            Self::Supplier => "inventory:read inventory:write reservations:read reservations:write tenant:admin",
            Self::Partner => "inventory:read reservations:read reservations:write",
            Self::Operator => "inventory:read reservations:read tenant:admin",
        }
    }
}

impl fmt::Display for TenantKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Supplier => "supplier",
            Self::Partner => "partner",
            Self::Operator => "operator",
        })
    }
}

/// The gateway's binary, and the environment that points it at its database.
#[derive(Clone, Debug)]
pub struct Cli {
    binary: PathBuf,
    environment: Vec<(String, String)>,
}

/// The result of `lodgate audit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// The number of mismatches, such as a cell whose counts are not the sum of its draws; 0 is sound.
    pub drift: u64,
    /// The whole output.
    pub text: String,
}

impl Cli {
    /// `environment` is added to the environment of this process.
    pub fn new(binary: &Path, environment: &[(String, String)]) -> Self {
        Self { binary: binary.to_owned(), environment: environment.to_vec() }
    }

    /// A bearer token for the tenant of this code, valid for a day; creates the tenant when it is missing.
    ///
    /// # Errors
    /// With the output of the command, when it failed.
    pub async fn token(&self, tenant: &str, kind: TenantKind, scopes: &str, plan: &str) -> Result<String> {
        let mut command = self.command("token");
        command.args(["--tenant", tenant, "--scope", scopes, "--plan", plan, "--ttl", "24h"]);
        command.args(["--create", &kind.to_string()]);
        let token = spawn_blocking(move || process::output(&mut command)).await??.trim().to_owned();
        ensure!(!token.is_empty() && !token.contains(char::is_whitespace), "`lodgate token` printed no token: {token}");
        Ok(token)
    }

    /// A token of an existing tenant, with all scopes of its kind and no limits, valid for `seconds`.
    ///
    /// # Errors
    /// With the output of the command, when it failed.
    pub async fn short_token(&self, tenant: &str, seconds: u64) -> Result<String> {
        let mut command = self.command("token");
        command.args(["--tenant", tenant, "--plan", "unmetered", "--ttl", &format!("{seconds}s")]);
        Ok(spawn_blocking(move || process::output(&mut command)).await??.trim().to_owned())
    }

    /// Audits the whole database.
    ///
    /// # Errors
    /// When the command gave no result. Drift is not an error.
    pub async fn audit(&self) -> Result<AuditReport> {
        let mut command = self.command("audit");
        let output = spawn_blocking(move || command.output()).await?.context("cannot run `lodgate audit`")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let drift = text.lines().find_map(|line| line.trim().strip_prefix("drift:")?.trim().parse().ok());
        let errors = String::from_utf8_lossy(&output.stderr);
        let drift = drift.with_context(|| format!("`lodgate audit` gave no result:\n{text}{errors}"))?;
        Ok(AuditReport { drift, text })
    }

    /// Any other command of the binary, on the same database.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.binary);
        for inherited in OPTIONS {
            command.env_remove(inherited);
        }
        command.arg(name).envs(self.environment.iter().map(|(key, value)| (key, value)));
        command
    }
}

/// The environment variables that the gateway reads. A developer's own settings must not leak into a test.
pub(crate) const OPTIONS: &[&str] = &[
    "LISTEN_ADDR",
    "PING_SECONDS",
    "DRAIN_SECONDS",
    "DATABASE_URL",
    "REDIS_URL",
    "DATA_DIR",
    "PUBLIC_URL",
    "PORTAL_DIR",
    "GRAPHIQL",
    "GRAPHIQL_DIR",
    "LOG_FORMAT",
    "DEMO",
    "DEMO_PASSWORD",
    "TOKEN_ISSUER",
    "SIGNING_KEY_FILE",
    "EXTERNAL_ISSUERS",
    "ALLOWED_ORIGINS",
    "REQUEST_TIMEOUT",
    "HEAD_TIMEOUT",
    "BODY_TIMEOUT",
    "MAX_CONNECTIONS",
    "DRAIN_GRACE",
    "TRUSTED_PROXIES",
    "ADDRESS_RATE",
    "MOST_POINTS",
];
