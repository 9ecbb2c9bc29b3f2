//! One transaction of a lane: lock, load, decide each command in turn, store, commit.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use lodgate_entities::ids::{PropertyId, TenantId};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use serde_json::json;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::persist::Changes;
use super::property_admin::{self, NewProperty};
use super::result::{CommandResult, Submission, WriteError};
use super::{batch_inputs, lane::Lane};
use crate::inventory::{
    Action, Actor, Cause, Code, Command, Decision, Event, Problem, Refusal, Reservation, Status, Stock, decide,
};
use crate::journal::PropertyStructure;
use crate::journal::load::{self, NightRange, parameter};
use crate::journal::rows::{self, Head, Locked};
use crate::journal::sql;
use crate::journal::{CommittedEvent, MAX_NIGHTS_SENT};

/// What a caller gets.
pub(super) type Reply = Result<CommandResult, WriteError>;

/// Something for a lane to do.
pub(super) enum Work {
    /// A caller's command.
    Command(Submission),
    /// A new property; it has no lock yet.
    Create(NewProperty),
    /// Whatever is due at the property.
    Due(PropertyId),
}

/// Work and the caller who waits for it.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) answer: Option<oneshot::Sender<Reply>>,
    /// How often its property was held by somebody else.
    pub(super) lock_misses: u32,
}

impl Job {
    pub(super) fn property(&self) -> PropertyId {
        match &self.work {
            Work::Command(submission) => submission.property,
            Work::Create(_) => PropertyId(0),
            Work::Due(property) => *property,
        }
    }

    /// The tenant with whose other jobs it waits its turn; none for what was skipped, and for what is due.
    pub(super) fn fairness_key(&self) -> Option<TenantId> {
        let tenant = match &self.work {
            Work::Command(submission) => submission.command.actor.tenant,
            Work::Create(new) => new.actor.tenant,
            Work::Due(_) => return None,
        };
        (self.lock_misses == 0).then_some(tenant)
    }

    /// Whether it must have a transaction of its own: it makes ids that later commands could not name.
    pub(super) fn is_alone(&self) -> bool {
        match &self.work {
            Work::Command(submission) => matches!(submission.command.action, Action::Structure(_)),
            Work::Create(_) => true,
            Work::Due(_) => false,
        }
    }
}

/// What became of the jobs of a batch, by their position in it.
#[derive(Default)]
pub(super) struct Attempt {
    pub(super) id: Uuid,
    /// Answers to give once committed.
    pub(super) answers: Vec<(usize, Reply)>,
    /// Jobs whose property somebody else holds.
    pub(super) waiting: Vec<usize>,
    /// What to announce once committed.
    pub(super) committed: Vec<CommittedEvent>,
}

/// A batch that failed. Whether its commit was under way, the lane knows.
pub(super) struct FailedAttempt(pub(super) DbErr);

impl From<DbErr> for FailedAttempt {
    fn from(error: DbErr) -> Self {
        Self(error)
    }
}

/// After so many tries that found its property taken, the oldest job waits for its lock before anything else is done.
const MAX_SKIPPED: u32 = 3;

/// The batch as loaded.
struct Batch {
    now: DateTime<Utc>,
    heads: BTreeMap<PropertyId, Head>,
    stocks: HashMap<PropertyId, Stock>,
    /// Keys already used, with their answers; those of this batch are added as they are decided.
    records: HashMap<(PropertyId, TenantId, String), (Vec<u8>, CommandResult)>,
    changes: Changes,
    attempt: Attempt,
}

impl Lane {
    /// Runs the jobs in one transaction.
    pub(super) async fn attempt(&mut self, jobs: &[Job]) -> Result<Attempt, FailedAttempt> {
        let backend = self.db.get_database_backend();
        let options = TransactionOptions {
            isolation_level: None,
            access_mode: None,
            sqlite_transaction_mode: (backend == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate),
        };
        let txn = self.db.begin_with_options(options).await?;
        match self.run(&txn, jobs).await {
            Ok(attempt) => {
                self.committing = Some(attempt);
                txn.commit().await?;
                self.committing.take().ok_or_else(|| FailedAttempt(DbErr::Custom("the attempt was taken".to_owned())))
            }
            Err(error) => {
                // The session may be gone; what matters is that nothing stays open in it.
                if let Err(rollback) = txn.rollback().await {
                    tracing::debug!(%rollback, "rollback after a failed batch");
                }
                Err(error.into())
            }
        }
    }

    async fn run(&mut self, txn: &DatabaseTransaction, jobs: &[Job]) -> Result<Attempt, DbErr> {
        if let [Job { work: Work::Create(new), .. }] = jobs {
            return self.create(txn, new).await;
        }
        let (locked, waited) = lock(txn, jobs).await?;
        let mut batch = self.load(txn, jobs, &locked).await?;
        batch.decide_due();
        for (index, job) in jobs.iter().enumerate() {
            if !batch.heads.contains_key(&job.property()) {
                if waited && index == 0 {
                    let problem = Problem::invalid(&["propertyId"], "no such property");
                    batch.attempt.answers.push((index, Err(WriteError::Refused(problem.into()))));
                } else {
                    batch.attempt.waiting.push(index);
                }
                continue;
            }
            if let Work::Command(submission) = &job.work {
                let answer = batch.decide(txn, submission).await?;
                batch.attempt.answers.push((index, answer));
            }
        }
        batch.changes.write(txn, batch.attempt.id).await?;
        for property in batch.changes.structure_seq.keys() {
            self.structures.remove(property);
        }
        Ok(batch.attempt)
    }

    /// Reads everything that the commands name, one statement a kind.
    async fn load(&mut self, txn: &DatabaseTransaction, jobs: &[Job], locked: &[Locked]) -> Result<Batch, DbErr> {
        let machine = self.clock.now();
        let now = locked
            .iter()
            .flat_map(|row| [row.database_time.map(|at| self.clock.shifted(at)), row.last_event_at])
            .flatten()
            .max()
            .map_or(machine, |latest| {
                if locked.iter().any(|row| row.database_time.is_some()) { latest } else { latest.max(machine) }
            });
        let ids: Vec<PropertyId> = locked.iter().map(|row| row.property).collect();
        let structures = self.structures_of(txn, locked).await?;
        let commands: Vec<(&Submission, PropertyId)> = jobs
            .iter()
            .filter_map(|job| match &job.work {
                Work::Command(submission) if ids.contains(&submission.property) => {
                    Some((submission, submission.property))
                }
                _ => None,
            })
            .collect();
        let batch_inputs: Vec<_> = commands
            .iter()
            .filter_map(|(submission, id)| Some((*id, submission.command.action.reservation()?)))
            .collect();
        let mut reservations = load::reservations(txn, &ids, now, &batch_inputs).await?;
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
        Ok(Batch {
            now,
            heads: locked
                .iter()
                .filter(|row| stocks.contains_key(&row.property))
                .map(|row| (row.property, row.head))
                .collect(),
            records: batch_inputs::records(txn, &commands).await?,
            stocks,
            changes: Changes::default(),
            attempt: Attempt { id: Uuid::now_v7(), ..Attempt::default() },
        })
    }

    /// Structure changes rarely; its seq, read under the lock, says whether the copy kept here still holds.
    async fn structures_of(
        &mut self,
        txn: &DatabaseTransaction,
        locked: &[Locked],
    ) -> Result<Vec<(PropertyId, Arc<PropertyStructure>)>, DbErr> {
        let missing: Vec<PropertyId> = locked
            .iter()
            .filter(|row| self.structures.get(&row.property).is_none_or(|(seq, _)| *seq != row.structure_seq))
            .map(|row| row.property)
            .collect();
        if !missing.is_empty() {
            if self.structures.len() > 10_000 {
                self.structures.clear();
            }
            let mut found = load::structure(txn, &missing).await?;
            for row in locked {
                if let Some((_, structure)) = found.remove(&row.property) {
                    self.structures.insert(row.property, (row.structure_seq, Arc::new(structure)));
                }
            }
        }
        let known = |row: &Locked| Some((row.property, self.structures.get(&row.property)?.1.clone()));
        Ok(locked.iter().filter_map(known).collect())
    }

    async fn create(&mut self, txn: &DatabaseTransaction, new: &NewProperty) -> Result<Attempt, DbErr> {
        let now = self.clock.now();
        let id = property_admin::create_property(txn, &new.property, now).await?;
        let property = crate::inventory::Property { id, ..new.property.clone() };
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
        let outcome = CommandResult {
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
        let attempt = Attempt {
            id: Uuid::now_v7(),
            answers: vec![(0, Ok(outcome))],
            committed: vec![CommittedEvent { event: Arc::new(event), nights: Vec::new(), range_only: false }],
            ..Attempt::default()
        };
        changes.write(txn, attempt.id).await?;
        Ok(attempt)
    }
}

/// Locks what is free, and says whether the first job's property was waited for.
///
/// Only one wait, and before anything is held, so that two lanes never wait for each other.
async fn lock(txn: &DatabaseTransaction, jobs: &[Job]) -> Result<(Vec<Locked>, bool), DbErr> {
    let backend = txn.get_database_backend();
    let oldest: Vec<_> = jobs.first().map(|job| json!({ "p": job.property() })).into_iter().collect();
    let ids: HashSet<PropertyId> = jobs.iter().map(Job::property).collect();
    let all: Vec<_> = ids.iter().map(|id| json!({ "p": id })).collect();
    // SQLite's transaction holds everything already: what is not found does not exist.
    let mut waited = backend == DbBackend::Sqlite;
    if !waited && jobs.first().is_some_and(|job| job.lock_misses >= MAX_SKIPPED) {
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

impl Batch {
    /// First what is due: a command must find a stock on which nothing is overdue.
    fn decide_due(&mut self) {
        let mut due: Vec<(DateTime<Utc>, PropertyId, Uuid)> = Vec::new();
        for (property, stock) in &self.stocks {
            for reservation in stock.reservations.values().filter(|found| found.status == Status::Held) {
                due.extend(
                    reservation
                        .expires_at
                        .filter(|expiry| *expiry <= self.now)
                        .map(|at| (at, *property, reservation.id)),
                );
            }
        }
        due.sort_unstable();
        for (_, property, reservation) in due {
            let Some(stock) = self.stocks.get(&property) else { continue };
            let command = Command {
                actor: Actor { tenant: stock.property.supplier, label: "system".to_owned() },
                reason: None,
                reference: None,
                change_set: None,
                action: Action::Expire { reservation },
            };
            match decide(stock, &command, self.now) {
                Ok(decision) => {
                    self.commit(property, &command, &decision, None);
                }
                Err(refusal) => tracing::error!(?property, ?reservation, ?refusal, "a due hold can't be expired"),
            }
        }
    }

    async fn decide(&mut self, txn: &DatabaseTransaction, submission: &Submission) -> Result<Reply, DbErr> {
        let property = submission.property;
        let record = submission.key.as_ref().map(|key| (property, key.tenant, key.text.clone()));
        if let (Some(record), Some(key)) = (&record, &submission.key)
            && let Some((hash, outcome)) = self.records.get(record)
        {
            return Ok(if hash.as_slice() == key.hash {
                Ok(CommandResult { replayed: true, ..outcome.clone() })
            } else {
                let message = "this idempotency key was used with another request";
                Err(WriteError::Refused(Problem::new(Code::KeyReused, message).at_field(&["idempotencyKey"]).into()))
            });
        }
        let Some(stock) = self.stocks.get(&property) else {
            return Ok(Err(WriteError::Internal));
        };
        let decision = match decide(stock, &submission.command, self.now) {
            Ok(decision) => decision,
            Err(refusal) => {
                count_refusal(&refusal);
                return Ok(Err(WriteError::Refused(refusal)));
            }
        };
        let mut id = None;
        if let (Some(structure), Some(_)) = (&decision.structure, &decision.event) {
            id = Some(property_admin::store(txn, property, structure, self.now).await?);
        }
        let outcome = self.commit(property, &submission.command, &decision, id);
        if let (Some(record), Some(key)) = (record, &submission.key) {
            self.records.insert(record, (key.hash.to_vec(), outcome.clone()));
            self.changes.records.push((property, key.clone(), outcome.clone()));
        }
        Ok(Ok(outcome))
    }

    /// Takes a decision over: numbers its event and lets the next command of the batch see it.
    fn commit(
        &mut self,
        property: PropertyId,
        command: &Command,
        decision: &Decision,
        structure: Option<i64>,
    ) -> CommandResult {
        let head = self.heads.entry(property).or_default();
        let mut outcome = CommandResult {
            property,
            event: None,
            seq: head.seq,
            tag: head.tag,
            at: self.now,
            changed: 0,
            unchanged: decision.unchanged,
            skipped: decision.skipped.clone(),
            reservation: decision.reservation.clone(),
            structure,
            replayed: false,
        };
        let Some(stock) = self.stocks.get_mut(&property) else { return outcome };
        if let Some(draft) = &decision.event {
            *head = Head { seq: head.seq + 1, tag: rand::random() };
            let mut values = draft.structure.clone();
            if let (Some(values), Some(id)) = (&mut values, structure) {
                values["after"]["id"] = json!(id);
                self.changes.structure_seq.insert(property, head.seq);
            }
            let event = Event {
                property,
                seq: head.seq,
                tag: head.tag,
                at: self.now,
                actor_tenant: command.actor.tenant,
                actor: command.actor.label.clone(),
                cause: draft.cause,
                reason: command.reason.clone(),
                reference: command.reference.clone(),
                change_set: command.change_set,
                reservation: draft.reservation,
                cells: draft.cells.clone(),
                structure: values,
            };
            outcome = CommandResult {
                event: Some(event.seq),
                seq: event.seq,
                tag: event.tag,
                changed: event.cells.len(),
                ..outcome
            };
            for (key, after) in &decision.nights {
                let slot = self.changes.nights.entry((property, *key));
                slot.or_insert_with(|| (stock.night(*key), after.clone())).1 = after.clone();
            }
            if let Some(after) = &decision.reservation {
                let slot = self.changes.reservations.entry((property, after.id));
                slot.or_insert_with(|| (stock.reservations.get(&after.id).cloned(), after.clone())).1 = after.clone();
            }
            let range_only = decision.nights.len() > MAX_NIGHTS_SENT;
            let nights = if range_only { Vec::new() } else { decision.nights.clone() };
            if let Some(set) = event.change_set {
                // A later command of the batch may take it back.
                stock.change_sets.entry(set).or_default().push(event.clone());
            }
            self.changes.events.push(event.clone());
            self.attempt.committed.push(CommittedEvent { event: Arc::new(event), nights, range_only });
        }
        stock.apply(decision);
        outcome
    }
}

fn count_refusal(refusal: &Refusal) {
    for problem in &refusal.0 {
        let rule = problem.rule.map_or("NONE", crate::inventory::Rule::name);
        metrics::counter!("lodgate_refusals_total", "rule" => rule).increment(1);
    }
}
