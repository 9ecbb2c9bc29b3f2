//! Random stories of one hotel: after every command the core must keep its promises and agree with the naive model.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::Datelike;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use super::fixture::*;
use super::model::{Mistake, Model, Setting, State, Terms};
use super::random_commands::*;
use crate::inventory::command::{ClaimKind, CountChange, CountOp, RestrictionChange, SetCounts, Structure};
use crate::inventory::{
    Action, Allotment, Cause, Code, Contract, ContractStatus, Decision, Event, Level, Measure, Night, NightKey, Pool,
    PoolAccess, Refusal, Rule, audit, event,
};

type Checked<T = ()> = Result<T, String>;

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

/// What happened in a story, to see that the stories are worth telling.
#[derive(Default)]
struct Seen {
    causes: BTreeSet<&'static str>,
    rules: BTreeSet<&'static str>,
    codes: Vec<Code>,
}

/// The hotel and the model side by side.
struct Story {
    hotel: Hotel,
    model: Model,
    /// The reservations in the order of the model's claims.
    claims: Vec<Uuid>,
    seen: Seen,
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
        let mut story =
            Self { hotel, model: Model::new(model_terms, mistake), claims: Vec::new(), seen: Seen::default() };
        for (room_type, pool, rooms) in [(DBL, SHARED, 3), (DBL, OF_BETA, 1), (SGL, SHARED, 2), (SGL, OF_GAMMA, 1)] {
            let op = CountOp::Allotted(rooms);
            let (overcommit, skip, expected) = (false, false, None);
            story.tell(&Step::Set(
                None,
                Setting { room_type, pool, from: 1, through: 9, op, expected, overcommit, skip },
            ))?;
        }
        Ok(story)
    }

    fn find(&self, back: usize) -> Option<usize> {
        (!self.claims.is_empty()).then(|| self.claims.len() - 1 - back % self.claims.len())
    }

    /// Tells the command to both and compares.
    fn tell(&mut self, step: &Step) -> Checked {
        match step {
            Step::Wait(minutes) => {
                self.hotel.wait(*minutes);
                self.model.minute += minutes;
                Ok(())
            }
            Step::Sweep => (0..self.claims.len()).try_for_each(|claim| {
                self.model.expire(claim);
                self.both(None, Action::Expire { reservation: self.claims[claim] }, true)
            }),
            Step::Set(gesture, set) => {
                let change = CountChange {
                    room_type: set.room_type,
                    pool: set.pool,
                    range: nights(set.from..=set.through),
                    op: set.op,
                    expected_allotted: set.expected,
                };
                let accepted = self.model.set(*gesture, set);
                let set =
                    SetCounts { allow_overcommit: set.overcommit, skip_conflicts: set.skip, ..counts(vec![change]) };
                self.both(*gesture, Action::SetCounts(set), accepted)
            }
            Step::Rule { gesture, room_type, days, measure, at, expected } => {
                let mut accepted = expected.is_none_or(|value| self.model.stands(*room_type, *days, *measure, value));
                let expected: Vec<_> = expected.map(|value| (*measure, value)).into_iter().collect();
                let mut changes = Vec::new();
                for (level, value) in at {
                    let field = (*room_type, days.0, *level, *measure);
                    accepted = accepted && self.model.rule(*gesture, days.0, days.1, field, *value);
                    let (range, set) = (nights(days.0..=days.1), vec![(*measure, *value)]);
                    changes.push(RestrictionChange {
                        room_type: *room_type,
                        level: *level,
                        range,
                        set,
                        expected: expected.clone(),
                    });
                }
                self.both(*gesture, Action::SetRestrictions(changes), accepted)
            }
            Step::Undo(gesture, of) => {
                let accepted = self.model.undo(*gesture, *of);
                self.both(*of, Action::Undo(change_set(*gesture)), accepted)
            }
            Step::Claim { contract, rooms, minutes } => {
                let accepted = self.model.claim(*contract, rooms, minutes.map(i64::from));
                let kind = minutes.map_or(ClaimKind::Book, |minutes| ClaimKind::Hold(Some(minutes)));
                let lines = rooms.iter().map(|(room_type, from, to)| line(*room_type, *from..*to)).collect();
                let claim = self.hotel.request(*contract, kind, lines);
                if accepted {
                    self.claims.push(claim.id);
                }
                self.both(None, Action::Claim(claim), accepted)
            }
            Step::Extend(back, minutes) => self.find(*back).map_or(Ok(()), |claim| {
                let accepted = self.model.extend(claim, i64::from(*minutes));
                let reservation = self.claims[claim];
                self.both(None, Action::ExtendHold { reservation, by_minutes: Some(*minutes) }, accepted)
            }),
            Step::Confirm(back) => self.find(*back).map_or(Ok(()), |claim| {
                let accepted = self.model.confirm(claim);
                self.both(None, Action::Confirm { reservation: self.claims[claim] }, accepted)
            }),
            Step::Cancel(back, lines) => self.find(*back).map_or(Ok(()), |claim| {
                let accepted = self.model.cancel(claim, lines.as_deref());
                self.both(None, Action::Cancel { reservation: self.claims[claim], lines: lines.clone() }, accepted)
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

    fn both(&mut self, gesture: Option<u8>, action: Action, accepted: bool) -> Checked {
        let nights = self.hotel.stock.nights.clone();
        let reservations = self.hotel.stock.reservations.clone();
        let events = self.hotel.journal.len();
        let is_claim = matches!(action, Action::Claim(_));
        let outcome = self.hotel.run_in(gesture.map(change_set), action);
        let stock = &self.hotel.stock;
        ensure(outcome.is_ok() == accepted, || format!("the model says {accepted}, the core {outcome:?}"))?;
        match &outcome {
            Err(refusal) => {
                check_refusal(refusal, is_claim)?;
                self.seen.codes.extend(refusal.0.iter().map(|problem| problem.code));
                self.seen.rules.extend(refusal.0.iter().filter_map(|problem| Some(problem.rule?.name())));
            }
            Ok(decision) if is_claim => no_oversell(&self.hotel, decision)?,
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
                self.seen.causes.insert(event.cause.name());
                rolls_back(&self.hotel, &nights)?;
            }
        }
        self.conserves(&touched)?;
        self.agrees(&touched)
    }

    /// The counts equal the live draws and what the journal gives.
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
                let mut expected: Vec<(Measure, Option<i32>)> =
                    RULES.map(|rule| (rule, self.model.field((room_type, day, level, rule)))).to_vec();
                if let Level::Pool(pool) = level {
                    let count = |state| counts.get(&(room_type, day, pool, None, state)).copied();
                    expected.push((Measure::Held, count(State::Held)));
                    expected.push((Measure::Sold, count(State::Sold)));
                    expected.push((Measure::Allotted, self.model.field((room_type, day, level, Measure::Allotted))));
                }
                if let Level::Pool(Pool::Contract(id)) = level {
                    let of = |state| counts.get(&(room_type, day, SHARED, Some(id), state)).copied();
                    expected.push((Measure::PoolHeld, of(State::Held)));
                    expected.push((Measure::PoolSold, of(State::Sold)));
                }
                for (measure, expected) in expected {
                    // 0 and unset differ in what is allotted and in limits only.
                    let keeps_zero = matches!(measure, Measure::Allotted | Measure::SellLimit);
                    let found = stored.get(level, measure).filter(|value| keeps_zero || *value != 0);
                    ensure(found == expected, || {
                        format!(
                            "{measure:?} of {room_type} on {day} at {level:?} is {found:?}, the model says {expected:?}"
                        )
                    })?;
                }
            }
        }
        Ok(())
    }

    fn end(self) -> Checked<Seen> {
        let all = (1..=LAST_DAY).flat_map(|day| ROOM_TYPES.map(|room_type| (room_type, night(day)))).collect();
        self.agrees(&all)?;
        let mut replayed = HashMap::new();
        for (event, seq) in self.hotel.journal.iter().zip(1..) {
            ensure(event.seq == seq, || format!("event {} where {seq} should be", event.seq))?;
            let mut wired: Event = through_json(event)?;
            wired.cells.iter_mut().for_each(|cell| cell.fields.sort_by_key(|field| field.measure));
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
        Ok(self.seen)
    }
}

fn change_set(gesture: u8) -> Uuid {
    Uuid::from_u128(9_000 + u128::from(gesture))
}

fn through_json<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> Checked<T> {
    let text = serde_json::to_string(value).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| format!("{error} in {text}"))
}

/// At least one reason; what blocks a night names it.
fn check_refusal(refusal: &Refusal, is_claim: bool) -> Checked {
    ensure(!refusal.0.is_empty(), || "a refusal without a reason".to_owned())?;
    let of_the_whole = |rule| matches!(rule, Rule::HoldLimit | Rule::Occupancy);
    for problem in &refusal.0 {
        let names_night = problem.room_type.is_some() && problem.date.is_some();
        let must = is_claim && problem.rule.is_some_and(|rule| !of_the_whole(rule));
        ensure(names_night || !must, || format!("no night is named in {problem:?}"))?;
        ensure(!problem.message.is_empty(), || format!("no sentence in {problem:?}"))?;
    }
    Ok(())
}

/// What a claim drew was there: in the pool, below the cap, below the sell limit.
fn no_oversell(hotel: &Hotel, decision: &Decision) -> Checked {
    let reservation = decision.reservation.as_ref().expect("a claim makes a reservation");
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

/// Taking the last event back gives the nights as they were before it.
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

/// A row that holds nothing says the same as no row.
fn without_empty_rows(mut night: Night) -> Night {
    night.contracts.retain(|(_, cell)| *cell != Allotment::default());
    night
}

fn tell(steps: &[Step], mistake: Option<Mistake>) -> Checked<Seen> {
    let mut story = Story::begin(mistake)?;
    for (step, number) in steps.iter().zip(1..) {
        story.tell(step).map_err(|error| format!("step {number}, {step:?}: {error}"))?;
    }
    story.end()
}

/// Always the same stories, for what must be met sooner or later.
fn fixed_stories() -> impl Iterator<Item = Vec<Step>> {
    let mut runner = TestRunner::deterministic();
    let stories = a_story();
    std::iter::from_fn(move || Some(stories.new_tree(&mut runner).ok()?.current()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_core_keeps_its_promises_and_agrees_with_the_model(steps in a_story()) {
        prop_assert_eq!(tell(&steps, None).err(), None);
    }
}

#[test]
fn a_model_with_any_one_mistake_is_caught() {
    for mistake in Mistake::ALL {
        let caught = fixed_stories().take(200).any(|steps| tell(&steps, Some(mistake)).is_err());
        assert!(caught, "{mistake:?} went unnoticed");
    }
}

#[test]
fn a_corrupted_cell_is_caught_by_the_next_command() {
    let mut story = Story::begin(None).unwrap();
    story.tell(&Step::Claim { contract: BETA, rooms: vec![(DBL, 2, 3)], minutes: None }).unwrap();
    story.hotel.stock.nights.get_mut(&(DBL, night(2))).unwrap().pool_mut(OF_BETA).sold = 0;
    assert!(story.tell(&Step::Cancel(0, None)).unwrap_err().contains("drift"));
}

#[test]
fn the_stories_meet_every_rule_and_every_kind_of_change() {
    let seen: Vec<Seen> = fixed_stories().take(100).map(|steps| tell(&steps, None).unwrap()).collect();
    let rules: BTreeSet<_> = seen.iter().flat_map(|seen| seen.rules.iter().copied()).collect();
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
    let codes: Vec<Code> = seen.iter().flat_map(|seen| seen.codes.iter().copied()).collect();
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
    let causes: BTreeSet<_> = seen.iter().flat_map(|seen| seen.causes.iter().copied()).collect();
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
