//! Periodic tasks of the writer: expiry of holds and deletion of old idempotency keys.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::sync::mpsc;

use super::job::{Job, Work};
use super::sql;
use crate::clock::Clock;

const DUE_HOLDS_INTERVAL: Duration = Duration::from_secs(1);
const OLD_KEYS_INTERVAL: Duration = Duration::from_secs(3_600);
/// Time for which an idempotency key is kept.
const KEY_LIFETIME: TimeDelta = TimeDelta::days(7);

/// The lanes, as the tasks hold them: a writer that is dropped ends its tasks.
pub(super) type WeakLanes = Vec<mpsc::WeakSender<Job>>;

fn are_closed(lanes: &WeakLanes) -> bool {
    lanes.iter().all(|lane| lane.upgrade().is_none())
}

/// Sends a job to the lane of each property that has due holds. The lane decides which holds expire.
pub(super) async fn expire_holds(db: DatabaseConnection, clock: Clock, lanes: WeakLanes) {
    let mut tick = tokio::time::interval(DUE_HOLDS_INTERVAL);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if are_closed(&lanes) {
            return;
        }
        let due = match db.query_all_raw(sql::DUE.with(db.get_database_backend(), [clock.now().into()])).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::warn!(%error, "the sweep for due holds failed");
                continue;
            }
        };
        for property in due.iter().filter_map(|row| row.try_get("", "property_id").ok()) {
            if let Some(lane) = lanes[super::lane_index(property, lanes.len())].upgrade() {
                // A full queue holds commands, and each batch expires the due holds of its properties first.
                let _ = lane.try_send(Job { work: Work::Due(property), reply: None, lock_misses: 0 });
            }
        }
    }
}

/// Deletes the idempotency keys that are past their lifetime.
pub(super) async fn delete_old_keys(db: DatabaseConnection, clock: Clock, lanes: WeakLanes) {
    let mut tick = tokio::time::interval(OLD_KEYS_INTERVAL);
    loop {
        tick.tick().await;
        if are_closed(&lanes) {
            return;
        }
        let oldest = clock.now() - KEY_LIFETIME;
        if let Err(error) = db.execute_raw(sql::DELETE_RECORDS.with(db.get_database_backend(), [oldest.into()])).await {
            tracing::warn!(%error, "deletion of old idempotency keys failed");
        }
    }
}
