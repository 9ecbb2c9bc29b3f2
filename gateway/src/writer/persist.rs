//! Stores the changes of a batch: one statement per table for any number of commands.

use std::collections::BTreeMap;

use lodgate_entities::ids::PropertyId;
use lodgate_entities::{idempotency_record, property_stock};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ConnectionTrait, DbErr, IntoActiveModel};
use serde_json::Value;
use uuid::Uuid;

use super::result::{CommandResult, Key};
use super::rows::{allotment_row, draw_row, event_row, line_row, reservation_row, room_night_row};
use super::sql;
use crate::inventory::{Event, Night, NightKey, Pool, Reservation};
use crate::journal::sql::Sql;
use crate::journal::sql::parameter::{json_row, parameter};

/// The net effect of a batch.
#[derive(Default)]
pub(super) struct Changes {
    /// Nights: before the batch and after it.
    pub(super) nights: BTreeMap<(PropertyId, NightKey), (Night, Night)>,
    /// Reservations: before the batch (`None` for a new one) and after it.
    pub(super) reservations: BTreeMap<(PropertyId, Uuid), (Option<Reservation>, Reservation)>,
    /// New entries of the journal.
    pub(super) events: Vec<Event>,
    /// Results to keep under their idempotency keys.
    pub(super) records: Vec<(PropertyId, Key, CommandResult)>,
    /// New structure seq by property, where the structure changed.
    pub(super) structure_seq: BTreeMap<PropertyId, i64>,
}

impl Changes {
    /// Writes everything. The caller commits.
    pub(super) async fn write(&self, db: &impl ConnectionTrait, batch: Uuid) -> Result<(), DbErr> {
        let (mut allotments, mut room_nights) = (Vec::new(), Vec::new());
        for ((property, key), (before, after)) in &self.nights {
            cell_rows(*property, *key, before, after, &mut allotments, &mut room_nights);
        }
        run(db, &sql::STORE_ALLOTMENTS, allotments).await?;
        run(db, &sql::STORE_ROOM_NIGHTS, room_nights).await?;
        self.write_reservations(db).await?;
        run(db, &sql::STORE_EVENTS, self.events.iter().map(|event| json_row(event_row(event, batch))).collect())
            .await?;
        run(db, &sql::STORE_RECORDS, self.record_rows()?).await?;
        run(db, &sql::STORE_HEADS, self.head_rows()).await
    }

    async fn write_reservations(&self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        let (mut heads, mut lines, mut draws) = (Vec::new(), Vec::new(), Vec::new());
        let at = self.events.last().map(|event| event.at).unwrap_or_default();
        for ((property, id), (before, after)) in &self.reservations {
            heads.push(json_row(reservation_row(*property, after, at)));
            for line in &after.lines {
                let known =
                    before.as_ref().and_then(|before| before.lines.iter().find(|known| known.number == line.number));
                if known != Some(line) {
                    lines.push(json_row(line_row(*property, *id, line)));
                }
                // Draws never change: the status of their line says whether they are live.
                if known.is_none() {
                    draws.extend(line.draws.iter().map(|draw| json_row(draw_row(*property, *id, line, *draw))));
                }
            }
        }
        run(db, &sql::STORE_RESERVATIONS, heads).await?;
        run(db, &sql::STORE_LINES, lines).await?;
        run(db, &sql::STORE_DRAWS, draws).await
    }

    fn record_rows(&self) -> Result<Vec<Value>, DbErr> {
        self.records
            .iter()
            .map(|(property, key, result)| {
                let row = idempotency_record::Model {
                    property_id: *property,
                    tenant_id: key.tenant,
                    idempotency_key: key.text.clone(),
                    request_hash: key.hash.to_vec(),
                    outcome: serde_json::to_value(result).map_err(|error| DbErr::Json(error.to_string()))?,
                    created_at: result.at,
                };
                Ok(json_row(row.into_active_model()))
            })
            .collect()
    }

    fn head_rows(&self) -> Vec<Value> {
        let latest: BTreeMap<PropertyId, &Event> = self.events.iter().map(|event| (event.property, event)).collect();
        latest
            .into_iter()
            .map(|(property, event)| {
                json_row(property_stock::ActiveModel {
                    property_id: Set(property),
                    stock_seq: Set(event.seq),
                    tag: Set(event.tag.to_be_bytes().to_vec()),
                    last_event_at: Set(Some(event.at)),
                    structure_seq: self.structure_seq.get(&property).map_or(NotSet, |seq| Set(*seq)),
                })
            })
            .collect()
    }
}

async fn run(db: &impl ConnectionTrait, sql: &Sql, rows: Vec<Value>) -> Result<(), DbErr> {
    if !rows.is_empty() {
        db.execute_raw(sql.with(db.get_database_backend(), [parameter(&rows)?])).await?;
    }
    Ok(())
}

fn cell_rows(
    property: PropertyId,
    (room_type, date): NightKey,
    before: &Night,
    after: &Night,
    allotments: &mut Vec<Value>,
    room_nights: &mut Vec<Value>,
) {
    let mut pools = vec![Pool::Shared];
    pools.extend(after.contracts.iter().map(|(id, _)| Pool::Contract(*id)));
    for pool in pools {
        let cell = after.pool(pool);
        if cell == before.pool(pool) {
            continue;
        }
        allotments.push(json_row(allotment_row(property, room_type, pool, date, &cell)));
    }
    if after.room != before.room {
        room_nights.push(json_row(room_night_row(property, room_type, date, &after.room)));
    }
}
