//! The writer: a few lanes, each a task with a connection of its own that commits whatever has gathered.
//!
//! While a lane's transaction runs, further commands gather, and its next transaction takes them all. So a hot property
//! pays one commit for many commands. Correctness rests on the row locks alone; lanes only save work. A caller that
//! hangs up cancels nothing: the lane goes on.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use lodgate_entities::ids::{PropertyId, TenantId};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, TransactionTrait};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::batch::{Attempt, FailedAttempt, Job, Reply, Work};
use super::db_error::{DbErrorKind, classify};
use super::property_admin::NewProperty;
use super::result::{CommandResult, Submission, WriteError};
use crate::clock::Clock;
use crate::database::Database;
use crate::feed::Feed;
use crate::inventory::{Action, Code, Limits, Problem};
use crate::journal::PropertyStructure;
use crate::journal::load::parameter;
use crate::journal::{rows, sql};

/// Sizes of the writer. Each bounds a queue or a transaction.
#[derive(Clone, Copy, Debug)]
pub struct WriterConfig {
    /// Lanes for ordinary commands; SQLite has one whatever this says.
    pub lanes: usize,
    /// Commands that may wait in front of a lane, and as many again that it has taken in.
    pub queue: usize,
    /// Most commands of one transaction.
    pub batch: usize,
    /// Keep a transaction to one property, for databases sharded by property.
    pub one_property_per_batch: bool,
    /// The operator's numbers for the rules.
    pub limits: Limits,
}

impl Default for WriterConfig {
    fn default() -> Self {
        Self { lanes: 4, queue: 4_096, batch: 256, one_property_per_batch: false, limits: Limits::default() }
    }
}

/// Above so many cells a command goes to the lane for bulk work, so that it delays nobody's hold.
const BULK_CELLS: i64 = 500;
/// A transaction that takes longer has lost its database.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long to look for the fate of a commit whose answer was lost.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);
const TRIES: u32 = 3;

/// Hands commands to the lanes. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    lanes: Arc<[mpsc::Sender<Job>]>,
    bulk: Option<mpsc::Sender<Job>>,
}

impl Writer {
    /// Starts the lanes and the sweeper. They end when the last clone is dropped and their queues are empty.
    ///
    /// # Errors
    /// When the database can't be reached.
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
        tokio::spawn(sweep(database.read.clone(), clock.clone(), writer.downgrade()));
        tokio::spawn(forget_keys(database.write.clone(), clock, writer.downgrade()));
        Ok(writer)
    }

    /// Decides and stores one command. Once this is awaited, dropping the future cancels nothing.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub async fn submit(&self, submission: Submission) -> Result<CommandResult, WriteError> {
        let lane = match &self.bulk {
            Some(bulk) if cells(&submission.command.action) > BULK_CELLS => bulk,
            _ => self.lane(submission.property),
        };
        ask(lane, Work::Command(submission)).await
    }

    /// Creates a property and its journal.
    ///
    /// # Errors
    /// Refused with `CODE_TAKEN` when the supplier uses the code already; see [`WriteError`].
    pub async fn create_property(&self, new: NewProperty) -> Result<CommandResult, WriteError> {
        let problems = crate::inventory::property_admin::property_problems(&new.property);
        if !problems.is_empty() {
            return Err(WriteError::Refused(crate::inventory::Refusal(problems)));
        }
        ask(self.lane(PropertyId(0)), Work::Create(new)).await
    }

    fn lane(&self, property: PropertyId) -> &mpsc::Sender<Job> {
        &self.lanes[usize::try_from(property.0.unsigned_abs()).unwrap_or(0) % self.lanes.len()]
    }

    fn downgrade(&self) -> Vec<mpsc::WeakSender<Job>> {
        self.lanes.iter().map(mpsc::Sender::downgrade).collect()
    }
}

async fn ask(lane: &mpsc::Sender<Job>, work: Work) -> Reply {
    let (sender, answer) = oneshot::channel();
    lane.try_send(Job { work, answer: Some(sender), lock_misses: 0 }).map_err(|error| match error {
        mpsc::error::TrySendError::Full(_) => WriteError::Overloaded,
        mpsc::error::TrySendError::Closed(_) => WriteError::Unavailable,
    })?;
    answer.await.unwrap_or(Err(WriteError::Internal))
}

/// Roughly how many cells a command names.
fn cells(action: &Action) -> i64 {
    match action {
        Action::SetCounts(set) => set.changes.iter().map(|c| (c.range.through - c.range.from).num_days()).sum(),
        Action::SetRestrictions(changes) => changes.iter().map(|c| (c.range.through - c.range.from).num_days()).sum(),
        _ => 0,
    }
}

/// Once a second nudges the lanes of properties with holds that are due; the lane itself decides what is.
async fn sweep(db: DatabaseConnection, clock: Clock, lanes: Vec<mpsc::WeakSender<Job>>) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if lanes.iter().all(|lane| lane.upgrade().is_none()) {
            return;
        }
        let due = match db.query_all_raw(sql::DUE.with(db.get_database_backend(), [clock.now().into()])).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::warn!(%error, "the sweep for due holds failed");
                continue;
            }
        };
        for property in due.iter().filter_map(|row| row.try_get_by_index::<i64>(0).ok()) {
            let lane = &lanes[usize::try_from(property.unsigned_abs()).unwrap_or(0) % lanes.len()];
            if let Some(lane) = lane.upgrade() {
                // A full queue means that commands are coming, and each of them does what is due first.
                let _ = lane.try_send(Job { work: Work::Due(PropertyId(property)), answer: None, lock_misses: 0 });
            }
        }
    }
}

/// How long an idempotency key is remembered.
const KEYS_KEPT: chrono::TimeDelta = chrono::TimeDelta::days(7);

/// Once an hour forgets the idempotency keys that are past their time.
async fn forget_keys(db: DatabaseConnection, clock: Clock, lanes: Vec<mpsc::WeakSender<Job>>) {
    let mut tick = tokio::time::interval(Duration::from_secs(3_600));
    loop {
        tick.tick().await;
        if lanes.iter().all(|lane| lane.upgrade().is_none()) {
            return;
        }
        let oldest = clock.now() - KEYS_KEPT;
        if let Err(error) = db.execute_raw(sql::FORGET_RECORDS.with(db.get_database_backend(), [oldest.into()])).await {
            tracing::warn!(%error, "old idempotency keys are not forgotten yet");
        }
    }
}

/// One task of the writer.
pub(super) struct Lane {
    pub(super) db: DatabaseConnection,
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    /// Structure by property, with the structure seq it was read at.
    pub(super) structures: HashMap<PropertyId, (i64, Arc<PropertyStructure>)>,
    /// The attempt whose commit is under way.
    pub(super) committing: Option<Attempt>,
    config: WriterConfig,
    feed: Arc<Feed>,
}

impl Lane {
    async fn start(
        database: &Database,
        clock: Clock,
        config: WriterConfig,
        feed: Arc<Feed>,
    ) -> Result<mpsc::Sender<Job>, DbErr> {
        let (sender, inbox) = mpsc::channel(config.queue);
        let lane = Self {
            db: database.connect_lane().await?,
            clock,
            limits: config.limits,
            structures: HashMap::new(),
            committing: None,
            config,
            feed,
        };
        tokio::spawn(lane.serve(inbox));
        Ok(sender)
    }

    async fn serve(mut self, mut inbox: mpsc::Receiver<Job>) {
        let mut pending: VecDeque<Job> = VecDeque::new();
        loop {
            if pending.is_empty() {
                match inbox.recv().await {
                    Some(job) => pending.push_back(job),
                    None => return,
                }
            }
            while pending.len() < self.config.queue {
                match inbox.try_recv() {
                    Ok(job) => pending.push_back(job),
                    Err(_) => break,
                }
            }
            if pending.len() > self.config.batch {
                interleave_tenants(&mut pending, Job::fairness_key);
            }
            let batch = self.next_batch(&mut pending);
            let left = self.process(batch).await;
            // In front again, so that the commands of a property keep their order.
            for mut job in left.into_iter().rev() {
                job.lock_misses += 1;
                pending.push_front(job);
            }
        }
    }

    /// The longest run from the front that may share a transaction.
    fn next_batch(&self, pending: &mut VecDeque<Job>) -> Vec<Job> {
        let mut batch: Vec<Job> = Vec::new();
        while let Some(job) = pending.front() {
            let fits = match batch.first() {
                None => true,
                Some(first) => {
                    !job.is_alone()
                        && !first.is_alone()
                        && batch.len() < self.config.batch
                        && (!self.config.one_property_per_batch || job.property() == first.property())
                }
            };
            if !fits {
                break;
            }
            batch.extend(pending.pop_front());
        }
        batch
    }

    /// Runs a batch to its end: answers what was decided and gives back what others hold.
    async fn process(&mut self, batch: Vec<Job>) -> Vec<Job> {
        metrics::histogram!("lodgate_batch_commands").record(f64::from(u32::try_from(batch.len()).unwrap_or(u32::MAX)));
        let mut left = Vec::new();
        let mut groups = vec![(batch, 0)];
        while let Some((mut group, tries)) = groups.pop() {
            let result = match tokio::time::timeout(ATTEMPT_TIMEOUT, self.attempt(&group)).await {
                Ok(result) => result,
                Err(_) => Err(FailedAttempt(DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout))),
            };
            let unknown = self.committing.take();
            let error = match result {
                Ok(attempt) => {
                    left.extend(self.finish(group, attempt));
                    continue;
                }
                Err(FailedAttempt(error)) => error,
            };
            let mut fault = classify(&error);
            tracing::warn!(%error, ?fault, commands = group.len(), "a batch failed");
            if let (Some(attempt), DbErrorKind::Connection) = (unknown, fault) {
                match self.resolve(&attempt).await {
                    Some(true) => {
                        left.extend(self.finish(group, attempt));
                        continue;
                    }
                    Some(false) => fault = DbErrorKind::Contention,
                    None => {
                        fail_all(group, &WriteError::Unavailable);
                        continue;
                    }
                }
            }
            match fault {
                DbErrorKind::Data | DbErrorKind::Defect if group.len() > 1 => {
                    let second = group.split_off(group.len() / 2);
                    groups.push((second, 0));
                    groups.push((group, 0));
                }
                DbErrorKind::Data if matches!(group[0].work, Work::Create(_)) => {
                    let taken =
                        Problem::new(Code::CodeTaken, "you use this code for a property already").at_field(&["code"]);
                    fail_all(group, &WriteError::Refused(taken.into()));
                }
                DbErrorKind::Data | DbErrorKind::Defect => {
                    tracing::error!(%error, "a command failed");
                    fail_all(group, &WriteError::Internal);
                }
                DbErrorKind::Contention | DbErrorKind::Connection if tries < TRIES => {
                    let base = if fault == DbErrorKind::Connection { 100 } else { 10 };
                    tokio::time::sleep(Duration::from_millis(rand::random_range(base..=(base * 2) << tries))).await;
                    groups.push((group, tries + 1));
                }
                DbErrorKind::Contention => fail_all(group, &WriteError::Overloaded),
                DbErrorKind::Connection => fail_all(group, &WriteError::Unavailable),
            }
        }
        left
    }

    /// Announces, then answers: whoever has an answer finds it in this node's cache.
    fn finish(&mut self, jobs: Vec<Job>, attempt: Attempt) -> Vec<Job> {
        metrics::counter!("lodgate_commits_total").increment(1);
        self.feed.announce(attempt.committed);
        let mut answers: HashMap<usize, Reply> = attempt.answers.into_iter().collect();
        let mut left = Vec::new();
        for (index, mut job) in jobs.into_iter().enumerate() {
            if attempt.waiting.contains(&index) {
                left.push(job);
            } else if let (Some(sender), Some(answer)) = (job.answer.take(), answers.remove(&index)) {
                // The caller may have gone; what it asked for is done all the same.
                let _ = sender.send(answer);
            }
        }
        left
    }

    /// Whether a commit happened whose answer was lost; `None` when that can't be found out in time.
    async fn resolve(&self, attempt: &Attempt) -> Option<bool> {
        let Some(first) = attempt.committed.first() else {
            // Nothing was written, so nothing can be lost: the answers stand.
            return Some(true);
        };
        let property = first.event.property;
        let deadline = tokio::time::Instant::now() + RESOLVE_TIMEOUT;
        loop {
            match tokio::time::timeout_at(deadline, self.look_up(property, attempt)).await {
                Ok(Ok(found)) => return Some(found),
                Ok(Err(error)) => tracing::warn!(%error, "looking for the fate of a batch"),
                Err(_) => return None,
            }
            tokio::time::sleep(Duration::from_millis(rand::random_range(50..200))).await;
        }
    }

    async fn look_up(&self, property: PropertyId, attempt: &Attempt) -> Result<bool, DbErr> {
        let backend = self.db.get_database_backend();
        let txn = self.db.begin().await?;
        // The lost session may still be committing: its lock says when it is over.
        let rows = parameter(&[json!({ "p": property })])?;
        let locked = txn.query_all_raw(sql::LOCK.with(backend, [rows])).await?;
        locked.iter().try_for_each(|row| rows::locked(row).map(drop))?;
        let found = txn.query_one_raw(sql::BATCH.with(backend, [property.0.into(), attempt.id.into()])).await?;
        txn.rollback().await?;
        Ok(found.is_some())
    }
}

/// Puts everybody's first job before anybody's second, so that nobody waits behind all that one tenant sent at once. Each
/// tenant's keep their order; those of nobody stay in front.
fn interleave_tenants<J>(pending: &mut VecDeque<J>, whose: impl Fn(&J) -> Option<TenantId>) {
    let mut counts: HashMap<TenantId, usize> = HashMap::new();
    let mut ranked: Vec<(usize, J)> = pending
        .drain(..)
        .map(|job| {
            let rank = whose(&job).map_or(0, |tenant| {
                let count = counts.entry(tenant).or_default();
                *count += 1;
                *count
            });
            (rank, job)
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    pending.extend(ranked.into_iter().map(|(_, job)| job));
}

fn fail_all(jobs: Vec<Job>, error: &WriteError) {
    for sender in jobs.into_iter().filter_map(|job| job.answer) {
        let _ = sender.send(Err(error.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_behind_all_of_one_tenant() {
        let jobs = [(1, 'a'), (1, 'b'), (1, 'c'), (2, 'd'), (0, 'e'), (3, 'f'), (2, 'g')];
        let mut pending: VecDeque<(i64, char)> = jobs.into();
        interleave_tenants(&mut pending, |(tenant, _)| (*tenant > 0).then_some(TenantId(*tenant)));
        let order: String = pending.into_iter().map(|(_, name)| name).collect();
        assert_eq!(order, "eadfbgc");
    }
}
