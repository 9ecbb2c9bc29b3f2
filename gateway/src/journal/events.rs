//! Heads and events of the journal.

use std::collections::HashMap;

use lodgate_entities::ids::PropertyId;
use lodgate_entities::property_stock;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use serde_json::json;

use super::sql::parameter::parameter;
use super::{rows, sql};
use crate::inventory::event::Event;

pub use super::rows::Head;

/// A property's head, with the seq of its latest structure event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockHead {
    /// Latest event and its tag.
    pub head: Head,
    /// Latest event that changed structure.
    pub structure_seq: i64,
}

/// The heads of the properties' journals.
///
/// # Errors
/// Any error of the database.
pub async fn heads(db: &impl ConnectionTrait, ids: &[PropertyId]) -> Result<HashMap<PropertyId, StockHead>, DbErr> {
    let rows: Vec<_> = ids.iter().map(|id| json!({ "p": id })).collect();
    let found = db.query_all_raw(sql::HEADS.with(db.get_database_backend(), [parameter(&rows)?])).await?;
    found
        .iter()
        .map(|row| {
            let row = property_stock::Model::from_query_result(row, "")?;
            Ok((row.property_id, StockHead { head: rows::head(&row)?, structure_seq: row.structure_seq }))
        })
        .collect()
}

/// The events of each property after its seq, ascending within the property, at most `limit` in all.
///
/// # Errors
/// Any error of the database.
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

/// The events with these seqs, in no order. Those that do not exist are left out.
///
/// # Errors
/// Any error of the database.
pub async fn events(db: &impl ConnectionTrait, ids: &[(PropertyId, i64)]) -> Result<Vec<Event>, DbErr> {
    let rows: Vec<_> = ids.iter().map(|(property, seq)| json!({ "p": property, "a": seq })).collect();
    db.query_all_raw(sql::EVENTS.with(db.get_database_backend(), [parameter(&rows)?]))
        .await?
        .iter()
        .map(rows::event)
        .collect()
}
