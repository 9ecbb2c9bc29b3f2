//! The rules once more, as naively as possible: what suppliers set, who drew what, and nothing counted in advance.
//!
//! Written from the domain's description, not from the core, so that both must make the same mistake to agree on it.

use std::collections::{BTreeMap, BTreeSet};

use lodgate_entities::ids::{ContractId, RoomTypeId};

use super::fixture::{BETA, DBL, OF_BETA, SGL, SHARED};
use crate::inventory::command::CountOp;
use crate::inventory::{Level, Measure, Pool, PoolAccess};

/// A mistake built in on purpose, to show that the comparison would notice it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    IgnoresCap,
    IgnoresSellLimit,
    JudgesLinesAlone,
    DrawsSharedFirst,
    Rebalances,
    StopSellBlocksLeaving,
    RoomNightsNumberWins,
    HoldsEndByTheClock,
    ConfirmsExpiredHolds,
    UndoesOthersChanges,
    ForgetsUndos,
    OvercommitsUnasked,
    IgnoresExpectations,
}

impl Mistake {
    pub const ALL: [Self; 13] = [
        Self::IgnoresCap,
        Self::IgnoresSellLimit,
        Self::JudgesLinesAlone,
        Self::DrawsSharedFirst,
        Self::Rebalances,
        Self::StopSellBlocksLeaving,
        Self::RoomNightsNumberWins,
        Self::HoldsEndByTheClock,
        Self::ConfirmsExpiredHolds,
        Self::UndoesOthersChanges,
        Self::ForgetsUndos,
        Self::OvercommitsUnasked,
        Self::IgnoresExpectations,
    ];
}

/// What a supplier sets in one place; a flag that is off is not stored.
type Field = (RoomTypeId, u32, Level, Measure);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Held,
    Sold,
    Cancelled,
    Expired,
}

#[derive(Clone, Debug)]
pub struct Room {
    pub room_type: RoomTypeId,
    pub check_in: u32,
    pub check_out: u32,
    pub state: State,
    pub draws: Vec<(u32, Pool)>,
}

#[derive(Clone, Debug)]
pub struct Claimed {
    pub contract: ContractId,
    pub state: State,
    pub placed: i64,
    pub ends: i64,
    pub rooms: Vec<Room>,
}

#[derive(Clone, Debug)]
pub struct Terms {
    pub access: PoolAccess,
    pub active: bool,
    pub most_held: usize,
}

/// A range of one pool, as a supplier sets it.
#[derive(Clone, Debug)]
pub struct Setting {
    pub room_type: RoomTypeId,
    pub pool: Pool,
    pub from: u32,
    pub through: u32,
    pub op: CountOp,
    pub expected: Option<Option<i32>>,
    pub overcommit: bool,
    pub skip: bool,
}

#[derive(Clone, Copy, Debug)]
struct Change {
    gesture: Option<u8>,
    field: Field,
    before: Option<i32>,
    after: Option<i32>,
}

#[derive(Clone, Debug)]
pub struct Model {
    /// Minutes since midnight of the 1st at the hotel.
    pub minute: i64,
    pub terms: BTreeMap<ContractId, Terms>,
    pub claims: Vec<Claimed>,
    fields: BTreeMap<Field, i32>,
    /// Every change of a field by a supplier, with the gesture it belongs to.
    log: Vec<Change>,
    mistake: Option<Mistake>,
}

impl Model {
    pub fn new(terms: BTreeMap<ContractId, Terms>, mistake: Option<Mistake>) -> Self {
        Self { minute: 10 * 60, terms, claims: Vec::new(), fields: BTreeMap::new(), log: Vec::new(), mistake }
    }

    fn errs(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// A night is over at 18:00 of its own day.
    fn today(&self) -> u32 {
        let day = u32::try_from(self.minute / 1_440).expect("June") + 1;
        if self.minute % 1_440 < 18 * 60 { day } else { day + 1 }
    }

    pub fn field(&self, field: Field) -> Option<i32> {
        self.fields.get(&field).copied()
    }

    fn write(&mut self, gesture: Option<u8>, field: Field, value: Option<i32>) {
        let before = self.field(field);
        let flag = matches!(field.3, Measure::StopSell | Measure::ClosedToArrival | Measure::ClosedToDeparture);
        let after = value.filter(|value| !flag || *value == 1);
        if before == after {
            return;
        }
        match after {
            Some(value) => self.fields.insert(field, value),
            None => self.fields.remove(&field),
        };
        self.log.push(Change { gesture, field, before, after });
    }

    /// The live draws of a night, with their contract and state.
    fn draws(&self, room_type: RoomTypeId, day: u32) -> impl Iterator<Item = (ContractId, Pool, State)> + '_ {
        self.claims.iter().flat_map(move |claim| {
            let over =
                self.errs(Mistake::HoldsEndByTheClock) && claim.state == State::Held && claim.ends <= self.minute;
            let live = move |room: &&Room| {
                room.room_type == room_type && (room.state == State::Sold || (room.state == State::Held && !over))
            };
            claim.rooms.iter().filter(live).flat_map(move |room| {
                let here = room.draws.iter().filter(move |(date, _)| *date == day);
                here.map(|(_, pool)| (claim.contract, *pool, room.state))
            })
        })
    }

    /// Live rooms by night, pool and state; a contract's rooms of the shared pool once more by contract.
    pub fn counts(&self) -> BTreeMap<(RoomTypeId, u32, Pool, Option<ContractId>, State), i32> {
        let mut counts = BTreeMap::new();
        for claim in &self.claims {
            let over =
                self.errs(Mistake::HoldsEndByTheClock) && claim.state == State::Held && claim.ends <= self.minute;
            for room in
                claim.rooms.iter().filter(|room| room.state == State::Sold || (room.state == State::Held && !over))
            {
                for (day, pool) in &room.draws {
                    *counts.entry((room.room_type, *day, *pool, None, room.state)).or_default() += 1;
                    if *pool == SHARED {
                        *counts.entry((room.room_type, *day, *pool, Some(claim.contract), room.state)).or_default() +=
                            1;
                    }
                }
            }
        }
        counts
    }

    fn taken(&self, room_type: RoomTypeId, day: u32, pool: Pool) -> i32 {
        number(self.draws(room_type, day).filter(|draw| draw.1 == pool).count())
    }

    fn left(&self, room_type: RoomTypeId, day: u32, pool: Pool) -> i32 {
        let allotted = self.field((room_type, day, Level::Pool(pool), Measure::Allotted)).unwrap_or(0);
        allotted - self.taken(room_type, day, pool)
    }

    fn stopped(&self, room_type: RoomTypeId, day: u32, level: Level) -> bool {
        self.field((room_type, day, level, Measure::StopSell)).is_some()
    }

    /// Whether the rules about the stay as a whole allow it at one level, or at two of which the second wins.
    fn may_stay(&self, room: &Room, levels: &[Level]) -> bool {
        let at = |day, measure| {
            let mut found = levels.iter().rev().filter_map(|level| self.field((room.room_type, day, *level, measure)));
            if self.errs(Mistake::RoomNightsNumberWins) { found.next_back() } else { found.next() }
        };
        at(room.check_in, Measure::ClosedToArrival).is_none()
            && at(room.check_out, Measure::ClosedToDeparture).is_none()
            && at(room.check_in, Measure::MinStayArrival)
                .is_none_or(|least| (room.check_out - room.check_in) as i32 >= least)
            && (room.check_in..room.check_out).all(|day| {
                at(day, Measure::MaxStayThrough).is_none_or(|most| (room.check_out - room.check_in) as i32 <= most)
            })
    }

    /// Where the contract's next room of the night comes from.
    fn pool(&self, contract: ContractId, room: &Room, day: u32) -> Option<Pool> {
        let terms = &self.terms[&contract];
        let own = Pool::Contract(contract);
        let kind = room.room_type;
        if !terms.active
            || day < self.today()
            || self.stopped(kind, day, Level::Night)
            || self.stopped(kind, day, Level::Pool(own))
        {
            return None;
        }
        if let Some(limit) = self.field((kind, day, Level::Night, Measure::SellLimit))
            && number(self.draws(kind, day).count()) >= limit
            && !self.errs(Mistake::IgnoresSellLimit)
        {
            return None;
        }
        let drawn = number(self.draws(kind, day).filter(|draw| draw.0 == contract && draw.1 == SHARED).count());
        let below_cap = match terms.access {
            PoolAccess::None => false,
            PoolAccess::Capped(cap) => drawn < cap || self.errs(Mistake::IgnoresCap),
            PoolAccess::Full => true,
        };
        let shared = below_cap
            && !self.stopped(kind, day, Level::Pool(SHARED))
            && self.may_stay(room, &[Level::Pool(SHARED)])
            && self.left(kind, day, SHARED) > 0;
        let from_own = (self.left(kind, day, own) > 0).then_some(own);
        let from_shared = shared.then_some(SHARED);
        if self.errs(Mistake::DrawsSharedFirst) { from_shared.or(from_own) } else { from_own.or(from_shared) }
    }

    /// Holds for so many minutes, or books; whether it was accepted.
    pub fn claim(&mut self, contract: ContractId, rooms: &[(RoomTypeId, u32, u32)], minutes: Option<i64>) -> bool {
        let before = self.clone();
        let state = if minutes.is_some() { State::Held } else { State::Sold };
        let ends = self.minute + minutes.unwrap_or(0);
        self.claims.push(Claimed { contract, state, placed: self.minute, ends, rooms: Vec::new() });
        let accepted = minutes.is_none_or(|minutes| minutes <= 60 && self.may_hold(contract, rooms.len()))
            && rooms.iter().all(|room| {
                let judged_on = if self.errs(Mistake::JudgesLinesAlone) { before.clone() } else { self.clone() };
                let room = judged_on.draw(contract, *room, state);
                self.claims.last_mut().expect("the claim").rooms.extend(room.clone());
                room.is_some()
            });
        if !accepted {
            *self = before;
        }
        accepted
    }

    fn may_hold(&self, contract: ContractId, more: usize) -> bool {
        let of = self.claims.iter().filter(|claim| claim.contract == contract);
        let held = of.flat_map(|claim| &claim.rooms).filter(|room| room.state == State::Held).count();
        held + more <= self.terms[&contract].most_held
    }

    fn draw(
        &self,
        contract: ContractId,
        (room_type, check_in, check_out): (RoomTypeId, u32, u32),
        state: State,
    ) -> Option<Room> {
        let mut room = Room { room_type, check_in, check_out, state, draws: Vec::new() };
        let stopped = self.stopped(room_type, check_out, Level::Night);
        if !self.may_stay(&room, &[Level::Night, Level::Pool(Pool::Contract(contract))])
            || (stopped && self.errs(Mistake::StopSellBlocksLeaving))
        {
            return None;
        }
        let found = (check_in..check_out).map(|day| Some((day, self.pool(contract, &room, day)?)));
        room.draws = found.collect::<Option<_>>()?;
        Some(room)
    }

    fn is_over(&self, claim: usize) -> bool {
        self.claims[claim].ends <= self.minute
    }

    fn move_rooms(&mut self, claim: usize, to: State, chosen: impl Fn(i32) -> bool) {
        for (room, line) in self.claims[claim].rooms.iter_mut().zip(1..) {
            if matches!(room.state, State::Held | State::Sold) && chosen(line) {
                room.state = to;
            }
        }
    }

    pub fn extend(&mut self, claim: usize, minutes: i64) -> bool {
        let found = &self.claims[claim];
        let stopped = found.rooms.iter().filter(|room| room.state == State::Held).any(|room| {
            room.draws.iter().any(|(day, pool)| {
                let stopped = |level| self.stopped(room.room_type, *day, level);
                stopped(Level::Night)
                    || stopped(Level::Pool(Pool::Contract(found.contract)))
                    || stopped(Level::Pool(*pool))
            })
        });
        let accepted =
            found.state == State::Held && !self.is_over(claim) && !stopped && found.ends + minutes <= found.placed + 60;
        if accepted {
            self.claims[claim].ends += minutes;
        }
        accepted
    }

    pub fn confirm(&mut self, claim: usize) -> bool {
        match self.claims[claim].state {
            State::Sold => true,
            State::Held if !self.is_over(claim) || self.errs(Mistake::ConfirmsExpiredHolds) => {
                self.move_rooms(claim, State::Sold, |_| true);
                self.claims[claim].state = State::Sold;
                true
            }
            _ => false,
        }
    }

    pub fn cancel(&mut self, claim: usize, lines: Option<&[i32]>) -> bool {
        let today = self.today();
        let found = &self.claims[claim];
        let chosen = |line: i32| lines.is_none_or(|lines| lines.contains(&line));
        let begun = |(room, line): (&Room, i32)| room.state == State::Sold && chosen(line) && room.check_in < today;
        match found.state {
            State::Cancelled => return true,
            State::Expired => return false,
            State::Held if self.is_over(claim) => return false,
            _ => {}
        }
        let known = number(found.rooms.len());
        if lines.into_iter().flatten().any(|line| *line > known) || found.rooms.iter().zip(1..).any(begun) {
            return false;
        }
        self.move_rooms(claim, State::Cancelled, chosen);
        if self.claims[claim].rooms.iter().all(|room| room.state == State::Cancelled) {
            self.claims[claim].state = State::Cancelled;
        }
        if self.errs(Mistake::Rebalances) {
            self.rebalance();
        }
        true
    }

    /// What must never happen: a draw on the shared pool moves to own rooms that came free.
    fn rebalance(&mut self) {
        for day in 1..=13 {
            for kind in [DBL, SGL] {
                if self.left(kind, day, OF_BETA) <= 0 {
                    continue;
                }
                let of_beta = self.claims.iter_mut().filter(|claim| claim.contract == BETA);
                let live = |room: &&mut Room| room.room_type == kind && matches!(room.state, State::Held | State::Sold);
                let mut draws =
                    of_beta.flat_map(|claim| &mut claim.rooms).filter(live).flat_map(|room| &mut room.draws);
                if let Some(draw) = draws.find(|draw| **draw == (day, SHARED)) {
                    draw.1 = OF_BETA;
                }
            }
        }
    }

    pub fn expire(&mut self, claim: usize) {
        if self.claims[claim].state == State::Held && self.is_over(claim) {
            self.move_rooms(claim, State::Expired, |_| true);
            self.claims[claim].state = State::Expired;
        }
    }

    fn below_sold(&self, room_type: RoomTypeId, day: u32, pool: Pool, after: Option<i32>) -> bool {
        let before = self.field((room_type, day, Level::Pool(pool), Measure::Allotted));
        let lowers = before.is_some_and(|before| after.is_none_or(|after| after < before));
        lowers && after.unwrap_or(0) < self.taken(room_type, day, pool)
    }

    pub fn set(&mut self, gesture: Option<u8>, set: &Setting) -> bool {
        if set.from < self.today() {
            return false;
        }
        let before = self.clone();
        for day in set.from..=set.through {
            let field = (set.room_type, day, Level::Pool(set.pool), Measure::Allotted);
            let stored = self.field(field);
            let after = match set.op {
                CountOp::Allotted(rooms) => Ok(Some(rooms)),
                CountOp::LeftToSell(rooms) => Ok(Some(rooms + self.taken(set.room_type, day, set.pool))),
                CountOp::AdjustBy(by) => stored.map(|rooms| rooms + by).filter(|rooms| *rooms >= 0).ok_or(()).map(Some),
                CountOp::NotLoaded => Ok(None),
            };
            let expected = set.expected.is_none_or(|expected| expected == stored);
            let unasked = self.errs(Mistake::OvercommitsUnasked) || set.overcommit;
            match after {
                Ok(after) if expected && (unasked || !self.below_sold(set.room_type, day, set.pool, after)) => {
                    self.write(gesture, field, after);
                }
                _ if set.skip => {}
                _ => {
                    *self = before;
                    return false;
                }
            }
        }
        true
    }

    pub fn rule(&mut self, gesture: Option<u8>, from: u32, through: u32, field: Field, value: Option<i32>) -> bool {
        if from < self.today() {
            return false;
        }
        for day in from..=through {
            self.write(gesture, (field.0, day, field.2, field.3), value);
        }
        true
    }

    /// Whether a rule has this value for who draws on the shared pool, on every one of these nights.
    pub fn stands(&self, room_type: RoomTypeId, days: (u32, u32), measure: Measure, value: Option<i32>) -> bool {
        let found = |day| {
            let at = |level| self.field((room_type, day, level, measure));
            let pool = at(Level::Pool(SHARED)).or(at(Level::Night));
            if measure.is_flag() { pool.or(Some(0)) } else { pool }
        };
        self.errs(Mistake::IgnoresExpectations) || (days.0..=days.1).all(|day| found(day) == value)
    }

    /// Takes a gesture back, as part of another one.
    pub fn undo(&mut self, gesture: u8, of: Option<u8>) -> bool {
        if of == Some(gesture) {
            return false;
        }
        let own: Vec<_> = self.log.iter().filter(|change| change.gesture == Some(gesture)).copied().collect();
        let fields: BTreeSet<Field> = own.iter().map(|change| change.field).collect();
        let mut restored = Vec::new();
        for field in fields {
            let changes: Vec<_> = own.iter().filter(|change| change.field == field).collect();
            let unbroken = changes.windows(2).all(|pair| pair[0].after == pair[1].before);
            let (first, last) = (changes[0].before, changes[changes.len() - 1].after);
            let (room_type, day, level, measure) = field;
            let below = matches!((level, measure), (Level::Pool(pool), Measure::Allotted)
                if self.below_sold(room_type, day, pool, first));
            let moved = !unbroken || self.field(field) != last;
            if (moved && !self.errs(Mistake::UndoesOthersChanges)) || below || day < self.today() {
                return false;
            }
            restored.push((field, first));
        }
        for (field, value) in &restored {
            self.write(of.filter(|_| !self.errs(Mistake::ForgetsUndos)), *field, *value);
        }
        !restored.is_empty()
    }
}

fn number(count: usize) -> i32 {
    i32::try_from(count).expect("few rooms")
}
