//! The demo's hotels and how they are filled: structure, two years of nights, contracts, reservations.

mod bookings;
mod hotels;
mod seasons;

use anyhow::{Context, bail};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use futures_util::{StreamExt, TryStreamExt, stream};
use lodgate_entities::ids::{ContractId, PropertyId, RoomTypeId, TenantId};

use self::hotels::{HOTELS, Hotel, Room};
use crate::app::App;
use crate::inventory::command::{CountChange, CountOp, RestrictionChange, SetCounts, Structure};
use crate::inventory::{
    Action, Actor, Command, Contract, ContractStatus, DateRange, Level, Measure, Pool, PoolAccess, Property, RoomType,
    Weekdays,
};
use crate::stock::{NewProperty, Outcome, Submission, WriteError};

/// Nights on sale from today's on.
const NIGHTS: u64 = 730;
/// Commands that wait for the writer at a time.
const AT_ONCE: usize = 64;
/// Room nights that the second partner may take from the shared pool.
const CAP: i32 = 5;

/// Who is who.
#[derive(Clone, Copy)]
pub(super) struct Tenants {
    pub(super) supplier: TenantId,
    pub(super) meridian: TenantId,
    pub(super) bedbank: TenantId,
}

/// A hotel as it was stored.
struct Stored {
    hotel: &'static Hotel,
    id: PropertyId,
    today: NaiveDate,
    rooms: Vec<(RoomTypeId, &'static Room)>,
    meridian: ContractId,
    bedbank: ContractId,
}

impl Stored {
    fn day(&self, ahead: u64) -> NaiveDate {
        self.today + Days::new(ahead)
    }

    /// The first `weekday` at least so many days ahead.
    fn first(&self, weekday: Weekday, ahead: u64) -> NaiveDate {
        let day = self.day(ahead);
        day + Days::new(u64::from((7 + weekday.num_days_from_monday() - day.weekday().num_days_from_monday()) % 7))
    }

    /// The week of the congress that fills the flagship.
    fn congress(&self) -> DateRange {
        let monday = self.first(Weekday::Mon, 35);
        DateRange::new(monday, monday + Days::new(6))
    }
}

/// Writes hotels, nights and reservations; gives the number of reservations.
pub(super) async fn stock(app: &App, tenants: Tenants) -> anyhow::Result<usize> {
    let stored: Vec<Stored> =
        stream::iter(&HOTELS).map(|hotel| build(app, tenants, hotel)).buffered(HOTELS.len()).try_collect().await?;
    let supply: Vec<Submission> = stored.iter().flat_map(|hotel| supply(hotel, tenants.supplier)).collect();
    submit_all(app, supply).await?;
    let sold = bookings::sell(app, tenants, &stored).await?;
    // Whatever the congress left over is taken off sale, so that the week is full to the last room.
    let flagship = stored.first().context("the demo has hotels")?;
    let rest = flagship
        .rooms
        .iter()
        .map(|(room_type, _)| count(*room_type, Pool::Shared, flagship.congress(), CountOp::LeftToSell(0)));
    let close = set_counts(rest.collect());
    submit_all(app, vec![of_supplier(flagship, tenants.supplier, "congress week sold out", close)]).await?;
    Ok(sold)
}

async fn build(app: &App, tenants: Tenants, hotel: &'static Hotel) -> anyhow::Result<Stored> {
    let property = Property {
        id: PropertyId(0),
        supplier: tenants.supplier,
        code: hotel.code.to_owned(),
        name: hotel.name.to_owned(),
        place: hotel.place.to_owned(),
        country: Some(hotel.country.to_owned()),
        time_zone: hotel.zone,
        same_day_cut_off: 1_320,
        weekend_days: Weekdays::of([Weekday::Fri, Weekday::Sat]),
    };
    let today = property.business_date(app.clock.now());
    let new = NewProperty { actor: actor(tenants.supplier), property };
    let created = app.writer.create_property(new).await;
    let id = outcome(created)?.property;
    let mut stored = Stored { hotel, id, today, rooms: Vec::new(), meridian: ContractId(0), bedbank: ContractId(0) };
    for room in hotel.rooms {
        let room_type = RoomType {
            id: RoomTypeId(0),
            code: room.code.to_owned(),
            name: room.name.to_owned(),
            max_occupancy: room.guests,
            max_adults: room.adults,
            max_children: room.guests - 1,
            physical_rooms: room.rooms,
            low_at: (room.rooms / 6).max(1),
        };
        let number = structure(app, &stored, tenants.supplier, Structure::RoomType(room_type)).await?;
        stored.rooms.push((RoomTypeId(number), room));
    }
    let last = stored.day(NIGHTS - 1);
    let contract = |partner, code: &str, pool_access| Contract {
        id: ContractId(0),
        partner,
        code: format!("{code}-{}", hotel.code),
        first_stay_date: today,
        last_stay_date: last,
        room_types: None,
        status: ContractStatus::Active,
        pool_access,
        longest_hold_minutes: None,
        max_held_rooms: None,
        left_to_sell_shown_up_to: None,
    };
    let full = contract(tenants.meridian, "MERIDIAN", PoolAccess::Full);
    stored.meridian = ContractId(structure(app, &stored, tenants.supplier, Structure::Contract(full)).await?);
    let capped = contract(tenants.bedbank, "BEDBANK", PoolAccess::Capped(CAP));
    stored.bedbank = ContractId(structure(app, &stored, tenants.supplier, Structure::Contract(capped)).await?);
    Ok(stored)
}

async fn structure(app: &App, hotel: &Stored, supplier: TenantId, values: Structure) -> anyhow::Result<i64> {
    let submission = of_supplier(hotel, supplier, "opening", Action::Structure(values));
    outcome(app.writer.submit(submission).await)?.structure.context("a change of structure names what it changed")
}

/// The supplier's commands: counts of every night, and the rules on some.
fn supply(hotel: &Stored, supplier: TenantId) -> Vec<Submission> {
    let mut commands = Vec::new();
    for (room_type, room) in &hotel.rooms {
        let mut changes = runs(hotel, *room_type, Pool::Shared, |date| seasons::on_sale(hotel.hotel, room, date));
        // The flagship sets rooms aside for its partners.
        if hotel.hotel.flagship {
            let aside = |share: i32| move |date| (seasons::on_sale(hotel.hotel, room, date) / share).max(1);
            changes.extend(runs(hotel, *room_type, Pool::Contract(hotel.meridian), aside(5)));
            changes.extend(runs(hotel, *room_type, Pool::Contract(hotel.bedbank), aside(8)));
        }
        commands.push(of_supplier(hotel, supplier, "two years of allotments", set_counts(changes)));
    }
    for (reason, changes) in rules(hotel) {
        commands.push(of_supplier(hotel, supplier, reason, Action::SetRestrictions(changes)));
    }
    commands
}

/// Ranges of nights with the same count.
fn runs(hotel: &Stored, room_type: RoomTypeId, pool: Pool, rooms: impl Fn(NaiveDate) -> i32) -> Vec<CountChange> {
    let mut runs: Vec<(DateRange, i32)> = Vec::new();
    for date in hotel.today.iter_days().take(usize::try_from(NIGHTS).unwrap_or(0)) {
        let number = rooms(date);
        match runs.last_mut() {
            Some((range, same)) if *same == number => range.through = date,
            _ => runs.push((DateRange::new(date, date), number)),
        }
    }
    runs.into_iter().map(|(range, number)| count(room_type, pool, range, CountOp::Allotted(number))).collect()
}

/// Two stop-sells, minimum stays on summer weekends and at the new year.
fn rules(hotel: &Stored) -> Vec<(&'static str, Vec<RestrictionChange>)> {
    let all = |range: DateRange, set: &[(Measure, Option<i32>)]| -> Vec<RestrictionChange> {
        let change = |(room_type, _): &(RoomTypeId, _)| RestrictionChange {
            room_type: *room_type,
            level: Level::Night,
            range,
            set: set.to_vec(),
            expected: Vec::new(),
        };
        hotel.rooms.iter().map(change).collect()
    };
    let mut rules = Vec::new();
    let weekends = Weekdays::of([Weekday::Fri, Weekday::Sat]);
    for range in seasons::summers(hotel.today, hotel.day(NIGHTS - 1)) {
        let weekends = DateRange { days: weekends, ..range };
        rules.push(("summer weekends", all(weekends, &[(Measure::MinStayArrival, Some(2))])));
    }
    for eve in seasons::new_years(hotel.today, hotel.day(NIGHTS - 1)) {
        let nights = DateRange::new(eve - Days::new(1), eve);
        rules.push(("new year", all(nights, &[(Measure::MinStayThrough, Some(3))])));
    }
    match hotel.hotel.stop_sell {
        hotels::StopSell::None => {}
        hotels::StopSell::FirstRoomType(reason) => {
            let from = hotel.first(Weekday::Mon, 14);
            let mut works = all(DateRange::new(from, from + Days::new(4)), &[(Measure::StopSell, Some(1))]);
            works.truncate(1);
            rules.push((reason, works));
        }
        hotels::StopSell::Whole(reason) => {
            let night = hotel.first(Weekday::Sat, 24);
            rules.push((reason, all(DateRange::new(night, night), &[(Measure::StopSell, Some(1))])));
        }
    }
    rules
}

fn count(room_type: RoomTypeId, pool: Pool, range: DateRange, op: CountOp) -> CountChange {
    CountChange { room_type, pool, range, op, expected_allotted: None }
}

fn set_counts(changes: Vec<CountChange>) -> Action {
    Action::SetCounts(SetCounts { changes, allow_overcommit: false, skip_conflicts: false, relative: false })
}

fn actor(supplier: TenantId) -> Actor {
    Actor { tenant: supplier, label: "Property system".to_owned() }
}

fn of_supplier(hotel: &Stored, supplier: TenantId, reason: &str, action: Action) -> Submission {
    let command =
        Command { actor: actor(supplier), reason: Some(reason.to_owned()), reference: None, change_set: None, action };
    Submission { property: hotel.id, command, key: None }
}

async fn submit_all(app: &App, submissions: Vec<Submission>) -> anyhow::Result<()> {
    let answers = stream::iter(submissions).map(|submission| app.writer.submit(submission)).buffer_unordered(AT_ONCE);
    answers.map(|answer| outcome(answer).map(drop)).try_collect().await
}

/// A refusal of what is not left to chance is a mistake in the demo's own data.
fn outcome(answer: Result<Outcome, WriteError>) -> anyhow::Result<Outcome> {
    match answer {
        Ok(outcome) => Ok(outcome),
        Err(WriteError::Refused(refusal)) => {
            let problem = refusal.0.first().map(|problem| problem.message.clone()).unwrap_or_default();
            bail!("the demo's own data was refused: {problem}")
        }
        Err(error) => Err(error.into()),
    }
}
