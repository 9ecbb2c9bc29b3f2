//! Counts and restrictions that a supplier sets.

use chrono::Weekday;

use super::fixture::*;
use crate::inventory::command::{CountChange, CountOp, RestrictionChange, SetCounts};
use crate::inventory::{Action, Cause, Code, Decision, Field, Level, Pool, Refusal, Rule};

/// Five doubles on sale in the shared pool on the 10th to the 12th, two of them sold on the 11th.
fn hotel() -> Hotel {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=12, 5);
    hotel.book(BETA, 11..12).unwrap();
    hotel.book(BETA, 11..12).unwrap();
    hotel
}

fn doubles(op: CountOp) -> CountChange {
    count(DBL, SHARED, 10..=12, op)
}

fn allotted(hotel: &Hotel) -> [Option<i32>; 3] {
    [10, 11, 12].map(|day| hotel.allotted(SHARED, day))
}

fn set_allowing(
    hotel: &mut Hotel,
    allow: impl FnOnce(&mut SetCounts),
    change: CountChange,
) -> Result<Decision, Refusal> {
    let mut set = counts(vec![change]);
    allow(&mut set);
    hotel.run(Action::SetCounts(set))
}

#[test]
fn rooms_on_sale_include_what_is_sold() {
    let mut hotel = hotel();
    hotel.set(doubles(CountOp::Allotted(4))).unwrap();
    assert_eq!(allotted(&hotel), [Some(4), Some(4), Some(4)]);
}

#[test]
fn left_to_sell_comes_on_top_of_what_is_held_and_sold() {
    let mut hotel = hotel();
    hotel.hold(10..11).unwrap();
    hotel.set(doubles(CountOp::LeftToSell(4))).unwrap();
    assert_eq!(allotted(&hotel), [Some(5), Some(6), Some(4)]);
}

#[test]
fn rooms_on_sale_are_adjusted_up_and_down() {
    let mut hotel = hotel();
    hotel.set(doubles(CountOp::AdjustBy(3))).unwrap();
    hotel.set(doubles(CountOp::AdjustBy(-4))).unwrap();
    assert_eq!(allotted(&hotel), [Some(4), Some(4), Some(4)]);
}

#[test]
fn what_is_not_loaded_cannot_be_adjusted() {
    let mut hotel = hotel();
    assert_eq!(
        blocks(hotel.set(count(DBL, SHARED, 12..=14, CountOp::AdjustBy(1)))),
        [(Rule::NotLoaded, 13), (Rule::NotLoaded, 14)]
    );
}

#[test]
fn nights_are_taken_off_sale_altogether() {
    let mut hotel = Hotel::open().on_sale(DBL, SHARED, 10..=12, 5);
    hotel.set(doubles(CountOp::NotLoaded)).unwrap();
    assert_eq!(allotted(&hotel), [None, None, None]);
}

#[test]
fn a_range_keeps_to_its_weekdays() {
    // The 12th of June 2027 is a Saturday.
    let mut hotel = hotel();
    hotel.set(on_weekdays(doubles(CountOp::Allotted(9)), [Weekday::Fri, Weekday::Sun])).unwrap();
    assert_eq!(allotted(&hotel), [Some(5), Some(9), Some(5)]);
}

#[test]
fn the_journal_distinguishes_setting_from_adjusting() {
    let mut hotel = hotel();
    let causes = [false, true].map(|relative| {
        let change = doubles(CountOp::AdjustBy(1));
        set_allowing(&mut hotel, |set| set.relative = relative, change).unwrap().event.unwrap().cause
    });
    assert_eq!(causes, [Cause::SetAllotments, Cause::AdjustAllotments]);
}

#[test]
fn overlapping_ranges_of_one_pool_are_refused() {
    let mut hotel = hotel();
    let second = |pool, from: u32| {
        let changes = vec![doubles(CountOp::Allotted(6)), count(DBL, pool, from..=20, CountOp::Allotted(7))];
        Action::SetCounts(counts(changes))
    };
    assert_eq!(codes(hotel.run(second(SHARED, 12))), [(Code::Invalid, 12)]);
    assert_eq!(allotted(&hotel), [Some(5), Some(5), Some(5)]);
    hotel.run(second(SHARED, 13)).unwrap();
    hotel.run(second(OF_BETA, 12)).unwrap();
}

#[test]
fn ranges_that_share_no_weekday_do_not_overlap() {
    let mut hotel = hotel();
    let changes = vec![
        on_weekdays(doubles(CountOp::Allotted(6)), [Weekday::Fri]),
        on_weekdays(doubles(CountOp::Allotted(7)), [Weekday::Sat]),
    ];
    hotel.run(Action::SetCounts(counts(changes))).unwrap();
    assert_eq!(allotted(&hotel), [Some(5), Some(6), Some(7)]);
}

#[test]
fn fewer_rooms_than_are_sold_are_refused_night_by_night() {
    let mut hotel = hotel();
    let refused = hotel.set(doubles(CountOp::Allotted(1))).unwrap_err();
    assert_eq!(values(Err::<(), _>(refused.clone())), [Some(2)]);
    assert_eq!(refused.0[0].current, Some(5));
    assert_eq!(codes(Err::<(), _>(refused)), [(Code::BelowSold, 11)]);
    assert_eq!(codes(hotel.set(doubles(CountOp::NotLoaded))), [(Code::BelowSold, 11)]);
    assert_eq!(allotted(&hotel), [Some(5), Some(5), Some(5)]);
}

#[test]
fn exactly_what_is_sold_is_not_below_it() {
    hotel().set(doubles(CountOp::Allotted(2))).unwrap();
}

#[test]
fn a_supplier_that_says_so_may_overcommit() {
    let mut hotel = hotel();
    set_allowing(&mut hotel, |set| set.allow_overcommit = true, doubles(CountOp::Allotted(1))).unwrap();
    let cell = hotel.stock.night((DBL, night(11))).shared;
    assert_eq!((cell.left_to_sell(), cell.overcommitted_by(), cell.sold), (0, 1, 2));
}

#[test]
fn an_overcommitted_night_is_raised_without_saying_so_again() {
    let mut hotel = hotel();
    set_allowing(&mut hotel, |set| set.allow_overcommit = true, doubles(CountOp::Allotted(0))).unwrap();
    hotel.set(doubles(CountOp::Allotted(1))).unwrap();
    assert_eq!(codes(hotel.set(doubles(CountOp::Allotted(0)))), [(Code::BelowSold, 11)]);
}

#[test]
fn guaranteed_rooms_are_never_taken_back() {
    let mut hotel = Hotel::open().on_sale(DBL, OF_BETA, 10..=10, 5);
    hotel.stock.nights.get_mut(&(DBL, night(10))).unwrap().pool_mut(OF_BETA).guaranteed = 3;
    let lower = |rooms| count(DBL, OF_BETA, 10..=10, CountOp::Allotted(rooms));
    hotel.set(lower(3)).unwrap();
    let refused = set_allowing(&mut hotel, |set| set.allow_overcommit = true, lower(2));
    assert_eq!(values(refused.clone()), [Some(3)]);
    assert_eq!(codes(refused), [(Code::BelowGuaranteed, 10)]);
}

#[test]
fn a_stale_expectation_is_refused_with_what_is_stored_now() {
    let mut hotel = hotel();
    let change = CountChange { expected_allotted: Some(Some(4)), ..doubles(CountOp::Allotted(6)) };
    let refused = hotel.set(change).unwrap_err();
    assert!(refused.0.iter().all(|problem| problem.code == Code::Conflict && problem.current == Some(5)));
    assert_eq!(refused.0.len(), 3);
}

#[test]
fn a_night_believed_not_loaded_is_not_overwritten() {
    let mut hotel = hotel();
    let change = CountChange { expected_allotted: Some(None), ..doubles(CountOp::Allotted(6)) };
    let refused = hotel.set(change.clone()).unwrap_err();
    assert!(refused.0.iter().all(|problem| problem.code == Code::Conflict && problem.current == Some(5)));
    set_allowing(&mut hotel, |set| set.allow_overcommit = true, doubles(CountOp::NotLoaded)).unwrap();
    hotel.set(change).unwrap();
    assert_eq!(allotted(&hotel), [Some(6), Some(6), Some(6)]);
}

#[test]
fn a_sale_in_between_is_no_conflict() {
    let mut hotel = hotel();
    let change = CountChange { expected_allotted: Some(Some(5)), ..doubles(CountOp::Allotted(6)) };
    hotel.book(BETA, 10..13).unwrap();
    hotel.set(change).unwrap();
    assert_eq!(allotted(&hotel), [Some(6), Some(6), Some(6)]);
}

#[test]
fn skipping_conflicts_writes_the_rest_and_says_what_was_left_out() {
    let mut hotel = hotel();
    hotel.set(count(DBL, SHARED, 10..=10, CountOp::Allotted(8))).unwrap();
    let change = CountChange { expected_allotted: Some(Some(5)), ..doubles(CountOp::Allotted(1)) };
    let decision = set_allowing(&mut hotel, |set| set.skip_conflicts = true, change).unwrap();
    assert_eq!(allotted(&hotel), [Some(8), Some(5), Some(1)]);
    let skipped: Vec<_> = decision.skipped.iter().map(|problem| (problem.code, problem.current)).collect();
    assert_eq!(skipped, [(Code::Conflict, Some(8)), (Code::BelowSold, Some(5))]);
}

#[test]
fn a_patch_that_changes_nothing_makes_no_event_and_says_so() {
    let mut hotel = hotel();
    let decision = hotel.set(doubles(CountOp::Allotted(5))).unwrap();
    assert_eq!((decision.event, decision.nights, decision.unchanged), (None, vec![], 3));
    let decision = hotel.rule(Level::Pool(OF_BETA), 10..=12, Field::StopSell, Some(0)).unwrap();
    assert_eq!((decision.event, decision.unchanged), (None, 3));
}

#[test]
fn only_the_nights_that_differ_are_in_the_event() {
    let mut hotel = hotel();
    hotel.set(count(DBL, SHARED, 11..=11, CountOp::Allotted(7))).unwrap();
    let decision = hotel.set(doubles(CountOp::Allotted(7))).unwrap();
    let dates: Vec<_> = decision.event.unwrap().cells.iter().map(|cell| cell.date).collect();
    assert_eq!((dates, decision.unchanged), (vec![night(10), night(12)], 1));
}

#[test]
fn a_range_past_the_horizon_reversed_or_past_is_refused() {
    let mut hotel = hotel();
    hotel.stock.limits.horizon_nights = 20; // Through the 20th.
    let mut set = |days| hotel.set(count(DBL, SHARED, days, CountOp::Allotted(1)));
    set(20..=20).unwrap();
    assert_eq!(blocks(set(20..=21)), [(Rule::Horizon, 0)]);
    #[expect(clippy::reversed_empty_ranges, reason = "the point")]
    let reversed = set(12..=11);
    assert_eq!(codes(reversed), [(Code::Invalid, 0)]);
    hotel.wait(8 * 60); // The 1st is over.
    assert_eq!(blocks(hotel.set(count(DBL, SHARED, 1..=3, CountOp::Allotted(1)))), [(Rule::CutOff, 0)]);
    assert_eq!(blocks(hotel.rule(Level::Night, 1..=3, Field::StopSell, Some(1))), [(Rule::CutOff, 0)]);
    hotel.set(count(DBL, SHARED, 2..=3, CountOp::Allotted(1))).unwrap();
}

#[test]
fn numbers_out_of_bounds_are_refused() {
    let mut hotel = hotel();
    for op in [
        CountOp::Allotted(-1),
        CountOp::Allotted(10_001),
        CountOp::LeftToSell(-1),
        CountOp::LeftToSell(i32::MAX),
        CountOp::AdjustBy(i32::MIN),
    ] {
        assert_eq!(codes(hotel.set(doubles(op))), [(Code::Invalid, 0)]);
    }
    assert_eq!(
        codes(hotel.set(doubles(CountOp::AdjustBy(-6)))),
        [(Code::Invalid, 10), (Code::Invalid, 11), (Code::Invalid, 12)]
    );
}

#[test]
fn left_to_sell_does_not_push_a_pool_past_its_bound() {
    // 10,000 left on top of the two that are sold.
    assert_eq!(codes(hotel().set(doubles(CountOp::LeftToSell(10_000)))), [(Code::Invalid, 11)]);
}

#[test]
fn what_is_not_at_the_property_cannot_be_set() {
    let mut hotel = hotel().with_contract(BETA, |contract| contract.room_types = Some(vec![SGL]));
    let ids = lodgate_entities::ids::RoomTypeId(9);
    assert_eq!(codes(hotel.set(count(ids, SHARED, 10..=10, CountOp::Allotted(1)))), [(Code::Invalid, 0)]);
    assert_eq!(codes(hotel.set(count(DBL, OF_GAMMA, 10..=10, CountOp::Allotted(1)))), [(Code::Invalid, 0)]);
    assert_eq!(codes(hotel.set(count(DBL, OF_BETA, 10..=10, CountOp::Allotted(1)))), [(Code::Invalid, 0)]);
}

#[test]
fn too_many_cells_and_no_change_at_all_are_refused() {
    let mut hotel = hotel();
    hotel.stock.limits.max_cells = 2;
    assert_eq!(codes(hotel.set(doubles(CountOp::Allotted(1)))), [(Code::Invalid, 0)]);
    assert_eq!(codes(hotel.run(Action::SetCounts(counts(vec![])))), [(Code::Invalid, 0)]);
}

#[test]
fn lifting_a_stop_sell_touches_no_count() {
    for level in [Level::Night, Level::Pool(SHARED), Level::Pool(OF_BETA)] {
        let mut hotel = hotel();
        let before = hotel.doubles(SHARED, 11);
        hotel.rule(level, 11..=11, Field::StopSell, Some(1)).unwrap();
        assert!(hotel.stopped(level, 11));
        let lifted = hotel.rule(level, 11..=11, Field::StopSell, Some(0)).unwrap();
        assert!(!hotel.stopped(level, 11));
        assert_eq!(hotel.doubles(SHARED, 11), before);
        let fields: Vec<_> = lifted.event.unwrap().cells[0].fields.iter().map(|change| change.field).collect();
        assert_eq!(fields, [Field::StopSell]);
    }
}

#[test]
fn a_restriction_is_cleared_where_none_is_given() {
    let mut hotel = hotel().with_rule(Level::Night, 10..=12, Field::MinStayThrough, 3);
    hotel.rule(Level::Night, 10..=12, Field::MinStayThrough, None).unwrap();
    hotel.book(BETA, 10..11).unwrap();
}

#[test]
fn restrictions_that_make_no_sense_are_refused() {
    let mut hotel = hotel();
    assert_eq!(codes(hotel.rule(Level::Night, 10..=10, Field::MinStayArrival, Some(0))), [(Code::Invalid, 0)]);
    assert_eq!(codes(hotel.rule(Level::Pool(Pool::Shared), 10..=10, Field::SellLimit, Some(1))), [(Code::Invalid, 0)]);
    let twice = vec![(Field::StopSell, Some(1)), (Field::StopSell, None)];
    for set in [vec![], twice] {
        let change =
            RestrictionChange { room_type: DBL, level: Level::Night, range: nights(10..=10), set, expected: vec![] };
        assert_eq!(codes(hotel.run(Action::SetRestrictions(vec![change]))), [(Code::Invalid, 0)]);
    }
}
