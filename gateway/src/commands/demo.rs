//! The demo data: hotels, room types, contracts, two years of nights, and three weeks of history.

mod allotments;
mod backfill;
mod bookings;
mod hotels;
mod plan;
mod seasons;

use anyhow::{Context, bail};
use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveTime, Utc, Weekday};
use lodgate_entities::ids::{ContractId, PropertyId, RoomTypeId, TenantId};
use rand::SeedableRng;
use rand::rngs::StdRng;

use self::backfill::Backfill;
use self::hotels::{HOTELS, Hotel, Room};
use crate::app::App;
use crate::inventory::command::Structure;
use crate::inventory::{
    Action, Actor, Command, Contract, ContractStatus, DateRange, PoolAccess, Property, RoomType, Weekdays,
};
use crate::writer::{CommandResult, NewProperty, Submission, WriteError};

/// Nights on sale, from today.
const NIGHTS: u64 = 730;
/// Days since the hotels joined.
const PAST: u32 = 21;
/// Days since the first night in the gateway.
const BEHIND: u32 = 7;
/// Hour (UTC) at which they joined.
const OPENING: u32 = 6;
/// Cap of the second partner in the shared pool, in room nights.
const CAP: i32 = 5;
/// The API client that writes a hotel's allotments.
const SYSTEM: &str = "Property system";

/// The tenants and users of the demo.
#[derive(Clone, Copy)]
pub(super) struct Tenants {
    pub(super) supplier: TenantId,
    pub(super) meridian: TenantId,
    pub(super) bedbank: TenantId,
}

/// A stored hotel.
struct Stored {
    hotel: &'static Hotel,
    id: PropertyId,
    supplier: TenantId,
    /// When it joined.
    opened: DateTime<Utc>,
    /// The present of the demo, and the hotel's business date then.
    present: DateTime<Utc>,
    today: NaiveDate,
    rooms: Vec<(RoomTypeId, &'static Room)>,
    meridian: ContractId,
    bedbank: ContractId,
}

impl Stored {
    /// Its first night in the gateway.
    fn first_night(&self) -> NaiveDate {
        self.opened.date_naive() + Days::new(u64::from(PAST - BEHIND))
    }

    fn last_night(&self) -> NaiveDate {
        self.today + Days::new(NIGHTS - 1)
    }

    fn day(&self, ahead: u64) -> NaiveDate {
        self.today + Days::new(ahead)
    }

    /// The first `weekday` at least `days` ahead.
    fn first(&self, weekday: Weekday, ahead: u64) -> NaiveDate {
        let day = self.day(ahead);
        day + Days::new(u64::from((7 + weekday.num_days_from_monday() - day.weekday().num_days_from_monday()) % 7))
    }

    fn is_flagship(&self) -> bool {
        matches!(self.hotel.stop_sell, hotels::StopSell::Flagship)
    }

    /// The week of the congress, in which the flagship is full.
    fn congress(&self) -> DateRange {
        let monday = self.first(Weekday::Mon, 8);
        DateRange::new(monday, monday + Days::new(6))
    }

    /// The Saturday before it, the fullest night outside the congress.
    fn full_saturday(&self) -> NaiveDate {
        self.congress().from - Days::new(2)
    }

    /// The last night with rooms of a room type. The flagship's suites are not yet on sale for next year.
    fn loaded_through(&self, room: &Room) -> NaiveDate {
        let day = self.day(245);
        let is_late = self.is_flagship() && self.hotel.rooms.last().is_some_and(|last| last.code == room.code);
        if is_late { day - Days::new(u64::from(day.day())) } else { self.last_night() }
    }

    fn room_type(&self, code: &str) -> anyhow::Result<RoomTypeId> {
        let found = self.rooms.iter().find(|(_, room)| room.code == code);
        found.map(|(room_type, _)| *room_type).with_context(|| format!("the demo has no room type `{code}`"))
    }
}

/// Writes hotels, nights and reservations. Returns the number of reservations.
///
/// The node's clock is set back meanwhile.
pub(super) async fn stock(app: &App, tenants: Tenants) -> anyhow::Result<usize> {
    let present = app.clock.now();
    let opened = (present - Duration::days(i64::from(PAST))).date_naive().and_time(NaiveTime::MIN).and_utc();
    let opened = opened + Duration::hours(i64::from(OPENING));
    let mut past = Backfill::at(app.clock.clone(), opened);
    let mut random = StdRng::seed_from_u64(0x10D6_A7E5);
    let mut steps = Vec::new();
    for hotel in &HOTELS {
        let hotel = build(app, tenants, hotel, (opened, present)).await?;
        steps.extend(allotments::steps(&hotel)?);
        steps.extend(bookings::steps(&mut random, tenants, &hotel));
    }
    past.play(app, steps).await
}

async fn build(
    app: &App,
    tenants: Tenants,
    hotel: &'static Hotel,
    (opened, present): (DateTime<Utc>, DateTime<Utc>),
) -> anyhow::Result<Stored> {
    let supplier = tenants.supplier;
    let property = Property {
        id: PropertyId(0),
        supplier,
        code: hotel.code.to_owned(),
        name: hotel.name.to_owned(),
        place: hotel.place.to_owned(),
        country: Some(hotel.country.to_owned()),
        time_zone: hotel.zone,
        same_day_cut_off: 1_320,
        weekend_days: Weekdays::of(seasons::WEEKEND),
    };
    let today = property.business_date(present);
    let actor = Actor { tenant: supplier, label: SYSTEM.to_owned() };
    let id = outcome(app.writer.create_property(NewProperty { actor, property }).await)?.property;
    let (rooms, none) = (Vec::new(), ContractId(0));
    let mut stored = Stored { hotel, id, supplier, opened, present, today, rooms, meridian: none, bedbank: none };
    for room in hotel.rooms {
        let room_type = RoomType {
            id: RoomTypeId(0),
            code: room.code.to_owned(),
            name: room.name.to_owned(),
            max_occupancy: room.guests,
            max_adults: room.adults,
            max_children: room.guests - 1,
            physical_rooms: room.rooms,
            low_at: room.low_at(),
        };
        let number = structure(app, &stored, Structure::RoomType(room_type)).await?;
        stored.rooms.push((RoomTypeId(number), room));
    }
    let contract = |partner, code: &str, pool_access| Contract {
        id: ContractId(0),
        partner,
        code: format!("{code}-{}", hotel.code),
        first_stay_date: stored.first_night(),
        last_stay_date: stored.last_night(),
        room_types: None,
        status: ContractStatus::Active,
        pool_access,
        longest_hold_minutes: None,
        max_held_rooms: None,
        left_to_sell_shown_up_to: None,
    };
    let full = contract(tenants.meridian, "MERIDIAN", PoolAccess::Full);
    let capped = contract(tenants.bedbank, "BEDBANK", PoolAccess::Capped(CAP));
    stored.meridian = ContractId(structure(app, &stored, Structure::Contract(full)).await?);
    stored.bedbank = ContractId(structure(app, &stored, Structure::Contract(capped)).await?);
    Ok(stored)
}

async fn structure(app: &App, hotel: &Stored, values: Structure) -> anyhow::Result<i64> {
    let submission = of_supplier(hotel, SYSTEM, "opening", Action::Structure(values));
    outcome(app.writer.submit(submission).await)?.structure.context("the result of a structure command is missing")
}

/// A command of the supplier, by a user or an API client.
fn of_supplier(hotel: &Stored, by: &str, reason: &str, action: Action) -> Submission {
    let actor = Actor { tenant: hotel.supplier, label: by.to_owned() };
    let command = Command { actor, reason: Some(reason.to_owned()), reference: None, change_set: None, action };
    Submission { property: hotel.id, command, key: None }
}

/// The result of a command that must succeed; a refusal is an error in the demo data.
fn outcome(answer: Result<CommandResult, WriteError>) -> anyhow::Result<CommandResult> {
    match answer {
        Ok(outcome) => Ok(outcome),
        Err(WriteError::Refused(refusal)) => {
            let problem = refusal.0.first().map(|problem| problem.message.clone()).unwrap_or_default();
            bail!("the demo's own data was refused: {problem}")
        }
        Err(error) => Err(error.into()),
    }
}
