//! The journal newest first, for people: all events of a property, or those of one night.

use async_graphql::{Context, ID, Result, SimpleObject};

use super::access::{self, PropertyAccess, app};
use super::error::bad_input;
use super::scalars::{Date, NodeId};
use super::stock_event::StockEvent;
use crate::inventory::NightKey;
use crate::journal::history;

/// One page of a property's history.
#[derive(SimpleObject, Clone)]
pub struct StockHistory {
    /// Stock events, newest first.
    pub events: Vec<StockEvent>,
    /// `before` of the next page; null at the end. The history of a single night may have pages with fewer events than
    /// requested, or none, before the end.
    pub next: Option<i64>,
}

/// The history before an event, newest first.
///
/// # Errors
/// When the database cannot be reached.
pub async fn page(
    ctx: &Context<'_>,
    access: &PropertyAccess,
    night: Option<NightKey>,
    before: Option<i64>,
    first: usize,
) -> Result<StockHistory> {
    let before = before.unwrap_or(i64::MAX);
    let page = history::page(&app(ctx)?.database.read, access.id(), night, before, first);
    let page = access::read(ctx, page).await?;
    let as_object = |event: crate::inventory::Event| StockEvent { access: access.clone(), event: event.into() };
    Ok(StockHistory { events: page.events.into_iter().map(as_object).collect(), next: page.next })
}

/// The night of the arguments `roomTypeId` and `date`; `None` without both.
///
/// # Errors
/// `BAD_USER_INPUT` for one without the other, or a room type that the property does not have.
pub fn night(access: &PropertyAccess, room_type: Option<&ID>, date: Option<Date>) -> Result<Option<NightKey>> {
    let (room_type, date) = match (room_type, date) {
        (None, None) => return Ok(None),
        (Some(room_type), Some(date)) => (room_type, date.0),
        (None, Some(_)) => return Err(bad_input("roomTypeId", "a night is a room type and a date: give both")),
        (Some(_), None) => return Err(bad_input("date", "a night is a room type and a date: give both")),
    };
    match NodeId::decode(room_type) {
        Some(NodeId::RoomType(property, id)) if property == access.id() && access.room_types().contains_key(&id) => {
            Ok(Some((id, date)))
        }
        _ => Err(bad_input("roomTypeId", "no such room type at this property")),
    }
}
