//! The journal as callers see it.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::access::PropertyAccess;
use super::contract::Contract;
use super::property::Property;
use super::reservation::{self, Reservation};
use super::room_type::{RoomType, room_type_of};
use super::scalars::Date;
use crate::inventory::{self, Event, Level, Pool};

/// One committed change of one property.
#[derive(Clone)]
pub struct StockEvent {
    /// Its property, as the caller sees it.
    pub access: PropertyAccess,
    /// The entry.
    pub event: Arc<Event>,
}

/// One value of one cell before and after an event. Flags are 0 and 1; null is unset.
#[derive(SimpleObject, Clone)]
pub struct CellChange {
    /// The room type.
    pub room_type: Option<RoomType>,
    /// The night.
    pub date: Date,
    /// The level of the cell.
    pub level: CellLevel,
    /// The contract, at the level `CONTRACT`.
    pub contract: Option<Contract>,
    /// Name of the value, for example `allotted`, `held` or `stopSell`. More names may be added.
    pub measure: &'static str,
    /// Value before the event.
    pub before: Option<i32>,
    /// Value after the event.
    pub after: Option<i32>,
}

/// One committed change of one property.
#[Object]
impl StockEvent {
    /// The property.
    async fn property(&self) -> Property {
        Property(self.access.clone())
    }

    /// 1, 2, 3 … per property, without gaps.
    async fn seq(&self) -> i64 {
        self.event.seq
    }

    /// Time of the commit, to the millisecond.
    async fn committed_at(&self) -> DateTime<Utc> {
        self.event.at
    }

    /// The cause.
    async fn cause(&self) -> StockCause {
        self.event.cause.into()
    }

    /// The actor: the address of a person, the label of an API client, or `system`.
    async fn actor(&self) -> &str {
        &self.event.actor
    }

    /// The caller's reason.
    async fn reason(&self) -> Option<&str> {
        self.event.reason.as_deref()
    }

    /// The caller's reference.
    async fn reference(&self) -> Option<&str> {
        self.event.reference.as_deref()
    }

    /// The change set.
    async fn change_set_id(&self) -> Option<Uuid> {
        self.event.change_set
    }

    /// The reservation it changed, as it is now.
    async fn reservation(&self, ctx: &Context<'_>) -> Result<Option<Reservation>> {
        match self.event.reservation {
            Some((id, _)) => reservation::find(ctx, self.access.id(), id).await,
            None => Ok(None),
        }
    }

    /// First night that it changed.
    async fn first_date(&self) -> Option<Date> {
        self.event.cells.iter().map(|cell| cell.date).min().map(Date)
    }

    /// Last night that it changed.
    async fn last_date(&self) -> Option<Date> {
        self.event.cells.iter().map(|cell| cell.date).max().map(Date)
    }

    /// Changed values. For the supplier; empty for a partner, which does not see the counts of pools.
    async fn cells(&self) -> Vec<CellChange> {
        if !self.access.is_supplier() {
            return Vec::new();
        }
        let mut changes = Vec::new();
        for cell in &self.event.cells {
            let (level, contract) = match cell.level {
                Level::Night => (CellLevel::RoomNight, None),
                Level::Pool(Pool::Shared) => (CellLevel::SharedPool, None),
                Level::Pool(Pool::Contract(id)) => (CellLevel::Contract, self.access.contract(id)),
            };
            for change in &cell.fields {
                changes.push(CellChange {
                    room_type: room_type_of(&self.access, Some(cell.room_type)),
                    date: Date(cell.date),
                    level,
                    contract: contract.map(|found| Contract { access: self.access.clone(), contract: found.clone() }),
                    measure: change.field.code(),
                    before: change.before,
                    after: change.after,
                });
            }
        }
        changes
    }
}

/// The cause of a stock event. More values may be added.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "inventory::Cause")]
pub enum StockCause {
    /// A supplier set counts.
    SetAllotments,
    /// A supplier adjusted counts.
    AdjustAllotments,
    /// A supplier set or cleared restrictions.
    SetRestrictions,
    /// A supplier undid a change set.
    Undo,
    /// Rooms were held.
    Hold,
    /// A hold was extended.
    Extend,
    /// A hold was confirmed.
    Confirm,
    /// Rooms were booked without a hold.
    Book,
    /// Rooms were given back.
    Cancel,
    /// A hold expired.
    Expire,
    /// The property was created.
    PropertyCreated,
    /// The property was changed.
    PropertyUpdated,
    /// A room type was created.
    RoomTypeCreated,
    /// A room type was changed.
    RoomTypeUpdated,
    /// A contract was created.
    ContractCreated,
    /// A contract was changed.
    ContractUpdated,
}

/// The level of a cell.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellLevel {
    /// The room night: binds every pool.
    RoomNight,
    /// The shared pool.
    SharedPool,
    /// A contract's own rooms.
    Contract,
}
