//! The stream of one subscriber: its position at each property, and its next messages.
//!
//! The stream registers with the hub before it reads any state, so that no commit falls between the two. It accepts only
//! the event that follows the last one of a property, and reads missing events from the journal.

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

/// Longest time without a message.
const CHECKPOINT: Duration = Duration::from_secs(10);

/// The beginning of a stream.
#[derive(Clone, Debug)]
pub enum Start {
    /// The current state, then every change after it.
    Snapshot,
    /// Every change after a cursor of the caller's tenant.
    After(Cursor),
    /// Changes from now on.
    Now,
}

/// A subscriber's stream.
pub struct StockStream {
    pub(super) app: App,
    pub(super) viewer: Viewer,
    pub(super) filter: SubscriptionFilter,
    pub(super) filter_hash: u64,
    pub(super) watch: Watch,
    pub(super) properties: HashMap<PropertyId, PropertyAccess>,
    pub(super) positions: BTreeMap<PropertyId, Position>,
    /// Steps that are run before further feed items are taken.
    pub(super) steps: VecDeque<CatchUpStep>,
    /// Messages that are ready to be sent.
    pub(super) outbox: VecDeque<StockMessage>,
    /// The latest part of the snapshot. It waits here until it is known whether another part follows.
    pub(super) last_part: Option<StockSnapshot>,
    /// The resume position that the transport keeps.
    pub(super) resume_position: ResumePosition,
    pub(super) checkpoint: Interval,
    pub(super) ended: bool,
}

impl StockStream {
    /// Registers with the hub and plans the first messages.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a property that the caller may not see; when the database cannot be reached.
    pub async fn start(
        app: App,
        viewer: Viewer,
        filter: SubscriptionFilter,
        start: Start,
        resume_position: ResumePosition,
    ) -> Result<Self> {
        let mut ids = match &filter.properties {
            Some(ids) => ids.clone(),
            None => {
                let args = ListArgs { first: MAX_PROPERTIES as u64, ..ListArgs::default() };
                let page = app.properties(&viewer, args).await.map_err(|error| error::database(&error))?;
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
        // Register first: every commit from here on reaches this stream.
        let watch = app.hub.watch(ids.iter().copied());
        if filter.properties.is_none() {
            app.hub.add_everything(&watch);
        }
        let structures = app.reader.structures(&ids, &HashMap::new()).await.map_err(|error| error::database(&error))?;
        let mut properties = HashMap::new();
        for id in &ids {
            match structures.get(id).and_then(|structure| PropertyAccess::for_viewer(&viewer, structure.clone())) {
                Some(found) => properties.insert(*id, found),
                None => return Err(bad_input("propertyIds", "no such property")),
            };
        }
        let mut checkpoint = tokio::time::interval_at(tokio::time::Instant::now() + CHECKPOINT, CHECKPOINT);
        checkpoint.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let filter_hash = filter.hash();
        let mut subscriber = Self {
            app,
            viewer,
            filter,
            filter_hash,
            watch,
            properties,
            positions: BTreeMap::new(),
            steps: VecDeque::new(),
            outbox: VecDeque::new(),
            last_part: None,
            resume_position,
            checkpoint,
            ended: false,
        };
        let app = subscriber.app.clone();
        let _permit = app.catch_up_permits.acquire(subscriber.viewer.tenant).await;
        subscriber.begin(start, &ids).await.map_err(|error| error::database(&error))?;
        Ok(subscriber)
    }

    /// The messages, until the client disconnects or the stream cannot continue.
    pub fn into_stream(self) -> impl Stream<Item = StockMessage> + use<> {
        stream::unfold(self, |mut subscriber| async move {
            loop {
                if let Some(message) = subscriber.outbox.pop_front() {
                    subscriber.resume_position.record(&message);
                    return Some((message, subscriber));
                }
                if subscriber.ended {
                    return None;
                }
                if let Err(error) = subscriber.step().await {
                    // Skipping the failed step would leave a gap. The stream ends instead, and the client resumes at its cursor.
                    tracing::warn!(%error, "a subscription ended: the database failed");
                    subscriber.resume_position.interrupt();
                    subscriber.ended = true;
                }
            }
        })
    }

    async fn step(&mut self) -> Result<(), sea_orm::DbErr> {
        if let Some(step) = self.steps.pop_front() {
            let app = self.app.clone();
            let _permit = app.catch_up_permits.acquire(self.viewer.tenant).await;
            return self.run_step(step).await;
        }
        let item = tokio::select! {
            item = self.watch.next() => item,
            _ = self.checkpoint.tick() => {
                self.checkpoint();
                return Ok(());
            }
        };
        match item {
            FeedItem::Committed(committed) => self.take(committed).await,
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

    async fn take(&mut self, committed: CommittedEvent) -> Result<(), sea_orm::DbErr> {
        let property = committed.event.property;
        let Some(position) = self.positions.get(&property) else {
            return self.adopt(property, &committed).await;
        };
        if committed.event.seq <= position.seq {
            return Ok(());
        }
        if committed.event.seq > position.seq + 1 {
            self.catch_up(property);
            return Ok(());
        }
        self.deliver(&committed).await
    }

    /// Adds a property that the event may have made visible, unless the filter names its properties.
    async fn adopt(&mut self, property: PropertyId, committed: &CommittedEvent) -> Result<(), sea_orm::DbErr> {
        if self.filter.properties.is_some() || self.positions.len() >= MAX_PROPERTIES {
            return Ok(());
        }
        let at_least = HashMap::from([(property, committed.event.seq)]);
        let structure = self.app.reader.structures(&[property], &at_least).await?.remove(&property);
        let Some(access) = structure.and_then(|structure| PropertyAccess::for_viewer(&self.viewer, structure)) else {
            return Ok(());
        };
        self.app.hub.add(&self.watch, property);
        self.properties.insert(property, access);
        let seq = committed.event.seq - 1;
        self.positions.insert(property, Position { property, seq, tag: 0, delivered_seq: seq });
        self.catch_up(property);
        Ok(())
    }
}
