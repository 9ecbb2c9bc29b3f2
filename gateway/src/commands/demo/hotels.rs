//! The hotels of the demo: fictional hotels in real places.

use chrono_tz::Tz;

/// A hotel.
pub(super) struct Hotel {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) place: &'static str,
    pub(super) country: &'static str,
    pub(super) zone: Tz,
    /// Maximum share of rooms sold through partners, in percent.
    pub(super) pool_percent: i32,
    /// Demand in winter, in percent of summer.
    pub(super) winter_percent: i32,
    /// The local festival: first and last day, as month and day.
    pub(super) festival: [(u32, u32); 2],
    pub(super) stop_sell: StopSell,
    pub(super) rooms: &'static [Room],
}

/// Nights with a stop-sell, with the reason.
pub(super) enum StopSell {
    /// Stop-sells of the flagship.
    Flagship,
    None,
    FirstRoomType(&'static str),
    Whole(&'static str),
}

/// A room type.
pub(super) struct Room {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) guests: i32,
    pub(super) adults: i32,
    pub(super) rooms: i32,
    /// Allotments of the two partners.
    pub(super) aside: [i32; 2],
}

impl Room {
    /// Threshold of low availability: one room in ten, or 0 for small room types.
    pub(super) const fn low_at(&self) -> i32 {
        self.rooms * 9 / 100
    }

    const fn with_aside(self, meridian: i32, bedbank: i32) -> Self {
        Self { aside: [meridian, bedbank], ..self }
    }
}

const fn room(code: &'static str, name: &'static str, guests: i32, adults: i32, rooms: i32) -> Room {
    Room { code, name, guests, adults, rooms, aside: [0, 0] }
}

/// The flagship first.
pub(super) static HOTELS: [Hotel; 4] = [
    Hotel {
        code: "LIS",
        name: "Harbour House Lisbon",
        place: "Lisbon",
        country: "PT",
        zone: Tz::Europe__Lisbon,
        pool_percent: 74,
        winter_percent: 100,
        festival: [(6, 9), (6, 13)],
        stop_sell: StopSell::Flagship,
        rooms: &[
            room("SGL", "Single, courtyard", 1, 1, 18).with_aside(0, 2),
            room("DBL", "Double, courtyard", 2, 2, 42).with_aside(4, 3),
            room("DBLR", "Double, river view", 2, 2, 30).with_aside(3, 0),
            room("TWN", "Twin", 2, 2, 24).with_aside(2, 2),
            room("TWNR", "Twin, river view", 2, 2, 20),
            room("FAM", "Family room", 4, 2, 12),
            room("JST", "Junior suite, river view", 3, 2, 8),
            room("STE", "Harbour suite with terrace", 4, 3, 4),
        ],
    },
    Hotel {
        code: "HOR",
        name: "Marina Lodge Faial",
        place: "Horta",
        country: "PT",
        zone: Tz::Atlantic__Azores,
        pool_percent: 90,
        winter_percent: 55,
        festival: [(8, 1), (8, 10)],
        stop_sell: StopSell::FirstRoomType("new bathrooms"),
        rooms: &[
            room("DBL", "Double, garden", 2, 2, 6),
            room("DBLS", "Double, marina view", 2, 2, 6),
            room("APT", "Apartment, two bedrooms", 5, 4, 3),
        ],
    },
    Hotel {
        code: "LON",
        name: "The Heath, Hampstead",
        place: "London",
        country: "GB",
        zone: Tz::Europe__London,
        pool_percent: 80,
        winter_percent: 105,
        festival: [(6, 28), (7, 11)],
        stop_sell: StopSell::None,
        rooms: &[
            room("SGL", "Cosy single", 1, 1, 8),
            room("DBL", "Classic double", 2, 2, 18),
            room("DLX", "Deluxe double, heath view", 2, 2, 10),
            room("TWN", "Twin", 2, 2, 6),
            room("FAM", "Family room", 4, 2, 4),
            room("STE", "Garden suite", 3, 2, 2),
        ],
    },
    Hotel {
        code: "EDI",
        name: "Calton Row Edinburgh",
        place: "Edinburgh",
        country: "GB",
        zone: Tz::Europe__London,
        pool_percent: 85,
        winter_percent: 80,
        festival: [(8, 6), (8, 30)],
        stop_sell: StopSell::Whole("private wedding"),
        rooms: &[
            room("DBL", "Double", 2, 2, 12),
            room("DBLC", "Double, castle view", 2, 2, 6),
            room("TWN", "Twin", 2, 2, 5),
            room("FAM", "Family room", 4, 2, 3),
            room("STE", "Attic suite", 2, 2, 1),
        ],
    },
];
