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
    pub seen: PropertyAccess,
    /// The entry.
    pub event: Arc<Event>,
}

/// One measure of one cell, before and after. Flags are 0 and 1; null is unset.
#[derive(SimpleObject, Clone)]
pub struct CellChange {
    /// The room type.
    pub room_type: Option<RoomType>,
    /// The night.
    pub date: Date,
    /// Which cell.
    pub level: CellLevel,
    /// Whose, at the level `CONTRACT`.
    pub contract: Option<Contract>,
    /// Which measure, for example `allotted`, `held`, `stopSell`. The list may grow.
    pub measure: &'static str,
    /// What it was.
    pub before: Option<i32>,
    /// What it is.
    pub after: Option<i32>,
}

/// One committed change of one property.
#[Object]
impl StockEvent {
    /// The property.
    async fn property(&self) -> Property {
        Property(self.seen.clone())
    }

    /// 1, 2, 3 … per property, without a gap.
    async fn seq(&self) -> i64 {
        self.event.seq
    }

    /// When it was committed, to the millisecond.
    async fn committed_at(&self) -> DateTime<Utc> {
        self.event.at
    }

    /// What it came from.
    async fn cause(&self) -> StockCause {
        self.event.cause.into()
    }

    /// Who did it: a person, a machine's label, or `system`.
    async fn actor(&self) -> &str {
        &self.event.actor
    }

    /// As given by the caller.
    async fn reason(&self) -> Option<&str> {
        self.event.reason.as_deref()
    }

    /// As given by the caller.
    async fn reference(&self) -> Option<&str> {
        self.event.reference.as_deref()
    }

    /// The gesture it belongs to.
    async fn change_set_id(&self) -> Option<Uuid> {
        self.event.change_set
    }

    /// The reservation it changed, as it is now.
    async fn reservation(&self, ctx: &Context<'_>) -> Result<Option<Reservation>> {
        match self.event.reservation {
            Some((id, _)) => reservation::find(ctx, self.seen.id(), id).await,
            None => Ok(None),
        }
    }

    /// First night it touched.
    async fn first_date(&self) -> Option<Date> {
        self.event.cells.iter().map(|cell| cell.date).min().map(Date)
    }

    /// Last night it touched.
    async fn last_date(&self) -> Option<Date> {
        self.event.cells.iter().map(|cell| cell.date).max().map(Date)
    }

    /// What changed, measure by measure. For the supplier; a partner gets none, as counts of pools are not its own.
    async fn cells(&self) -> Vec<CellChange> {
        if !self.seen.is_supplier() {
            return Vec::new();
        }
        let mut changes = Vec::new();
        for cell in &self.event.cells {
            let (level, contract) = match cell.level {
                Level::Night => (CellLevel::RoomNight, None),
                Level::Pool(Pool::Shared) => (CellLevel::SharedPool, None),
                Level::Pool(Pool::Contract(id)) => (CellLevel::Contract, self.seen.structure.contracts.get(&id)),
            };
            for field in &cell.fields {
                changes.push(CellChange {
                    room_type: room_type_of(&self.seen, Some(cell.room_type)),
                    date: Date(cell.date),
                    level,
                    contract: contract.map(|found| Contract { seen: self.seen.clone(), contract: found.clone() }),
                    measure: field.measure.code(),
                    before: field.before,
                    after: field.after,
                });
            }
        }
        changes
    }
}

/// What an event came from. The list may grow.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "inventory::Cause")]
pub enum StockCause {
    /// A supplier set counts.
    SetAllotments,
    /// A supplier adjusted counts.
    AdjustAllotments,
    /// A supplier set or cleared restrictions.
    SetRestrictions,
    /// A supplier took a change set back.
    Undo,
    /// Rooms were held.
    Hold,
    /// A hold was prolonged.
    Extend,
    /// A hold was confirmed.
    Confirm,
    /// Rooms were booked at once.
    Book,
    /// Rooms were given back.
    Cancel,
    /// A hold ran out.
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

/// Which cell a change belongs to.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellLevel {
    /// The room night: binds everybody.
    RoomNight,
    /// The shared pool.
    SharedPool,
    /// A contract's own rooms.
    Contract,
}
