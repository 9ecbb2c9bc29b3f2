//! Suppliers, partners, properties and feeds for tests.
//!
//! Methods that prepare a test panic when the gateway refuses; methods that a test may examine return a
//! [`MutationResult`].

pub mod documents;
mod feed;
mod mutation_result;
mod partner;
mod property;
mod supplier;

use std::{future::Future, time::Duration};

use chrono::{Days, NaiveDate, Utc};
use serde_json::Value;
use tokio::time::{Instant, sleep};

pub use self::{
    feed::{Feed, Message, Mirror},
    mutation_result::MutationResult,
    partner::Partner,
    property::{NewProperty, Property},
    supplier::Supplier,
};
use crate::TIMEOUT;

/// The first and the last night, both included; for a stay, check-in and check-out.
pub type Dates = (NaiveDate, NaiveDate);

/// The night `n` days from today (UTC). Tests use relative dates because the gateway sells the next 1,096 nights only.
pub fn night(n: u64) -> NaiveDate {
    Utc::now().date_naive() + Days::new(n)
}

/// A stay of `nights` nights that begins `n` days from today.
pub fn stay(n: u64, nights: u64) -> Dates {
    (night(n), night(n + nights))
}

/// Polls until `look` returns a value, and returns it.
///
/// # Panics
/// After [`TIMEOUT`].
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, look: impl FnMut() -> F) -> T {
    eventually_within(what, TIMEOUT, look).await
}

/// As [`eventually`], for a condition that must hold within a shorter time.
///
/// # Panics
/// After `within`.
pub async fn eventually_within<T, F: Future<Output = Option<T>>>(
    what: &str,
    within: Duration,
    mut look: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn id_of(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("no id in {object}")).to_owned()
}

/// A column of a calendar.
pub fn numbers(column: &Value) -> Vec<i64> {
    column.as_array().into_iter().flatten().map(|count| count.as_i64().unwrap_or_default()).collect()
}

fn merge(object: &mut Value, more: &Value) {
    for (key, value) in more.as_object().into_iter().flatten() {
        object[key] = value.clone();
    }
}
