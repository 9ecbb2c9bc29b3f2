//! A naive model of the rules: the values that suppliers set and the draws of bookings, without stored counts.
//!
//! It is written from the description of the domain and not from the core, so that a mistake in one of them shows.

use std::collections::{BTreeMap, BTreeSet};

use lodgate_entities::ids::{ContractId, RoomTypeId};

use super::fixture::{BETA, DBL, OF_BETA, SGL, SHARED};
use crate::inventory::command::CountOp;
use crate::inventory::{Field, Level, Pool, PoolAccess};

/// A deliberate mistake of the model, to show that the comparison notices it.
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

/// The key of a value that a supplier sets. A flag that is off is not stored.
type FieldKey = (RoomTypeId, u32, Level, Field);

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
pub struct Booked {
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
    change_set: Option<u8>,
    key: FieldKey,
    before: Option<i32>,
    after: Option<i32>,
}

#[derive(Clone, Debug)]
pub struct Model {
    /// Minutes since midnight of the 1st at the hotel.
    pub minute: i64,
    pub terms: BTreeMap<ContractId, Terms>,
    pub bookings: Vec<Booked>,
    fields: BTreeMap<FieldKey, i32>,
    /// Every change of a field by a supplier, with the change set it belongs to.
    log: Vec<Change>,
    mistake: Option<Mistake>,
}

impl Model {
    pub fn new(terms: BTreeMap<ContractId, Terms>, mistake: Option<Mistake>) -> Self {
        Self { minute: 10 * 60, terms, bookings: Vec::new(), fields: BTreeMap::new(), log: Vec::new(), mistake }
    }

    fn errs(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// A night is over at 18:00 of its own day.
    fn today(&self) -> u32 {
        let day = u32::try_from(self.minute / 1_440).expect("June") + 1;
        if self.minute % 1_440 < 18 * 60 { day } else { day + 1 }
    }

    pub fn field(&self, key: FieldKey) -> Option<i32> {
        self.fields.get(&key).copied()
    }

    fn write(&mut self, change_set: Option<u8>, key: FieldKey, value: Option<i32>) {
        let before = self.field(key);
        let flag = matches!(key.3, Field::StopSell | Field::ClosedToArrival | Field::ClosedToDeparture);
        let after = value.filter(|value| !flag || *value == 1);
        if before == after {
            return;
        }
        match after {
            Some(value) => self.fields.insert(key, value),
            None => self.fields.remove(&key),
        };
        self.log.push(Change { change_set, key, before, after });
    }

    /// The live draws of a night, with their contract and state.
    fn draws(&self, room_type: RoomTypeId, day: u32) -> impl Iterator<Item = (ContractId, Pool, State)> + '_ {
        self.bookings.iter().flat_map(move |booking| {
            let over =
                self.errs(Mistake::HoldsEndByTheClock) && booking.state == State::Held && booking.ends <= self.minute;
            let live = move |room: &&Room| {
                room.room_type == room_type && (room.state == State::Sold || (room.state == State::Held && !over))
            };
            booking.rooms.iter().filter(live).flat_map(move |room| {
                let here = room.draws.iter().filter(move |(date, _)| *date == day);
                here.map(|(_, pool)| (booking.contract, *pool, room.state))
            })
        })
    }

    /// Live rooms by night, pool and state; a contract's rooms of the shared pool once more by contract.
    pub fn counts(&self) -> BTreeMap<(RoomTypeId, u32, Pool, Option<ContractId>, State), i32> {
        let mut counts = BTreeMap::new();
        for booking in &self.bookings {
            let over =
                self.errs(Mistake::HoldsEndByTheClock) && booking.state == State::Held && booking.ends <= self.minute;
            for room in
                booking.rooms.iter().filter(|room| room.state == State::Sold || (room.state == State::Held && !over))
            {
                for (day, pool) in &room.draws {
                    *counts.entry((room.room_type, *day, *pool, None, room.state)).or_default() += 1;
                    if *pool == SHARED {
                        *counts
                            .entry((room.room_type, *day, *pool, Some(booking.contract), room.state))
                            .or_default() += 1;
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
        let allotted = self.field((room_type, day, Level::Pool(pool), Field::Allotted)).unwrap_or(0);
        allotted - self.taken(room_type, day, pool)
    }

    fn stopped(&self, room_type: RoomTypeId, day: u32, level: Level) -> bool {
        self.field((room_type, day, level, Field::StopSell)).is_some()
    }

    /// `true` when the rules about the whole stay allow it, at one level or at two of which the second takes precedence.
    fn may_stay(&self, room: &Room, levels: &[Level]) -> bool {
        let at = |day, field| {
            let mut found = levels.iter().rev().filter_map(|level| self.field((room.room_type, day, *level, field)));
            if self.errs(Mistake::RoomNightsNumberWins) { found.next_back() } else { found.next() }
        };
        at(room.check_in, Field::ClosedToArrival).is_none()
            && at(room.check_out, Field::ClosedToDeparture).is_none()
            && at(room.check_in, Field::MinStayArrival)
                .is_none_or(|least| (room.check_out - room.check_in) as i32 >= least)
            && (room.check_in..room.check_out).all(|day| {
                at(day, Field::MaxStayThrough).is_none_or(|most| (room.check_out - room.check_in) as i32 <= most)
            })
    }

    /// The pool of the contract's next draw on the night.
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
        if let Some(limit) = self.field((kind, day, Level::Night, Field::SellLimit))
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

    /// Holds for a number of minutes, or books; `true` when accepted.
    pub fn reserve(&mut self, contract: ContractId, rooms: &[(RoomTypeId, u32, u32)], minutes: Option<i64>) -> bool {
        let before = self.clone();
        let state = if minutes.is_some() { State::Held } else { State::Sold };
        let ends = self.minute + minutes.unwrap_or(0);
        self.bookings.push(Booked { contract, state, placed: self.minute, ends, rooms: Vec::new() });
        let accepted = minutes.is_none_or(|minutes| minutes <= 60 && self.may_hold(contract, rooms.len()))
            && rooms.iter().all(|room| {
                let judged_on = if self.errs(Mistake::JudgesLinesAlone) { before.clone() } else { self.clone() };
                let room = judged_on.draw(contract, *room, state);
                self.bookings.last_mut().expect("the booking").rooms.extend(room.clone());
                room.is_some()
            });
        if !accepted {
            *self = before;
        }
        accepted
    }

    fn may_hold(&self, contract: ContractId, more: usize) -> bool {
        let of = self.bookings.iter().filter(|booking| booking.contract == contract);
        let held = of.flat_map(|booking| &booking.rooms).filter(|room| room.state == State::Held).count();
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

    fn is_over(&self, booking: usize) -> bool {
        self.bookings[booking].ends <= self.minute
    }

    fn move_rooms(&mut self, booking: usize, to: State, chosen: impl Fn(i32) -> bool) {
        for (room, line) in self.bookings[booking].rooms.iter_mut().zip(1..) {
            if matches!(room.state, State::Held | State::Sold) && chosen(line) {
                room.state = to;
            }
        }
    }

    pub fn extend(&mut self, booking: usize, minutes: i64) -> bool {
        let found = &self.bookings[booking];
        let stopped = found.rooms.iter().filter(|room| room.state == State::Held).any(|room| {
            room.draws.iter().any(|(day, pool)| {
                let stopped = |level| self.stopped(room.room_type, *day, level);
                stopped(Level::Night)
                    || stopped(Level::Pool(Pool::Contract(found.contract)))
                    || stopped(Level::Pool(*pool))
            })
        });
        let accepted = found.state == State::Held
            && !self.is_over(booking)
            && !stopped
            && found.ends + minutes <= found.placed + 60;
        if accepted {
            self.bookings[booking].ends += minutes;
        }
        accepted
    }

    pub fn confirm(&mut self, booking: usize) -> bool {
        match self.bookings[booking].state {
            State::Sold => true,
            State::Held if !self.is_over(booking) || self.errs(Mistake::ConfirmsExpiredHolds) => {
                self.move_rooms(booking, State::Sold, |_| true);
                self.bookings[booking].state = State::Sold;
                true
            }
            _ => false,
        }
    }

    pub fn cancel(&mut self, booking: usize, lines: Option<&[i32]>) -> bool {
        let today = self.today();
        let found = &self.bookings[booking];
        let chosen = |line: i32| lines.is_none_or(|lines| lines.contains(&line));
        let begun = |(room, line): (&Room, i32)| room.state == State::Sold && chosen(line) && room.check_in < today;
        match found.state {
            State::Cancelled => return true,
            State::Expired => return false,
            State::Held if self.is_over(booking) => return false,
            _ => {}
        }
        let known = number(found.rooms.len());
        if lines.into_iter().flatten().any(|line| *line > known) || found.rooms.iter().zip(1..).any(begun) {
            return false;
        }
        self.move_rooms(booking, State::Cancelled, chosen);
        if self.bookings[booking].rooms.iter().all(|room| room.state == State::Cancelled) {
            self.bookings[booking].state = State::Cancelled;
        }
        if self.errs(Mistake::Rebalances) {
            self.rebalance();
        }
        true
    }

    /// A deliberate mistake: a draw on the shared pool moves to own rooms that became free.
    fn rebalance(&mut self) {
        for day in 1..=13 {
            for kind in [DBL, SGL] {
                if self.left(kind, day, OF_BETA) <= 0 {
                    continue;
                }
                let of_beta = self.bookings.iter_mut().filter(|booking| booking.contract == BETA);
                let live = |room: &&mut Room| room.room_type == kind && matches!(room.state, State::Held | State::Sold);
                let mut draws =
                    of_beta.flat_map(|booking| &mut booking.rooms).filter(live).flat_map(|room| &mut room.draws);
                if let Some(draw) = draws.find(|draw| **draw == (day, SHARED)) {
                    draw.1 = OF_BETA;
                }
            }
        }
    }

    pub fn expire(&mut self, booking: usize) {
        if self.bookings[booking].state == State::Held && self.is_over(booking) {
            self.move_rooms(booking, State::Expired, |_| true);
            self.bookings[booking].state = State::Expired;
        }
    }

    fn below_sold(&self, room_type: RoomTypeId, day: u32, pool: Pool, after: Option<i32>) -> bool {
        let before = self.field((room_type, day, Level::Pool(pool), Field::Allotted));
        let lowers = before.is_some_and(|before| after.is_none_or(|after| after < before));
        lowers && after.unwrap_or(0) < self.taken(room_type, day, pool)
    }

    pub fn set(&mut self, change_set: Option<u8>, set: &Setting) -> bool {
        if set.from < self.today() {
            return false;
        }
        let before = self.clone();
        for day in set.from..=set.through {
            let key = (set.room_type, day, Level::Pool(set.pool), Field::Allotted);
            let stored = self.field(key);
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
                    self.write(change_set, key, after);
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

    pub fn rule(&mut self, change_set: Option<u8>, from: u32, through: u32, key: FieldKey, value: Option<i32>) -> bool {
        if from < self.today() {
            return false;
        }
        for day in from..=through {
            self.write(change_set, (key.0, day, key.2, key.3), value);
        }
        true
    }

    /// `true` when a rule has this value on all of these nights for draws on the shared pool.
    pub fn stands(&self, room_type: RoomTypeId, days: (u32, u32), field: Field, value: Option<i32>) -> bool {
        let found = |day| {
            let at = |level| self.field((room_type, day, level, field));
            let pool = at(Level::Pool(SHARED)).or(at(Level::Night));
            if field.is_flag() { pool.or(Some(0)) } else { pool }
        };
        self.errs(Mistake::IgnoresExpectations) || (days.0..=days.1).all(|day| found(day) == value)
    }

    /// Undoes a change set, as part of another one.
    pub fn undo(&mut self, change_set: u8, of: Option<u8>) -> bool {
        if of == Some(change_set) {
            return false;
        }
        let own: Vec<_> = self.log.iter().filter(|change| change.change_set == Some(change_set)).copied().collect();
        let fields: BTreeSet<FieldKey> = own.iter().map(|change| change.key).collect();
        let mut restored = Vec::new();
        for key in fields {
            let changes: Vec<_> = own.iter().filter(|change| change.key == key).collect();
            let unbroken = changes.windows(2).all(|pair| pair[0].after == pair[1].before);
            let (first, last) = (changes[0].before, changes[changes.len() - 1].after);
            let (room_type, day, level, field) = key;
            let below = matches!((level, field), (Level::Pool(pool), Field::Allotted)
                if self.below_sold(room_type, day, pool, first));
            let moved = !unbroken || self.field(key) != last;
            if (moved && !self.errs(Mistake::UndoesOthersChanges)) || below || day < self.today() {
                return false;
            }
            restored.push((key, first));
        }
        for (key, value) in &restored {
            self.write(of.filter(|_| !self.errs(Mistake::ForgetsUndos)), *key, *value);
        }
        !restored.is_empty()
    }
}

fn number(count: usize) -> i32 {
    i32::try_from(count).expect("few rooms")
}
