//! The audit of a whole database: counts against live draws, cells against the replayed journal.

use std::collections::HashMap;

use chrono::NaiveDate;
use lodgate_entities::ids::{ContractId, PropertyId, RoomTypeId};
use lodgate_entities::property;
use lodgate_entities::reservation::ReservationStatus;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, FromQueryResult, Order, QueryOrder, QuerySelect,
    Statement, TransactionTrait,
};

use super::events::{events_after, heads};
use super::load::{self, NightRange};
use crate::inventory::audit::{Drift, drifts};
use crate::inventory::cell::{Night, NightKey, Pool};
use crate::inventory::event;

/// The result of an audit.
#[derive(Debug, Default)]
pub struct Report {
    /// Properties.
    pub properties: u64,
    /// Nights with something stored, by room type.
    pub nights: u64,
    /// Live draws.
    pub draws: u64,
    /// Journal entries.
    pub events: u64,
    /// Counts and cells that differ.
    pub drift: Vec<(PropertyId, Drift)>,
    /// Properties whose journal has a gap or does not end at its head.
    pub broken_journals: Vec<PropertyId>,
}

impl Report {
    /// Number of findings.
    pub fn findings(&self) -> usize {
        self.drift.len() + self.broken_journals.len()
    }
}

/// Checks every property, each in one snapshot.
///
/// # Errors
/// Any error of the database.
pub async fn audit(db: &DatabaseConnection) -> Result<Report, DbErr> {
    let mut report = Report::default();
    let ids: Vec<PropertyId> = property::Entity::find()
        .select_only()
        .column(property::Column::Id)
        .order_by(property::Column::Id, Order::Asc)
        .into_tuple()
        .all(db)
        .await?;
    for id in ids {
        audit_property(db, id, &mut report).await?;
    }
    Ok(report)
}

async fn audit_property(db: &DatabaseConnection, property: PropertyId, report: &mut Report) -> Result<(), DbErr> {
    // One snapshot for cells, draws and journal, or a commit in between would look like drift. An SQLite transaction has
    // one from its first read.
    let postgres = db.get_database_backend() == sea_orm::DbBackend::Postgres;
    let level = postgres.then_some(sea_orm::IsolationLevel::RepeatableRead);
    let txn = db.begin_with_config(level, postgres.then_some(sea_orm::AccessMode::ReadOnly)).await?;
    let stored = stored_nights(&txn, property).await?;
    let draws = live_draws(&txn, property, report).await?;
    let mut journal: HashMap<NightKey, Night> = HashMap::new();
    let mut seq = 0;
    let mut whole = true;
    loop {
        let events = events_after(&txn, &[(property, seq)], 2_000).await?;
        let Some(last) = events.last().map(|event| event.seq) else { break };
        for entry in &events {
            whole &= entry.seq == seq + 1;
            seq = entry.seq;
            event::apply(&mut journal, &entry.cells);
            report.events += 1;
        }
        seq = last;
    }
    let head = heads(&txn, &[property]).await?;
    if !whole || head.get(&property).is_none_or(|stock| stock.head.seq != seq) {
        report.broken_journals.push(property);
    }
    txn.rollback().await?;
    report.properties += 1;
    report.nights += u64::try_from(stored.len()).unwrap_or(u64::MAX);
    report.drift.extend(drifts(&stored, &draws, &journal).into_iter().map(|drift| (property, drift)));
    Ok(())
}

async fn stored_nights(db: &impl ConnectionTrait, property: PropertyId) -> Result<HashMap<NightKey, Night>, DbErr> {
    let structure = load::structure(db, &[property]).await?.remove(&property);
    let (Some(from), Some(through)) = (NaiveDate::from_ymd_opt(1970, 1, 1), NaiveDate::from_ymd_opt(9999, 12, 31))
    else {
        return Ok(HashMap::new());
    };
    let ranges = structure
        .iter()
        .flat_map(|(_, structure)| structure.room_types.keys())
        .map(|&room_type| NightRange { property, room_type, from, through })
        .collect();
    Ok(load::nights(db, ranges).await?.remove(&property).unwrap_or_default().nights)
}

/// Rooms drawn from a pool, by contract and by status of the line.
#[derive(FromQueryResult)]
struct LiveDraws {
    room_type_id: RoomTypeId,
    stay_date: NaiveDate,
    pool: i64,
    status: ReservationStatus,
    contract_id: ContractId,
    rooms: i64,
}

async fn live_draws(
    db: &impl ConnectionTrait,
    property: PropertyId,
    report: &mut Report,
) -> Result<HashMap<NightKey, Night>, DbErr> {
    let statement = Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT d.room_type_id, d.stay_date, d.pool, l.status, r.contract_id, sum(d.rooms) AS rooms \
         FROM reservation_draws d \
         JOIN reservation_lines l ON l.property_id = d.property_id AND l.reservation_id = d.reservation_id AND l.line = d.line \
         JOIN reservations r ON r.property_id = d.property_id AND r.id = d.reservation_id \
         WHERE d.property_id = $1 AND l.status IN ('HELD', 'CONFIRMED') \
         GROUP BY d.room_type_id, d.stay_date, d.pool, l.status, r.contract_id",
        [property.0.into()],
    );
    let mut nights: HashMap<NightKey, Night> = HashMap::new();
    for row in db.query_all_raw(statement).await? {
        let row = LiveDraws::from_query_result(&row, "")?;
        let rooms = i32::try_from(row.rooms).unwrap_or(i32::MAX);
        let (pool, is_held) = (Pool::from_number(row.pool), row.status == ReservationStatus::Held);
        let night = nights.entry((row.room_type_id, row.stay_date)).or_default();
        let cell = night.pool_mut(pool);
        *(if is_held { &mut cell.held } else { &mut cell.sold }) += rooms;
        if pool == Pool::Shared {
            let own = night.pool_mut(Pool::Contract(row.contract_id));
            *(if is_held { &mut own.pool_held } else { &mut own.pool_sold }) += rooms;
        }
        report.draws += u64::try_from(rooms).unwrap_or(0);
    }
    Ok(nights)
}
