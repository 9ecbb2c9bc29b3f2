//! Replays real hotel bookings through the public API of a running gateway, and checks that no booking was lost,
//! doubled or oversold.

mod progress;

use std::{io::Write, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use chrono::Utc;
use clap::Parser;
use lodgate_e2e::{
    Cli, TenantKind,
    replay::{self, Options},
};

/// Replays hotel bookings against a running gateway.
///
/// A replay that was killed resumes when it is started again with the same options: the state file has its keys and
/// dates. Exit code 0 means that every night was sold as the file says.
#[derive(Parser)]
#[command(name = "lodgate-replay", version)]
struct Arguments {
    /// The URL of the gateway.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The bookings: hotel_bookings.csv, gzipped or plain.
    #[arg(long)]
    file: PathBuf,
    /// The number of rows to replay; without it all.
    #[arg(long)]
    rows: Option<u32>,
    /// The allotment per night; a small one makes some bookings fail. Without it 520, which is enough for all.
    #[arg(long)]
    allotted: Option<u32>,
    /// The number of calls at the same time.
    #[arg(long, default_value_t = 256)]
    in_flight: usize,
    /// The state file, with which an interrupted replay resumes; remove it to begin a new replay.
    #[arg(long, default_value = "replay-state.json")]
    state: PathBuf,
    /// The time that the gateway may be unavailable, such as 120s or 2m.
    #[arg(long, default_value = "120s", value_parser = seconds)]
    patience: Duration,
    /// A token of a supplier, with inventory:write.
    #[arg(long, env = "SUPPLIER_TOKEN", hide_env_values = true, required_unless_present = "lodgate")]
    supplier_token: Option<String>,
    /// A token of a partner, with reservations:write; repeat it for each partner (in the environment: separated by
    /// commas).
    #[arg(long = "partner-token", env = "PARTNER_TOKENS", hide_env_values = true, value_delimiter = ',')]
    partner_tokens: Vec<String>,
    /// The gateway's binary: creates a supplier, partners and their tokens in the database of DATABASE_URL or DATA_DIR,
    /// and ignores given tokens.
    #[arg(long)]
    lodgate: Option<PathBuf>,
    /// The number of partners to create.
    #[arg(long, default_value_t = 4, requires = "lodgate")]
    partners: u32,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let (supplier_token, partner_tokens) = arguments.tokens().await?;
    let options = Options {
        url: arguments.url,
        file: arguments.file,
        rows: arguments.rows,
        allotted: arguments.allotted,
        in_flight: arguments.in_flight,
        state: arguments.state,
        patience: arguments.patience,
        supplier_token,
        partner_tokens,
        #[allow(clippy::disallowed_methods, reason = "a replay is about the real today")]
        today: Utc::now().date_naive(),
    };
    let progress = Arc::default();
    let display = progress::show(&progress);
    let outcome = replay::run(&options, &progress).await;
    display.finish().await;

    let report = outcome?;
    write!(std::io::stdout().lock(), "{report}")?;
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    /// The tokens of the supplier and the partners, given or created.
    async fn tokens(&self) -> Result<(String, Vec<String>)> {
        let Some(binary) = &self.lodgate else {
            if self.partner_tokens.is_empty() {
                bail!("give at least one --partner-token, or --lodgate to create tokens");
            }
            return Ok((self.supplier_token.clone().unwrap_or_default(), self.partner_tokens.clone()));
        };
        #[allow(clippy::disallowed_methods, reason = "the options of another program, handed on as they are")]
        let environment: Vec<(String, String)> = ["DATABASE_URL", "DATA_DIR"]
            .into_iter()
            .filter_map(|key| Some((key.to_owned(), std::env::var(key).ok()?)))
            .collect();
        let cli = Cli::new(binary, &environment);
        let supplier =
            cli.token("replay-supplier", TenantKind::Supplier, TenantKind::Supplier.scopes(), "unmetered").await;
        let supplier = supplier.context("cannot create the supplier's token")?;
        let mut partners = Vec::new();
        for number in 1..=self.partners {
            let code = format!("replay-partner-{number}");
            partners.push(cli.token(&code, TenantKind::Partner, TenantKind::Partner.scopes(), "unmetered").await?);
        }
        Ok((supplier, partners))
    }
}

/// `90`, `90s` or `2m`.
fn seconds(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let number: u64 = number.parse().map_err(|_| format!("{text} is not a time in seconds (90s) or minutes (2m)"))?;
    Ok(Duration::from_secs(number * unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_parsed_in_seconds_or_minutes() {
        assert_eq!(seconds("120s"), Ok(Duration::from_secs(120)));
        assert_eq!(seconds("90"), Ok(Duration::from_secs(90)));
        assert_eq!(seconds("2m"), Ok(Duration::from_secs(120)));
        assert!(seconds("soon").is_err());
    }
}
