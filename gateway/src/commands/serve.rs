//! `lodgate serve`: runs the gateway.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};

use anyhow::Context;
use lodgate_entities::tenant;
use sea_orm::{EntityTrait, PaginatorTrait};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::seed::{self, SignIns};
use crate::app::{App, TestHooks};
use crate::config::Config;
use crate::portal_assets::Portal;
use crate::{server, telemetry};

/// Serves until the process gets a stop signal.
///
/// # Errors
/// When the gateway cannot start or listen.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    // Before the first metric is recorded.
    telemetry::recorder()?;
    let app = App::start(config, TestHooks::default()).await.context("the gateway cannot start")?;
    let sign_ins = if config.seed_demo { seed_when_empty(&app, config).await? } else { None };
    let address = config.http.listen_addr;
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let url = format!("http://{}", listener.local_addr()?);
    let stop = stop_signal()?;
    announce(&url)?;
    if config.seed_demo || std::io::stderr().is_terminal() {
        let public = config.http.public_url.as_deref().unwrap_or(&url);
        let portal = Portal::new(config.http.portal_dir.clone()).is_built();
        // A failed write to the terminal must not stop the gateway.
        let _ = std::io::stderr().write_all(welcome(public, portal, config, sign_ins.as_ref()).as_bytes());
    }
    server::serve(app, config, listener, stop).await?;
    tracing::info!("stopped");
    Ok(())
}

async fn seed_when_empty(app: &App, config: &Config) -> anyhow::Result<Option<SignIns>> {
    if tenant::Entity::find().count(&app.database.read).await? > 0 {
        return Ok(None);
    }
    seed::fill(app, &config.demo).await.context("the demo data could not be written").map(Some)
}

/// Prints the only line on standard output. Tools read the port from it.
fn announce(url: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {url}")?;
    out.flush().context("cannot print the address")
}

fn welcome(url: &str, portal: bool, config: &Config, sign_ins: Option<&SignIns>) -> String {
    let url = url.trim_end_matches('/');
    let mut text = String::from("\n");
    // Writing to a String cannot fail.
    if portal {
        let _ = writeln!(text, "  Portal     {url}/");
    } else {
        let folder = config.http.portal_dir.display();
        let _ = writeln!(text, "  Portal     none in {folder}; build it with `cargo xtask portal`");
    }
    let _ = writeln!(text, "  GraphQL    {url}/graphql");
    if config.http.graphiql {
        let _ = writeln!(text, "  GraphiQL   {url}/graphiql");
    }
    text.push('\n');
    match sign_ins {
        Some(sign_ins) => {
            let _ = writeln!(text, "{sign_ins}");
        }
        None if config.seed_demo => {
            text.push_str("  The database was filled before; its sign-ins were shown then.\n\n");
        }
        None => {}
    }
    text
}

/// Resolves at SIGTERM or SIGINT.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
