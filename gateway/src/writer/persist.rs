//! Writing what a batch decided: one statement a table, whatever the number of commands.

use std::collections::BTreeMap;

use lodgate_entities::ids::{PropertyId, TenantId};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::{Value, json};
use uuid::Uuid;

use super::result::{CommandResult, Key};
use crate::inventory::{Event, Night, NightKey, Pool, Reservation, Restrictions};
use crate::journal::load::{instant, parameter};
use crate::journal::sql::{self, Sql};

/// The net effect of a batch.
#[derive(Default)]
pub(super) struct Changes {
    /// Nights as they are at the end, with what they were at the start.
    pub(super) nights: BTreeMap<(PropertyId, NightKey), (Night, Night)>,
    /// Reservations as they are at the end, with what they were at the start (`None`: new).
    pub(super) reservations: BTreeMap<(PropertyId, Uuid), (Option<Reservation>, Reservation)>,
    /// The journal's new entries.
    pub(super) events: Vec<Event>,
    /// Answers to keep.
    pub(super) records: Vec<(PropertyId, Key, CommandResult)>,
    /// New structure seq by property, where one changed.
    pub(super) structure_seq: BTreeMap<PropertyId, i64>,
}

fn bytes(data: &[u8]) -> String {
    use std::fmt::Write;
    data.iter().fold(String::from("\\x"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn row_of(rules: &Restrictions, rest: Value) -> Value {
    let mut row = json!({
        "stop_sell": rules.stop_sell,
        "closed_to_arrival": rules.closed_to_arrival,
        "closed_to_departure": rules.closed_to_departure,
        "min_stay_arrival": rules.min_stay_arrival,
        "max_stay_arrival": rules.max_stay_arrival,
        "min_stay_through": rules.min_stay_through,
        "max_stay_through": rules.max_stay_through,
        "min_advance_days": rules.min_advance_days,
        "max_advance_days": rules.max_advance_days,
    });
    if let (Value::Object(row), Value::Object(rest)) = (&mut row, rest) {
        row.extend(rest);
    }
    row
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
        run(db, &sql::STORE_EVENTS, self.events.iter().map(|event| event_row(event, batch)).collect()).await?;
        run(db, &sql::STORE_RECORDS, self.record_rows()?).await?;
        run(db, &sql::STORE_HEADS, self.head_rows()).await
    }

    async fn write_reservations(&self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        let (mut heads, mut lines, mut draws) = (Vec::new(), Vec::new(), Vec::new());
        let at = self.events.last().map(|event| event.at).unwrap_or_default();
        for ((property, id), (before, after)) in &self.reservations {
            heads.push(json!({
                "property_id": property, "id": id.simple(), "tenant_id": after.partner, "contract_id": after.contract,
                "locator": after.locator, "reference": after.reference, "guest_name": after.guest_name,
                "status": after.status.name(), "expires_at": after.expires_at.map(instant), "revision": after.revision,
                "created_at": instant(after.created_at), "updated_at": instant(at),
            }));
            for line in &after.lines {
                let known =
                    before.as_ref().and_then(|before| before.lines.iter().find(|known| known.number == line.number));
                if known != Some(line) {
                    lines.push(json!({
                        "property_id": property, "reservation_id": id.simple(), "line": line.number,
                        "room_type_id": line.room_type, "check_in": line.stay.check_in, "check_out": line.stay.check_out,
                        "adults": line.adults, "child_ages": line.child_ages, "status": line.status.name(),
                    }));
                }
                // Draws never change: a line's status says whether they are live.
                if known.is_none() {
                    draws.extend(line.draws.iter().map(|draw| {
                        json!({
                            "property_id": property, "reservation_id": id.simple(), "line": line.number,
                            "stay_date": draw.date, "room_type_id": line.room_type, "pool": draw.pool, "rooms": 1,
                        })
                    }));
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
            .map(|(property, key, outcome)| {
                let TenantId(tenant) = key.tenant;
                let stored = serde_json::to_value(outcome).map_err(|error| DbErr::Json(error.to_string()))?;
                Ok(json!({
                    "property_id": property, "tenant_id": tenant, "idempotency_key": key.text,
                    "request_hash": bytes(&key.hash), "outcome": stored, "created_at": instant(outcome.at),
                }))
            })
            .collect()
    }

    fn head_rows(&self) -> Vec<Value> {
        let latest: BTreeMap<PropertyId, &Event> = self.events.iter().map(|event| (event.property, event)).collect();
        latest
            .into_iter()
            .map(|(property, event)| {
                json!({
                    "p": property, "seq": event.seq, "tag": bytes(&event.tag.to_be_bytes()), "at": instant(event.at),
                    "structure_seq": self.structure_seq.get(&property),
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
        allotments.push(row_of(
            &cell.restrictions,
            json!({
                "property_id": property, "room_type_id": room_type, "contract_id": pool, "stay_date": date,
                "allotted": cell.allotted, "held": cell.held, "sold": cell.sold, "released": cell.released,
                "released_in": cell.released_in, "guaranteed": cell.guaranteed, "pool_held": cell.pool_held,
                "pool_sold": cell.pool_sold,
            }),
        ));
    }
    if after.room != before.room {
        room_nights.push(row_of(
            &after.room.restrictions,
            json!({
                "property_id": property, "room_type_id": room_type, "stay_date": date, "sell_limit": after.room.sell_limit,
            }),
        ));
    }
}

fn event_row(event: &Event, batch: Uuid) -> Value {
    let nights = event.nights();
    let mut room_types: Vec<_> = nights.iter().map(|night| night.0).collect();
    room_types.dedup();
    json!({
        "property_id": event.property, "seq": event.seq, "tag": bytes(&event.tag.to_be_bytes()), "batch_id": batch.simple(),
        "committed_at": instant(event.at), "actor_tenant_id": event.actor_tenant, "actor": event.actor,
        "cause": event.cause.name(), "reason": event.reason, "reference": event.reference,
        "change_set_id": event.change_set.map(|id| id.simple().to_string()),
        "reservation_id": event.reservation.map(|(id, _)| id.simple().to_string()),
        "reservation_revision": event.reservation.map(|(_, revision)| revision),
        "room_type_ids": room_types,
        "first_date": nights.iter().map(|night| night.1).min(), "last_date": nights.iter().map(|night| night.1).max(),
        "cells": event.cells, "structure": event.structure,
    })
}
