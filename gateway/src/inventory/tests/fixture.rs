//! A small hotel in Lisbon. Nights are days of June 2027; it is the morning of the 1st unless a test moves on.

use std::collections::{BTreeMap, HashMap};
use std::ops::{Range, RangeInclusive};

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use lodgate_entities::ids::{ContractId, PropertyId, RoomTypeId, TenantId};
use uuid::Uuid;

use crate::inventory::command::{
    BookingKind, BookingRequest, CountChange, CountOp, LineRequest, RestrictionChange, SetCounts, Structure,
};
use crate::inventory::{
    Action, Actor, Code, Command, Contract, ContractStatus, DateRange, Decision, Event, EventDraft, Field, Level,
    Limits, Night, NightKey, Pool, PoolAccess, Property, Refusal, RoomType, Rule, Status, Stay, Stock, Weekdays,
    decide, event,
};

pub const DBL: RoomTypeId = RoomTypeId(1);
pub const SGL: RoomTypeId = RoomTypeId(2);
/// The contract of the first partner.
pub const BETA: ContractId = ContractId(11);
/// The contract of the second partner.
pub const GAMMA: ContractId = ContractId(12);
pub const SHARED: Pool = Pool::Shared;
pub const OF_BETA: Pool = Pool::Contract(BETA);
pub const OF_GAMMA: Pool = Pool::Contract(GAMMA);

pub fn night(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 6, day).expect("a day of June")
}

pub fn nights(days: RangeInclusive<u32>) -> DateRange {
    DateRange::new(night(*days.start()), night(*days.end()))
}

pub fn stay(days: Range<u32>) -> Stay {
    Stay { check_in: night(days.start), check_out: night(days.end) }
}

/// 10:00 at the hotel on the 1st: the business date is the 1st until 18:00.
pub fn morning() -> DateTime<Utc> {
    "2027-06-01T09:00:00Z".parse().expect("an instant")
}

pub fn partner_of(contract: ContractId) -> TenantId {
    TenantId(contract.0 + 100)
}

pub fn room_type(id: RoomTypeId, code: &str) -> RoomType {
    RoomType {
        id,
        code: code.to_owned(),
        name: format!("Room {code}"),
        max_occupancy: 3,
        max_adults: 2,
        max_children: 2,
        physical_rooms: 20,
        low_at: 2,
    }
}

pub fn contract(id: ContractId, access: PoolAccess) -> Contract {
    Contract {
        id,
        partner: partner_of(id),
        code: format!("C{id}"),
        first_stay_date: night(1),
        last_stay_date: NaiveDate::from_ymd_opt(2030, 12, 31).expect("a date"),
        room_types: None,
        status: ContractStatus::Active,
        pool_access: access,
        longest_hold_minutes: None,
        max_held_rooms: None,
        left_to_sell_shown_up_to: None,
    }
}

/// One line for two adults.
pub fn line(room_type: RoomTypeId, days: Range<u32>) -> LineRequest {
    LineRequest { room_type, stay: stay(days), adults: 2, child_ages: Vec::new() }
}

pub fn count(room_type: RoomTypeId, pool: Pool, days: RangeInclusive<u32>, op: CountOp) -> CountChange {
    CountChange { room_type, pool, range: nights(days), op, expected_allotted: None }
}

pub fn counts(changes: Vec<CountChange>) -> SetCounts {
    SetCounts { changes, allow_overcommit: false, skip_conflicts: false, relative: false }
}

pub fn on_weekdays(mut change: CountChange, days: impl IntoIterator<Item = Weekday>) -> CountChange {
    change.range.days = Weekdays::of(days);
    change
}

/// The blocking rules, each with its day of the month (0: none).
pub fn blocks<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> Vec<(Rule, u32)> {
    let refusal = outcome.expect_err("a refusal");
    let day = |date: Option<NaiveDate>| date.map_or(0, |date| date.day());
    refusal.0.iter().map(|problem| (problem.rule.expect("a rule"), day(problem.date))).collect()
}

/// The kinds of refusal, and the day each is about (0: none).
pub fn codes<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> Vec<(Code, u32)> {
    let refusal = outcome.expect_err("a refusal");
    refusal.0.iter().map(|problem| (problem.code, problem.date.map_or(0, |date| date.day()))).collect()
}

/// The numbers of the rules that blocked.
pub fn values<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> Vec<Option<i32>> {
    outcome.expect_err("a refusal").0.iter().map(|problem| problem.value).collect()
}

/// A hotel with its journal, driven as the writer drives it but for storage.
pub struct Hotel {
    pub stock: Stock,
    pub now: DateTime<Utc>,
    pub journal: Vec<Event>,
    /// The nights replayed from the journal.
    pub replayed: HashMap<NightKey, Night>,
    serial: u128,
}

impl Hotel {
    /// Two room types, nothing on sale, no contract.
    pub fn new() -> Self {
        let property = Property {
            id: PropertyId(1),
            supplier: TenantId(1),
            code: "SEAVIEW".to_owned(),
            name: "Seaview".to_owned(),
            place: "Lisbon".to_owned(),
            country: Some("PT".to_owned()),
            time_zone: Tz::Europe__Lisbon,
            same_day_cut_off: 1_080,
            weekend_days: Weekdays::of([Weekday::Fri, Weekday::Sat]),
        };
        let stock = Stock {
            property,
            room_types: BTreeMap::from([(DBL, room_type(DBL, "DBL")), (SGL, room_type(SGL, "SGL"))]),
            contracts: BTreeMap::new(),
            nights: HashMap::new(),
            reservations: HashMap::new(),
            references: HashMap::new(),
            change_sets: HashMap::new(),
            held_rooms: HashMap::new(),
            limits: Limits::default(),
        };
        Self { stock, now: morning(), journal: Vec::new(), replayed: HashMap::new(), serial: 0 }
    }

    /// Opened to [`BETA`], which draws on the whole shared pool.
    pub fn open() -> Self {
        Self::new().opened_to(BETA, PoolAccess::Full)
    }

    pub fn opened_to(mut self, id: ContractId, access: PoolAccess) -> Self {
        self.stock.contracts.insert(id, contract(id, access));
        self
    }

    /// Changes a contract without an event, to set up a test.
    pub fn with_contract(mut self, id: ContractId, change: impl FnOnce(&mut Contract)) -> Self {
        change(self.stock.contracts.get_mut(&id).expect("the contract"));
        self
    }

    pub fn on_sale(mut self, room_type: RoomTypeId, pool: Pool, days: RangeInclusive<u32>, rooms: i32) -> Self {
        self.set(count(room_type, pool, days, CountOp::Allotted(rooms))).expect("rooms on sale");
        self
    }

    pub fn with_rule(mut self, level: Level, days: RangeInclusive<u32>, field: Field, value: i32) -> Self {
        self.rule(level, days, field, Some(value)).expect("a rule");
        self
    }

    /// Sets one rule of the doubles.
    pub fn rule(
        &mut self,
        level: Level,
        days: RangeInclusive<u32>,
        field: Field,
        value: Option<i32>,
    ) -> Result<Decision, Refusal> {
        let change = RestrictionChange {
            room_type: DBL,
            level,
            range: nights(days),
            set: vec![(field, value)],
            expected: vec![],
        };
        self.run(Action::SetRestrictions(vec![change]))
    }

    pub fn set(&mut self, change: CountChange) -> Result<Decision, Refusal> {
        self.run(Action::SetCounts(counts(vec![change])))
    }

    pub fn run(&mut self, action: Action) -> Result<Decision, Refusal> {
        self.run_in(None, action)
    }

    /// Decides and applies, as part of a change set of the supplier.
    pub fn run_in(&mut self, change_set: Option<Uuid>, action: Action) -> Result<Decision, Refusal> {
        let actor = Actor { tenant: TenantId(1), label: "reception".to_owned() };
        let command = Command { actor, reason: None, reference: None, change_set, action };
        let decision = decide(&self.stock, &command, self.now)?;
        self.stock.apply(&decision);
        if let Some(draft) = &decision.event {
            self.record(draft, &command);
            match decision.structure.clone() {
                Some(Structure::Property(property)) => self.stock.property = property,
                Some(Structure::RoomType(after)) => drop(self.stock.room_types.insert(after.id, after)),
                Some(Structure::Contract(after)) => drop(self.stock.contracts.insert(after.id, after)),
                None => {}
            }
        }
        Ok(decision)
    }

    fn record(&mut self, draft: &EventDraft, command: &Command) {
        let seq = i64::try_from(self.journal.len()).expect("a short journal") + 1;
        let recorded = Event {
            property: self.stock.property.id,
            seq,
            tag: seq * 7,
            at: self.now,
            actor_tenant: command.actor.tenant,
            actor: command.actor.label.clone(),
            cause: draft.cause,
            reason: None,
            reference: None,
            change_set: command.change_set,
            reservation: draft.reservation,
            cells: draft.cells.clone(),
            structure: draft.structure.clone(),
        };
        event::apply(&mut self.replayed, &recorded.cells);
        if let Some(set) = command.change_set {
            self.stock.change_sets.entry(set).or_default().push(recorded.clone());
        }
        self.journal.push(recorded);
    }

    /// A new booking request, for a test to change before it runs.
    pub fn request(&mut self, contract: ContractId, kind: BookingKind, lines: Vec<LineRequest>) -> BookingRequest {
        self.serial += 1;
        BookingRequest {
            id: Uuid::from_u128(self.serial),
            locator: format!("L{}", self.serial),
            partner: partner_of(contract),
            contract: Some(contract),
            reference: format!("R{}", self.serial),
            guest_name: None,
            lines,
            kind,
        }
    }

    pub fn reserve(
        &mut self,
        contract: ContractId,
        kind: BookingKind,
        lines: Vec<LineRequest>,
    ) -> Result<Uuid, Refusal> {
        let booking = self.request(contract, kind, lines);
        let id = booking.id;
        self.run(Action::Book(booking)).map(|_| id)
    }

    /// Holds one double under [`BETA`] for the usual time.
    pub fn hold(&mut self, days: Range<u32>) -> Result<Uuid, Refusal> {
        self.reserve(BETA, BookingKind::Hold(None), vec![line(DBL, days)])
    }

    /// Books one double.
    pub fn book(&mut self, contract: ContractId, days: Range<u32>) -> Result<Uuid, Refusal> {
        self.reserve(contract, BookingKind::Book, vec![line(DBL, days)])
    }

    pub fn confirm(&mut self, reservation: Uuid) -> Result<Decision, Refusal> {
        self.run(Action::Confirm { reservation })
    }

    pub fn extend(&mut self, reservation: Uuid, minutes: i32) -> Result<Decision, Refusal> {
        self.run(Action::ExtendHold { reservation, by_minutes: Some(minutes) })
    }

    pub fn cancel(&mut self, reservation: Uuid) -> Result<Decision, Refusal> {
        self.run(Action::Cancel { reservation, lines: None })
    }

    pub fn cancel_lines(&mut self, reservation: Uuid, lines: &[i32]) -> Result<Decision, Refusal> {
        self.run(Action::Cancel { reservation, lines: Some(lines.to_vec()) })
    }

    pub fn expire(&mut self, reservation: Uuid) -> Result<Decision, Refusal> {
        self.run(Action::Expire { reservation })
    }

    pub fn wait(&mut self, minutes: i64) {
        self.now += Duration::minutes(minutes);
    }

    pub fn status(&self, reservation: Uuid) -> Status {
        self.stock.reservations[&reservation].status
    }

    /// Allotted, held and sold doubles of a pool.
    pub fn doubles(&self, pool: Pool, day: u32) -> (Option<i32>, i32, i32) {
        let cell = self.stock.night((DBL, night(day))).pool(pool);
        (cell.allotted, cell.held, cell.sold)
    }

    pub fn allotted(&self, pool: Pool, day: u32) -> Option<i32> {
        self.doubles(pool, day).0
    }

    pub fn stopped(&self, level: Level, day: u32) -> bool {
        self.stock.night((DBL, night(day))).restrictions(level).stop_sell
    }

    /// The sums of the live draws.
    pub fn draws(&self) -> HashMap<NightKey, Night> {
        let mut sums: HashMap<NightKey, Night> = HashMap::new();
        for reservation in self.stock.reservations.values() {
            for line in reservation.lines.iter().filter(|line| line.status.is_live()) {
                for draw in &line.draws {
                    let night = sums.entry((line.room_type, draw.date)).or_default();
                    let held = line.status == Status::Held;
                    let cell = night.pool_mut(draw.pool);
                    *if held { &mut cell.held } else { &mut cell.sold } += 1;
                    if draw.pool == SHARED {
                        let own = night.pool_mut(Pool::Contract(reservation.contract));
                        *if held { &mut own.pool_held } else { &mut own.pool_sold } += 1;
                    }
                }
            }
        }
        sums
    }
}
