//! The supplier's commands: allotments of every night, restrictions on some, and later changes by users.

use chrono::{DateTime, Days, Duration, NaiveDate, Utc, Weekday};
use lodgate_entities::ids::RoomTypeId;

use super::backfill::Step;
use super::hotels::{Room, StopSell};
use super::{SYSTEM, Stored, of_supplier, seasons};
use crate::commands::seed::email;
use crate::inventory::command::{CountChange, CountOp, RestrictionChange, SetCounts};
use crate::inventory::{Action, DateRange, Field, Level, Pool, Weekdays};

/// Number of nights with contract allotments.
const CONTRACTED: u64 = 220;
/// Number of weekends with a minimum stay of two nights in suites.
const SUITE_WEEKS: u64 = 12;

/// All commands, unordered.
pub(super) fn steps(hotel: &Stored) -> anyhow::Result<Vec<Step>> {
    let mut steps: Vec<Step> = allotments(hotel).map(|action| opening(hotel, action)).collect();
    let ruled = hotel.opened + Duration::hours(26);
    for (reason, changes) in rules(hotel) {
        steps.push(step(hotel, ruled, SYSTEM, reason, Action::SetRestrictions(changes)));
    }
    match hotel.hotel.stop_sell {
        StopSell::None => {}
        StopSell::FirstRoomType(reason) => {
            let from = hotel.first(Weekday::Mon, 14);
            let mut works = all(hotel, DateRange::new(from, from + Days::new(4)), &[(Field::StopSell, Some(1))]);
            works.truncate(1);
            steps.push(step(hotel, ruled, &email("manager"), reason, Action::SetRestrictions(works)));
        }
        StopSell::Whole(reason) => {
            let night = hotel.first(Weekday::Sat, 24);
            let closed = all(hotel, DateRange::new(night, night), &[(Field::StopSell, Some(1))]);
            steps.push(step(hotel, ruled, &email("manager"), reason, Action::SetRestrictions(closed)));
        }
        StopSell::Flagship => steps.extend(later_changes(hotel)?),
    }
    Ok(steps)
}

fn step(hotel: &Stored, at: DateTime<Utc>, by: &str, reason: &str, action: Action) -> Step {
    Step { at, submission: of_supplier(hotel, by, reason, action), may_be_refused: false }
}

/// Each hotel loads its nights in its own command, which keeps transactions short.
fn opening(hotel: &Stored, action: Action) -> Step {
    let at = hotel.opened + Duration::minutes(hotel.id.0.rem_euclid(16));
    step(hotel, at, SYSTEM, "two years of allotments", action)
}

/// Rooms on sale, one command per room type.
fn allotments(hotel: &Stored) -> impl Iterator<Item = Action> {
    hotel.rooms.iter().map(|(room_type, room)| {
        let count = |pool, range, rooms| count(*room_type, pool, range, CountOp::Allotted(rooms));
        let shared = seasons::blocks(hotel.first_night(), hotel.loaded_through(room)).into_iter().map(|range| {
            let night = range.nights().next().unwrap_or(range.from);
            count(Pool::Shared, range, seasons::on_sale(hotel.hotel, room, night))
        });
        let contracted = DateRange::new(hotel.first_night(), contracted_through(hotel));
        let aside = [hotel.meridian, hotel.bedbank].into_iter().zip(room.aside);
        let aside = aside.filter(|(_, rooms)| *rooms > 0);
        let aside = aside.map(|(contract, rooms)| count(Pool::Contract(contract), contracted, rooms));
        set_counts(shared.chain(aside).collect())
    })
}

fn contracted_through(hotel: &Stored) -> NaiveDate {
    hotel.first_night() + Days::new(CONTRACTED)
}

/// Rooms set aside for the two partners on a night.
pub(super) fn aside(hotel: &Stored, room: &Room, date: NaiveDate) -> [i32; 2] {
    if date <= contracted_through(hotel) { room.aside } else { [0, 0] }
}

/// Minimum stays on summer weekends, at the turn of the year and, in suites, on all weekends that are near.
fn rules(hotel: &Stored) -> Vec<(&'static str, Vec<RestrictionChange>)> {
    let (from, through) = (hotel.day(0), hotel.last_night());
    let weekend = Weekdays::of(seasons::WEEKEND);
    let suites = |mut changes: Vec<RestrictionChange>| {
        let is_suite = |id| hotel.rooms.iter().any(|(room_type, room)| *room_type == id && is_suite(room.code));
        changes.retain(|change| is_suite(change.room_type));
        changes
    };
    let mut rules = Vec::new();
    for range in seasons::summers(from, through) {
        let nights = DateRange { days: weekend, ..range };
        rules.push(("summer weekends", all(hotel, nights, &[(Field::MinStayArrival, Some(2))])));
    }
    let near = DateRange { days: weekend, ..DateRange::new(from, hotel.day(7 * SUITE_WEEKS)) };
    rules.push(("suites on weekends", suites(all(hotel, near, &[(Field::MinStayArrival, Some(2))]))));
    for eve in seasons::new_years(from, through) {
        let nights = DateRange::new(eve - Days::new(1), eve);
        rules.push(("new year", all(hotel, nights, &[(Field::MinStayArrival, Some(2))])));
        let closed = [(Field::MinStayThrough, Some(3)), (Field::ClosedToArrival, Some(1))];
        rules.push(("new year", suites(all(hotel, DateRange::new(eve, eve), &closed))));
    }
    rules.retain(|(_, changes)| !changes.is_empty());
    rules
}

/// A suite by its code.
pub(super) fn is_suite(code: &str) -> bool {
    matches!(code, "JST" | "STE" | "APT")
}

/// Later changes by users of the flagship: rooms withheld and released again, two stop-sells, and two rooms oversold on a
/// full Saturday.
fn later_changes(hotel: &Stored) -> anyhow::Result<Vec<Step>> {
    let [owner, manager] = ["owner", "manager"].map(email);
    let ago = |hours, minutes| hotel.present - Duration::hours(hours) - Duration::minutes(minutes);
    let on = |day, hour, minute| {
        hotel.opened
            + Duration::days(day)
            + Duration::hours(hour - i64::from(super::OPENING))
            + Duration::minutes(minute)
    };
    let monday = hotel.congress().from;
    let day = |offset: i64| monday + Duration::days(offset);
    let weekdays = Weekdays::of([Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu]);
    let mut steps = Vec::new();
    let mut free_again = |code, range, rooms: i32, (kept, freed), at, by: &str| -> anyhow::Result<()> {
        let room_type = hotel.room_type(code)?;
        let adjust = |by| adjusted(count(room_type, Pool::Shared, range, CountOp::AdjustBy(by)), false);
        // Before any sale, so that rooms are left to withhold.
        steps.push(step(hotel, hotel.opened + Duration::minutes(40), SYSTEM, kept, adjust(-rooms)));
        steps.push(step(hotel, at, by, freed, adjust(rooms)));
        Ok(())
    };
    let autumn = DateRange { days: weekdays, ..DateRange::new(day(7), day(17)) };
    let film = ("kept for a film crew", "the film crew went elsewhere");
    free_again("DBL", autumn, 2, film, on(11, 10, 24), &owner)?;
    let houses = ("kept for house guests", "house guests cancelled");
    free_again("FAM", DateRange::new(day(14), day(19)), 1, houses, ago(20, 23), SYSTEM)?;
    let wedding = ("kept for a wedding party", "wedding party needs fewer rooms");
    free_again("DBLR", DateRange::new(day(11), day(12)), 2, wedding, ago(7, 12), &owner)?;
    let paint = ("two rooms being painted", "both rooms back in service");
    free_again("SGL", DateRange::new(day(-4), day(-4)), 2, paint, ago(0, 48), &manager)?;

    let saturday = hotel.full_saturday();
    let leak = count(hotel.room_type("DBL")?, Pool::Shared, DateRange::new(saturday, saturday), CountOp::AdjustBy(-2));
    steps.push(step(hotel, ago(5, 36), &manager, "two rooms out of order after a leak", adjusted(leak, true)));

    let mut stop = |code, range, at, by: &str, reason| -> anyhow::Result<()> {
        let mut changes = all(hotel, range, &[(Field::StopSell, Some(1))]);
        let room_type = hotel.room_type(code)?;
        changes.retain(|change| change.room_type == room_type);
        steps.push(step(hotel, at, by, reason, Action::SetRestrictions(changes)));
        Ok(())
    };
    let works = DateRange::new(day(63), day(69));
    stop("JST", works, on(8, 14, 5), &owner, "new bathrooms on the third floor")?;
    stop("TWN", DateRange::new(day(-6), day(-6)), ago(3, 4), &manager, "kept for the airline's late arrivals")?;
    Ok(steps)
}

/// The same rules for every room type.
fn all(hotel: &Stored, range: DateRange, set: &[(Field, Option<i32>)]) -> Vec<RestrictionChange> {
    let change = |(room_type, _): &(RoomTypeId, _)| RestrictionChange {
        room_type: *room_type,
        level: Level::Night,
        range,
        set: set.to_vec(),
        expected: Vec::new(),
    };
    hotel.rooms.iter().map(change).collect()
}

fn count(room_type: RoomTypeId, pool: Pool, range: DateRange, op: CountOp) -> CountChange {
    CountChange { room_type, pool, range, op, expected_allotted: None }
}

fn set_counts(changes: Vec<CountChange>) -> Action {
    Action::SetCounts(SetCounts { changes, allow_overcommit: false, skip_conflicts: false, relative: false })
}

fn adjusted(change: CountChange, allow_overcommit: bool) -> Action {
    Action::SetCounts(SetCounts { changes: vec![change], allow_overcommit, skip_conflicts: false, relative: true })
}

/// Whether the restrictions of [`rules`] may refuse such a stay.
pub(super) fn is_ruled(code: &str, check_in: NaiveDate, nights: u64) -> bool {
    use chrono::Datelike;
    let stay = || check_in.iter_days().take(usize::try_from(nights).unwrap_or(0));
    let is_turn = |date: NaiveDate| matches!((date.month(), date.day()), (12, 30..=31));
    (nights < 2 && seasons::is_weekend(check_in)) || stay().any(|date| is_turn(date) && (nights < 2 || is_suite(code)))
}
