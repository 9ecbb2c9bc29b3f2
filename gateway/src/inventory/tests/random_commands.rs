//! Random commands at one small hotel. They collide often: few nights, few rooms, three contracts.

use lodgate_entities::ids::{ContractId, RoomTypeId};
use proptest::prelude::*;

use super::fixture::*;
use super::model::Setting;
use crate::inventory::command::CountOp;
use crate::inventory::{Field, Level, Pool, PoolAccess};

pub const DELTA: ContractId = ContractId(13);
pub const CONTRACTS: [ContractId; 3] = [BETA, GAMMA, DELTA];
pub const ROOM_TYPES: [RoomTypeId; 2] = [DBL, SGL];
pub const LEVELS: [Level; 5] = [
    Level::Night,
    Level::Pool(SHARED),
    Level::Pool(OF_BETA),
    Level::Pool(OF_GAMMA),
    Level::Pool(Pool::Contract(DELTA)),
];
pub const RULES: [Field; 6] = [
    Field::StopSell,
    Field::SellLimit,
    Field::ClosedToArrival,
    Field::ClosedToDeparture,
    Field::MinStayArrival,
    Field::MaxStayThrough,
];
/// Commands begin on one of ten nights and reach this far.
pub const LAST_DAY: u32 = 13;

/// One command, in numbers that shrink well. A booking is named by its position from the latest one.
#[derive(Clone, Debug)]
pub enum Step {
    Set(Option<u8>, Setting),
    Rule {
        change_set: Option<u8>,
        room_type: RoomTypeId,
        days: (u32, u32),
        field: Field,
        at: Vec<(Level, Option<i32>)>,
        /// The value that the supplier expects.
        expected: Option<Option<i32>>,
    },
    /// Takes a change_set back, as a change set of its own or not.
    Undo(u8, Option<u8>),
    Book {
        contract: ContractId,
        rooms: Vec<(RoomTypeId, u32, u32)>,
        minutes: Option<i32>,
    },
    Extend(usize, i32),
    Confirm(usize),
    Cancel(usize, Option<Vec<i32>>),
    Sweep,
    Terms {
        contract: ContractId,
        access: PoolAccess,
        active: bool,
    },
    Wait(i64),
}

fn a_room_type() -> impl Strategy<Value = RoomTypeId> {
    prop_oneof![4 => Just(DBL), 1 => Just(SGL)]
}

/// Mostly the same few nights, so that commands meet.
fn a_day() -> impl Strategy<Value = u32> {
    prop_oneof![5 => 2_u32..5, 1 => 1_u32..=10]
}

fn days(longest: u32) -> impl Strategy<Value = (u32, u32)> {
    (a_day(), 0..longest).prop_map(|(from, more)| (from, from + more))
}

fn a_change_set() -> impl Strategy<Value = Option<u8>> {
    proptest::option::of(0_u8..6)
}

fn setting() -> impl Strategy<Value = Setting> {
    let op = prop_oneof![
        4 => (0..5).prop_map(CountOp::Allotted),
        2 => (0..4).prop_map(CountOp::LeftToSell),
        2 => (-3..4).prop_map(CountOp::AdjustBy),
        1 => Just(CountOp::NotLoaded),
    ];
    let pool = prop_oneof![2 => Just(SHARED), 3 => proptest::sample::select(&CONTRACTS[..]).prop_map(Pool::Contract)];
    let flags = (proptest::bool::weighted(0.3), proptest::bool::weighted(0.3));
    (a_room_type(), pool, days(4), op, proptest::option::weighted(0.3, proptest::option::weighted(0.8, 0..5)), flags)
        .prop_map(|(room_type, pool, (from, through), op, expected, (overcommit, skip))| Setting {
            room_type,
            pool,
            from,
            through,
            op,
            expected,
            overcommit,
            skip,
        })
}

fn a_rule() -> impl Strategy<Value = Step> {
    let field = prop_oneof![
        1 => Just(Field::StopSell),
        1 => Just(Field::MinStayArrival),
        3 => proptest::sample::select(&RULES[..]),
    ];
    let what = field.prop_flat_map(|field| {
        let value = match field {
            Field::SellLimit => 0..=4,
            Field::MinStayArrival | Field::MaxStayThrough => 1..=3,
            _ => 1..=1,
        };
        // At one level, or at the night and a contract at once: there one number wins over the other.
        let levels = if field == Field::SellLimit { &LEVELS[..1] } else { &LEVELS[..] };
        let level = prop_oneof![1 => Just(Level::Night), 2 => proptest::sample::select(levels)];
        let value = proptest::option::weighted(0.5, value);
        let above = proptest::option::weighted(0.4, value.clone());
        // A flag is on or off and never unset.
        let expected_value = value.clone().prop_map(move |value| value.or(field.is_flag().then_some(0)));
        (Just(field), level, value, above, proptest::option::weighted(0.3, expected_value))
    });
    (a_change_set(), a_room_type(), days(2), what).prop_map(
        |(change_set, room_type, days, (field, level, value, above, expected))| {
            let above = above.filter(|_| level != Level::Night).map(|value| (Level::Night, value));
            let at = std::iter::once((level, value)).chain(above).collect();
            Step::Rule { change_set, room_type, days, field, at, expected }
        },
    )
}

fn a_booking() -> impl Strategy<Value = Step> {
    let room = (a_room_type(), days(3)).prop_map(|(room_type, (from, last))| (room_type, from, last + 1)).boxed();
    let rooms =
        prop_oneof![2 => proptest::collection::vec(room.clone(), 1..2), 1 => proptest::collection::vec(room, 2..4)];
    let minutes = proptest::option::weighted(0.6, prop_oneof![9 => 1..60, 1 => 60..64]);
    (prop_oneof![1 => Just(BETA), 2 => proptest::sample::select(&CONTRACTS[..])], rooms, minutes)
        .prop_map(|(contract, rooms, minutes)| Step::Book { contract, rooms, minutes })
}

fn a_step() -> impl Strategy<Value = Step> {
    let access = prop_oneof![Just(PoolAccess::None), (0..4).prop_map(PoolAccess::Capped), Just(PoolAccess::Full)];
    prop_oneof![
        6 => (a_change_set(), setting()).prop_map(|(change_set, setting)| Step::Set(change_set, setting)),
        7 => a_rule(),
        2 => (0_u8..6, a_change_set()).prop_map(|(change_set, of)| Step::Undo(change_set, of)),
        14 => a_booking(),
        2 => (0_usize..6, 1..40).prop_map(|(which, minutes)| Step::Extend(which, minutes)),
        4 => (0_usize..6).prop_map(Step::Confirm),
        5 => (0_usize..6, proptest::option::of(proptest::collection::vec(1..4, 0..3)))
            .prop_map(|(which, lines)| Step::Cancel(which, lines)),
        3 => Just(Step::Sweep),
        1 => (proptest::sample::select(&CONTRACTS[..]), access, proptest::bool::weighted(0.8))
            .prop_map(|(contract, access, active)| Step::Terms { contract, access, active }),
        3 => prop_oneof![3 => 1_i64..30, 2 => 200_i64..1_500].prop_map(Step::Wait),
    ]
}

pub fn a_story() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(a_step(), 30..80)
}
