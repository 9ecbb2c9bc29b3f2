//! Commands: the changes that a caller can request at one property.

use chrono::NaiveDate;
use lodgate_entities::ids::{ContractId, RoomTypeId, TenantId};
use uuid::Uuid;

use super::calendar::DateRange;
#[cfg(doc)]
use super::cell::Night;
use super::cell::{Field, Level, Pool};
use super::occupancy::Party;
use super::property::{Contract, Property, RoomType};
use super::stay::Stay;

/// The actor of a change, as the journal records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The tenant of the token.
    pub tenant: TenantId,
    /// The address of the person or the label of the API client.
    pub label: String,
}

/// One request to one property, with the notes that the journal keeps.
#[derive(Clone, Debug)]
pub struct Command {
    /// The actor.
    pub actor: Actor,
    /// Free text of the caller.
    pub reason: Option<String>,
    /// The caller's own reference for the change.
    pub reference: Option<String>,
    /// The change set it belongs to.
    pub change_set: Option<Uuid>,
    /// The requested change.
    pub action: Action,
}

/// A requested change.
#[derive(Clone, Debug)]
pub enum Action {
    /// Set or adjust counts.
    SetCounts(SetCounts),
    /// Set and clear restrictions.
    SetRestrictions(Vec<RestrictionChange>),
    /// Undo a change set at this property. The change set of the command itself can undo the undo.
    Undo(Uuid),
    /// Hold or book.
    Book(BookingRequest),
    /// Extend a hold.
    ExtendHold {
        /// The reservation.
        reservation: Uuid,
        /// Minutes to add; `None` is the usual length of a hold.
        by_minutes: Option<i32>,
    },
    /// Turn a hold into a sale.
    Confirm {
        /// The reservation.
        reservation: Uuid,
    },
    /// Give rooms back.
    Cancel {
        /// The reservation.
        reservation: Uuid,
        /// Line numbers; `None` is all.
        lines: Option<Vec<i32>>,
    },
    /// Expire a hold that is due. Only the writer itself submits this.
    Expire {
        /// The reservation.
        reservation: Uuid,
    },
    /// Change the property, a room type or a contract.
    Structure(Structure),
}

impl Action {
    /// The reservation that the action names.
    pub fn reservation(&self) -> Option<Uuid> {
        match self {
            Self::ExtendHold { reservation, .. }
            | Self::Confirm { reservation }
            | Self::Cancel { reservation, .. }
            | Self::Expire { reservation } => Some(*reservation),
            _ => None,
        }
    }
}

/// A change of counts on several ranges: all cells or none, or all cells without a conflict.
#[derive(Clone, Debug)]
pub struct SetCounts {
    /// Ranges must not overlap within a pool.
    pub changes: Vec<CountChange>,
    /// Accept fewer rooms than are held and sold.
    pub allow_overcommit: bool,
    /// Leave out the cells that conflict and write the rest.
    pub skip_conflicts: bool,
    /// Counts are relative: the journal records an adjustment.
    pub relative: bool,
}

/// One range of one pool.
#[derive(Clone, Debug)]
pub struct CountChange {
    /// The room type.
    pub room_type: RoomTypeId,
    /// The pool.
    pub pool: Pool,
    /// The nights.
    pub range: DateRange,
    /// The change.
    pub op: CountOp,
    /// The `allotted` that the caller expects; inner `None` is *not loaded*, outer `None` is no expectation.
    pub expected_allotted: Option<Option<i32>>,
}

/// A new count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountOp {
    /// Rooms on sale, what is sold included; 0 to 10,000.
    Allotted(i32),
    /// Rooms still to sell, what is sold excluded; 0 to 10,000.
    LeftToSell(i32),
    /// More or fewer rooms on sale.
    AdjustBy(i32),
    /// Not on sale at all.
    NotLoaded,
}

/// Rules on one range of one level.
#[derive(Clone, Debug)]
pub struct RestrictionChange {
    /// The room type.
    pub room_type: RoomTypeId,
    /// The room night or one pool.
    pub level: Level,
    /// The nights.
    pub range: DateRange,
    /// Fields to set; `None` clears.
    pub set: Vec<(Field, Option<i32>)>,
    /// The restrictions that the caller expects on every night of the range, as [`Night::shown`] returns them.
    pub expected: Vec<(Field, Option<i32>)>,
}

/// A hold or a booking.
#[derive(Clone, Debug)]
pub struct BookingRequest {
    /// Identity of the reservation to be.
    pub id: Uuid,
    /// Its locator.
    pub locator: String,
    /// The partner.
    pub partner: TenantId,
    /// The contract; optional when exactly one covers all lines.
    pub contract: Option<ContractId>,
    /// The partner's own reference.
    pub reference: String,
    /// Lead guest.
    pub guest_name: Option<String>,
    /// One per room.
    pub lines: Vec<LineRequest>,
    /// Hold, or book at once.
    pub kind: BookingKind,
}

/// A hold, or a sale without a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingKind {
    /// Hold for this many minutes; `None` is the usual length.
    Hold(Option<i32>),
    /// Sell without a hold.
    Book,
}

/// One requested room.
#[derive(Clone, Debug)]
pub struct LineRequest {
    /// The room type.
    pub room_type: RoomTypeId,
    /// The stay.
    pub stay: Stay,
    /// Adults in the room.
    pub adults: i32,
    /// Age of each child.
    pub child_ages: Vec<i32>,
}

impl LineRequest {
    /// The guests of the room.
    pub fn party(&self) -> Party<'_> {
        Party { adults: self.adults, child_ages: &self.child_ages }
    }
}

/// A change of structure, complete: what is stored after it.
#[derive(Clone, Debug)]
pub enum Structure {
    /// New values of the property.
    Property(Property),
    /// A room type, new (id 0) or with new values.
    RoomType(RoomType),
    /// A contract, new (id 0) or with new values.
    Contract(Contract),
}

impl RestrictionChange {
    /// The nights it covers.
    pub fn nights(&self) -> impl Iterator<Item = NaiveDate> {
        self.range.nights()
    }
}
