//! The stocks of a batch's properties, in memory: each command sees the effects of the commands before it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use lodgate_entities::ids::PropertyId;
use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::json;
use uuid::Uuid;

use super::batch_inputs::Records;
use super::job::Reply;
use super::persist::Changes;
use super::property_admin;
use super::result::{CommandResult, Submission, WriteError};
use crate::inventory::{Action, Actor, Code, Command, Decision, Event, Problem, Refusal, Status, Stock, decide};
use crate::journal::rows::Head;
use crate::journal::{CommittedEvent, MAX_NIGHTS_SENT};

/// The state that a batch has loaded, and the changes that its commands make to it.
pub(super) struct WorkingSet {
    /// The time of every decision of the batch.
    pub(super) now: DateTime<Utc>,
    /// Latest event of each locked property, those of this batch included.
    pub(super) heads: BTreeMap<PropertyId, Head>,
    pub(super) stocks: HashMap<PropertyId, Stock>,
    /// Results by idempotency key: those stored before, then those of this batch.
    pub(super) records: Records,
    pub(super) changes: Changes,
    /// The events to announce once they are committed.
    pub(super) committed: Vec<CommittedEvent>,
}

impl WorkingSet {
    /// Expires the holds that are due. Runs before any command: a command must not see an overdue hold.
    pub(super) fn expire_due_holds(&mut self) {
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
                    self.apply(property, &command, &decision, None);
                }
                Err(refusal) => tracing::error!(?property, ?reservation, ?refusal, "a due hold cannot be expired"),
            }
        }
    }

    /// Decides one command and applies its decision; a repeat of an idempotency key gets the stored result.
    pub(super) async fn decide(&mut self, txn: &DatabaseTransaction, submission: &Submission) -> Result<Reply, DbErr> {
        let property = submission.property;
        let record = submission.key.as_ref().map(|key| (property, key.tenant, key.text.clone()));
        if let (Some(record), Some(key)) = (&record, &submission.key)
            && let Some((hash, result)) = self.records.get(record)
        {
            return Ok(if hash.as_slice() == key.hash {
                Ok(CommandResult { replayed: true, ..result.clone() })
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
        let result = self.apply(property, &submission.command, &decision, id);
        if let (Some(record), Some(key)) = (record, &submission.key) {
            self.records.insert(record, (key.hash.to_vec(), result.clone()));
            self.changes.records.push((property, key.clone(), result.clone()));
        }
        Ok(Ok(result))
    }

    /// Numbers the decision's event and makes its effects visible to the next command of the batch.
    fn apply(
        &mut self,
        property: PropertyId,
        command: &Command,
        decision: &Decision,
        structure: Option<i64>,
    ) -> CommandResult {
        let head = self.heads.entry(property).or_default();
        let mut result = CommandResult {
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
        let Some(stock) = self.stocks.get_mut(&property) else { return result };
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
            result = CommandResult {
                event: Some(event.seq),
                seq: event.seq,
                tag: event.tag,
                changed: event.cells.len(),
                ..result
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
                // A later command of the batch may undo it.
                stock.change_sets.entry(set).or_default().push(event.clone());
            }
            self.changes.events.push(event.clone());
            self.committed.push(CommittedEvent { event: Arc::new(event), nights, range_only });
        }
        stock.apply(decision);
        result
    }
}

fn count_refusal(refusal: &Refusal) {
    for problem in &refusal.0 {
        let rule = problem.rule.map_or("NONE", crate::inventory::Rule::name);
        metrics::counter!("lodgate_refusals_total", "rule" => rule).increment(1);
    }
}
