//! Was a night that a refusal calls full really full? With many calls in flight nobody outside the gateway knows its
//! exact count at that moment, but an upper bound is known, and a refusal below it is a lie.

use std::collections::HashMap;

use super::sold_nights::{Cell, Sold};

/// What may have been taken of each cell. All in one task, so the order of calls here is the order of events seen.
#[derive(Debug)]
pub struct RefusalCheck {
    allotted: i64,
    before: Sold,
    cells: HashMap<Cell, Tally>,
}

/// Both only grow, which is what makes a bound over a span of time possible.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Bookings sent.
    begun: i64,
    /// Bookings known to be refused or cancelled.
    ended: i64,
}

/// What was known to be given back when a booking was sent, by night.
#[derive(Clone, Debug)]
pub struct Sent(Vec<(Cell, i64)>);

impl RefusalCheck {
    /// `before` is what was sold when the replay (or this part of it) began.
    pub fn new(allotted: u32, before: Sold) -> Self {
        Self { allotted: allotted.into(), before, cells: HashMap::new() }
    }

    /// A booking of these cells is about to be sent.
    pub fn sent(&mut self, cells: impl Iterator<Item = Cell>) -> Sent {
        let mut note = |cell: Cell| {
            let tally = self.cells.entry(cell.clone()).or_default();
            tally.begun += 1;
            (cell, tally.ended)
        };
        Sent(cells.map(&mut note).collect())
    }

    /// The booking was refused because these cells were full: gives those that can't have been.
    ///
    /// At no moment between sending and refusal were more rooms sold than: those before, and all others begun until
    /// now, less those that were known to have ended when it was sent.
    pub fn refused(&mut self, sent: &Sent, named: &[Cell]) -> Vec<Cell> {
        let could_be_full = |cell: &&Cell| {
            sent.0.iter().find(|(own, _)| own == *cell).is_some_and(|(own, ended)| {
                let begun = self.cells.get(own).map_or(0, |tally| tally.begun);
                self.before.at(own) + begun - 1 - ended >= self.allotted
            })
        };
        let lies = named.iter().filter(|cell| !could_be_full(cell)).cloned().collect();
        self.ended(sent.0.iter().map(|(cell, _)| cell));
        lies
    }

    /// The cancellation of a booking of these cells was acknowledged.
    pub fn cancelled(&mut self, cells: impl Iterator<Item = Cell>) {
        for cell in cells {
            self.cells.entry(cell).or_default().ended += 1;
        }
    }

    fn ended<'a>(&mut self, cells: impl Iterator<Item = &'a Cell>) {
        for cell in cells {
            self.cells.entry(cell.clone()).or_default().ended += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::rows::tests::date;

    fn night(day: u32) -> Cell {
        Cell { property: "H".into(), room_type: "A".into(), date: date(&format!("2030-05-{day:02}")) }
    }

    fn stay(days: &[u32]) -> std::vec::IntoIter<Cell> {
        days.iter().map(|&day| night(day)).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn a_night_with_room_can_not_have_been_full() {
        let mut fullness = RefusalCheck::new(2, Sold::default());
        fullness.sent(stay(&[1]));
        let second = fullness.sent(stay(&[1, 2]));

        assert_eq!(fullness.refused(&second, &[night(1)]), [night(1)], "one other booking, two rooms");
    }

    #[test]
    fn bookings_still_in_flight_may_have_filled_it() {
        let mut fullness = RefusalCheck::new(2, Sold::default());
        let own = fullness.sent(stay(&[1]));
        fullness.sent(stay(&[1]));
        fullness.sent(stay(&[1, 2]));

        assert_eq!(fullness.refused(&own, &[night(1)]), [], "two others overtook it");
    }

    #[test]
    fn a_cancellation_during_the_call_excuses_a_refusal_and_one_before_does_not() {
        let mut fullness = RefusalCheck::new(1, Sold::default());
        fullness.sent(stay(&[1]));
        let during = fullness.sent(stay(&[1]));
        fullness.cancelled(stay(&[1]));
        assert_eq!(fullness.refused(&during, &[night(1)]), []);

        let after = fullness.sent(stay(&[1]));
        assert_eq!(fullness.refused(&after, &[night(1)]), [night(1)]);
    }

    #[test]
    fn a_refusal_for_a_night_outside_the_stay_is_a_lie() {
        let mut fullness = RefusalCheck::new(0, Sold::default());
        let own = fullness.sent(stay(&[1]));

        assert_eq!(fullness.refused(&own, &[night(2)]), [night(2)]);
    }

    #[test]
    fn rooms_sold_by_an_earlier_part_of_the_replay_count() {
        let mut before = Sold::default();
        before.add(night(1), 1);
        let mut fullness = RefusalCheck::new(1, before);
        let own = fullness.sent(stay(&[1]));

        assert_eq!(fullness.refused(&own, &[night(1)]), []);
    }
}
