//! The messages before the first live change: the snapshot, or the changes that the subscriber missed.
//!
//! One step runs at a time, after the messages of the previous step were taken, so that a slow reader needs no more
//! memory than a fast one.

use std::collections::{HashMap, VecDeque};

use chrono::{Days, NaiveDate};
use lodgate_entities::ids::{PropertyId, RoomTypeId};
use sea_orm::DbErr;

use super::stream::{Start, StockStream};
use super::{ResyncReason, StockCell, StockMessage, StockSnapshot, cells};
use crate::feed::{Cursor, Position};
use crate::graphql::access::PropertyAccess;
use crate::graphql::property::Property;
use crate::inventory::NightKey;
use crate::journal::NightRange;
use crate::journal::events::{self, Head};
use crate::journal::replay::{Replay, nights_at};

/// Cells of one part of a snapshot.
const CELLS_PER_PART: usize = 1_000;
/// Nights of one room type that are read at once, each with the cells of all pools.
const NIGHTS_PER_READ: u64 = 250;

/// One step before further feed items are taken.
pub(super) enum CatchUpStep {
    /// Read and deliver the next cells of a property.
    State(State),
    /// Find the events of a property after its position.
    CatchUp(PropertyId),
    /// Deliver the next of these events.
    Replay(PropertyId, Replay),
    /// Deliver the last part of the snapshot.
    StateEnds,
    /// Deliver a checkpoint.
    Checkpoint,
}

/// The snapshot of one property, read room type by room type; all reads show the state of the first one.
pub(super) struct State {
    property: PropertyId,
    at: Option<Head>,
    /// Room types that are not yet read to their end, with the next night of the one in progress.
    rooms: VecDeque<(RoomTypeId, Option<NaiveDate>)>,
    /// Cells that are read and do not fill a part yet.
    cells: Vec<StockCell>,
    has_parts: bool,
}

impl StockStream {
    /// Plans the first steps, and checks that the stream can begin there.
    pub(super) async fn begin(&mut self, start: Start, ids: &[PropertyId]) -> Result<(), DbErr> {
        match start {
            Start::Now => self.begin_now(ids).await,
            Start::Snapshot => {
                for id in ids {
                    let Some(access) = self.properties.get(id) else { continue };
                    let rooms = access.room_types().keys();
                    let wanted =
                        rooms.filter(|room| self.filter.room_types.as_ref().is_none_or(|list| list.contains(room)));
                    let rooms = wanted.map(|room| (*room, None)).collect();
                    let state = State { property: *id, at: None, rooms, cells: Vec::new(), has_parts: false };
                    self.steps.push_back(CatchUpStep::State(state));
                }
                self.steps.push_back(CatchUpStep::StateEnds);
                Ok(())
            }
            Start::After(cursor) => self.begin_after(ids, cursor).await,
        }
    }

    async fn begin_now(&mut self, ids: &[PropertyId]) -> Result<(), DbErr> {
        let heads = events::heads(&self.app.database.read, ids).await?;
        for (property, stock) in heads {
            let (seq, tag) = (stock.head.seq, stock.head.tag);
            self.positions.insert(property, Position { property, seq, tag, delivered_seq: seq });
        }
        self.steps.push_back(CatchUpStep::Checkpoint);
        Ok(())
    }

    async fn begin_after(&mut self, ids: &[PropertyId], cursor: Cursor) -> Result<(), DbErr> {
        if cursor.filter != self.filter_hash {
            self.resync(ResyncReason::FilterChanged);
            return Ok(());
        }
        let db = &self.app.database.read;
        let known: Vec<Position> =
            cursor.positions.into_iter().filter(|position| ids.contains(&position.property)).collect();
        let events: Vec<(PropertyId, i64)> = known.iter().map(|position| (position.property, position.seq)).collect();
        let found = events::events(db, &events).await?;
        let tags: HashMap<PropertyId, i64> = found.iter().map(|event| (event.property, event.tag)).collect();
        if known.iter().any(|position| position.seq > 0 && tags.get(&position.property) != Some(&position.tag)) {
            self.resync(ResyncReason::HistoryForked);
            return Ok(());
        }
        let oldest = self.app.clock.now() - self.app.resume_window;
        for position in &known {
            let first = events::events_after(db, &[(position.property, position.seq)], 1).await?;
            if first.first().is_some_and(|event| event.at < oldest) {
                self.resync(ResyncReason::CursorTooOld);
                return Ok(());
            }
        }
        for position in known {
            self.positions.insert(position.property, position);
        }
        for id in ids {
            // A property that is not in the cursor is delivered from the beginning of its journal.
            self.positions.entry(*id).or_insert(Position { property: *id, seq: 0, tag: 0, delivered_seq: 0 });
            self.steps.push_back(CatchUpStep::CatchUp(*id));
        }
        self.steps.push_back(CatchUpStep::Checkpoint);
        Ok(())
    }

    /// Plans to deliver the events after the position before any further feed item.
    pub(super) fn catch_up(&mut self, property: PropertyId) {
        self.steps.push_back(CatchUpStep::CatchUp(property));
    }

    pub(super) async fn run_step(&mut self, step: CatchUpStep) -> Result<(), DbErr> {
        match step {
            CatchUpStep::State(state) => self.deliver_state(state).await,
            CatchUpStep::CatchUp(property) => {
                let after = self.positions.get(&property).map_or(0, |position| position.seq);
                if let Some(replay) = Replay::after(&self.app.database.read, property, after).await? {
                    self.steps.push_front(CatchUpStep::Replay(property, replay));
                }
                Ok(())
            }
            CatchUpStep::Replay(property, mut replay) => {
                let events = replay.next(&self.app.database.read).await?;
                for committed in &events {
                    self.deliver(committed).await?;
                }
                if !events.is_empty() {
                    self.steps.push_front(CatchUpStep::Replay(property, replay));
                }
                Ok(())
            }
            CatchUpStep::StateEnds => {
                let cursor = self.cursor();
                match self.last_part.take() {
                    Some(mut last) => {
                        (last.is_last, last.cursor) = (true, Some(cursor));
                        self.outbox.push_back(StockMessage::Snapshot(last));
                    }
                    // There is no cell to show: the checkpoint carries the cursor.
                    None => self.checkpoint(),
                }
                Ok(())
            }
            CatchUpStep::Checkpoint => {
                self.checkpoint();
                Ok(())
            }
        }
    }

    async fn deliver_state(&mut self, mut state: State) -> Result<(), DbErr> {
        let property = state.property;
        let Some(access) = self.properties.get(&property).cloned() else { return Ok(()) };
        if let Some((room_type, next)) = state.rooms.pop_front() {
            let (from, last) = self.snapshot_nights(&access);
            let from = next.unwrap_or(from);
            let through = last.min(from + Days::new(NIGHTS_PER_READ - 1));
            if through < last {
                state.rooms.push_front((room_type, Some(through + Days::new(1))));
            }
            if from <= through {
                let ranges = vec![NightRange { property, room_type, from, through }];
                let (at, nights) = nights_at(&self.app.database.read, property, ranges, state.at).await?;
                state.at = Some(at);
                let mut nights: Vec<(NightKey, _)> = nights.into_iter().collect();
                nights.sort_unstable_by_key(|(key, _)| *key);
                state.cells.extend(nights.iter().flat_map(|(key, night)| cells(&access, *key, night)));
            }
        }
        let is_read = state.rooms.is_empty();
        let at = match state.at {
            Some(at) => at,
            None if !is_read => {
                self.steps.push_front(CatchUpStep::State(state));
                return Ok(());
            }
            // There is no night to read: only the head of the journal.
            None => {
                let heads = events::heads(&self.app.database.read, &[property]).await?;
                heads.get(&property).map(|stock| stock.head).unwrap_or_default()
            }
        };
        let Head { seq, tag } = at;
        self.positions.insert(property, Position { property, seq, tag, delivered_seq: seq });
        while state.cells.len() >= CELLS_PER_PART || (is_read && !(state.cells.is_empty() && state.has_parts)) {
            let rest = state.cells.split_off(CELLS_PER_PART.min(state.cells.len()));
            let part = std::mem::replace(&mut state.cells, rest);
            state.has_parts = true;
            self.queue_part(&access, seq, part);
        }
        if !is_read {
            self.steps.push_front(CatchUpStep::State(state));
        }
        Ok(())
    }

    /// First and last night of a snapshot: the nights of the filter that can be sold.
    fn snapshot_nights(&self, access: &PropertyAccess) -> (NaiveDate, NaiveDate) {
        let now = self.app.clock.now();
        let today = access.property().business_date(now);
        let (from, through) = self.filter.range(access, now);
        let end = today + Days::new(u64::from(self.app.rules.horizon_nights.unsigned_abs()));
        (from.max(today), through.min(end))
    }

    /// Queues the previous part and keeps this one, so that the last part can be marked as the last.
    fn queue_part(&mut self, access: &PropertyAccess, seq: i64, cells: Vec<StockCell>) {
        let part = StockSnapshot {
            property: Property(access.clone()),
            seq,
            cells,
            is_last: false,
            cursor: None,
            committed_at: self.app.clock.now(),
        };
        let before = self.last_part.replace(part);
        self.outbox.extend(before.map(StockMessage::Snapshot));
    }
}
