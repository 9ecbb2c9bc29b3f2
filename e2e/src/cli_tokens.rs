//! Tokens and audits, made by the gateway's own command line.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use tokio::task::spawn_blocking;

use crate::process;

/// What a tenant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantKind {
    /// A property or a group of them.
    Supplier,
    /// One who sells their rooms.
    Partner,
    /// Who runs the gateway.
    Operator,
}

impl TenantKind {
    /// All scopes that a tenant of this kind has a use for.
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

/// The gateway's binary and the environment that leads it to its database.
#[derive(Clone, Debug)]
pub struct Cli {
    binary: PathBuf,
    environment: Vec<(String, String)>,
}

/// What `lodgate audit` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// Cells whose counts aren't the sum of their draws, and the like; 0 is sound.
    pub drift: u64,
    /// All that was printed.
    pub text: String,
}

impl Cli {
    /// `environment` is added to our own.
    pub fn new(binary: &Path, environment: &[(String, String)]) -> Self {
        Self { binary: binary.to_owned(), environment: environment.to_vec() }
    }

    /// A bearer token for the tenant of that code, good for a day; the tenant is made when it is missing.
    ///
    /// # Errors
    /// With what the command printed, when it failed.
    pub async fn token(&self, tenant: &str, kind: TenantKind, scopes: &str, plan: &str) -> Result<String> {
        let mut command = self.command("token");
        command.args(["--tenant", tenant, "--scope", scopes, "--plan", plan, "--ttl", "24h"]);
        command.args(["--create", &kind.to_string()]);
        let token = spawn_blocking(move || process::output(&mut command)).await??.trim().to_owned();
        ensure!(!token.is_empty() && !token.contains(char::is_whitespace), "`lodgate token` printed no token: {token}");
        Ok(token)
    }

    /// A token of a tenant that exists, with all scopes of its kind and no limits, good for so many seconds.
    ///
    /// # Errors
    /// With what the command printed, when it failed.
    pub async fn short_token(&self, tenant: &str, seconds: u64) -> Result<String> {
        let mut command = self.command("token");
        command.args(["--tenant", tenant, "--plan", "unmetered", "--ttl", &format!("{seconds}s")]);
        Ok(spawn_blocking(move || process::output(&mut command)).await??.trim().to_owned())
    }

    /// Checks the whole database.
    ///
    /// # Errors
    /// When the command printed no verdict; drift is none.
    pub async fn audit(&self) -> Result<AuditReport> {
        let mut command = self.command("audit");
        let output = spawn_blocking(move || command.output()).await?.context("cannot run `lodgate audit`")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let drift = text.lines().find_map(|line| line.trim().strip_prefix("drift:")?.trim().parse().ok());
        let complaint = String::from_utf8_lossy(&output.stderr);
        let drift = drift.with_context(|| format!("`lodgate audit` gave no verdict:\n{text}{complaint}"))?;
        Ok(AuditReport { drift, text })
    }

    /// Any other command of the binary, led to the same database.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.binary);
        for inherited in OPTIONS {
            command.env_remove(inherited);
        }
        command.arg(name).envs(self.environment.iter().map(|(key, value)| (key, value)));
        command
    }
}

/// What the gateway reads from the environment. A developer's own settings must not leak into a test.
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
