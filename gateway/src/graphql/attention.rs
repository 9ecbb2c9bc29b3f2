//! What a supplier should look at, out of the same blocks as the calendar.

use async_graphql::{Context, Enum, Result, SimpleObject};
use chrono::{Days, NaiveDate};

use super::access::PropertyAccess;
use super::contract::Contract;
use super::error::{self, bad_input};
use super::nights;
use super::room_type::{RoomType, room_type_of};
use super::scalars::Date;
use crate::inventory::{self, Pool};
use crate::inventory::attention::{Run, most_urgent, runs};

/// Most nights that are looked at.
const LONGEST: i32 = 366;

/// Consecutive nights of one room type that need a look for the same reason.
#[derive(SimpleObject, Clone)]
pub struct AttentionItem {
    /// Why.
    pub kind: AttentionKind,
    /// The room type.
    pub room_type: RoomType,
    /// Whose rooms, where it is about a contract's own; null is the shared pool.
    pub contract: Option<Contract>,
    /// First night.
    pub from: Date,
    /// Last night, included.
    pub through: Date,
    /// How many nights.
    pub nights: i64,
    /// Fewest rooms left to sell on any of these nights.
    pub least_left: i32,
    /// Most rooms promised beyond what is on sale on one of these nights; 0 unless the kind is `OVERCOMMITTED`.
    pub rooms_over: i32,
}

/// The nights to look at: `days` of them from `from` on.
fn range(from: NaiveDate, days: i32) -> Result<(NaiveDate, NaiveDate)> {
    if !(1..=LONGEST).contains(&days) {
        return Err(bad_input("days", format!("1 to {LONGEST} nights, not {days}")));
    }
    let ahead = Days::new(u64::try_from(days - 1).unwrap_or(0));
    let through = from.checked_add_days(ahead).ok_or_else(|| bad_input("from", "not a date of the calendar"))?;
    Ok((from, through))
}

/// What needs a look at the property over `days` nights, most urgent first, at most `first` items.
///
/// # Errors
/// `BAD_USER_INPUT` for a range out of its bounds; when the database can't be reached.
pub async fn items(
    ctx: &Context<'_>,
    seen: &PropertyAccess,
    from: NaiveDate,
    days: i32,
    first: usize,
    at_least: i64,
) -> Result<Vec<AttentionItem>> {
    let (from, through) = range(from, days)?;
    let loads = seen.structure.room_types.values().map(|room_type| async move {
        let nights = nights::load(ctx, seen, room_type.id, from, through, at_least).await?;
        let dated = from.iter_days().take_while(|date| *date <= through).map(|date| (date, nights.night(date)));
        Ok::<_, async_graphql::Error>(runs(room_type.id, room_type.low_at, &dated))
    });
    let found = futures_util::future::try_join_all(loads).await?.concat();
    most_urgent(found, first).into_iter().map(|run| shown(seen, &run)).collect()
}

fn shown(seen: &PropertyAccess, run: &Run) -> Result<AttentionItem> {
    let room_type =
        room_type_of(seen, Some(run.room_type)).ok_or_else(|| error::internal("a room type is gone from under us"))?;
    let contract = match run.pool {
        Pool::Shared => None,
        Pool::Contract(id) => seen.structure.contracts.get(&id),
    };
    Ok(AttentionItem {
        kind: run.kind.into(),
        room_type,
        contract: contract.map(|contract| Contract { seen: seen.clone(), contract: contract.clone() }),
        from: Date(run.from),
        through: Date(run.through),
        nights: run.nights(),
        least_left: run.least_left,
        rooms_over: run.over,
    })
}

/// Why nights need a look, most urgent first. The list may grow.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "inventory::Attention")]
pub enum AttentionKind {
    /// More rooms are promised than there are on sale.
    Overcommitted,
    /// Rooms were on sale and none is left.
    SoldOut,
    /// Some are taken, and no more are left than the room type's `lowAt`.
    Low,
    /// Sales are stopped.
    StopSell,
}
