//! A lane: a task with a connection of its own that runs the jobs of its queue in batches.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use lodgate_entities::ids::{PropertyId, TenantId};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, TransactionTrait};
use serde_json::json;
use tokio::sync::mpsc;

use super::WriterConfig;
use super::batch::{Batch, BatchOutcome};
use super::db_error::{DbErrorKind, classify};
use super::job::{Job, Reply, Work};
use super::result::WriteError;
use super::sql;
use super::structure_cache::StructureCache;
use crate::clock::Clock;
use crate::database::Database;
use crate::feed::Feed;
use crate::inventory::{Code, Problem};
use crate::journal::rows;
use crate::journal::sql::parameter::parameter;

/// Time limit for the lookup of a batch whose commit was not acknowledged.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Retries of a batch after contention or a lost connection.
const MAX_RETRIES: u32 = 3;

/// One task of the writer.
pub(super) struct Lane {
    db: DatabaseConnection,
    clock: Clock,
    config: WriterConfig,
    feed: Arc<Feed>,
    structures: StructureCache,
}

impl Lane {
    /// Connects and starts the task. It ends when every sender is dropped and the queue is empty.
    pub(super) async fn start(
        database: &Database,
        clock: Clock,
        config: WriterConfig,
        feed: Arc<Feed>,
    ) -> Result<mpsc::Sender<Job>, DbErr> {
        let (sender, inbox) = mpsc::channel(config.queue);
        let db = database.connect_lane().await?;
        let lane = Self { db, clock, config, feed, structures: StructureCache::new() };
        tokio::spawn(lane.serve(inbox));
        Ok(sender)
    }

    async fn serve(self, mut inbox: mpsc::Receiver<Job>) {
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
            let jobs = self.next_jobs(&mut pending);
            let locked_out = self.process(jobs).await;
            // Back to the front, so that the commands of a property keep their order.
            for mut job in locked_out.into_iter().rev() {
                job.lock_misses += 1;
                pending.push_front(job);
            }
        }
    }

    /// The longest run from the front that may share a transaction.
    fn next_jobs(&self, pending: &mut VecDeque<Job>) -> Vec<Job> {
        let mut jobs: Vec<Job> = Vec::new();
        while let Some(job) = pending.front() {
            let fits = match jobs.first() {
                None => true,
                Some(first) => {
                    !job.is_alone()
                        && !first.is_alone()
                        && jobs.len() < self.config.batch
                        && (!self.config.one_property_per_batch || job.property() == first.property())
                }
            };
            if !fits {
                break;
            }
            jobs.extend(pending.pop_front());
        }
        jobs
    }

    /// Runs jobs until each is answered or locked out; returns those whose property another session holds.
    async fn process(&self, jobs: Vec<Job>) -> Vec<Job> {
        metrics::histogram!("lodgate_batch_commands").record(f64::from(u32::try_from(jobs.len()).unwrap_or(u32::MAX)));
        let mut locked_out = Vec::new();
        let mut groups = vec![(jobs, 0)];
        while let Some((mut group, retries)) = groups.pop() {
            let batch = Batch::new(&self.db, &self.clock, self.config.limits, &self.structures);
            let (error, unacknowledged) = match batch.run(&group).await {
                Ok(outcome) => {
                    locked_out.extend(self.finish(group, outcome));
                    continue;
                }
                Err(failure) => failure.into_parts(),
            };
            let mut kind = classify(&error);
            tracing::warn!(%error, ?kind, commands = group.len(), "a batch failed");
            if let (Some(outcome), DbErrorKind::Connection) = (unacknowledged, kind) {
                match self.is_committed(&outcome).await {
                    Some(true) => {
                        locked_out.extend(self.finish(group, outcome));
                        continue;
                    }
                    Some(false) => kind = DbErrorKind::Contention,
                    None => {
                        fail_all(group, &WriteError::Unavailable);
                        continue;
                    }
                }
            }
            match kind {
                // One of the commands is at fault: halving finds it, and the others take effect.
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
                DbErrorKind::Contention | DbErrorKind::Connection if retries < MAX_RETRIES => {
                    let base = if kind == DbErrorKind::Connection { 100 } else { 10 };
                    tokio::time::sleep(Duration::from_millis(rand::random_range(base..=(base * 2) << retries))).await;
                    groups.push((group, retries + 1));
                }
                DbErrorKind::Contention => fail_all(group, &WriteError::Overloaded),
                DbErrorKind::Connection => fail_all(group, &WriteError::Unavailable),
            }
        }
        locked_out
    }

    /// Announces, then answers: a caller with an answer finds its change in this node's cache.
    fn finish(&self, jobs: Vec<Job>, outcome: BatchOutcome) -> Vec<Job> {
        metrics::counter!("lodgate_commits_total").increment(1);
        self.feed.announce(outcome.committed);
        let mut replies: HashMap<usize, Reply> = outcome.replies.into_iter().collect();
        let mut locked_out = Vec::new();
        for (index, mut job) in jobs.into_iter().enumerate() {
            if outcome.locked_out.contains(&index) {
                locked_out.push(job);
            } else if let (Some(sender), Some(reply)) = (job.reply.take(), replies.remove(&index)) {
                // The caller may be gone. Its command is done all the same.
                let _ = sender.send(reply);
            }
        }
        locked_out
    }

    /// Whether a batch whose commit was not acknowledged is in the journal; `None` when the database does not answer in
    /// time.
    async fn is_committed(&self, outcome: &BatchOutcome) -> Option<bool> {
        let Some(first) = outcome.committed.first() else {
            // Nothing was written, so nothing can be lost: the answers hold.
            return Some(true);
        };
        let property = first.event.property;
        let deadline = tokio::time::Instant::now() + RESOLVE_TIMEOUT;
        loop {
            match tokio::time::timeout_at(deadline, self.look_up(property, outcome)).await {
                Ok(Ok(found)) => return Some(found),
                Ok(Err(error)) => tracing::warn!(%error, "the lookup of an unacknowledged batch failed"),
                Err(_) => return None,
            }
            tokio::time::sleep(Duration::from_millis(rand::random_range(50..200))).await;
        }
    }

    async fn look_up(&self, property: PropertyId, outcome: &BatchOutcome) -> Result<bool, DbErr> {
        let backend = self.db.get_database_backend();
        let txn = self.db.begin().await?;
        // The lost session may still be committing. Its lock is free once that is over.
        let rows = parameter(&[json!({ "p": property })])?;
        let locked = txn.query_all_raw(sql::LOCK.with(backend, [rows])).await?;
        locked.iter().try_for_each(|row| rows::locked(row).map(drop))?;
        let found = txn.query_one_raw(sql::BATCH.with(backend, [property.0.into(), outcome.id.into()])).await?;
        txn.rollback().await?;
        Ok(found.is_some())
    }
}

/// Puts the first job of every tenant before the second of any, so that no tenant waits behind a burst of another's. The
/// jobs of one tenant keep their order; those without a tenant stay in front.
fn interleave_tenants<J>(pending: &mut VecDeque<J>, tenant_of: impl Fn(&J) -> Option<TenantId>) {
    let mut counts: HashMap<TenantId, usize> = HashMap::new();
    let mut ranked: Vec<(usize, J)> = pending
        .drain(..)
        .map(|job| {
            let rank = tenant_of(&job).map_or(0, |tenant| {
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
    for sender in jobs.into_iter().filter_map(|job| job.reply) {
        let _ = sender.send(Err(error.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_of_several_tenants_take_turns() {
        let jobs = [(1, 'a'), (1, 'b'), (1, 'c'), (2, 'd'), (0, 'e'), (3, 'f'), (2, 'g')];
        let mut pending: VecDeque<(i64, char)> = jobs.into();
        interleave_tenants(&mut pending, |(tenant, _)| (*tenant > 0).then_some(TenantId(*tenant)));
        let order: String = pending.into_iter().map(|(_, name)| name).collect();
        assert_eq!(order, "eadfbgc");
    }
}
