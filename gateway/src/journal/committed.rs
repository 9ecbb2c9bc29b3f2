//! A committed event with the state of the nights that it touched.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::inventory::{Event, Night, NightKey};

/// A committed event with the state of the nights that it touched, as caches and subscribers get it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CommittedEvent {
    /// The journal's entry.
    pub event: Arc<Event>,
    /// The touched nights after it, all pools; empty when `range_only`.
    pub nights: Vec<(NightKey, Night)>,
    /// The event touched more than [`MAX_NIGHTS_SENT`] nights: receivers read them from the database.
    pub range_only: bool,
}

/// An event that touched more nights than this is sent without them.
pub const MAX_NIGHTS_SENT: usize = 2_000;
