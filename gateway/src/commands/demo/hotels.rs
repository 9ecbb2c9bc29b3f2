//! The hotels. Invented; the places are real.

use chrono_tz::Tz;

/// A hotel.
pub(super) struct Hotel {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) place: &'static str,
    pub(super) country: &'static str,
    pub(super) zone: Tz,
    /// Sets rooms aside for its partners.
    pub(super) flagship: bool,
    /// Reservations that partners try to make.
    pub(super) reservations: usize,
    /// How much busier its summer is than its winter: rooms on sale in winter, in percent of its rooms.
    pub(super) winter_percent: i32,
    pub(super) stop_sell: StopSell,
    pub(super) rooms: &'static [Room],
}

/// Nights on which sales are stopped, and why.
pub(super) enum StopSell {
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
}

const fn room(code: &'static str, name: &'static str, guests: i32, adults: i32, rooms: i32) -> Room {
    Room { code, name, guests, adults, rooms }
}

/// The flagship first.
pub(super) static HOTELS: [Hotel; 4] = [
    Hotel {
        code: "LIS",
        name: "Harbour House Lisbon",
        place: "Lisbon",
        country: "PT",
        zone: Tz::Europe__Lisbon,
        flagship: true,
        reservations: 320,
        winter_percent: 80,
        stop_sell: StopSell::None,
        rooms: &[
            room("SGL", "Single, courtyard", 1, 1, 6),
            room("DBL", "Double, courtyard", 2, 2, 16),
            room("DBLR", "Double, river view", 2, 2, 12),
            room("TWN", "Twin", 2, 2, 8),
            room("FAM", "Family room", 4, 2, 5),
            room("JST", "Junior suite, river view", 3, 2, 4),
            room("STE", "Harbour suite with terrace", 4, 3, 2),
        ],
    },
    Hotel {
        code: "HOR",
        name: "Marina Lodge Faial",
        place: "Horta",
        country: "PT",
        zone: Tz::Atlantic__Azores,
        flagship: false,
        reservations: 80,
        winter_percent: 50,
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
        flagship: false,
        reservations: 280,
        winter_percent: 90,
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
        flagship: false,
        reservations: 170,
        winter_percent: 70,
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
