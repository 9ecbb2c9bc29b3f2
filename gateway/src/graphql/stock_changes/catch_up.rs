//! What is told before the next change: the state, or what was missed. A portion at a time, when the one before it was
//! taken: whoever reads slowly costs no more memory than others.

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
const PART: usize = 1_000;
/// Nights of one room type that are read at once, each with the cells of all pools.
const NIGHTS: u64 = 250;

/// A portion of what is to be told before any news.
pub(super) enum CatchUpStep {
    /// The state of a property.
    State(State),
    /// What a property's journal has after the position.
    CatchUp(PropertyId),
    /// The rest of that.
    Replay(PropertyId, Replay),
    /// The end of the state.
    StateEnds,
    /// Nothing was missed up to here.
    Checkpoint,
}

/// The state of one property, read room type by room type and told as of the first of these reads.
pub(super) struct State {
    property: PropertyId,
    at: Option<Head>,
    /// Room types that are not read to their end, and the first night that is missing of the one that was begun.
    rooms: VecDeque<(RoomTypeId, Option<NaiveDate>)>,
    /// Read and not yet enough for a part.
    cells: Vec<StockCell>,
    has_parts: bool,
}

impl StockStream {
    /// Plans what is told first, and checks that it can be.
    pub(super) async fn begin(&mut self, start: Start, ids: &[PropertyId]) -> Result<(), DbErr> {
        match start {
            Start::Now => self.begin_now(ids).await,
            Start::Snapshot => {
                for id in ids {
                    let Some(seen) = self.seen.get(id) else { continue };
                    let rooms = seen.structure.room_types.keys();
                    let wanted =
                        rooms.filter(|room| self.filter.room_types.as_ref().is_none_or(|list| list.contains(room)));
                    let rooms = wanted.map(|room| (*room, None)).collect();
                    let state = State { property: *id, at: None, rooms, cells: Vec::new(), has_parts: false };
                    self.work.push_back(CatchUpStep::State(state));
                }
                self.work.push_back(CatchUpStep::StateEnds);
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
        self.work.push_back(CatchUpStep::Checkpoint);
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
            // A property that came since the cursor is told from its beginning.
            self.positions.entry(*id).or_insert(Position { property: *id, seq: 0, tag: 0, delivered_seq: 0 });
            self.work.push_back(CatchUpStep::CatchUp(*id));
        }
        self.work.push_back(CatchUpStep::Checkpoint);
        Ok(())
    }

    /// Tells what the journal has after the position, before any further news.
    pub(super) fn catch_up(&mut self, property: PropertyId) {
        self.work.push_back(CatchUpStep::CatchUp(property));
    }

    pub(super) async fn work(&mut self, work: CatchUpStep) -> Result<(), DbErr> {
        match work {
            CatchUpStep::State(state) => self.tell_state(state).await,
            CatchUpStep::CatchUp(property) => {
                let after = self.positions.get(&property).map_or(0, |position| position.seq);
                if let Some(missed) = Replay::after(&self.app.database.read, property, after).await? {
                    self.work.push_front(CatchUpStep::Replay(property, missed));
                }
                Ok(())
            }
            CatchUpStep::Replay(property, mut missed) => {
                let some = missed.next(&self.app.database.read).await?;
                for one in &some {
                    self.tell(one).await?;
                }
                if !some.is_empty() {
                    self.work.push_front(CatchUpStep::Replay(property, missed));
                }
                Ok(())
            }
            CatchUpStep::StateEnds => {
                let cursor = self.cursor();
                match self.held.take() {
                    Some(mut last) => {
                        (last.is_last, last.cursor) = (true, Some(cursor));
                        self.outbox.push_back(StockMessage::Snapshot(last));
                    }
                    // Nothing to see yet: the cursor alone.
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

    async fn tell_state(&mut self, mut state: State) -> Result<(), DbErr> {
        let property = state.property;
        let Some(seen) = self.seen.get(&property).cloned() else { return Ok(()) };
        if let Some((room_type, next)) = state.rooms.pop_front() {
            let (from, last) = self.nights_told(&seen);
            let from = next.unwrap_or(from);
            let through = last.min(from + Days::new(NIGHTS - 1));
            if through < last {
                state.rooms.push_front((room_type, Some(through + Days::new(1))));
            }
            if from <= through {
                let ranges = vec![NightRange { property, room_type, from, through }];
                let (at, nights) = nights_at(&self.app.database.read, property, ranges, state.at).await?;
                state.at = Some(at);
                let mut nights: Vec<(NightKey, _)> = nights.into_iter().collect();
                nights.sort_unstable_by_key(|(key, _)| *key);
                state.cells.extend(nights.iter().flat_map(|(key, night)| cells(&seen, *key, night)));
            }
        }
        let is_read = state.rooms.is_empty();
        let at = match state.at {
            Some(at) => at,
            None if !is_read => {
                self.work.push_front(CatchUpStep::State(state));
                return Ok(());
            }
            // There is no night to read: the head alone.
            None => {
                let heads = events::heads(&self.app.database.read, &[property]).await?;
                heads.get(&property).map(|stock| stock.head).unwrap_or_default()
            }
        };
        let Head { seq, tag } = at;
        self.positions.insert(property, Position { property, seq, tag, delivered_seq: seq });
        while state.cells.len() >= PART || (is_read && !(state.cells.is_empty() && state.has_parts)) {
            let rest = state.cells.split_off(PART.min(state.cells.len()));
            let part = std::mem::replace(&mut state.cells, rest);
            state.has_parts = true;
            self.tell_part(&seen, seq, part);
        }
        if !is_read {
            self.work.push_front(CatchUpStep::State(state));
        }
        Ok(())
    }

    /// First and last night of a property that are told: those that can be sold.
    fn nights_told(&self, seen: &PropertyAccess) -> (NaiveDate, NaiveDate) {
        let now = self.app.clock.now();
        let today = seen.structure.property.business_date(now);
        let (from, through) = self.filter.range(seen, now);
        let end = today + Days::new(u64::from(self.app.rules.horizon_nights.unsigned_abs()));
        (from.max(today), through.min(end))
    }

    /// One is held back, so that the last one can say that it is the last.
    fn tell_part(&mut self, seen: &PropertyAccess, seq: i64, cells: Vec<StockCell>) {
        let part = StockSnapshot {
            property: Property(seen.clone()),
            seq,
            cells,
            is_last: false,
            cursor: None,
            committed_at: self.app.clock.now(),
        };
        let before = self.held.replace(part);
        self.outbox.extend(before.map(StockMessage::Snapshot));
    }
}
