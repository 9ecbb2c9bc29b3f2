//! Reading the journal: what a feed missed, what a cursor asks for, what the history shows.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lodgate_entities::ids::PropertyId;
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;

use super::load::{self, NightRange, StockState, parameter};
use super::outcome::{Committed, MOST_NIGHTS_SENT};
use super::{rows, sql};
use crate::inventory::event::{Event, roll_back};
use crate::inventory::{Night, NightKey};

pub use super::rows::Head;

/// A property's head, with the seq of its latest structure event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockHead {
    /// Latest event and its tag.
    pub head: Head,
    /// Latest event that changed structure.
    pub structure_seq: i64,
}

/// Where the journals of the properties stand.
///
/// # Errors
/// Whatever the database says.
pub async fn heads(db: &impl ConnectionTrait, ids: &[PropertyId]) -> Result<HashMap<PropertyId, StockHead>, DbErr> {
    let rows: Vec<_> = ids.iter().map(|id| json!({ "p": id })).collect();
    let found = db.query_all_raw(sql::HEADS.with(db.get_database_backend(), [parameter(&rows)?])).await?;
    found
        .iter()
        .map(|row| {
            let head = Head { seq: row.try_get_by_index(1)?, tag: rows::tag(row.try_get_by_index(2)?)? };
            Ok((PropertyId(row.try_get_by_index(0)?), StockHead { head, structure_seq: row.try_get_by_index(3)? }))
        })
        .collect()
}

/// The events of each property after its seq, ascending within the property, at most `limit` in all.
///
/// # Errors
/// Whatever the database says.
pub async fn events_after(
    db: &impl ConnectionTrait,
    after: &[(PropertyId, i64)],
    limit: u64,
) -> Result<Vec<Event>, DbErr> {
    let rows: Vec<_> = after.iter().map(|(property, seq)| json!({ "p": property, "a": seq })).collect();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let statement = sql::EVENTS_AFTER.with(db.get_database_backend(), [parameter(&rows)?, limit.into()]);
    db.query_all_raw(statement).await?.iter().map(rows::event).collect()
}

/// The events with these seqs, in no order; those that do not exist are left out.
///
/// # Errors
/// Whatever the database says.
pub async fn events(db: &impl ConnectionTrait, ids: &[(PropertyId, i64)]) -> Result<Vec<Event>, DbErr> {
    let rows: Vec<_> = ids.iter().map(|(property, seq)| json!({ "p": property, "a": seq })).collect();
    db.query_all_raw(sql::EVENTS.with(db.get_database_backend(), [parameter(&rows)?]))
        .await?
        .iter()
        .map(rows::event)
        .collect()
}

/// The events after `after` with the state that each left behind, as a feed would have told them.
///
/// The cells are read once, as they are now, and rolled back event by event: so a resumed reader sees every step.
///
/// # Errors
/// Whatever the database says.
pub async fn committed_after(
    db: &impl ConnectionTrait,
    property: PropertyId,
    after: i64,
    limit: u64,
) -> Result<Vec<Committed>, DbErr> {
    loop {
        let mut events = events_after(db, &[(property, after)], limit).await?;
        let Some(last) = events.last().map(|event| event.seq) else { return Ok(Vec::new()) };
        let nights: HashSet<NightKey> = events.iter().filter(|e| !is_wide(e)).flat_map(Event::nights).collect();
        let ranges: Vec<NightRange> = nights
            .iter()
            .map(|&(room_type, date)| NightRange { property, room_type, from: date, through: date })
            .collect();
        let state = if ranges.is_empty() {
            StockState::default()
        } else {
            load::nights(db, ranges).await?.remove(&property).unwrap_or_default()
        };
        // What was committed between the two statements has to be taken back as well.
        let mut since = Vec::new();
        if state.seq > last {
            since = events_after(db, &[(property, last)], limit).await?;
            if since.last().is_none_or(|event| event.seq < state.seq) {
                continue;
            }
            since.retain(|event| event.seq <= state.seq);
        }
        let mut states: HashMap<NightKey, Night> =
            nights.iter().map(|key| (*key, state.nights.get(key).cloned().unwrap_or_default())).collect();
        for event in since.iter().rev() {
            take_back(&mut states, event);
        }
        let mut committed: Vec<Committed> = Vec::with_capacity(events.len());
        while let Some(event) = events.pop() {
            let range_only = is_wide(&event);
            let touched = if range_only { Vec::new() } else { event.nights() };
            let nights = touched.into_iter().filter_map(|key| Some((key, states.get(&key)?.clone()))).collect();
            take_back(&mut states, &event);
            committed.push(Committed { event: Arc::new(event), nights, range_only });
        }
        committed.reverse();
        return Ok(committed);
    }
}

fn is_wide(event: &Event) -> bool {
    event.cells.len() > MOST_NIGHTS_SENT && event.nights().len() > MOST_NIGHTS_SENT
}

fn take_back(states: &mut HashMap<NightKey, Night>, event: &Event) {
    for key in event.nights() {
        if let Some(night) = states.get_mut(&key) {
            roll_back(night, key, &event.cells);
        }
    }
}
