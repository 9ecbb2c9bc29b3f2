//! The cells of stock: counts and restrictions of one room type on one stay date, in every pool.

use chrono::NaiveDate;
use lodgate_entities::ids::{ContractId, RoomTypeId};
use serde::{Deserialize, Serialize};

/// A room type on a stay date, over all pools.
pub type NightKey = (RoomTypeId, NaiveDate);

/// The source of rooms: the shared pool of the property, or the rooms set aside for one contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pool {
    /// Open to every contract whose access allows it.
    Shared,
    /// Set aside for one contract.
    Contract(ContractId),
}

impl Pool {
    /// The number under which the pool is stored: 0 for the shared pool, else the contract's id.
    pub fn number(self) -> i64 {
        match self {
            Self::Shared => 0,
            Self::Contract(id) => id.0,
        }
    }

    /// The reverse of [`Pool::number`].
    pub fn from_number(number: i64) -> Self {
        if number == 0 { Self::Shared } else { Self::Contract(ContractId(number)) }
    }
}

impl Serialize for Pool {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.number())
    }
}

impl<'de> Deserialize<'de> for Pool {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::from_number)
    }
}

/// A cell of a night: the room night itself, which binds every pool, or one pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Level {
    /// The allotment of one pool; a number on the wire.
    Pool(Pool),
    /// The room night; `null` on the wire.
    Night,
}

/// Selling rules of one level. Counts are kept apart: lifting a rule never touches a number of rooms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Restrictions {
    /// Nothing may be sold on this night.
    pub stop_sell: bool,
    /// No stay may begin on this date.
    pub closed_to_arrival: bool,
    /// No stay may end on this date.
    pub closed_to_departure: bool,
    /// Fewest nights of a stay that begins here.
    pub min_stay_arrival: Option<i32>,
    /// Most nights of a stay that begins here.
    pub max_stay_arrival: Option<i32>,
    /// Fewest nights of a stay that includes this night.
    pub min_stay_through: Option<i32>,
    /// Most nights of a stay that includes this night.
    pub max_stay_through: Option<i32>,
    /// Fewest days between the business date and arrival.
    pub min_advance_days: Option<i32>,
    /// Most days between the business date and arrival.
    pub max_advance_days: Option<i32>,
}

impl Restrictions {
    /// Both levels merged: a closure at either level applies, and a number of `over` takes precedence.
    pub fn overlaid_by(&self, over: &Self) -> Self {
        Self {
            stop_sell: self.stop_sell || over.stop_sell,
            closed_to_arrival: self.closed_to_arrival || over.closed_to_arrival,
            closed_to_departure: self.closed_to_departure || over.closed_to_departure,
            min_stay_arrival: over.min_stay_arrival.or(self.min_stay_arrival),
            max_stay_arrival: over.max_stay_arrival.or(self.max_stay_arrival),
            min_stay_through: over.min_stay_through.or(self.min_stay_through),
            max_stay_through: over.max_stay_through.or(self.max_stay_through),
            min_advance_days: over.min_advance_days.or(self.min_advance_days),
            max_advance_days: over.max_advance_days.or(self.max_advance_days),
        }
    }
}

/// The rooms of one pool on one night. All counts are rooms, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Allotment {
    /// Rooms the supplier put on sale; `None` is *not loaded*, which sells nothing and is not 0.
    pub allotted: Option<i32>,
    /// Rooms under a live hold.
    pub held: i32,
    /// Rooms under a confirmed reservation.
    pub sold: i32,
    /// Contract: rooms given back at release.
    pub released: i32,
    /// Shared pool: rooms received from contracts.
    pub released_in: i32,
    /// Contract: guaranteed rooms. They are never released, and `allotted` never goes below them.
    pub guaranteed: i32,
    /// Contract: rooms it holds in the shared pool (counts against its cap).
    pub pool_held: i32,
    /// Contract: rooms it sold from the shared pool (counts against its cap).
    pub pool_sold: i32,
    /// Rules of this pool alone.
    pub restrictions: Restrictions,
}

impl Allotment {
    /// Rooms held or sold.
    pub fn committed(&self) -> i32 {
        self.held + self.sold
    }

    /// `allotted + released_in - released - held - sold`: below 0 when overcommitted, `None` when not loaded.
    pub fn balance(&self) -> Option<i32> {
        self.allotted.map(|allotted| allotted + self.released_in - self.released - self.committed())
    }

    /// Rooms that can still be sold from this pool, never below 0.
    pub fn left_to_sell(&self) -> i32 {
        self.balance().unwrap_or(0).max(0)
    }

    /// Rooms held and sold beyond those on sale, never below 0.
    pub fn overcommitted_by(&self) -> i32 {
        (-self.balance().unwrap_or(-self.committed())).max(0)
    }
}

/// The limits of a room type on a night that bind every pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomNight {
    /// Most rooms held and sold over all pools; `None` is no limit.
    pub sell_limit: Option<i32>,
    /// Rules that bind every pool.
    pub restrictions: Restrictions,
}

/// One room type on one stay date with all its pools: the unit that is loaded, cached and sent to subscribers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Night {
    /// The room night.
    pub room: RoomNight,
    /// The shared pool.
    pub shared: Allotment,
    /// The contracts that have a row here, by ascending id.
    pub contracts: Vec<(ContractId, Allotment)>,
}

impl Night {
    /// The pool's cell; an empty one when nothing is stored.
    pub fn pool(&self, pool: Pool) -> Allotment {
        match pool {
            Pool::Shared => self.shared,
            Pool::Contract(id) => {
                self.contracts.iter().find(|(contract, _)| *contract == id).map(|(_, cell)| *cell).unwrap_or_default()
            }
        }
    }

    /// The pool's cell for writing; made empty when nothing is stored.
    pub fn pool_mut(&mut self, pool: Pool) -> &mut Allotment {
        match pool {
            Pool::Shared => &mut self.shared,
            Pool::Contract(id) => {
                let at = match self.contracts.binary_search_by_key(&id, |(contract, _)| *contract) {
                    Ok(at) => at,
                    Err(at) => {
                        self.contracts.insert(at, (id, Allotment::default()));
                        at
                    }
                };
                &mut self.contracts[at].1
            }
        }
    }

    /// The rules of one level.
    pub fn restrictions(&self, level: Level) -> Restrictions {
        match level {
            Level::Night => self.room.restrictions,
            Level::Pool(pool) => self.pool(pool).restrictions,
        }
    }

    /// Rooms held and sold over all pools.
    pub fn committed(&self) -> i32 {
        self.shared.committed() + self.contracts.iter().map(|(_, cell)| cell.committed()).sum::<i32>()
    }

    /// One field of one level; flags are 0 and 1. `None` is unset.
    pub fn get(&self, level: Level, field: Field) -> Option<i32> {
        match (level, field) {
            (Level::Night, Field::SellLimit) => self.room.sell_limit,
            (_, Field::SellLimit) => None,
            (Level::Pool(pool), count) if count.is_count() => {
                let cell = self.pool(pool);
                match count {
                    Field::Allotted => cell.allotted,
                    Field::Held => Some(cell.held),
                    Field::Sold => Some(cell.sold),
                    Field::Released => Some(cell.released),
                    Field::ReleasedIn => Some(cell.released_in),
                    Field::Guaranteed => Some(cell.guaranteed),
                    Field::PoolHeld => Some(cell.pool_held),
                    _ => Some(cell.pool_sold),
                }
            }
            (Level::Night, count) if count.is_count() => None,
            (level, rule) => rule.read(&self.restrictions(level)),
        }
    }

    /// One rule as the calendar shows it for the shared pool: the room night and that pool merged.
    pub fn shown(&self, rule: Field) -> Option<i32> {
        match rule {
            Field::SellLimit => self.room.sell_limit,
            rule => rule.read(&self.room.restrictions.overlaid_by(&self.shared.restrictions)),
        }
    }

    /// Sets one field of one level. An unset count becomes 0, an unset flag false; `allotted` and numbers stay unset.
    pub fn set(&mut self, level: Level, field: Field, value: Option<i32>) {
        match (level, field) {
            (Level::Night, Field::SellLimit) => self.room.sell_limit = value,
            (_, Field::SellLimit) => {}
            (Level::Pool(pool), count) if count.is_count() => {
                let cell = self.pool_mut(pool);
                let number = value.unwrap_or(0);
                match count {
                    Field::Allotted => cell.allotted = value,
                    Field::Held => cell.held = number,
                    Field::Sold => cell.sold = number,
                    Field::Released => cell.released = number,
                    Field::ReleasedIn => cell.released_in = number,
                    Field::Guaranteed => cell.guaranteed = number,
                    Field::PoolHeld => cell.pool_held = number,
                    _ => cell.pool_sold = number,
                }
            }
            (Level::Night, count) if count.is_count() => {}
            (Level::Night, rule) => rule.write(&mut self.room.restrictions, value),
            (Level::Pool(pool), rule) => rule.write(&mut self.pool_mut(pool).restrictions, value),
        }
    }

    /// Every level that may have values here.
    pub fn levels(&self) -> impl Iterator<Item = Level> + '_ {
        [Level::Night, Level::Pool(Pool::Shared)]
            .into_iter()
            .chain(self.contracts.iter().map(|(id, _)| Level::Pool(Pool::Contract(*id))))
    }
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $code:literal),+ $(,)?) => {
        /// One column of a cell. The code names it in the journal and never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field { $($(#[$doc])* $name),+ }

        impl Field {
            /// Every field, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name in the journal.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The reverse of [`Field::code`].
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

fields! {
    /// Rooms on sale.
    Allotted = "allotted",
    /// Rooms under a live hold.
    Held = "held",
    /// Rooms under a confirmed reservation.
    Sold = "sold",
    /// Rooms given back at release.
    Released = "released",
    /// Rooms received at release.
    ReleasedIn = "releasedIn",
    /// Rooms never released.
    Guaranteed = "guaranteed",
    /// The contract's held rooms in the shared pool.
    PoolHeld = "poolHeld",
    /// The contract's sold rooms from the shared pool.
    PoolSold = "poolSold",
    /// Most rooms over all pools.
    SellLimit = "sellLimit",
    /// Nothing may be sold.
    StopSell = "stopSell",
    /// No arrival.
    ClosedToArrival = "closedToArrival",
    /// No departure.
    ClosedToDeparture = "closedToDeparture",
    /// Fewest nights of a stay that begins on this date.
    MinStayArrival = "minStayArrival",
    /// Most nights of a stay that begins on this date.
    MaxStayArrival = "maxStayArrival",
    /// Fewest nights of a stay that includes this night.
    MinStayThrough = "minStayThrough",
    /// Most nights of a stay that includes this night.
    MaxStayThrough = "maxStayThrough",
    /// Fewest days ahead.
    MinAdvanceDays = "minAdvanceDays",
    /// Most days ahead.
    MaxAdvanceDays = "maxAdvanceDays",
}

impl Field {
    fn is_count(self) -> bool {
        self <= Self::PoolSold
    }

    /// `true` when the supplier sets it directly and can undo it; the other fields follow from reservations.
    pub fn is_set_by_supplier(self) -> bool {
        self == Self::Allotted || self >= Self::SellLimit
    }

    /// `true` for a flag, which is on or off and never unset.
    pub fn is_flag(self) -> bool {
        matches!(self, Self::StopSell | Self::ClosedToArrival | Self::ClosedToDeparture)
    }

    fn read(self, rules: &Restrictions) -> Option<i32> {
        match self {
            Self::StopSell => Some(i32::from(rules.stop_sell)),
            Self::ClosedToArrival => Some(i32::from(rules.closed_to_arrival)),
            Self::ClosedToDeparture => Some(i32::from(rules.closed_to_departure)),
            Self::MinStayArrival => rules.min_stay_arrival,
            Self::MaxStayArrival => rules.max_stay_arrival,
            Self::MinStayThrough => rules.min_stay_through,
            Self::MaxStayThrough => rules.max_stay_through,
            Self::MinAdvanceDays => rules.min_advance_days,
            _ => rules.max_advance_days,
        }
    }

    fn write(self, rules: &mut Restrictions, value: Option<i32>) {
        let flag = value == Some(1);
        match self {
            Self::StopSell => rules.stop_sell = flag,
            Self::ClosedToArrival => rules.closed_to_arrival = flag,
            Self::ClosedToDeparture => rules.closed_to_departure = flag,
            Self::MinStayArrival => rules.min_stay_arrival = value,
            Self::MaxStayArrival => rules.max_stay_arrival = value,
            Self::MinStayThrough => rules.min_stay_through = value,
            Self::MaxStayThrough => rules.max_stay_through = value,
            Self::MinAdvanceDays => rules.min_advance_days = value,
            _ => rules.max_advance_days = value,
        }
    }
}
