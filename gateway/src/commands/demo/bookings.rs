//! The reservations of the demo: the same at every seeding, relative to its date.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use lodgate_entities::ids::{ContractId, RoomTypeId, TenantId};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use uuid::{Builder, Uuid};

use super::backfill::Step;
use super::hotels::Room;
use super::plan::{self, Party};
use super::{BEHIND, PAST, Stored, Tenants, allotments};
use crate::inventory::command::{BookingKind, BookingRequest, LineRequest};
use crate::inventory::{Action, Actor, Command, Stay};
use crate::writer::Submission;

/// Number of rooms from which a reservation is a named group.
const GROUP: i32 = 6;
/// Maximum number of rooms per reservation.
const MAX_LINES: usize = 100;
/// The last day, counted from the opening, before those of the last hours.
const LAST_DAY: i64 = PAST as i64 - 2;
/// Time of the second partner from hold to confirmation.
const CONFIRMED_AFTER: Duration = Duration::minutes(6);

const FIRST_NAMES: [&str; 24] = [
    "Ana", "Bram", "Chiara", "David", "Elif", "Fergus", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Liam", "Marta",
    "Nils", "Olga", "Pedro", "Rosa", "Sven", "Tess", "Umar", "Vera", "Wen", "Yusuf", "Zofia",
];
const LAST_NAMES: [&str; 24] = [
    "Almeida", "Bakker", "Costa", "Dietrich", "Evans", "Ferreira", "Grant", "Hansen", "Ibrahim", "Jansen", "Kowalski",
    "Laurent", "Murray", "Novak", "Okafor", "Pereira", "Quinn", "Rossi", "Schmidt", "Tanaka", "Ueda", "Vasquez",
    "Watson", "Zhang",
];
const GROUPS: [&str; 8] = [
    "Walking club",
    "Chamber choir",
    "Alumni tour",
    "Study trip",
    "Rowing club",
    "Tile painters",
    "City tour",
    "Sales meeting",
];

/// A planned reservation.
struct Booking {
    made: Made,
    /// Rooms per room type.
    rooms: Vec<(RoomTypeId, &'static Room, i32)>,
    /// When it is cancelled.
    cancelled: Option<DateTime<Utc>>,
}

/// Time, partner and stay: rooms with the same key form one reservation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Made {
    at: DateTime<Utc>,
    check_in: NaiveDate,
    nights: u64,
    by_meridian: bool,
}

impl Booking {
    fn count(&self) -> i32 {
        self.rooms.iter().map(|(_, _, rooms)| rooms).sum()
    }

    fn room_nights(&self) -> u64 {
        self.made.nights * u64::try_from(self.count()).unwrap_or(1)
    }

    fn stay(&self) -> Stay {
        Stay { check_in: self.made.check_in, check_out: self.made.check_in + Days::new(self.made.nights) }
    }
}

/// All commands of partners, unordered.
pub(super) fn steps(random: &mut StdRng, tenants: Tenants, hotel: &Stored) -> Vec<Step> {
    let [meridian, bedbank] = Partner::both(tenants, hotel);
    let demand_factors = plan::demand_factors(random);
    let (mut together, mut congress) = (BTreeMap::new(), Vec::new());
    for (room_type, room) in &hotel.rooms {
        let guests = plan::guests(random, hotel, room, &demand_factors);
        let of = |by_meridian| move |party| (by_meridian, party);
        let both = guests.of_meridian.into_iter().map(of(true)).chain(guests.of_bedbank.into_iter().map(of(false)));
        for (by_meridian, party) in both {
            let made = made(random, hotel, room, by_meridian, &party);
            together.entry(made).or_insert_with(Vec::new).push((*room_type, *room, party.rooms));
        }
        let week = hotel.congress();
        let stay = Stay { check_in: week.from, check_out: week.through + Days::new(1) };
        let line = LineRequest { room_type: *room_type, stay, adults: 1, child_ages: Vec::new() };
        congress.extend(std::iter::repeat_n(line, usize::try_from(guests.of_congress).unwrap_or(0)));
    }
    let booking = |(made, rooms)| Booking { made, rooms, cancelled: None };
    let mut bookings: Vec<Booking> = together.into_iter().map(booking).collect();
    bookings.shuffle(random);
    let latest = latest(random, hotel, &mut bookings);
    bookings.extend(given_back(random, hotel));
    // Concurrent commands are ordered by date, so that a transaction touches few nights.
    bookings.sort_by_key(|booking| booking.made);
    let mut steps = Vec::new();
    for (number, booking) in bookings.iter().enumerate() {
        let partner = if booking.made.by_meridian { &meridian } else { &bedbank };
        let name = name(random, booking.count());
        let lines = lines(random, booking);
        let held = !booking.made.by_meridian && booking.made.at >= latest;
        let kind = if held { BookingKind::Hold(None) } else { BookingKind::Book };
        let request = request(random, partner, number, (name, lines), (booking.made.at, kind));
        let id = request.id;
        let mut then = |at, reason: Option<&str>, action| {
            let submission = partner.sends(hotel, reason, action);
            steps.push(Step { at, submission, may_be_refused: true });
        };
        then(booking.made.at, None, Action::Book(request));
        if held {
            then(booking.made.at + CONFIRMED_AFTER, None, Action::Confirm { reservation: id });
        }
        if let Some(at) = booking.cancelled {
            then(at, Some("guest changed plans"), Action::Cancel { reservation: id, lines: None });
        }
    }
    if !congress.is_empty() {
        let at = hotel.opened + Duration::minutes(45);
        let party = ("Ocean Energy Congress".to_owned(), congress);
        let request = request(random, &meridian, bookings.len(), party, (at, BookingKind::Book));
        let submission = meridian.sends(hotel, None, Action::Book(request));
        steps.push(Step { at, submission, may_be_refused: false });
    }
    steps
}

/// Most reservations predate the hotel and are imported at once; the nearer the stay, the more are made later.
fn made(random: &mut StdRng, hotel: &Stored, room: &Room, by_meridian: bool, party: &Party) -> Made {
    let (arrival, nights) = (i64::try_from(party.arrival).unwrap_or(0), u64::try_from(party.nights).unwrap_or(1));
    let check_in = hotel.first_night() + Duration::days(arrival);
    let since = match arrival - i64::from(BEHIND) {
        ..=30 => 0.45,
        31..=90 => 0.2,
        _ => 0.06,
    };
    // Restrictions are set on the second day. Reservations of the same hours are written together.
    let last = (arrival + i64::from(PAST - BEHIND)).min(LAST_DAY);
    let at = if allotments::is_ruled(room.code, check_in, nights) || !random.random_bool(since) {
        Duration::minutes(60 + hotel.id.0.rem_euclid(16))
    } else {
        let (day, part) = (random.random_range(2..=last), random.random_range(0..3));
        Duration::days(day) + Duration::minutes(150 + 230 * part + (day * 37 + part * 11) % 60)
    };
    Made { at: hotel.opened + at, by_meridian, check_in, nights }
}

/// Makes some small reservations the latest ones. Returns the time of the first of them.
fn latest(random: &mut StdRng, hotel: &Stored, bookings: &mut [Booking]) -> DateTime<Utc> {
    let wanted = if hotel.is_flagship() { 38 } else { 10 };
    let (last, full) = (hotel.congress().through, hotel.is_flagship());
    let is_fit = |booking: &&mut Booking| {
        let (stay, today) = (booking.stay(), hotel.today);
        let is_near = today <= stay.check_in && stay.check_in <= today + Days::new(70);
        let is_apart = !full || stay.check_in > last || stay.check_out < hotel.full_saturday();
        let is_small = booking.count() <= 2 && booking.made.nights <= 3;
        let is_free = |code| !allotments::is_ruled(code, stay.check_in, booking.made.nights);
        is_near && is_apart && is_small && booking.rooms.iter().all(|(_, room, _)| is_free(room.code))
    };
    let mut sum = 0;
    let mut chosen: Vec<&mut Booking> = bookings
        .iter_mut()
        .filter(is_fit)
        .take_while(|booking| {
            sum += booking.room_nights();
            sum <= wanted
        })
        .collect();
    let gap = 23 * 60 / i64::try_from(chosen.len().max(1)).unwrap_or(1);
    for (number, booking) in (0..).zip(&mut chosen) {
        let minutes = 9 + number * gap + number.min(1) * random.random_range(0..gap.max(2) / 2);
        booking.made.at = hotel.present - Duration::minutes(minutes);
    }
    hotel.present - Duration::hours(24)
}

/// Some that are cancelled.
fn given_back(random: &mut StdRng, hotel: &Stored) -> Vec<Booking> {
    let (count, last_hours) = if hotel.is_flagship() { (8, &[130, 9 * 60 + 17][..]) } else { (2, &[][..]) };
    let last_hours = last_hours.iter().map(|minutes| Some(hotel.present - Duration::minutes(*minutes)));
    // Only where no contract has an allotment, so that a cancellation does not change the pool of later draws.
    let shared = hotel.rooms.iter().filter(|(_, room)| room.aside == [0, 0]);
    let Some((room_type, room)) = shared.max_by_key(|(_, room)| room.rooms).copied() else { return Vec::new() };
    (0..count)
        .zip(last_hours.chain(std::iter::repeat(None)))
        .map(|(number, recently)| {
            let day = random.random_range(2..8);
            let at = hotel.opened + Duration::days(day) + Duration::minutes(150 + (day * 37) % 60);
            let later =
                at + Duration::days(random.random_range(2..10)) + Duration::minutes(random.random_range(9..300));
            let cancelled = Some(recently.unwrap_or(later));
            let check_in = hotel.day(24 + 5 * number + random.random_range(0..4));
            let made = Made { at, by_meridian: number % 3 != 0, check_in, nights: 2 };
            let rooms = vec![(room_type, room, if number % 2 == 0 { 1 } else { 2 })];
            Booking { made, rooms, cancelled }
        })
        .collect()
}

fn lines(random: &mut StdRng, booking: &Booking) -> Vec<LineRequest> {
    let stay = booking.stay();
    let mut line = |room_type, room: &Room| {
        let adults = if room.adults > 1 && random.random_bool(0.8) { 2 } else { 1 };
        let free = usize::try_from(room.guests - adults).unwrap_or(0).min(2);
        let children = if free > 0 && room.guests > 2 { random.random_range(0..=free) } else { 0 };
        let child_ages = (0..children).map(|_| random.random_range(2..=14)).collect();
        LineRequest { room_type, stay, adults, child_ages }
    };
    let rooms = booking.rooms.iter().flat_map(|(room_type, room, count)| (0..*count).map(move |_| (*room_type, *room)));
    rooms.map(|(room_type, room)| line(room_type, room)).take(MAX_LINES).collect()
}

fn name(random: &mut StdRng, rooms: i32) -> String {
    let first = FIRST_NAMES.choose(random).copied().unwrap_or("Ana");
    let last = LAST_NAMES.choose(random).copied().unwrap_or("Costa");
    match GROUPS.choose(random) {
        Some(group) if rooms >= GROUP => format!("{group}, {first} {last}"),
        _ => format!("{first} {last}"),
    }
}

fn request(
    random: &mut StdRng,
    partner: &Partner,
    number: usize,
    (name, lines): (String, Vec<LineRequest>),
    (at, kind): (DateTime<Utc>, BookingKind),
) -> BookingRequest {
    BookingRequest {
        id: reservation_id(random, at),
        locator: locator(random),
        partner: partner.tenant,
        contract: Some(partner.contract),
        reference: format!("{}-{:05}", partner.prefix, 10_000 + number * 7),
        guest_name: Some(name),
        lines,
        kind,
    }
}

/// A partner of a hotel.
struct Partner {
    tenant: TenantId,
    contract: ContractId,
    /// Label of its API client.
    label: &'static str,
    /// Prefix of its references.
    prefix: String,
}

impl Partner {
    /// The two partners, in order.
    fn both(tenants: Tenants, hotel: &Stored) -> [Self; 2] {
        let partner = |tenant, contract, label, prefix| {
            let prefix = format!("{prefix}-{}", hotel.hotel.code);
            Self { tenant, contract, label, prefix }
        };
        [
            partner(tenants.meridian, hotel.meridian, "Meridian Journeys booking engine", "MJ"),
            partner(tenants.bedbank, hotel.bedbank, "Bedbank Wholesale booking engine", "BB"),
        ]
    }

    fn sends(&self, hotel: &Stored, reason: Option<&str>, action: Action) -> Submission {
        let command = Command {
            actor: Actor { tenant: self.tenant, label: self.label.to_owned() },
            reason: reason.map(str::to_owned),
            reference: None,
            change_set: None,
            action,
        };
        Submission { property: hotel.id, command, key: None }
    }
}

/// A reference with the time of the reservation.
fn reservation_id(random: &mut StdRng, at: DateTime<Utc>) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random.random()).into_uuid()
}

/// Eight letters and digits without similar-looking ones.
fn locator(random: &mut StdRng) -> String {
    const LETTERS: &[u8; 31] = b"ABCDEFGHJKLMNPQRSTUVWXYZ2345678";
    (0..8).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}
