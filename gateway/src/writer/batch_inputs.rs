//! What the commands of a batch name and the lane has to read for them, one statement a kind.

use std::collections::{HashMap, HashSet};

use lodgate_entities::ids::{ContractId, PropertyId, TenantId};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;
use uuid::Uuid;

use super::result::{CommandResult, Key, Submission};
use crate::inventory::stay::MAX_STAY_NIGHTS;
use crate::inventory::{Action, Event};
use crate::journal::load::{self, NightRange, parameter};
use crate::journal::sql;

/// The nights that the command may touch. Ranges that will be refused for their form are not read.
pub(super) fn ranges_of(action: &Action, property: PropertyId) -> Vec<NightRange> {
    const MAX_RANGE: i64 = 1_200;
    let range = |room_type, from: chrono::NaiveDate, through: chrono::NaiveDate, longest: i64| {
        (0..=longest).contains(&(through - from).num_days()).then_some(NightRange {
            property,
            room_type,
            from,
            through,
        })
    };
    match action {
        Action::SetCounts(set) => {
            set.changes.iter().filter_map(|c| range(c.room_type, c.range.from, c.range.through, MAX_RANGE)).collect()
        }
        Action::SetRestrictions(changes) => {
            changes.iter().filter_map(|c| range(c.room_type, c.range.from, c.range.through, MAX_RANGE)).collect()
        }
        // The date of check-out too: closed to departure is read there.
        Action::Book(booking) => {
            let nights = booking.lines.iter().map(|line| (line.room_type, line.stay));
            nights.filter_map(|(id, stay)| range(id, stay.check_in, stay.check_out, MAX_STAY_NIGHTS)).collect()
        }
        _ => Vec::new(),
    }
}

pub(super) type Commands<'a> = [(&'a Submission, PropertyId)];

pub(super) async fn change_sets(
    db: &impl ConnectionTrait,
    commands: &Commands<'_>,
) -> Result<HashMap<(PropertyId, Uuid), Vec<Event>>, DbErr> {
    let batch_inputs: Vec<_> = commands
        .iter()
        .filter_map(|(submission, id)| match submission.command.action {
            Action::Undo(set) => Some((*id, set)),
            _ => None,
        })
        .collect();
    if batch_inputs.is_empty() { Ok(HashMap::new()) } else { load::change_sets(db, &batch_inputs).await }
}

pub(super) type References = HashMap<(TenantId, String), Uuid>;

pub(super) async fn references(
    db: &impl ConnectionTrait,
    commands: &Commands<'_>,
) -> Result<HashMap<PropertyId, References>, DbErr> {
    let bookings: Vec<_> = commands
        .iter()
        .filter_map(|(submission, id)| match &submission.command.action {
            Action::Book(booking) => {
                Some(json!({ "p": id, "tenant": booking.partner, "reference": booking.reference }))
            }
            _ => None,
        })
        .collect();
    let mut found: HashMap<PropertyId, References> = HashMap::new();
    if !bookings.is_empty() {
        for row in db.query_all_raw(sql::REFERENCES.with(db.get_database_backend(), [parameter(&bookings)?])).await? {
            let reference = (TenantId(row.try_get_by_index(1)?), row.try_get_by_index(2)?);
            found.entry(PropertyId(row.try_get_by_index(0)?)).or_default().insert(reference, row.try_get_by_index(3)?);
        }
    }
    Ok(found)
}

pub(super) async fn held_rooms(
    db: &impl ConnectionTrait,
    commands: &Commands<'_>,
) -> Result<HashMap<PropertyId, HashMap<ContractId, i32>>, DbErr> {
    let ids: HashSet<PropertyId> = commands
        .iter()
        .filter(|(submission, _)| {
            matches!(&submission.command.action, Action::Book(booking) if booking.kind != crate::inventory::command::BookingKind::Book)
        })
        .map(|(_, id)| *id)
        .collect();
    let mut found: HashMap<PropertyId, HashMap<ContractId, i32>> = HashMap::new();
    if !ids.is_empty() {
        let rows: Vec<_> = ids.iter().map(|id| json!({ "p": id })).collect();
        for row in db.query_all_raw(sql::HELD_ROOMS.with(db.get_database_backend(), [parameter(&rows)?])).await? {
            let rooms = i32::try_from(row.try_get_by_index::<i64>(2)?).unwrap_or(i32::MAX);
            found
                .entry(PropertyId(row.try_get_by_index(0)?))
                .or_default()
                .insert(ContractId(row.try_get_by_index(1)?), rooms);
        }
    }
    Ok(found)
}

pub(super) type Records = HashMap<(PropertyId, TenantId, String), (Vec<u8>, CommandResult)>;

pub(super) async fn records(db: &impl ConnectionTrait, commands: &Commands<'_>) -> Result<Records, DbErr> {
    let keys: Vec<(PropertyId, &Key)> =
        commands.iter().filter_map(|(submission, id)| Some((*id, submission.key.as_ref()?))).collect();
    let mut found = Records::new();
    if !keys.is_empty() {
        let rows: Vec<_> =
            keys.iter().map(|(id, key)| json!({ "p": id, "tenant": key.tenant, "k": key.text })).collect();
        for row in db.query_all_raw(sql::RECORDS.with(db.get_database_backend(), [parameter(&rows)?])).await? {
            let outcome: serde_json::Value = row.try_get_by_index(4)?;
            let outcome = serde_json::from_value(outcome).map_err(|error| DbErr::Json(error.to_string()))?;
            let record =
                (PropertyId(row.try_get_by_index(0)?), TenantId(row.try_get_by_index(1)?), row.try_get_by_index(2)?);
            found.insert(record, (row.try_get_by_index(3)?, outcome));
        }
    }
    Ok(found)
}
