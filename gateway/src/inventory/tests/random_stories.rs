//! Random sequences of commands at one hotel: after every command the core keeps its invariants and agrees with the
//! naive model.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::Datelike;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use super::fixture::*;
use super::model::{Mistake, Model, Setting, State, Terms};
use super::random_commands::*;
use crate::inventory::command::{BookingKind, CountChange, CountOp, RestrictionChange, SetCounts, Structure};
use crate::inventory::{
    Action, Allotment, Cause, Code, Contract, ContractStatus, Decision, Event, Field, Level, Night, NightKey, Pool,
    PoolAccess, Refusal, Rule, audit, event,
};

type Checked<T = ()> = Result<T, String>;

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

/// The rules, codes and causes that a story met.
#[derive(Default)]
struct Coverage {
    causes: BTreeSet<&'static str>,
    rules: BTreeSet<&'static str>,
    codes: Vec<Code>,
}

/// The hotel and the model side by side.
struct Story {
    hotel: Hotel,
    model: Model,
    /// The reservations in the order of the bookings of the model.
    bookings: Vec<Uuid>,
    coverage: Coverage,
}

impl Story {
    fn begin(mistake: Option<Mistake>) -> Checked<Self> {
        let terms = |access, most_held| Terms { access, active: true, most_held };
        let model_terms = BTreeMap::from([
            (BETA, terms(PoolAccess::Full, 1_000)),
            (GAMMA, terms(PoolAccess::Capped(2), 4)),
            (DELTA, terms(PoolAccess::None, 1_000)),
        ]);
        let hotel = CONTRACTS.iter().fold(Hotel::new(), |hotel, id| hotel.opened_to(*id, model_terms[id].access));
        let hotel = hotel.with_contract(GAMMA, |contract| contract.max_held_rooms = Some(4));
        let mut story = Self {
            hotel,
            model: Model::new(model_terms, mistake),
            bookings: Vec::new(),
            coverage: Coverage::default(),
        };
        for (room_type, pool, rooms) in [(DBL, SHARED, 3), (DBL, OF_BETA, 1), (SGL, SHARED, 2), (SGL, OF_GAMMA, 1)] {
            let op = CountOp::Allotted(rooms);
            let (overcommit, skip, expected) = (false, false, None);
            story.run(&Step::Set(
                None,
                Setting { room_type, pool, from: 1, through: 9, op, expected, overcommit, skip },
            ))?;
        }
        Ok(story)
    }

    fn find(&self, back: usize) -> Option<usize> {
        (!self.bookings.is_empty()).then(|| self.bookings.len() - 1 - back % self.bookings.len())
    }

    /// Runs the command on both and compares the results.
    fn run(&mut self, step: &Step) -> Checked {
        match step {
            Step::Wait(minutes) => {
                self.hotel.wait(*minutes);
                self.model.minute += minutes;
                Ok(())
            }
            Step::Sweep => (0..self.bookings.len()).try_for_each(|booking| {
                self.model.expire(booking);
                self.both(None, Action::Expire { reservation: self.bookings[booking] }, true)
            }),
            Step::Set(change_set, set) => {
                let change = CountChange {
                    room_type: set.room_type,
                    pool: set.pool,
                    range: nights(set.from..=set.through),
                    op: set.op,
                    expected_allotted: set.expected,
                };
                let accepted = self.model.set(*change_set, set);
                let set =
                    SetCounts { allow_overcommit: set.overcommit, skip_conflicts: set.skip, ..counts(vec![change]) };
                self.both(*change_set, Action::SetCounts(set), accepted)
            }
            Step::Rule { change_set, room_type, days, field, at, expected } => {
                let mut accepted = expected.is_none_or(|value| self.model.stands(*room_type, *days, *field, value));
                let expected: Vec<_> = expected.map(|value| (*field, value)).into_iter().collect();
                let mut changes = Vec::new();
                for (level, value) in at {
                    let key = (*room_type, days.0, *level, *field);
                    accepted = accepted && self.model.rule(*change_set, days.0, days.1, key, *value);
                    let (range, set) = (nights(days.0..=days.1), vec![(*field, *value)]);
                    changes.push(RestrictionChange {
                        room_type: *room_type,
                        level: *level,
                        range,
                        set,
                        expected: expected.clone(),
                    });
                }
                self.both(*change_set, Action::SetRestrictions(changes), accepted)
            }
            Step::Undo(change_set, of) => {
                let accepted = self.model.undo(*change_set, *of);
                self.both(*of, Action::Undo(change_set_id(*change_set)), accepted)
            }
            Step::Book { contract, rooms, minutes } => {
                let accepted = self.model.reserve(*contract, rooms, minutes.map(i64::from));
                let kind = minutes.map_or(BookingKind::Book, |minutes| BookingKind::Hold(Some(minutes)));
                let lines = rooms.iter().map(|(room_type, from, to)| line(*room_type, *from..*to)).collect();
                let booking = self.hotel.request(*contract, kind, lines);
                if accepted {
                    self.bookings.push(booking.id);
                }
                self.both(None, Action::Book(booking), accepted)
            }
            Step::Extend(back, minutes) => self.find(*back).map_or(Ok(()), |booking| {
                let accepted = self.model.extend(booking, i64::from(*minutes));
                let reservation = self.bookings[booking];
                self.both(None, Action::ExtendHold { reservation, by_minutes: Some(*minutes) }, accepted)
            }),
            Step::Confirm(back) => self.find(*back).map_or(Ok(()), |booking| {
                let accepted = self.model.confirm(booking);
                self.both(None, Action::Confirm { reservation: self.bookings[booking] }, accepted)
            }),
            Step::Cancel(back, lines) => self.find(*back).map_or(Ok(()), |booking| {
                let accepted = self.model.cancel(booking, lines.as_deref());
                self.both(None, Action::Cancel { reservation: self.bookings[booking], lines: lines.clone() }, accepted)
            }),
            Step::Terms { contract, access, active } => {
                let status = if *active { ContractStatus::Active } else { ContractStatus::Suspended };
                let after = Contract { pool_access: *access, status, ..self.hotel.stock.contracts[contract].clone() };
                let terms = self.model.terms.get_mut(contract).expect("the contract");
                (terms.access, terms.active) = (*access, *active);
                self.both(None, Action::Structure(Structure::Contract(after)), true)
            }
        }
    }

    fn both(&mut self, change_set: Option<u8>, action: Action, accepted: bool) -> Checked {
        let nights = self.hotel.stock.nights.clone();
        let reservations = self.hotel.stock.reservations.clone();
        let events = self.hotel.journal.len();
        let is_booking = matches!(action, Action::Book(_));
        let outcome = self.hotel.run_in(change_set.map(change_set_id), action);
        let stock = &self.hotel.stock;
        ensure(outcome.is_ok() == accepted, || format!("the model says {accepted}, the core {outcome:?}"))?;
        match &outcome {
            Err(refusal) => {
                check_refusal(refusal, is_booking)?;
                self.coverage.codes.extend(refusal.0.iter().map(|problem| problem.code));
                self.coverage.rules.extend(refusal.0.iter().filter_map(|problem| Some(problem.rule?.name())));
            }
            Ok(decision) if is_booking => no_oversell(&self.hotel, decision)?,
            Ok(_) => {}
        }
        let event = outcome.ok().and_then(|decision| decision.event);
        let touched: BTreeSet<NightKey> =
            event.iter().flat_map(|event| &event.cells).map(|cell| (cell.room_type, cell.date)).collect();
        let others_stay =
            stock.nights.iter().all(|(key, night)| touched.contains(key) || nights.get(key) == Some(night));
        ensure(others_stay, || "a night changed without an event".to_owned())?;
        match &event {
            None => {
                let same = stock.reservations == reservations && self.hotel.journal.len() == events;
                ensure(same, || "something changed without an event".to_owned())?;
            }
            Some(event) => {
                self.coverage.causes.insert(event.cause.name());
                rolls_back(&self.hotel, &nights)?;
            }
        }
        self.conserves(&touched)?;
        self.agrees(&touched)
    }

    /// The counts equal the live draws and the replayed journal.
    fn conserves(&self, keys: &BTreeSet<NightKey>) -> Checked {
        let only = |nights: &HashMap<NightKey, Night>| -> HashMap<NightKey, Night> {
            keys.iter().filter_map(|key| Some((*key, nights.get(key)?.clone()))).collect()
        };
        let draws = if keys.is_empty() { HashMap::new() } else { only(&self.hotel.draws()) };
        let drifts = audit::drifts(&only(&self.hotel.stock.nights), &draws, &only(&self.hotel.replayed));
        ensure(drifts.is_empty(), || format!("drift: {drifts:?}"))
    }

    /// The model has the same counts and rules in every cell of these nights.
    fn agrees(&self, keys: &BTreeSet<NightKey>) -> Checked {
        if keys.is_empty() {
            return Ok(());
        }
        let counts = self.model.counts();
        for key @ (room_type, date) in keys.iter().copied() {
            let (stored, day) = (self.hotel.stock.night(key), date.day());
            for level in LEVELS {
                let mut expected: Vec<(Field, Option<i32>)> =
                    RULES.map(|rule| (rule, self.model.field((room_type, day, level, rule)))).to_vec();
                if let Level::Pool(pool) = level {
                    let count = |state| counts.get(&(room_type, day, pool, None, state)).copied();
                    expected.push((Field::Held, count(State::Held)));
                    expected.push((Field::Sold, count(State::Sold)));
                    expected.push((Field::Allotted, self.model.field((room_type, day, level, Field::Allotted))));
                }
                if let Level::Pool(Pool::Contract(id)) = level {
                    let of = |state| counts.get(&(room_type, day, SHARED, Some(id), state)).copied();
                    expected.push((Field::PoolHeld, of(State::Held)));
                    expected.push((Field::PoolSold, of(State::Sold)));
                }
                for (field, expected) in expected {
                    // 0 and unset differ in what is allotted and in limits only.
                    let keeps_zero = matches!(field, Field::Allotted | Field::SellLimit);
                    let found = stored.get(level, field).filter(|value| keeps_zero || *value != 0);
                    ensure(found == expected, || {
                        format!(
                            "{field:?} of {room_type} on {day} at {level:?} is {found:?}, the model says {expected:?}"
                        )
                    })?;
                }
            }
        }
        Ok(())
    }

    fn end(self) -> Checked<Coverage> {
        let all = (1..=LAST_DAY).flat_map(|day| ROOM_TYPES.map(|room_type| (room_type, night(day)))).collect();
        self.agrees(&all)?;
        let mut replayed = HashMap::new();
        for (event, seq) in self.hotel.journal.iter().zip(1..) {
            ensure(event.seq == seq, || format!("event {} where {seq} should be", event.seq))?;
            let mut wired: Event = through_json(event)?;
            wired.cells.iter_mut().for_each(|cell| cell.fields.sort_by_key(|change| change.field));
            ensure(wired == *event, || format!("{event:?} came back as {wired:?}"))?;
            event::apply(&mut replayed, &wired.cells);
        }
        let stored = &self.hotel.stock.nights;
        let drifts = audit::drifts(stored, &self.hotel.draws(), &replayed);
        ensure(drifts.is_empty(), || format!("drift against the replayed journal: {drifts:?}"))?;
        for night in stored.values() {
            let wired: Night = through_json(night)?;
            ensure(wired == *night, || format!("{night:?} came back as {wired:?}"))?;
        }
        Ok(self.coverage)
    }
}

fn change_set_id(change_set: u8) -> Uuid {
    Uuid::from_u128(9_000 + u128::from(change_set))
}

fn through_json<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> Checked<T> {
    let text = serde_json::to_string(value).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| format!("{error} in {text}"))
}

/// A refusal has at least one reason, and a rule that blocks a night has the night.
fn check_refusal(refusal: &Refusal, is_booking: bool) -> Checked {
    ensure(!refusal.0.is_empty(), || "a refusal without a reason".to_owned())?;
    let of_the_whole = |rule| matches!(rule, Rule::HoldLimit | Rule::Occupancy);
    for problem in &refusal.0 {
        let names_night = problem.room_type.is_some() && problem.date.is_some();
        let must = is_booking && problem.rule.is_some_and(|rule| !of_the_whole(rule));
        ensure(names_night || !must, || format!("no night is named in {problem:?}"))?;
        ensure(!problem.message.is_empty(), || format!("no sentence in {problem:?}"))?;
    }
    Ok(())
}

/// Every draw of a booking was available: in the pool, below the cap and below the sell limit.
fn no_oversell(hotel: &Hotel, decision: &Decision) -> Checked {
    let reservation = decision.reservation.as_ref().expect("a booking makes a reservation");
    let contract = &hotel.stock.contracts[&reservation.contract];
    for line in &reservation.lines {
        for draw in &line.draws {
            let night = hotel.stock.night((line.room_type, draw.date));
            let cell = night.pool(draw.pool);
            let fits = cell.allotted.is_some_and(|allotted| cell.held + cell.sold <= allotted);
            ensure(fits, || format!("{:?} on {} is oversold: {cell:?}", draw.pool, draw.date.day()))?;
            let own = night.pool(Pool::Contract(contract.id));
            let fits = match contract.pool_access {
                _ if draw.pool != SHARED => true,
                PoolAccess::None => false,
                PoolAccess::Capped(cap) => own.pool_held + own.pool_sold <= cap,
                PoolAccess::Full => true,
            };
            ensure(fits, || format!("{:?} is past its cap on {}", contract.id, draw.date.day()))?;
            let cells = night.contracts.iter().map(|(_, cell)| cell).chain([&night.shared]);
            let taken: i32 = cells.map(|cell| cell.held + cell.sold).sum();
            let fits = night.room.sell_limit.is_none_or(|limit| taken <= limit);
            ensure(fits, || format!("{taken} rooms past the sell limit on {}", draw.date.day()))?;
        }
    }
    let nights = i64::try_from(reservation.lines.iter().map(|line| line.draws.len()).sum::<usize>()).unwrap_or(-1);
    let asked: i64 = reservation.lines.iter().map(|line| line.stay.length()).sum();
    ensure(nights == asked, || format!("{nights} draws for {asked} nights"))
}

/// Reverting the last event gives the nights before it.
fn rolls_back(hotel: &Hotel, before: &HashMap<NightKey, Night>) -> Checked {
    let last = hotel.journal.last().expect("the event");
    for key in last.nights() {
        let mut night = hotel.stock.night(key);
        event::roll_back(&mut night, key, &last.cells);
        let (found, expected) =
            (without_empty_rows(night), without_empty_rows(before.get(&key).cloned().unwrap_or_default()));
        ensure(found == expected, || format!("rolled back to {found:?}, it was {expected:?}"))?;
    }
    Ok(())
}

/// An empty row means the same as no row.
fn without_empty_rows(mut night: Night) -> Night {
    night.contracts.retain(|(_, cell)| *cell != Allotment::default());
    night
}

fn run_story(steps: &[Step], mistake: Option<Mistake>) -> Checked<Coverage> {
    let mut story = Story::begin(mistake)?;
    for (step, number) in steps.iter().zip(1..) {
        story.run(step).map_err(|error| format!("step {number}, {step:?}: {error}"))?;
    }
    story.end()
}

/// The same stories in every run.
fn fixed_stories() -> impl Iterator<Item = Vec<Step>> {
    let mut runner = TestRunner::deterministic();
    let stories = a_story();
    std::iter::from_fn(move || Some(stories.new_tree(&mut runner).ok()?.current()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_core_keeps_its_invariants_and_agrees_with_the_model(steps in a_story()) {
        prop_assert_eq!(run_story(&steps, None).err(), None);
    }
}

#[test]
fn a_model_with_any_one_mistake_is_caught() {
    for mistake in Mistake::ALL {
        let caught = fixed_stories().take(200).any(|steps| run_story(&steps, Some(mistake)).is_err());
        assert!(caught, "{mistake:?} went unnoticed");
    }
}

#[test]
fn a_corrupted_cell_is_caught_by_the_next_command() {
    let mut story = Story::begin(None).unwrap();
    story.run(&Step::Book { contract: BETA, rooms: vec![(DBL, 2, 3)], minutes: None }).unwrap();
    story.hotel.stock.nights.get_mut(&(DBL, night(2))).unwrap().pool_mut(OF_BETA).sold = 0;
    assert!(story.run(&Step::Cancel(0, None)).unwrap_err().contains("drift"));
}

#[test]
fn the_stories_meet_every_rule_and_every_kind_of_change() {
    let coverage: Vec<Coverage> = fixed_stories().take(100).map(|steps| run_story(&steps, None).unwrap()).collect();
    let rules: BTreeSet<_> = coverage.iter().flat_map(|coverage| coverage.rules.iter().copied()).collect();
    for rule in [
        Rule::SoldOut,
        Rule::NotLoaded,
        Rule::StopSell,
        Rule::ClosedToArrival,
        Rule::ClosedToDeparture,
        Rule::MinStayArrival,
        Rule::MaxStayThrough,
        Rule::CutOff,
        Rule::PoolCap,
        Rule::SellLimit,
        Rule::ContractInactive,
        Rule::HoldLimit,
    ] {
        assert!(rules.contains(rule.name()), "no story met {}", rule.name());
    }
    let codes: Vec<Code> = coverage.iter().flat_map(|coverage| coverage.codes.iter().copied()).collect();
    for code in [
        Code::BelowSold,
        Code::Conflict,
        Code::HoldExpired,
        Code::NotHeld,
        Code::CellsMoved,
        Code::NothingToUndo,
        Code::StayBegun,
    ] {
        assert!(codes.contains(&code), "no story met {code:?}");
    }
    let causes: BTreeSet<_> = coverage.iter().flat_map(|coverage| coverage.causes.iter().copied()).collect();
    for cause in [
        Cause::SetAllotments,
        Cause::SetRestrictions,
        Cause::Undo,
        Cause::Hold,
        Cause::Extend,
        Cause::Confirm,
        Cause::Book,
        Cause::Cancel,
        Cause::Expire,
        Cause::ContractUpdated,
    ] {
        assert!(causes.contains(cause.name()), "no story had {}", cause.name());
    }
}
