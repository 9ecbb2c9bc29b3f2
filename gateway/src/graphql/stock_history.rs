//! The journal as people read it: newest first, all of it or what touched one night.

use async_graphql::{Context, ID, Result, SimpleObject};

use super::access::{self, PropertyAccess, app};
use super::error::bad_input;
use super::scalars::{Date, NodeId};
use super::stock_event::StockEvent;
use crate::inventory::NightKey;
use crate::journal::history;

/// Some of a property's history.
#[derive(SimpleObject, Clone)]
pub struct StockHistory {
    /// Newest first.
    pub events: Vec<StockEvent>,
    /// Give it as `before` to go on; null at the end. Where a night was touched rarely, a page may have fewer events
    /// than asked for, or none, and still not be the last.
    pub next: Option<i64>,
}

/// The history before an event, newest first.
///
/// # Errors
/// When the database can't be reached.
pub async fn of(
    ctx: &Context<'_>,
    seen: &PropertyAccess,
    night: Option<NightKey>,
    before: Option<i64>,
    first: usize,
) -> Result<StockHistory> {
    let before = before.unwrap_or(i64::MAX);
    let page = history::page(&app(ctx)?.database.read, seen.id(), night, before, first);
    let page = access::read(ctx, page).await?;
    let shown = |event: crate::inventory::Event| StockEvent { seen: seen.clone(), event: event.into() };
    Ok(StockHistory { events: page.events.into_iter().map(shown).collect(), next: page.next })
}

/// The night that two arguments name together.
///
/// # Errors
/// `BAD_USER_INPUT` for one without the other, or a room type that the property does not have.
pub fn night(seen: &PropertyAccess, room_type: Option<&ID>, date: Option<Date>) -> Result<Option<NightKey>> {
    let (room_type, date) = match (room_type, date) {
        (None, None) => return Ok(None),
        (Some(room_type), Some(date)) => (room_type, date.0),
        (None, Some(_)) => return Err(bad_input("roomTypeId", "a night is a room type and a date: give both")),
        (Some(_), None) => return Err(bad_input("date", "a night is a room type and a date: give both")),
    };
    match NodeId::decode(room_type) {
        Some(NodeId::RoomType(property, id))
            if property == seen.id() && seen.structure.room_types.contains_key(&id) =>
        {
            Ok(Some((id, date)))
        }
        _ => Err(bad_input("roomTypeId", "no such room type at this property")),
    }
}
