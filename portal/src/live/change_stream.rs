//! The position in the stream of stock changes, and the detection of gaps.

use std::collections::HashMap;

use super::subscriptions::{ChangedRange, StockCell, StockChange, StockMessage, StructureChange};
use crate::{
    api::{Cursor, Instant, Uuid},
    domain::{cell::Cell, cell_cache::FeedUpdate, ids::PropertyId, night_key::NightKey},
};

/// Changes may have been missed. The stream must restart and the shown nights must be reloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamBroken;

/// The result of one message.
#[derive(Debug, Default, PartialEq)]
pub struct StreamUpdate {
    /// Updates for the state, in order.
    pub updates: Vec<FeedUpdate>,
    /// Commit time of a change that has just happened, in milliseconds by the gateway's clock.
    pub committed_ms: Option<f64>,
    /// The gateway's clock when it sent the message, in milliseconds.
    pub server_ms: Option<f64>,
}

/// The position in the stream of changes. It outlives the connections.
#[derive(Debug, Default)]
pub struct ChangeStream {
    cursor: Option<Cursor>,
    /// The last event received per property.
    last_seqs: HashMap<PropertyId, i32>,
    /// Whether the running subscription began without a cursor.
    is_fresh: bool,
    /// Whether the stream has delivered every change from before the subscription.
    has_caught_up: bool,
}

impl ChangeStream {
    /// The cursor at which the next subscription resumes; none starts a new stream.
    pub fn begin(&mut self) -> Option<Cursor> {
        self.is_fresh = self.cursor.is_none();
        self.has_caught_up = false;
        self.cursor.clone()
    }

    /// Forgets the position, so that the next subscription starts a new stream.
    pub fn forget(&mut self) {
        self.cursor = None;
        self.last_seqs.clear();
    }

    /// Handles a message of the running subscription.
    pub fn take(&mut self, message: StockMessage) -> Result<StreamUpdate, StreamBroken> {
        match message {
            StockMessage::Change(change) => self.change(change),
            StockMessage::Structure(change) => self.structure(change),
            StockMessage::Checkpoint(checkpoint) => {
                let Instant(server_ms) = checkpoint.server_time;
                // The stream is complete from here on, but changes from before it may be unknown.
                let begins = self.is_fresh && !self.has_caught_up;
                self.has_caught_up = true;
                self.cursor = Some(checkpoint.cursor);
                let updates = if begins { vec![FeedUpdate::Reload(None)] } else { Vec::new() };
                Ok(StreamUpdate { updates, server_ms: Some(server_ms), ..StreamUpdate::default() })
            }
            StockMessage::Resync(_) => Err(StreamBroken),
            StockMessage::Other => Ok(StreamUpdate::default()),
        }
    }

    fn change(&mut self, change: StockChange) -> Result<StreamUpdate, StreamBroken> {
        let property = change.property.id;
        self.advance(&property, change.previous_seq, change.seq, change.cursor)?;
        let mut updates = Vec::new();
        let cells = cells_of(&property, &change.cells);
        if !cells.is_empty() {
            updates.push(FeedUpdate::Cells {
                seq: u64::try_from(change.seq).unwrap_or_default(),
                cells,
                actor: change.actor,
                change_set: change.change_set_id.map(|Uuid(text)| text),
            });
        }
        if let Some(ChangedRange { room_type_ids, from, through }) = change.range_changed {
            updates.push(FeedUpdate::Range { property, room_types: room_type_ids, from, through });
        }
        let Instant(committed_ms) = change.committed_at;
        Ok(StreamUpdate { updates, committed_ms: Some(committed_ms).filter(|_| self.has_caught_up), server_ms: None })
    }

    fn structure(&mut self, change: StructureChange) -> Result<StreamUpdate, StreamBroken> {
        let property = change.property.id;
        self.advance(&property, change.previous_seq, change.seq, change.cursor)?;
        Ok(StreamUpdate { updates: vec![FeedUpdate::Reload(Some(property))], ..StreamUpdate::default() })
    }

    /// Checks that a message follows the last one of its property, and advances the position.
    fn advance(&mut self, property: &PropertyId, previous: i32, seq: i32, cursor: Cursor) -> Result<(), StreamBroken> {
        match self.last_seqs.get_mut(property) {
            Some(last) if *last != previous => return Err(StreamBroken),
            Some(last) => *last = seq,
            None => {
                self.last_seqs.insert(property.clone(), seq);
            }
        }
        self.cursor = Some(cursor);
        Ok(())
    }
}

/// The cells of the shared pool.
fn cells_of(property: &PropertyId, cells: &[StockCell]) -> Vec<(NightKey, Cell)> {
    let shared = cells.iter().filter(|cell| cell.contract_id.is_none());
    shared
        .map(|cell| {
            let night = NightKey { property: property.clone(), room_type: cell.room_type_id.clone(), date: cell.date };
            (night, cell.cell())
        })
        .collect()
}
