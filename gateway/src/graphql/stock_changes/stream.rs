//! One subscriber's stream: where it stands at each property, and what it is told next.
//!
//! It registers with the hub before it reads any state, and takes only the event that follows the last one of a
//! property. Whatever is missing in between it reads from the journal.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use async_graphql::Result;
use futures_util::{Stream, stream};
use lodgate_entities::ids::PropertyId;
use tokio::time::Interval;

use super::catch_up::CatchUpStep;
use super::resume_position::ResumePosition;
use super::subscription_filter::{MAX_PROPERTIES, SubscriptionFilter};
use super::{Resync, ResyncReason, StockCheckpoint, StockMessage, StockSnapshot};
use crate::app::App;
use crate::auth::Viewer;
use crate::cache::property_list::ListArgs;
use crate::feed::{Cursor, FeedItem, Position, Watch};
use crate::graphql::access::PropertyAccess;
use crate::graphql::error::{self, bad_input};
use crate::graphql::scalars::CursorText;
use crate::journal::CommittedEvent;

/// Silence is never longer.
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

/// A subscriber's stream.
pub struct StockStream {
    pub(super) app: App,
    pub(super) viewer: Viewer,
    pub(super) filter: SubscriptionFilter,
    pub(super) filter_hash: u64,
    pub(super) watch: Watch,
    pub(super) seen: HashMap<PropertyId, PropertyAccess>,
    pub(super) positions: BTreeMap<PropertyId, Position>,
    /// What is told before any news.
    pub(super) work: VecDeque<CatchUpStep>,
    /// What one portion of work, or one piece of news, came to.
    pub(super) outbox: VecDeque<StockMessage>,
    /// The latest part of the state, which may be the last.
    pub(super) held: Option<StockSnapshot>,
    /// The place that the transport keeps.
    pub(super) place: ResumePosition,
    pub(super) checkpoint: Interval,
    pub(super) ended: bool,
}

impl StockStream {
    /// Registers, and plans what is told first.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a property that the caller may not see; when the database can't be reached.
    pub async fn start(
        app: App,
        viewer: Viewer,
        filter: SubscriptionFilter,
        start: Start,
        place: ResumePosition,
    ) -> Result<Self> {
        let mut ids = match &filter.properties {
            Some(ids) => ids.clone(),
            None => {
                let ask = ListArgs { first: MAX_PROPERTIES as u64, ..ListArgs::default() };
                let page = app.properties(&viewer, ask).await.map_err(|error| error::database(&error))?;
                if page.has_next {
                    return Err(bad_input(
                        "propertyIds",
                        format!("you see more than {MAX_PROPERTIES} properties: name them"),
                    ));
                }
                page.ids.clone()
            }
        };
        ids.sort_unstable();
        ids.dedup();
        // First of all: what is committed from here on is heard of.
        let watch = app.hub.watch(ids.iter().copied());
        if filter.properties.is_none() {
            app.hub.add_everything(&watch);
        }
        let structures = app.reader.structures(&ids, &HashMap::new()).await.map_err(|error| error::database(&error))?;
        let mut seen = HashMap::new();
        for id in &ids {
            match structures.get(id).and_then(|structure| PropertyAccess::of(&viewer, structure.clone())) {
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
            work: VecDeque::new(),
            outbox: VecDeque::new(),
            held: None,
            place,
            checkpoint,
            ended: false,
        };
        let app = watcher.app.clone();
        let _turn = app.catch_up_permits.acquire(watcher.viewer.tenant).await;
        watcher.begin(start, &ids).await.map_err(|error| error::database(&error))?;
        Ok(watcher)
    }

    /// The messages, until the client goes or the stream can't go on.
    pub fn into_stream(self) -> impl Stream<Item = StockMessage> + use<> {
        stream::unfold(self, |mut watcher| async move {
            loop {
                if let Some(message) = watcher.outbox.pop_front() {
                    watcher.place.keep(&message);
                    return Some((message, watcher));
                }
                if watcher.ended {
                    return None;
                }
                if let Err(error) = watcher.step().await {
                    // Skipping would be a silent gap: the client reconnects and resumes at its cursor.
                    tracing::warn!(%error, "a subscription lost its database");
                    watcher.place.interrupt();
                    watcher.ended = true;
                }
            }
        })
    }

    async fn step(&mut self) -> Result<(), sea_orm::DbErr> {
        if let Some(work) = self.work.pop_front() {
            let app = self.app.clone();
            let _turn = app.catch_up_permits.acquire(self.viewer.tenant).await;
            return self.work(work).await;
        }
        let news = tokio::select! {
            news = self.watch.next() => news,
            _ = self.checkpoint.tick() => {
                self.checkpoint();
                return Ok(());
            }
        };
        match news {
            FeedItem::Committed(one) => self.take(one).await,
            FeedItem::Coalesced(property, coalesced) => self.deliver_coalesced(property, coalesced).await,
            FeedItem::HistoryForked(_) => {
                self.resync(ResyncReason::HistoryForked);
                Ok(())
            }
        }
    }

    pub(super) fn checkpoint(&mut self) {
        let (now, cursor) = (self.app.clock.now(), self.cursor());
        let checkpoint = StockCheckpoint { cursor, server_time: now, committed_at: now };
        self.outbox.push_back(StockMessage::Checkpoint(checkpoint));
    }

    pub(super) fn resync(&mut self, reason: ResyncReason) {
        metrics::counter!("lodgate_subscription_resynced_total").increment(1);
        self.outbox.push_back(StockMessage::Resync(Resync { reason, committed_at: self.app.clock.now() }));
        self.ended = true;
    }

    pub(super) fn cursor(&self) -> CursorText {
        let positions = self.positions.values().copied().collect();
        let cursor = Cursor { tenant: self.viewer.tenant, filter: self.filter_hash, positions };
        CursorText(self.app.cursor_key.encode(&cursor))
    }

    async fn take(&mut self, one: CommittedEvent) -> Result<(), sea_orm::DbErr> {
        let property = one.event.property;
        let Some(position) = self.positions.get(&property) else {
            return self.adopt(property, &one).await;
        };
        if one.event.seq <= position.seq {
            return Ok(());
        }
        if one.event.seq > position.seq + 1 {
            self.catch_up(property);
            return Ok(());
        }
        self.tell(&one).await
    }

    /// A property that was not watched yet, and may have become visible by this event.
    async fn adopt(&mut self, property: PropertyId, one: &CommittedEvent) -> Result<(), sea_orm::DbErr> {
        if self.filter.properties.is_some() || self.positions.len() >= MAX_PROPERTIES {
            return Ok(());
        }
        let at_least = HashMap::from([(property, one.event.seq)]);
        let structure = self.app.reader.structures(&[property], &at_least).await?.remove(&property);
        let Some(seen) = structure.and_then(|structure| PropertyAccess::of(&self.viewer, structure)) else {
            return Ok(());
        };
        self.app.hub.add(&self.watch, property);
        self.seen.insert(property, seen);
        let seq = one.event.seq - 1;
        self.positions.insert(property, Position { property, seq, tag: 0, delivered_seq: seq });
        self.catch_up(property);
        Ok(())
    }
}
