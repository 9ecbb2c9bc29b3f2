//! The replay: real hotel bookings through the public API of a running gateway, and the check that no booking was lost,
//! doubled or oversold.
//!
//! A supplier opens the properties of the file, with their room types, to a few partners. The partners book and cancel
//! the rows in the order of the file's dates, many at the same time. At the end, the rooms sold by night are compared
//! with a count from the file alone. See [`State`](state::State) for how a replay resumes after the replay or the
//! gateway was killed.

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

/// The default allotment per night: more than all rows of any night together, including cancelled ones (at most 507),
/// so that no order of the calls runs out of rooms.
pub const AMPLE_ROOMS: u32 = 520;

/// The options of a replay.
#[derive(Clone, Debug)]
pub struct Options {
    /// The gateway, `http://host:port`.
    pub url: String,
    /// The bookings, gzipped or plain.
    pub file: PathBuf,
    /// The number of rows to replay; `None` replays the whole file.
    pub rows: Option<u32>,
    /// The allotment per night; a small one makes some rows fail. Default: [`AMPLE_ROOMS`].
    pub allotted: Option<u32>,
    /// The number of calls at the same time, at least 1.
    pub in_flight: usize,
    /// The file of the state.
    pub state: PathBuf,
    /// The time that the gateway may be unavailable.
    pub patience: Duration,
    /// A token of a supplier that may write its inventory.
    pub supplier_token: String,
    /// Tokens of different partners that may write reservations.
    pub partner_tokens: Vec<String>,
    /// Today; the first arrival must be later.
    pub today: NaiveDate,
}

/// The progress of a replay.
#[derive(Debug, Default)]
pub struct Progress {
    /// The number of bookings and cancellations; 0 until it is known.
    pub total: AtomicU64,
    /// The number of final responses.
    pub done: AtomicU64,
    /// The number of refused bookings.
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
/// When the gateway is unavailable for longer than the patience, or gives a response that no gateway should (a refused
/// token, an internal error). Findings of the checks are not errors; they are in the [`Report`].
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

    let properties = setup::open_properties(&supplier, &state, &bookings.rows, options.patience).await?;
    let reader = calendar_reader::Reader::new(&supplier, &properties, &bookings.rows, state.shift(), options.patience);
    // Rooms that an earlier part of this replay sold. Without them a full night would look free.
    let before = if resumed { reader.sold().await? } else { sold_nights::Sold::default() };
    let result = driver::Driver {
        rows: &bookings.rows,
        shift: state.shift(),
        run: &state.run,
        properties: &properties,
        partners: &partners,
        codes: &state.plan.partners,
        in_flight: options.in_flight,
        patience: options.patience,
        refusal_check: options.allotted.map(|allotted| refusal_check::RefusalCheck::new(allotted, before)),
        progress,
    }
    .run()
    .await?;

    let expected = match options.allotted {
        // From the file alone.
        None => sold_nights::Sold::of(bookings.rows.iter().filter(|row| row.cancelled.is_none()), state.shift()),
        // The order of the calls decides which rows find a room, so the accepted rows count.
        Some(_) => sold_nights::Sold::of(result.standing.iter().map(|&index| &bookings.rows[index]), state.shift()),
    };
    let (found, differences) = reader.compare(&expected).await?;
    let retries = supplier.retries() + partners.iter().map(Client::retries).sum::<u64>();
    Ok(Report::new(options.allotted, &bookings, resumed, result, retries, &found, differences))
}

/// The code of the token's tenant, which must be of this kind.
async fn tenant(client: &Client, kind: &str, patience: Duration) -> Result<String> {
    let data = client.retrying("{ viewer { tenant { code kind } } }", &json!({}), patience).await?;
    let tenant = &data["viewer"]["tenant"];
    let code = tenant["code"].as_str().context("the token has no tenant")?;
    ensure!(tenant["kind"] == kind, "the token of {code} belongs to a {}, not to a {kind}", tenant["kind"]);
    Ok(code.to_owned())
}
