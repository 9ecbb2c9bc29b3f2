//! One subscriber's stream: where it stands at each property, and what it is told next.
//!
//! It registers with the hub before it reads any state, and takes only the event that follows the last one of a
//! property. Whatever is missing in between it reads from the journal.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use async_graphql::Result;
use chrono::{DateTime, Days, Utc};
use futures_util::{Stream, stream};
use lodgate_entities::ids::{PropertyId, RoomTypeId};
use tokio::time::Interval;
use uuid::Uuid;

use super::access::Seen;
use super::error::{self, bad_input};
use super::pages::Ask;
use super::property::Property;
use super::scalars::{CursorText, Date, NodeId};
use super::stock_changes::*;
use super::watch_filter::{Filter, MOST_PROPERTIES};
use crate::app::App;
use crate::auth::Viewer;
use crate::feed::{Cursor, Merged, News, Position, Watch};
use crate::inventory::event::roll_back;
use crate::inventory::{Cause, NightKey};
use crate::stock::{self, Committed, NightRange, journal};

/// Cells of one part of a snapshot.
const PART: usize = 1_000;
/// Events read in one step.
const STEP: u64 = 500;
const CHECKPOINT: Duration = Duration::from_secs(10);

/// Where a subscriber begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// With the state.
    Snapshot,
    /// After a cursor of its own.
    After(Cursor),
    /// With what happens next.
    Now,
}

/// What a change says beside its cells.
struct Told {
    seq: i64,
    previous_seq: i64,
    cause: Cause,
    at: DateTime<Utc>,
    actor: String,
    change_set: Option<Uuid>,
    coalesced: bool,
}

/// A subscriber's stream.
pub struct Watcher {
    app: App,
    viewer: Viewer,
    filter: Filter,
    filter_hash: u64,
    watch: Watch,
    seen: HashMap<PropertyId, Seen>,
    positions: BTreeMap<PropertyId, Position>,
    outbox: VecDeque<StockMessage>,
    checkpoint: Interval,
    ended: bool,
}

impl Watcher {
    /// Registers, and reads what the beginning needs.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a property that the caller may not see; when the database can't be reached.
    pub async fn start(app: App, viewer: Viewer, filter: Filter, start: Start) -> Result<Self> {
        let ids = match &filter.properties {
            Some(ids) => ids.clone(),
            None => {
                let ask = Ask { first: MOST_PROPERTIES as u64, ..Ask::default() };
                let page =
                    app.pages.page(&app.database, &viewer, ask).await.map_err(|error| error::database(&error))?;
                if page.has_next {
                    return Err(bad_input(
                        "propertyIds",
                        format!("you see more than {MOST_PROPERTIES} properties: name them"),
                    ));
                }
                page.ids.clone()
            }
        };
        // First of all: what is committed from here on is heard of.
        let watch = app.hub.watch(ids.iter().copied());
        if filter.properties.is_none() {
            app.hub.add_everything(&watch);
        }
        let structures = app.reader.structures(&ids, &HashMap::new()).await.map_err(|error| error::database(&error))?;
        let mut seen = HashMap::new();
        for id in &ids {
            match structures.get(id).and_then(|structure| Seen::of(&viewer, structure.clone())) {
                Some(found) => seen.insert(*id, found),
                None => return Err(bad_input("propertyIds", "no such property")),
            };
        }
        let mut checkpoint = tokio::time::interval_at(tokio::time::Instant::now() + CHECKPOINT, CHECKPOINT);
        checkpoint.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let filter_hash = filter.hash();
        let mut watcher = Self {
            app,
            viewer,
            filter,
            filter_hash,
            watch,
            seen,
            positions: BTreeMap::new(),
            outbox: VecDeque::new(),
            checkpoint,
            ended: false,
        };
        let begun = match start {
            Start::Now => watcher.begin_now(&ids).await,
            Start::Snapshot => watcher.begin_with_state(&ids).await,
            Start::After(cursor) => watcher.begin_after(&ids, cursor).await,
        };
        begun.map_err(|error| error::database(&error))?;
        Ok(watcher)
    }

    /// The messages, until the client goes or the stream can't go on.
    pub fn into_stream(self) -> impl Stream<Item = StockMessage> + use<> {
        stream::unfold(self, |mut watcher| async move {
            loop {
                if let Some(message) = watcher.outbox.pop_front() {
                    return Some((message, watcher));
                }
                if watcher.ended {
                    return None;
                }
                watcher.step().await;
            }
        })
    }

    async fn step(&mut self) {
        let news = tokio::select! {
            news = self.watch.next() => news,
            _ = self.checkpoint.tick() => {
                let now = self.app.clock.now();
                self.outbox.push_back(StockMessage::Checkpoint(StockCheckpoint {
                    cursor: self.cursor(),
                    server_time: now,
                    committed_at: now,
                }));
                return;
            }
        };
        let taken = match news {
            News::One(one) => self.take(one).await,
            News::Merged(property, merged) => self.take_merged(property, merged).await,
            News::Forked(_) => {
                self.resync(ResyncReason::HistoryForked);
                Ok(())
            }
        };
        if let Err(error) = taken {
            // Skipping would be a silent gap: the client reconnects and resumes at its cursor.
            tracing::warn!(%error, "a subscription lost its database");
            self.ended = true;
        }
    }

    fn resync(&mut self, reason: ResyncReason) {
        metrics::counter!("lodgate_subscription_resynced_total").increment(1);
        self.outbox.push_back(StockMessage::Resync(Resync { reason, committed_at: self.app.clock.now() }));
        self.ended = true;
    }

    fn cursor(&self) -> CursorText {
        let positions = self.positions.values().copied().collect();
        let cursor = Cursor { tenant: self.viewer.tenant, filter: self.filter_hash, positions };
        CursorText(self.app.cursor_key.seal(&cursor))
    }

    async fn begin_now(&mut self, ids: &[PropertyId]) -> Result<(), sea_orm::DbErr> {
        let heads = journal::heads(&self.app.database.read, ids).await?;
        for (property, stock) in heads {
            let (seq, tag) = (stock.head.seq, stock.head.tag);
            self.positions.insert(property, Position { property, seq, tag, told: seq });
        }
        let now = self.app.clock.now();
        let cursor = self.cursor();
        self.outbox.push_back(StockMessage::Checkpoint(StockCheckpoint {
            cursor,
            server_time: now,
            committed_at: now,
        }));
        Ok(())
    }

    async fn begin_with_state(&mut self, ids: &[PropertyId]) -> Result<(), sea_orm::DbErr> {
        let now = self.app.clock.now();
        for id in ids {
            let Some(seen) = self.seen.get(id).cloned() else { continue };
            let today = seen.structure.property.business_date(now);
            let (from, through) = self.filter.range(&seen, now);
            let end = today + Days::new(u64::from(self.app.rules.horizon_nights.unsigned_abs()));
            let range =
                |room_type| NightRange { property: *id, room_type, from: from.max(today), through: through.min(end) };
            let wanted = seen
                .structure
                .room_types
                .keys()
                .filter(|room| self.filter.room_types.as_ref().is_none_or(|list| list.contains(room)));
            let ranges: Vec<NightRange> =
                wanted.map(|room_type| range(*room_type)).filter(|range| range.from <= range.through).collect();
            let state = stock::nights(&self.app.database.read, ranges).await?.remove(id);
            let state = match state {
                Some(state) => state,
                // No range to read: the head alone.
                None => {
                    let head = journal::heads(&self.app.database.read, &[*id])
                        .await?
                        .get(id)
                        .map(|stock| stock.head)
                        .unwrap_or_default();
                    stock::StockState { seq: head.seq, tag: head.tag, nights: HashMap::new() }
                }
            };
            self.positions.insert(*id, Position { property: *id, seq: state.seq, tag: state.tag, told: state.seq });
            let mut nights: Vec<_> = state.nights.into_iter().collect();
            nights.sort_unstable_by_key(|(key, _)| *key);
            let all: Vec<StockCell> = nights.iter().flat_map(|(key, night)| cells(&seen, *key, night)).collect();
            let parts =
                if all.is_empty() { vec![Vec::new()] } else { all.chunks(PART).map(<[StockCell]>::to_vec).collect() };
            for part in parts {
                self.outbox.push_back(StockMessage::Snapshot(StockSnapshot {
                    property: Property(seen.clone()),
                    seq: state.seq,
                    cells: part,
                    is_last: false,
                    cursor: None,
                    committed_at: now,
                }));
            }
        }
        let cursor = self.cursor();
        match self.outbox.back_mut() {
            Some(StockMessage::Snapshot(last)) => (last.is_last, last.cursor) = (true, Some(cursor)),
            // Nothing to see yet: the cursor alone.
            _ => self.outbox.push_back(StockMessage::Checkpoint(StockCheckpoint {
                cursor,
                server_time: now,
                committed_at: now,
            })),
        }
        Ok(())
    }

    async fn begin_after(&mut self, ids: &[PropertyId], cursor: Cursor) -> Result<(), sea_orm::DbErr> {
        if cursor.filter != self.filter_hash {
            self.resync(ResyncReason::FilterChanged);
            return Ok(());
        }
        let known: Vec<Position> =
            cursor.positions.into_iter().filter(|position| ids.contains(&position.property)).collect();
        let events: Vec<(PropertyId, i64)> = known.iter().map(|position| (position.property, position.seq)).collect();
        let found = journal::events(&self.app.database.read, &events).await?;
        let tags: HashMap<PropertyId, i64> = found.iter().map(|event| (event.property, event.tag)).collect();
        if known.iter().any(|position| position.seq > 0 && tags.get(&position.property) != Some(&position.tag)) {
            self.resync(ResyncReason::HistoryForked);
            return Ok(());
        }
        for position in &known {
            self.positions.insert(position.property, *position);
        }
        // A property that came since the cursor is told from its beginning.
        for id in ids {
            self.positions.entry(*id).or_insert(Position { property: *id, seq: 0, tag: 0, told: 0 });
        }
        let oldest = self.app.clock.now() - self.app.resume_window;
        for id in ids {
            let after = self.positions.get(id).map_or(0, |position| position.seq);
            let first = journal::events_after(&self.app.database.read, &[(*id, after)], 1).await?;
            if first.first().is_some_and(|event| event.at < oldest)
                && known.iter().any(|position| position.property == *id)
            {
                self.resync(ResyncReason::CursorTooOld);
                return Ok(());
            }
            self.catch_up(*id).await?;
            if self.ended {
                return Ok(());
            }
        }
        let (now, cursor) = (self.app.clock.now(), self.cursor());
        self.outbox.push_back(StockMessage::Checkpoint(StockCheckpoint {
            cursor,
            server_time: now,
            committed_at: now,
        }));
        Ok(())
    }

    /// Tells what the journal has after the position.
    async fn catch_up(&mut self, property: PropertyId) -> Result<(), sea_orm::DbErr> {
        loop {
            let after = self.positions.get(&property).map_or(0, |position| position.seq);
            let missed = journal::committed_after(&self.app.database.read, property, after, STEP).await?;
            if missed.is_empty() {
                return Ok(());
            }
            for one in missed {
                self.tell(&one).await?;
            }
        }
    }

    async fn take(&mut self, one: Committed) -> Result<(), sea_orm::DbErr> {
        let property = one.event.property;
        let Some(position) = self.positions.get(&property) else {
            return self.adopt(property, &one).await;
        };
        if one.event.seq <= position.seq {
            return Ok(());
        }
        if one.event.seq > position.seq + 1 { self.catch_up(property).await } else { self.tell(&one).await }
    }

    /// A property that was not watched yet, and may have become visible by this event.
    async fn adopt(&mut self, property: PropertyId, one: &Committed) -> Result<(), sea_orm::DbErr> {
        if self.filter.properties.is_some() || self.positions.len() >= MOST_PROPERTIES {
            return Ok(());
        }
        let at_least = HashMap::from([(property, one.event.seq)]);
        let structure = self.app.reader.structures(&[property], &at_least).await?.remove(&property);
        let Some(seen) = structure.and_then(|structure| Seen::of(&self.viewer, structure)) else { return Ok(()) };
        self.app.hub.add(&self.watch, property);
        self.seen.insert(property, seen);
        let seq = one.event.seq - 1;
        self.positions.insert(property, Position { property, seq, tag: 0, told: seq });
        self.catch_up(property).await
    }

    /// Tells one event, if the caller sees anything of it, and moves the position past it.
    async fn tell(&mut self, one: &Committed) -> Result<(), sea_orm::DbErr> {
        let event = &one.event;
        let property = event.property;
        let Some(position) = self.positions.get_mut(&property) else { return Ok(()) };
        (position.seq, position.tag) = (event.seq, event.tag);
        let previous_seq = position.told;
        if event.cause.is_structure() {
            return self.tell_structure(property, event.seq, event.cause, event.at, previous_seq).await;
        }
        let Some(seen) = self.seen.get(&property).cloned() else { return Ok(()) };
        let now = self.app.clock.now();
        let (mut shown, mut range_changed) = (Vec::new(), None);
        if one.range_only {
            range_changed = self.changed_range(&seen, &event.nights());
        } else {
            for (key, after) in one.nights.iter().filter(|(key, _)| self.filter.wants(&seen, now, *key)) {
                let mut before = after.clone();
                roll_back(&mut before, *key, &event.cells);
                let told = cells(&seen, *key, after);
                if seen.is_supplier() || told != cells(&seen, *key, &before) {
                    shown.extend(told);
                }
            }
        }
        if shown.is_empty() && range_changed.is_none() {
            return Ok(());
        }
        let told = Told {
            seq: event.seq,
            previous_seq,
            cause: event.cause,
            at: event.at,
            actor: event.actor.clone(),
            change_set: event.change_set,
            coalesced: false,
        };
        self.push_change(&seen, told, shown, range_changed);
        Ok(())
    }

    fn push_change(&mut self, seen: &Seen, told: Told, cells: Vec<StockCell>, range_changed: Option<ChangedRange>) {
        if let Some(position) = self.positions.get_mut(&seen.id()) {
            position.told = told.seq;
        }
        let lag = (self.app.clock.now() - told.at).num_milliseconds();
        metrics::histogram!("lodgate_feed_lag_seconds")
            .record(f64::from(i32::try_from(lag.max(0)).unwrap_or(i32::MAX)) / 1_000.0);
        let cursor = self.cursor();
        self.outbox.push_back(StockMessage::Change(StockChange {
            property: Property(seen.clone()),
            seq: told.seq,
            previous_seq: told.previous_seq,
            cause: told.cause.into(),
            // Who works at a hotel, and how, is the hotel's own business.
            actor: seen.is_supplier().then_some(told.actor),
            change_set_id: told.change_set.filter(|_| seen.is_supplier()),
            cells,
            range_changed,
            coalesced: told.coalesced,
            cursor,
            committed_at: told.at,
        }));
    }

    fn changed_range(&self, seen: &Seen, touched: &[NightKey]) -> Option<ChangedRange> {
        let now = self.app.clock.now();
        let wanted: Vec<&NightKey> = touched.iter().filter(|key| self.filter.wants(seen, now, **key)).collect();
        let (from, through) = (wanted.iter().map(|key| key.1).min()?, wanted.iter().map(|key| key.1).max()?);
        let mut rooms: Vec<RoomTypeId> = wanted.iter().map(|key| key.0).collect();
        rooms.sort_unstable();
        rooms.dedup();
        let room_type_ids = rooms.into_iter().map(|room| NodeId::RoomType(seen.id(), room).seal()).collect();
        Some(ChangedRange { room_type_ids, from: Date(from), through: Date(through) })
    }

    async fn tell_structure(
        &mut self,
        property: PropertyId,
        seq: i64,
        cause: Cause,
        at: DateTime<Utc>,
        previous_seq: i64,
    ) -> Result<(), sea_orm::DbErr> {
        let at_least = HashMap::from([(property, seq)]);
        let structure = self.app.reader.structures(&[property], &at_least).await?.remove(&property);
        let before = self.seen.get(&property).cloned();
        let Some(seen) = structure.and_then(|structure| Seen::of(&self.viewer, structure)) else { return Ok(()) };
        self.seen.insert(property, seen.clone());
        // A partner is not told of other partners' contracts.
        let same = before.is_some_and(|before| {
            before.contracts() == seen.contracts()
                && before.structure.property == seen.structure.property
                && before.structure.room_types == seen.structure.room_types
        });
        if same && !seen.is_supplier() {
            return Ok(());
        }
        if let Some(position) = self.positions.get_mut(&property) {
            position.told = seq;
        }
        let cursor = self.cursor();
        self.outbox.push_back(StockMessage::Structure(StructureChange {
            property: Property(seen),
            seq,
            previous_seq,
            cause: cause.into(),
            cursor,
            committed_at: at,
        }));
        Ok(())
    }

    async fn take_merged(&mut self, property: PropertyId, merged: Merged) -> Result<(), sea_orm::DbErr> {
        let Some(position) = self.positions.get_mut(&property) else { return Ok(()) };
        if merged.seq <= position.seq {
            return Ok(());
        }
        if merged.first_seq > position.seq + 1 {
            return self.catch_up(property).await;
        }
        (position.seq, position.tag) = (merged.seq, merged.tag);
        let previous_seq = position.told;
        if merged.structure {
            self.tell_structure(property, merged.seq, Cause::PropertyUpdated, merged.at, previous_seq).await?;
        }
        let Some(seen) = self.seen.get(&property).cloned() else { return Ok(()) };
        let now = self.app.clock.now();
        let wanted = merged.nights.iter().filter(|(key, _)| self.filter.wants(&seen, now, **key));
        let shown: Vec<StockCell> = wanted.flat_map(|(key, night)| cells(&seen, *key, night)).collect();
        let range_changed = self.changed_range(&seen, &merged.wide);
        if shown.is_empty() && range_changed.is_none() {
            return Ok(());
        }
        let previous_seq = self.positions.get(&property).map_or(previous_seq, |position| position.told);
        let told = Told {
            seq: merged.seq,
            previous_seq,
            cause: merged.cause,
            at: merged.at,
            actor: merged.actor,
            change_set: merged.change_set,
            coalesced: true,
        };
        self.push_change(&seen, told, shown, range_changed);
        Ok(())
    }
}
