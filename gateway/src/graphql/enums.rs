//! The enums of the schema, each beside the type it shows.

use async_graphql::Enum;

use crate::inventory;

macro_rules! shown {
    ($(#[$doc:meta])* $name:ident of $remote:literal { $($(#[$item_doc:meta])* $item:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
        #[graphql(remote = $remote)]
        pub enum $name { $($(#[$item_doc])* $item),+ }
    };
}

shown! {
    /// The selling rule that blocks a night. The list may grow: treat an unknown rule as blocking.
    RefusalRule of "inventory::Rule" {
        /// Every room is held or sold.
        SoldOut,
        /// The supplier has put no rooms on sale.
        NotLoaded,
        /// Sales are stopped.
        StopSell,
        /// No stay may begin on this date.
        ClosedToArrival,
        /// No stay may end on this date.
        ClosedToDeparture,
        /// Too short for this arrival; `value` nights at least.
        MinStayArrival,
        /// Too long for this arrival; `value` nights at most.
        MaxStayArrival,
        /// Too short for a stay over this night; `value` nights at least.
        MinStayThrough,
        /// Too long for a stay over this night; `value` nights at most.
        MaxStayThrough,
        /// Too late: sold at least `value` days ahead.
        MinAdvance,
        /// Too early: sold at most `value` days ahead.
        MaxAdvance,
        /// The night can no longer be sold or changed.
        CutOff,
        /// The contract draws its `value` rooms from the shared pool already.
        PoolCap,
        /// All pools together sell at most `value` rooms.
        SellLimit,
        /// The contract is suspended or does not cover the night or the room type.
        ContractInactive,
        /// The contract's rooms were released.
        Released,
        /// Too many guests for the room type; `value` at most.
        Occupancy,
        /// Too many rooms held, or held too long; `value` at most.
        HoldLimit,
        /// Past the nights that are kept, `value` ahead.
        Horizon,
    }
}

shown! {
    /// What kind of refusal it is: what a program switches on. The list may grow.
    UserErrorCode of "inventory::Code" {
        /// A selling rule blocks a night: `rule` says which, `value` its number.
        Refused,
        /// Fewer rooms than are held and sold: repeat with `allowOvercommit` if that is meant.
        BelowSold,
        /// Fewer rooms than are guaranteed to the contract.
        BelowGuaranteed,
        /// Not what the caller expected to replace: `current` says what is there.
        Conflict,
        /// The idempotency key was used with another request.
        KeyReused,
        /// The hold ran out; its rooms are back on sale.
        HoldExpired,
        /// Only a hold can be confirmed or extended.
        NotHeld,
        /// The reservation claims nothing any more.
        NotActive,
        /// The first night is over.
        StayBegun,
        /// The code is in use.
        CodeTaken,
        /// The reference is in use for another reservation of yours at this property.
        DuplicateReference,
        /// Several contracts fit: name one.
        ContractRequired,
        /// Cells of the change set were changed again since.
        CellsMoved,
        /// The change set changed nothing here.
        NothingToUndo,
        /// The input breaks a rule of form: `field` says where.
        Invalid,
        /// A stay of no nights.
        EmptyStay,
    }
}

shown! {
    /// What an event came from. The list may grow.
    StockCause of "inventory::Cause" {
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
}

shown! {
    /// Why nights need a look, most urgent first. The list may grow.
    AttentionKind of "inventory::Attention" {
        /// More rooms are promised than there are on sale.
        Overcommitted,
        /// Rooms were on sale and none is left.
        SoldOut,
        /// Some are taken, and no more are left than the room type's `lowAt`.
        Low,
        /// Sales are stopped.
        StopSell,
    }
}

shown! {
    /// Where a reservation or a line stands.
    ReservationStatus of "inventory::Status" {
        /// Rooms are kept until `expiresAt`.
        Held,
        /// Rooms are sold.
        Confirmed,
        /// Rooms were given back.
        Cancelled,
        /// Nobody confirmed in time.
        Expired,
        /// The guest did not come.
        NoShow,
    }
}

shown! {
    /// Whether a contract takes new claims.
    ContractStatus of "inventory::ContractStatus" {
        /// It does.
        Active,
        /// It keeps its reservations and takes no new ones.
        Suspended,
    }
}

shown! {
    /// Where the numbers of an answer came from.
    StockSource of "crate::cache::Source" {
        /// The memory of this node, kept current by the feed.
        #[graphql(name = "PROCESS_CACHE")]
        Process,
        /// Redis.
        #[graphql(name = "REDIS_CACHE")]
        Redis,
        /// The database.
        Primary,
    }
}

shown! {
    /// What a tenant is.
    TenantKind of "lodgate_entities::tenant::TenantKind" {
        /// A hotel or group.
        Supplier,
        /// An online travel agency, bed bank or tour operator.
        Partner,
        /// Who runs the gateway.
        Operator,
    }
}

shown! {
    /// What a person may do in the portal.
    UserRole of "lodgate_entities::user::UserRole" {
        /// Everything.
        Owner,
        /// Reads and changes inventory.
        Manager,
        /// Reads.
        Viewer,
    }
}

shown! {
    /// What a token may do.
    Scope of "crate::auth::Scope" {
        /// `inventory:read`
        InventoryRead,
        /// `inventory:write`
        InventoryWrite,
        /// `reservations:read`
        ReservationsRead,
        /// `reservations:write`
        ReservationsWrite,
        /// `tenant:admin`
        TenantAdmin,
    }
}

/// A contract's access to the shared pool, per room type and night.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolAccess {
    /// Its own rooms only.
    None,
    /// At most `poolCap` rooms, held and sold together.
    Capped,
    /// Whatever the shared pool has.
    Full,
}

/// A day of the week.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "chrono::Weekday")]
pub enum Weekday {
    /// Monday.
    #[graphql(name = "MONDAY")]
    Mon,
    /// Tuesday.
    #[graphql(name = "TUESDAY")]
    Tue,
    /// Wednesday.
    #[graphql(name = "WEDNESDAY")]
    Wed,
    /// Thursday.
    #[graphql(name = "THURSDAY")]
    Thu,
    /// Friday.
    #[graphql(name = "FRIDAY")]
    Fri,
    /// Saturday.
    #[graphql(name = "SATURDAY")]
    Sat,
    /// Sunday.
    #[graphql(name = "SUNDAY")]
    Sun,
}

impl Weekday {
    /// All seven.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// As a set; none given is all.
    pub fn set(days: Option<&[Self]>) -> inventory::Weekdays {
        days.map_or(inventory::Weekdays::ALL, |days| inventory::Weekdays::of(days.iter().map(|day| (*day).into())))
    }
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

/// What to do about cells that are not what the caller expected.
#[derive(Enum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Write nothing and name them.
    #[default]
    Refuse,
    /// Leave them out, write the rest, and give them back in `skipped`.
    Skip,
}
