//! One transaction of a lane: lock, load, decide each command in order, store, commit.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use lodgate_entities::ids::PropertyId;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use serde_json::json;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::batch_inputs;
use super::job::{Job, Reply, Work};
use super::persist::Changes;
use super::property_admin::{self, NewProperty};
use super::result::{CommandResult, Submission, WriteError};
use super::sql;
use super::structure_cache::StructureCache;
use super::working_set::WorkingSet;
use crate::clock::Clock;
use crate::inventory::{Cause, Event, Limits, Problem, Property, Reservation, Stock};
use crate::journal::load::{self, NightRange};
use crate::journal::rows::{self, Locked};
use crate::journal::sql::parameter::parameter;
use crate::journal::{CommittedEvent, PropertyStructure};

/// A transaction that takes longer has lost its database.
const TIMEOUT: Duration = Duration::from_secs(15);
/// A job that missed its property's lock this often, and is the oldest, waits for the lock at the start of a batch.
const MAX_LOCK_MISSES: u32 = 3;

/// The result of a transaction, by position of the job in it.
#[derive(Default)]
pub(super) struct BatchOutcome {
    /// The batch id that its events carry.
    pub(super) id: Uuid,
    /// Answers to give once it is committed.
    pub(super) replies: Vec<(usize, Reply)>,
    /// Jobs whose property another session holds.
    pub(super) locked_out: Vec<usize>,
    /// The events to announce once they are committed.
    pub(super) committed: Vec<CommittedEvent>,
}

/// A failed transaction.
pub(super) enum BatchError {
    /// It failed before its commit was sent: nothing was written.
    BeforeCommit(DbErr),
    /// Its commit was sent and not acknowledged: it may have been written.
    DuringCommit {
        /// Its result, if the commit turns out to have happened.
        outcome: BatchOutcome,
        error: DbErr,
    },
}

impl BatchError {
    /// The error, and the result of a batch that may have been written.
    pub(super) fn into_parts(self) -> (DbErr, Option<BatchOutcome>) {
        match self {
            Self::BeforeCommit(error) => (error, None),
            Self::DuringCommit { outcome, error } => (error, Some(outcome)),
        }
    }
}

fn timed_out(_: tokio::time::error::Elapsed) -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)
}

/// One transaction. It borrows from its lane.
pub(super) struct Batch<'a> {
    db: &'a DatabaseConnection,
    clock: &'a Clock,
    limits: Limits,
    structures: &'a StructureCache,
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        db: &'a DatabaseConnection,
        clock: &'a Clock,
        limits: Limits,
        structures: &'a StructureCache,
    ) -> Self {
        Self { db, clock, limits, structures }
    }

    /// Runs the jobs in one transaction.
    pub(super) async fn run(&self, jobs: &[Job]) -> Result<BatchOutcome, BatchError> {
        // One deadline over both parts. It cuts them separately, so that a timeout says on which side of the commit it was.
        let deadline = Instant::now() + TIMEOUT;
        let prepared = timeout_at(deadline, self.prepare(jobs)).await.unwrap_or_else(|late| Err(timed_out(late)));
        let (txn, outcome) = prepared.map_err(BatchError::BeforeCommit)?;
        match timeout_at(deadline, txn.commit()).await.unwrap_or_else(|late| Err(timed_out(late))) {
            Ok(()) => Ok(outcome),
            Err(error) => Err(BatchError::DuringCommit { outcome, error }),
        }
    }

    /// Everything but the commit.
    async fn prepare(&self, jobs: &[Job]) -> Result<(DatabaseTransaction, BatchOutcome), DbErr> {
        let backend = self.db.get_database_backend();
        let options = TransactionOptions {
            isolation_level: None,
            access_mode: None,
            // The default mode takes the write lock at the first write, when another writer may have it already.
            sqlite_transaction_mode: (backend == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate),
        };
        let txn = self.db.begin_with_options(options).await?;
        match self.execute(&txn, jobs).await {
            Ok(outcome) => Ok((txn, outcome)),
            Err(error) => {
                // The session may be lost; all that matters is that no transaction stays open in it.
                if let Err(rollback) = txn.rollback().await {
                    tracing::debug!(%rollback, "rollback after a failed batch");
                }
                Err(error)
            }
        }
    }

    async fn execute(&self, txn: &DatabaseTransaction, jobs: &[Job]) -> Result<BatchOutcome, DbErr> {
        if let [Job { work: Work::Create(new), .. }] = jobs {
            return self.create(txn, new).await;
        }
        let (locked, waited) = lock(txn, jobs).await?;
        let mut loaded = self.load(txn, jobs, &locked).await?;
        loaded.expire_due_holds();
        let mut outcome = BatchOutcome { id: Uuid::now_v7(), ..BatchOutcome::default() };
        for (index, job) in jobs.iter().enumerate() {
            if !loaded.heads.contains_key(&job.property()) {
                if waited && index == 0 {
                    let problem = Problem::invalid(&["propertyId"], "no such property");
                    outcome.replies.push((index, Err(WriteError::Refused(problem.into()))));
                } else {
                    outcome.locked_out.push(index);
                }
                continue;
            }
            if let Work::Command(submission) = &job.work {
                let reply = loaded.decide(txn, submission).await?;
                outcome.replies.push((index, reply));
            }
        }
        loaded.changes.write(txn, outcome.id).await?;
        for property in loaded.changes.structure_seq.keys() {
            self.structures.remove(*property);
        }
        outcome.committed = loaded.committed;
        Ok(outcome)
    }

    /// Loads everything that the commands name, one statement per kind.
    async fn load(&self, txn: &DatabaseTransaction, jobs: &[Job], locked: &[Locked]) -> Result<WorkingSet, DbErr> {
        let now = self.decision_time(locked);
        let ids: Vec<PropertyId> = locked.iter().map(|row| row.property).collect();
        let structures = self.structures(txn, locked).await?;
        let commands: Vec<(&Submission, PropertyId)> = jobs
            .iter()
            .filter_map(|job| match &job.work {
                Work::Command(submission) if ids.contains(&submission.property) => {
                    Some((submission, submission.property))
                }
                _ => None,
            })
            .collect();
        let named: Vec<_> = commands
            .iter()
            .filter_map(|(submission, id)| Some((*id, submission.command.action.reservation()?)))
            .collect();
        let mut reservations = load::reservations(txn, &ids, now, &named).await?;
        let mut change_sets = batch_inputs::change_sets(txn, &commands).await?;
        let mut ranges: Vec<NightRange> = commands
            .iter()
            .flat_map(|(submission, id)| batch_inputs::ranges_of(&submission.command.action, *id))
            .collect();
        for (property, list) in &reservations {
            ranges.extend(list.values().flat_map(Reservation::live_nights).map(|(room_type, date)| NightRange {
                property: *property,
                room_type,
                from: date,
                through: date,
            }));
        }
        for ((property, _), events) in &change_sets {
            ranges.extend(events.iter().flat_map(|event| &event.cells).map(|cell| NightRange {
                property: *property,
                room_type: cell.room_type,
                from: cell.date,
                through: cell.date,
            }));
        }
        let mut nights = if ranges.is_empty() { HashMap::new() } else { load::nights(txn, ranges).await? };
        let mut references = batch_inputs::references(txn, &commands).await?;
        let mut held = batch_inputs::held_rooms(txn, &commands).await?;
        let mut stocks = HashMap::new();
        for (id, structure) in structures {
            stocks.insert(
                id,
                Stock {
                    property: structure.property.clone(),
                    room_types: structure.room_types.clone(),
                    contracts: structure.contracts.clone(),
                    nights: nights.remove(&id).unwrap_or_default().nights,
                    reservations: reservations.remove(&id).unwrap_or_default(),
                    references: references.remove(&id).unwrap_or_default(),
                    held_rooms: held.remove(&id).unwrap_or_default(),
                    change_sets: HashMap::new(),
                    limits: self.limits,
                },
            );
        }
        for ((id, set), events) in change_sets.drain() {
            if let Some(stock) = stocks.get_mut(&id) {
                stock.change_sets.insert(set, events);
            }
        }
        let heads = locked.iter().filter(|row| stocks.contains_key(&row.property)).map(|row| (row.property, row.head));
        Ok(WorkingSet {
            now,
            heads: heads.collect(),
            records: batch_inputs::records(txn, &commands).await?,
            stocks,
            changes: Changes::default(),
            committed: Vec::new(),
        })
    }

    /// The time of the batch's decisions. The database's clock counts where it has one, so that nodes agree; it never
    /// goes back behind a property's latest event.
    fn decision_time(&self, locked: &[Locked]) -> DateTime<Utc> {
        let local = self.clock.now();
        let has_database_time = locked.iter().any(|row| row.database_time.is_some());
        let latest = locked
            .iter()
            .flat_map(|row| [row.database_time.map(|at| self.clock.shifted(at)), row.last_event_at])
            .flatten()
            .max();
        latest.map_or(local, |latest| if has_database_time { latest } else { latest.max(local) })
    }

    /// Structure of the locked properties: copies of the current structure seq, the rest from the database.
    async fn structures(
        &self,
        txn: &DatabaseTransaction,
        locked: &[Locked],
    ) -> Result<Vec<(PropertyId, Arc<PropertyStructure>)>, DbErr> {
        let (mut found, mut missing) = (Vec::with_capacity(locked.len()), Vec::new());
        for row in locked {
            match self.structures.get(row.property, row.structure_seq) {
                Some(structure) => found.push((row.property, structure)),
                None => missing.push(row),
            }
        }
        if !missing.is_empty() {
            let ids: Vec<PropertyId> = missing.iter().map(|row| row.property).collect();
            let mut loaded = load::structure(txn, &ids).await?;
            for row in missing {
                if let Some((_, structure)) = loaded.remove(&row.property) {
                    let structure = Arc::new(structure);
                    self.structures.insert(row.property, row.structure_seq, structure.clone());
                    found.push((row.property, structure));
                }
            }
        }
        Ok(found)
    }

    async fn create(&self, txn: &DatabaseTransaction, new: &NewProperty) -> Result<BatchOutcome, DbErr> {
        let now = self.clock.now();
        let id = property_admin::create_property(txn, &new.property, now).await?;
        let property = Property { id, ..new.property.clone() };
        let event = Event {
            property: id,
            seq: 1,
            tag: rand::random(),
            at: now,
            actor_tenant: new.actor.tenant,
            actor: new.actor.label.clone(),
            cause: Cause::PropertyCreated,
            reason: None,
            reference: None,
            change_set: None,
            reservation: None,
            cells: Vec::new(),
            structure: Some(json!({ "before": null, "after": property })),
        };
        let result = CommandResult {
            property: id,
            event: Some(1),
            seq: 1,
            tag: event.tag,
            at: now,
            changed: 0,
            unchanged: 0,
            skipped: Vec::new(),
            reservation: None,
            structure: Some(id.0),
            replayed: false,
        };
        let mut changes = Changes::default();
        changes.structure_seq.insert(id, 1);
        changes.events.push(event.clone());
        let outcome = BatchOutcome {
            id: Uuid::now_v7(),
            replies: vec![(0, Ok(result))],
            committed: vec![CommittedEvent { event: Arc::new(event), nights: Vec::new(), range_only: false }],
            ..BatchOutcome::default()
        };
        changes.write(txn, outcome.id).await?;
        Ok(outcome)
    }
}

/// Locks the properties that are free; the flag says whether it waited for the first job's property.
///
/// It waits at most once, and while it holds no lock, so that two lanes never wait for each other.
async fn lock(txn: &DatabaseTransaction, jobs: &[Job]) -> Result<(Vec<Locked>, bool), DbErr> {
    let backend = txn.get_database_backend();
    let oldest: Vec<_> = jobs.first().map(|job| json!({ "p": job.property() })).into_iter().collect();
    let ids: HashSet<PropertyId> = jobs.iter().map(Job::property).collect();
    let all: Vec<_> = ids.iter().map(|id| json!({ "p": id })).collect();
    // An SQLite write transaction holds the whole database: a property that is not found does not exist.
    let mut waited = backend == DbBackend::Sqlite;
    if !waited && jobs.first().is_some_and(|job| job.lock_misses >= MAX_LOCK_MISSES) {
        txn.query_all_raw(sql::LOCK.with(backend, [parameter(&oldest)?])).await?;
        waited = true;
    }
    let mut found = txn.query_all_raw(sql::LOCK_FREE.with(backend, [parameter(&all)?])).await?;
    if found.is_empty() && !waited {
        found = txn.query_all_raw(sql::LOCK.with(backend, [parameter(&oldest)?])).await?;
        waited = true;
    }
    Ok((found.iter().map(rows::locked).collect::<Result<_, _>>()?, waited))
}
