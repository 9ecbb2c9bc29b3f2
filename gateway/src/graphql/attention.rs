//! Nights that need the attention of a supplier, from the same cached blocks as the calendar.

use async_graphql::{Context, Enum, Result, SimpleObject};
use chrono::NaiveDate;

use super::access::PropertyAccess;
use super::contract::Contract;
use super::error::{self, bad_argument};
use super::nights;
use super::room_type::{RoomType, room_type_of};
use super::scalars::Date;
use crate::inventory::attention::{Run, attention_range, most_urgent, runs};
use crate::inventory::{self, Pool};

/// Consecutive nights of one room type that need attention for the same reason.
#[derive(SimpleObject, Clone)]
pub struct AttentionItem {
    /// The reason.
    pub kind: AttentionKind,
    /// The room type.
    pub room_type: RoomType,
    /// The contract, when the nights are those of a contract's own rooms; null is the shared pool.
    pub contract: Option<Contract>,
    /// First night.
    pub from: Date,
    /// Last night, included.
    pub through: Date,
    /// Number of nights.
    pub nights: i64,
    /// Fewest rooms left to sell on any of these nights.
    pub least_left: i32,
    /// Most rooms held and sold beyond those on sale on one of these nights; 0 unless the kind is `OVERCOMMITTED`.
    pub rooms_over: i32,
}

/// The nights of a property that need attention over `days` nights, most urgent first, at most `first` items.
///
/// # Errors
/// `BAD_USER_INPUT` for a range out of its bounds; when the database cannot be reached.
pub async fn items(
    ctx: &Context<'_>,
    access: &PropertyAccess,
    from: NaiveDate,
    days: i32,
    first: usize,
    at_least: i64,
) -> Result<Vec<AttentionItem>> {
    let (from, through) = attention_range(from, days).map_err(|problem| bad_argument("", &problem))?;
    let loads = access.room_types().values().map(|room_type| async move {
        let nights = nights::load(ctx, access, room_type.id, from, through, at_least).await?;
        let dated = from.iter_days().take_while(|date| *date <= through).map(|date| (date, nights.night(date)));
        Ok::<_, async_graphql::Error>(runs(room_type.id, room_type.low_at, &dated))
    });
    let found = futures_util::future::try_join_all(loads).await?.concat();
    most_urgent(found, first).into_iter().map(|run| as_item(access, &run)).collect()
}

fn as_item(access: &PropertyAccess, run: &Run) -> Result<AttentionItem> {
    let room_type = room_type_of(access, Some(run.room_type))
        .ok_or_else(|| error::internal("a room type of an attention item is missing"))?;
    let contract = match run.pool {
        Pool::Shared => None,
        Pool::Contract(id) => access.contract(id),
    };
    Ok(AttentionItem {
        kind: run.kind.into(),
        room_type,
        contract: contract.map(|contract| Contract { access: access.clone(), contract: contract.clone() }),
        from: Date(run.from),
        through: Date(run.through),
        nights: run.nights(),
        least_left: run.least_left,
        rooms_over: run.over,
    })
}

/// The reason why nights need attention, most urgent first. More values may be added.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "inventory::Attention")]
pub enum AttentionKind {
    /// More rooms are held and sold than are on sale.
    Overcommitted,
    /// Rooms were on sale and none is left.
    SoldOut,
    /// Some rooms are held or sold, and no more are left than the room type's `lowAt`.
    Low,
    /// Sales are stopped.
    StopSell,
}
