//! The writer: commands in, committed events out.
//!
//! It has a few lanes, each a task with a connection of its own that commits the commands of its queue in batches.
//! While a lane's transaction runs, more commands queue up, and its next transaction takes them all: a busy property
//! pays one commit for many commands. Correctness rests on the row locks alone; lanes only save work. A caller that
//! disconnects cancels nothing. The rules are in [`crate::inventory`].

mod batch;
mod batch_inputs;
mod db_error;
mod job;
mod lane;
mod persist;
mod property_admin;
mod result;
mod rows;
mod sql;
mod structure_cache;
mod sweeper;
mod working_set;

use std::sync::Arc;

use lodgate_entities::ids::PropertyId;
use sea_orm::DbErr;
use tokio::sync::{mpsc, oneshot};

use self::job::{Job, Reply, Work};
use self::lane::Lane;
use crate::clock::Clock;
use crate::database::Database;
use crate::feed::Feed;
use crate::inventory::{Action, Limits, Refusal};

pub use property_admin::NewProperty;
pub use result::{CommandResult, Key, Submission, WriteError};

/// Sizes of the writer. Each bounds a queue or a transaction.
#[derive(Clone, Copy, Debug)]
pub struct WriterConfig {
    /// Lanes for ordinary commands. SQLite always has one.
    pub lanes: usize,
    /// Commands that may wait in front of a lane, and as many again inside it.
    pub queue: usize,
    /// Most commands per transaction.
    pub batch: usize,
    /// Keep a transaction to one property, for databases sharded by property.
    pub one_property_per_batch: bool,
    /// The operator's limits for the rules.
    pub limits: Limits,
}

impl Default for WriterConfig {
    fn default() -> Self {
        Self { lanes: 4, queue: 4_096, batch: 256, one_property_per_batch: false, limits: Limits::default() }
    }
}

/// A command with more cells than this goes to the lane for bulk work, so that no hold waits behind it.
const BULK_CELLS: i64 = 500;

/// Routes commands to the lanes. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    lanes: Arc<[mpsc::Sender<Job>]>,
    bulk: Option<mpsc::Sender<Job>>,
}

impl Writer {
    /// Starts the lanes and the periodic tasks. They end when the last clone is dropped and their queues are empty.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn start(
        database: &Database,
        clock: Clock,
        config: WriterConfig,
        feed: Arc<Feed>,
    ) -> Result<Self, DbErr> {
        let count = if database.is_postgres() { config.lanes.max(1) } else { 1 };
        let mut lanes = Vec::with_capacity(count);
        for _ in 0..count {
            lanes.push(Lane::start(database, clock.clone(), config, feed.clone()).await?);
        }
        let bulk =
            if database.is_postgres() { Some(Lane::start(database, clock.clone(), config, feed).await?) } else { None };
        let writer = Self { lanes: lanes.into(), bulk };
        tokio::spawn(sweeper::expire_holds(database.read.clone(), clock.clone(), writer.downgrade()));
        tokio::spawn(sweeper::delete_old_keys(database.write.clone(), clock, writer.downgrade()));
        Ok(writer)
    }

    /// Decides and stores one command. Once this is awaited, dropping the future cancels nothing.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub async fn submit(&self, submission: Submission) -> Result<CommandResult, WriteError> {
        let lane = match &self.bulk {
            Some(bulk) if cell_count(&submission.command.action) > BULK_CELLS => bulk,
            _ => self.lane(submission.property),
        };
        enqueue(lane, Work::Command(submission)).await
    }

    /// Creates a property and its journal.
    ///
    /// # Errors
    /// Refused with `CODE_TAKEN` when the supplier uses the code already; see [`WriteError`].
    pub async fn create_property(&self, new: NewProperty) -> Result<CommandResult, WriteError> {
        let problems = crate::inventory::property_admin::property_problems(&new.property);
        if !problems.is_empty() {
            return Err(WriteError::Refused(Refusal(problems)));
        }
        enqueue(self.lane(PropertyId(0)), Work::Create(new)).await
    }

    fn lane(&self, property: PropertyId) -> &mpsc::Sender<Job> {
        &self.lanes[lane_index(property, self.lanes.len())]
    }

    fn downgrade(&self) -> sweeper::WeakLanes {
        self.lanes.iter().map(mpsc::Sender::downgrade).collect()
    }
}

/// The lane of a property, always the same one, so that two lanes rarely compete for a lock.
fn lane_index(property: PropertyId, lanes: usize) -> usize {
    usize::try_from(property.0.unsigned_abs()).unwrap_or(0) % lanes
}

async fn enqueue(lane: &mpsc::Sender<Job>, work: Work) -> Reply {
    let (sender, reply) = oneshot::channel();
    lane.try_send(Job { work, reply: Some(sender), lock_misses: 0 }).map_err(|error| match error {
        mpsc::error::TrySendError::Full(_) => WriteError::Overloaded,
        mpsc::error::TrySendError::Closed(_) => WriteError::Unavailable,
    })?;
    reply.await.unwrap_or(Err(WriteError::Internal))
}

/// Roughly how many cells a command names.
fn cell_count(action: &Action) -> i64 {
    match action {
        Action::SetCounts(set) => set.changes.iter().map(|c| (c.range.through - c.range.from).num_days()).sum(),
        Action::SetRestrictions(changes) => changes.iter().map(|c| (c.range.through - c.range.from).num_days()).sum(),
        _ => 0,
    }
}
