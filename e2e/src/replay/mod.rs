//! The replay: real property bookings through the public interface of a running gateway, and the proof that nothing
//! was lost, doubled or sold twice.
//!
//! A supplier opens the file's properties, with their room types, to a few partners. The partners book and cancel the
//! rows in the order of the file's dates, many at once. At the end the rooms sold by night are compared with a count
//! that never saw the gateway. See [`State`](state::State) for how a replay goes on after anything was killed.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use chrono::NaiveDate;
use serde_json::json;

use crate::client::{self, Client};

pub mod calendar_reader;
pub mod date_shift;
pub mod driver;
pub mod refusal_check;
pub mod report;
pub mod rows;
pub mod setup;
pub mod sold_nights;
pub mod state;
pub mod timeline;

pub use report::Report;

/// Rooms on sale every night unless asked otherwise: more than all rows of any night together, cancelled or not
/// (507 at most), so that no order of the calls can run out.
pub const AMPLE_ROOMS: u32 = 520;

/// What to replay, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The gateway, `http://host:port`.
    pub url: String,
    /// The bookings, gzipped or plain.
    pub file: PathBuf,
    /// Only the first rows of the file.
    pub rows: Option<u32>,
    /// So few rooms on sale every night that some rows find none; absent: [`AMPLE_ROOMS`].
    pub allotted: Option<u32>,
    /// Calls under way at any time, at least 1.
    pub in_flight: usize,
    /// Where the state is kept.
    pub state: PathBuf,
    /// How long the gateway may be silent or unwell.
    pub patience: Duration,
    /// A token of a supplier that may write its inventory.
    pub supplier_token: String,
    /// Tokens of different partners that may write reservations.
    pub partner_tokens: Vec<String>,
    /// The day that the first arrival must lie ahead of.
    pub today: NaiveDate,
}

/// How far a replay has come, for whoever draws it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bookings and cancellations to be made; 0 until that is known.
    pub total: AtomicU64,
    /// Those that are answered for good.
    pub done: AtomicU64,
    /// Bookings that were refused.
    pub refused: AtomicU64,
}

impl Progress {
    fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Replays the file and checks the result.
///
/// # Errors
/// When the gateway stays away for longer than the patience, or answers what no gateway should (a refused token, a
/// fault of its own). What the checks find is no error: it is in the [`Report`].
pub async fn run(options: &Options, progress: &Arc<Progress>) -> Result<Report> {
    ensure!(options.in_flight > 0, "at least one call must be in flight");
    let bookings = rows::Bookings::read(&options.file, options.rows)?;
    let connections = client::pool();
    let connect = |token: &String| Client::over(&connections, &options.url, token);
    let supplier = connect(&options.supplier_token);
    let partners: Vec<Client> = options.partner_tokens.iter().map(connect).collect();

    let mut codes = Vec::new();
    for partner in &partners {
        codes.push(tenant(partner, "PARTNER", options.patience).await?);
    }
    ensure!(!codes.is_empty(), "at least one partner must book");
    ensure!(codes.iter().collect::<BTreeSet<_>>().len() == codes.len(), "two tokens are of the same partner");
    let plan = state::Plan {
        file: bookings.checksum,
        rows: bookings.total,
        allotted: options.allotted,
        supplier: tenant(&supplier, "SUPPLIER", options.patience).await?,
        partners: codes,
    };
    let state::Resumed { state, resumed } =
        state::State::resume_or_begin(&options.state, plan, &bookings, options.today)?;

    let properties = setup::open_hotels(&supplier, &state, &bookings.rows, options.patience).await?;
    let reader = calendar_reader::Reader::new(&supplier, &properties, &bookings.rows, state.shift(), options.patience);
    // Rooms that an earlier part of this replay sold already: without them a full night would look free.
    let before = if resumed { reader.sold().await? } else { sold_nights::Sold::default() };
    let driven = driver::Driver {
        rows: &bookings.rows,
        shift: state.shift(),
        run: &state.run,
        properties: &properties,
        partners: &partners,
        codes: &state.plan.partners,
        in_flight: options.in_flight,
        patience: options.patience,
        fullness: options.allotted.map(|allotted| refusal_check::RefusalCheck::new(allotted, before)),
        progress,
    }
    .run()
    .await?;

    let expected = match options.allotted {
        // By the file alone.
        None => sold_nights::Sold::of(bookings.rows.iter().filter(|row| row.cancelled.is_none()), state.shift()),
        // Which rows found a room depends on the order of the calls: by what was acknowledged.
        Some(_) => sold_nights::Sold::of(driven.standing.iter().map(|&index| &bookings.rows[index]), state.shift()),
    };
    let (found, differences) = reader.compare(&expected).await?;
    let retries = supplier.retries() + partners.iter().map(Client::retries).sum::<u64>();
    Ok(Report::new(options.allotted, &bookings, resumed, driven, retries, &found, differences))
}

/// The code of the tenant that a token names, which must be of that kind.
async fn tenant(client: &Client, kind: &str, patience: Duration) -> Result<String> {
    let data = client.retrying("{ viewer { tenant { code kind } } }", &json!({}), patience).await?;
    let tenant = &data["viewer"]["tenant"];
    let code = tenant["code"].as_str().context("the gateway does not say whose token this is")?;
    ensure!(tenant["kind"] == kind, "the token of {code} is a {}'s, not a {kind}'s", tenant["kind"]);
    Ok(code.to_owned())
}
