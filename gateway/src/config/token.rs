//! Options of `token`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use lodgate_entities::tenant::TenantKind;

use super::duration::parse_duration;
use super::{DatabaseOptions, IssuerOptions, LogOptions};
use crate::auth::Scopes;
use crate::limits::Plan;

/// The options of `token`.
#[derive(Clone, Debug, Args)]
pub struct Token {
    /// Code of the tenant.
    #[arg(long, value_name = "CODE")]
    pub tenant: String,
    /// Scopes, separated by spaces. Default: all scopes of the tenant's kind.
    #[arg(long, value_name = "SCOPES")]
    pub scope: Option<Scopes>,
    /// Plan: starter, standard, premium or unmetered. Default: the tenant's plan.
    #[arg(long, value_name = "NAME")]
    pub plan: Option<Plan>,
    /// Lifetime of the token, such as 90s, 30m, 24h or 7d.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parse_duration)]
    pub ttl: Duration,
    /// Fail unless the tenant is of this kind.
    #[arg(long, value_name = "KIND")]
    pub kind: Option<KindArg>,
    /// Create the tenant with this kind, and with its code as its name, if it does not exist.
    #[arg(long, value_name = "KIND")]
    pub create: Option<KindArg>,
    /// Database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// Built-in token issuer.
    #[command(flatten)]
    pub issuer: IssuerOptions,
    /// Logging.
    #[command(flatten)]
    pub log: LogOptions,
}

/// A tenant's kind as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    /// A hotel or group of hotels.
    Supplier,
    /// Sells the suppliers' rooms.
    Partner,
    /// Runs the gateway.
    Operator,
}

impl From<KindArg> for TenantKind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Supplier => Self::Supplier,
            KindArg::Partner => Self::Partner,
            KindArg::Operator => Self::Operator,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::config::{Cli, Command};

    #[test]
    fn the_options_of_token_are_parsed() {
        let scope = "inventory:read reservations:write";
        let cli = Cli::try_parse_from([
            "lodgate",
            "token",
            "--tenant",
            "harbour",
            "--scope",
            scope,
            "--plan",
            "unmetered",
            "--ttl",
            "24h",
            "--create",
            "supplier",
        ]);
        let Command::Token(token) = cli.unwrap().command else { panic!("not a token") };
        assert_eq!(token.ttl, Duration::from_secs(86_400));
        assert_eq!(token.scope.unwrap().to_string(), scope);
        assert_eq!(token.plan, Some(Plan::Unmetered));
        assert_eq!(token.create, Some(KindArg::Supplier));
    }
}
