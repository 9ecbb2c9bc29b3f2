//! A committed event with the state of the nights that it touched.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::inventory::{Event, Night, NightKey};

/// A committed event with the state of what it touched: what caches and subscribers are told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CommittedEvent {
    /// The journal's entry.
    pub event: Arc<Event>,
    /// The touched nights after it, all pools; empty when `range_only`.
    pub nights: Vec<(NightKey, Night)>,
    /// The event touched more cells than are sent: readers look up its nights themselves.
    pub range_only: bool,
}

/// Above so many touched nights an event travels without them.
pub const MAX_NIGHTS_SENT: usize = 2_000;
