//! Sums over the room types of a property, night by night.

use async_graphql::{Context, Result, SimpleObject};
use chrono::NaiveDate;

use super::access::PropertyAccess;
use super::nights;
use super::scalars::Date;
use crate::inventory::attention::attention;
use crate::inventory::{Attention, Night, Pool, RoomType};

/// Sums over the room types of a property on one night, shared pool and contracts together.
#[derive(SimpleObject, Clone, Debug)]
pub struct NightTotal {
    /// The stay date.
    pub date: Date,
    /// Rooms on sale.
    pub allotted: i32,
    /// Rooms held.
    pub held: i32,
    /// Rooms sold.
    pub sold: i32,
    /// Rooms that can still be sold.
    pub left_to_sell: i32,
    /// Rooms held and sold beyond those on sale.
    pub overcommitted_by: i32,
    /// Room types whose shared pool is sold out, counted as `attention` counts them.
    pub sold_out_room_types: i32,
    /// Room types whose shared pool is low, counted as `attention` counts them.
    pub low_room_types: i32,
    /// Room types whose sales are stopped.
    pub stopped_room_types: i32,
}

impl NightTotal {
    fn none(date: NaiveDate) -> Self {
        Self {
            date: Date(date),
            allotted: 0,
            held: 0,
            sold: 0,
            left_to_sell: 0,
            overcommitted_by: 0,
            sold_out_room_types: 0,
            low_room_types: 0,
            stopped_room_types: 0,
        }
    }

    fn add(&mut self, night: &Night, room_type: &RoomType) {
        let pools = std::iter::once(night.pool(Pool::Shared)).chain(night.contracts.iter().map(|(_, cell)| *cell));
        for cell in pools {
            self.allotted += cell.allotted.unwrap_or(0);
            self.held += cell.held;
            self.sold += cell.sold;
            self.left_to_sell += cell.left_to_sell();
            self.overcommitted_by += cell.overcommitted_by();
        }
        match attention(night, Pool::Shared, room_type.low_at) {
            Some(Attention::SoldOut) => self.sold_out_room_types += 1,
            Some(Attention::Low) => self.low_room_types += 1,
            _ => {}
        }
        let rules = night.room.restrictions.overlaid_by(&night.pool(Pool::Shared).restrictions);
        self.stopped_room_types += i32::from(rules.stop_sell);
    }
}

/// The totals of a closed range.
///
/// # Errors
/// When the database cannot be reached.
pub async fn totals(
    ctx: &Context<'_>,
    access: &PropertyAccess,
    from: NaiveDate,
    through: NaiveDate,
    at_least: i64,
) -> Result<Vec<NightTotal>> {
    let room_types = access.room_types().values();
    let loads = room_types.clone().map(|found| nights::load(ctx, access, found.id, from, through, at_least));
    let rows = futures_util::future::try_join_all(loads).await?;
    let dates = from.iter_days().take_while(|date| *date <= through);
    Ok(dates
        .map(|date| {
            let mut total = NightTotal::none(date);
            for (row, room_type) in rows.iter().zip(room_types.clone()) {
                total.add(row.night(date), room_type);
            }
            total
        })
        .collect())
}
