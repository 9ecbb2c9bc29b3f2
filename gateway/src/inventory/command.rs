//! What a caller may ask of one property.

use chrono::NaiveDate;
use lodgate_entities::ids::{ContractId, RoomTypeId, TenantId};
use uuid::Uuid;

use super::calendar::DateRange;
#[cfg(doc)]
use super::cell::Night;
use super::cell::{Level, Measure, Pool};
use super::property::{Contract, Property, RoomType};
use super::stay::Stay;

/// Who asks, as the journal records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The tenant of the token.
    pub tenant: TenantId,
    /// The person or machine, for people to read.
    pub label: String,
}

/// One request to one property, with what the journal keeps of its circumstances.
#[derive(Clone, Debug)]
pub struct Command {
    /// Who asks.
    pub actor: Actor,
    /// Free text of the caller.
    pub reason: Option<String>,
    /// The caller's own reference for the change.
    pub reference: Option<String>,
    /// The gesture it belongs to.
    pub change_set: Option<Uuid>,
    /// What is asked.
    pub action: Action,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Action {
    /// Set or adjust counts.
    SetCounts(SetCounts),
    /// Set and clear restrictions.
    SetRestrictions(Vec<RestrictionChange>),
    /// Take back what a change set did at this property. The command's own change set takes the undo back.
    Undo(Uuid),
    /// Hold or book.
    Claim(Claim),
    /// Prolong a hold by so many minutes (`None`: the usual length).
    ExtendHold {
        /// Which.
        reservation: Uuid,
        /// By how many minutes.
        by_minutes: Option<i32>,
    },
    /// Turn a hold into a sale.
    Confirm {
        /// Which.
        reservation: Uuid,
    },
    /// Give rooms back.
    Cancel {
        /// Which.
        reservation: Uuid,
        /// Line numbers; `None` is all.
        lines: Option<Vec<i32>>,
    },
    /// End a hold that is due. Only the writer itself asks this.
    Expire {
        /// Which.
        reservation: Uuid,
    },
    /// Change the property, a room type or a contract.
    Structure(Structure),
}

impl Action {
    /// The reservation named.
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

/// A change of counts on several ranges, all or none (or what does not conflict).
#[derive(Clone, Debug)]
pub struct SetCounts {
    /// Ranges must not overlap within a pool.
    pub changes: Vec<CountChange>,
    /// Accept fewer rooms than are held and sold.
    pub allow_overcommit: bool,
    /// Leave out the cells that conflict and write the rest.
    pub skip_conflicts: bool,
    /// Relative numbers: says so in the journal.
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
    /// What to do.
    pub op: CountOp,
    /// The `allotted` that the caller believes it replaces; inner none is not loaded, outer none is no belief.
    pub expected_allotted: Option<Option<i32>>,
}

/// How a count is given.
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
    /// What to set; `None` clears.
    pub set: Vec<(Measure, Option<i32>)>,
    /// The rules that the caller believes stand on every night of it, as [`Night::shown`] has them.
    pub expected: Vec<(Measure, Option<i32>)>,
}

/// A hold or a booking.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Identity of the reservation to be.
    pub id: Uuid,
    /// Its locator.
    pub locator: String,
    /// Who claims.
    pub partner: TenantId,
    /// Under which contract; optional when exactly one fits.
    pub contract: Option<ContractId>,
    /// The partner's own reference.
    pub reference: String,
    /// Lead guest.
    pub guest_name: Option<String>,
    /// One a room.
    pub lines: Vec<LineRequest>,
    /// Hold, or book at once.
    pub kind: ClaimKind,
}

/// Whether rooms are held or sold at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimKind {
    /// Hold for so many minutes (`None`: the usual length).
    Hold(Option<i32>),
    /// Sell.
    Book,
}

/// One room asked for.
#[derive(Clone, Debug)]
pub struct LineRequest {
    /// What.
    pub room_type: RoomTypeId,
    /// When.
    pub stay: Stay,
    /// Adults in the room.
    pub adults: i32,
    /// Age of each child.
    pub child_ages: Vec<i32>,
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
