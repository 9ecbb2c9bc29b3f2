//! The rows that the commands of a batch need, one statement per kind.

use std::collections::{HashMap, HashSet};

use lodgate_entities::ids::{ContractId, PropertyId, TenantId};
use lodgate_entities::{idempotency_record, reservation};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use serde_json::json;
use uuid::Uuid;

use super::result::{CommandResult, Key, Submission};
use super::sql;
use crate::inventory::stay::MAX_STAY_NIGHTS;
use crate::inventory::{Action, Event};
use crate::journal::load::{self, NightRange};
use crate::journal::sql::parameter::parameter;

/// The nights that the command may touch. Ranges that are too long or reversed are refused later and not read.
pub(super) fn ranges_of(action: &Action, property: PropertyId) -> Vec<NightRange> {
    const MAX_RANGE: i64 = 1_200;
    let range = |room_type, from: chrono::NaiveDate, through: chrono::NaiveDate, max_days: i64| {
        (0..=max_days).contains(&(through - from).num_days()).then_some(NightRange {
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

/// Commands with their properties.
pub(super) type Commands<'a> = [(&'a Submission, PropertyId)];

/// The events of the change sets that the commands undo.
pub(super) async fn change_sets(
    db: &impl ConnectionTrait,
    commands: &Commands<'_>,
) -> Result<HashMap<(PropertyId, Uuid), Vec<Event>>, DbErr> {
    let undone: Vec<_> = commands
        .iter()
        .filter_map(|(submission, id)| match submission.command.action {
            Action::Undo(set) => Some((*id, set)),
            _ => None,
        })
        .collect();
    if undone.is_empty() { Ok(HashMap::new()) } else { load::change_sets(db, &undone).await }
}

/// Reservations by partner and reference.
pub(super) type References = HashMap<(TenantId, String), Uuid>;

/// The reservations that use a reference of the commands already.
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
            let row = reservation::Model::from_query_result(&row, "")?;
            found.entry(row.property_id).or_default().insert((row.tenant_id, row.reference), row.id);
        }
    }
    Ok(found)
}

/// A row of [`sql::HELD_ROOMS`].
#[derive(FromQueryResult)]
struct HeldRooms {
    property_id: PropertyId,
    contract_id: ContractId,
    rooms: i64,
}

/// Rooms under live holds by contract, at the properties where a command makes a hold.
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
            let row = HeldRooms::from_query_result(&row, "")?;
            let rooms = i32::try_from(row.rooms).unwrap_or(i32::MAX);
            found.entry(row.property_id).or_default().insert(row.contract_id, rooms);
        }
    }
    Ok(found)
}

/// Request hash and result by idempotency key.
pub(super) type Records = HashMap<(PropertyId, TenantId, String), (Vec<u8>, CommandResult)>;

/// The stored results of the commands' idempotency keys.
pub(super) async fn records(db: &impl ConnectionTrait, commands: &Commands<'_>) -> Result<Records, DbErr> {
    let keys: Vec<(PropertyId, &Key)> =
        commands.iter().filter_map(|(submission, id)| Some((*id, submission.key.as_ref()?))).collect();
    let mut found = Records::new();
    if !keys.is_empty() {
        let rows: Vec<_> =
            keys.iter().map(|(id, key)| json!({ "p": id, "tenant": key.tenant, "k": key.text })).collect();
        for row in db.query_all_raw(sql::RECORDS.with(db.get_database_backend(), [parameter(&rows)?])).await? {
            let row = idempotency_record::Model::from_query_result(&row, "")?;
            let result = serde_json::from_value(row.outcome).map_err(|error| DbErr::Json(error.to_string()))?;
            found.insert((row.property_id, row.tenant_id, row.idempotency_key), (row.request_hash, result));
        }
    }
    Ok(found)
}
