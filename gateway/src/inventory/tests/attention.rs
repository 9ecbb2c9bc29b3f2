//! Nights that need attention.

use chrono::{Days, NaiveDate};
use lodgate_entities::ids::{ContractId, RoomTypeId};

use crate::inventory::attention::{Attention, Run, attention, most_urgent, runs};
use crate::inventory::{Allotment, Night, Pool, RoomNight};

const LOW_AT: i32 = 2;
const DOUBLE: RoomTypeId = RoomTypeId(7);

fn shared(allotted: Option<i32>, sold: i32) -> Night {
    Night { shared: Allotment { allotted, sold, ..Allotment::default() }, ..Night::default() }
}

fn stopped(mut night: Night) -> Night {
    night.room.restrictions.stop_sell = true;
    night
}

fn kind(night: &Night) -> Option<Attention> {
    attention(night, Pool::Shared, LOW_AT)
}

fn first() -> NaiveDate {
    "2026-12-24".parse().unwrap()
}

fn found(nights: &[Night]) -> Vec<Run> {
    let dated = nights.iter().enumerate().map(|(ahead, night)| (first() + Days::new(ahead as u64), night));
    runs(DOUBLE, LOW_AT, &dated)
}

#[test]
fn a_night_has_the_most_pressing_reason() {
    assert_eq!(kind(&shared(Some(10), 12)), Some(Attention::Overcommitted));
    assert_eq!(kind(&stopped(shared(Some(10), 12))), Some(Attention::Overcommitted), "stopping does not house guests");
    assert_eq!(kind(&stopped(shared(Some(10), 10))), Some(Attention::StopSell));
    assert_eq!(kind(&shared(Some(10), 10)), Some(Attention::SoldOut));
    assert_eq!(kind(&shared(Some(10), 8)), Some(Attention::Low));
    assert_eq!(kind(&shared(Some(10), 7)), None);
}

#[test]
fn a_night_that_was_never_on_sale_is_neither_sold_out_nor_low() {
    assert_eq!(kind(&shared(None, 0)), None, "not loaded");
    assert_eq!(kind(&shared(Some(0), 0)), None, "closed by its count");
    assert_eq!(kind(&shared(Some(2), 0)), None, "few, and none taken");
    assert_eq!(kind(&stopped(shared(None, 0))), Some(Attention::StopSell));
    assert_eq!(kind(&shared(None, 1)), Some(Attention::Overcommitted), "sold, and the allotment was cleared");
}

#[test]
fn the_limit_of_the_room_night_counts() {
    let limited = |limit, sold| Night {
        room: RoomNight { sell_limit: Some(limit), ..RoomNight::default() },
        ..shared(Some(10), sold)
    };
    assert_eq!(kind(&limited(6, 6)), Some(Attention::SoldOut));
    assert_eq!(kind(&limited(6, 5)), Some(Attention::Low));
    assert_eq!(kind(&limited(6, 7)), Some(Attention::Overcommitted));
}

#[test]
fn a_contract_is_listed_only_when_it_is_overcommitted() {
    let with = |sold| Night {
        contracts: vec![(ContractId(3), Allotment { allotted: Some(4), sold, ..Allotment::default() })],
        ..shared(Some(10), 0)
    };
    assert_eq!(found(&[with(4)]), []);
    let over = found(&[with(5), with(6)]);
    assert_eq!(over.len(), 1);
    assert_eq!(
        (over[0].pool, over[0].kind, over[0].over),
        (Pool::Contract(ContractId(3)), Attention::Overcommitted, 2)
    );
}

#[test]
fn consecutive_nights_of_one_reason_are_one_run() {
    let nights = [
        shared(Some(10), 9),
        shared(Some(10), 8),
        shared(Some(10), 10),
        shared(Some(10), 3),
        shared(Some(10), 9),
        stopped(shared(Some(10), 9)),
    ];
    let summary: Vec<_> =
        found(&nights).iter().map(|run| (run.kind, run.from.to_string(), run.nights(), run.least_left)).collect();
    assert_eq!(
        summary,
        [
            (Attention::Low, "2026-12-24".to_owned(), 2, 1),
            (Attention::SoldOut, "2026-12-26".to_owned(), 1, 0),
            (Attention::Low, "2026-12-28".to_owned(), 1, 1),
            (Attention::StopSell, "2026-12-29".to_owned(), 1, 1),
        ]
    );
}

#[test]
fn the_most_urgent_come_first_and_no_more_than_asked_for() {
    let nights = [stopped(shared(Some(10), 9)), shared(Some(10), 8), shared(Some(10), 10), shared(Some(10), 11)];
    let all = most_urgent(found(&nights), 10);
    let kinds: Vec<_> = all.iter().map(|run| run.kind).collect();
    assert_eq!(kinds, [Attention::Overcommitted, Attention::SoldOut, Attention::Low, Attention::StopSell]);
    assert_eq!(most_urgent(all, 2).len(), 2);
}
