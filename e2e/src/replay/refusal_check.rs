//! Checks that a night was full when the gateway refused a booking for it. With many calls in flight, no client knows
//! the exact count at that moment, but an upper bound is known; a refusal below the bound is wrong.

use std::collections::HashMap;

use super::sold_nights::{Cell, Sold};

/// The counts by cell. One task makes all calls here, so their order is the order of the observed events.
#[derive(Debug)]
pub struct RefusalCheck {
    allotted: i64,
    before: Sold,
    cells: HashMap<Cell, Tally>,
}

/// Both counts only grow, so a bound over a span of time is possible.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Bookings sent.
    begun: i64,
    /// Bookings known to be refused or cancelled.
    ended: i64,
}

/// The known refusals and cancellations at the time when a booking was sent, by night.
#[derive(Clone, Debug)]
pub struct Sent(Vec<(Cell, i64)>);

impl RefusalCheck {
    /// `before` holds the rooms sold before this part of the replay began.
    pub fn new(allotted: u32, before: Sold) -> Self {
        Self { allotted: allotted.into(), before, cells: HashMap::new() }
    }

    /// Records that a booking of these cells is about to be sent.
    pub fn sent(&mut self, cells: impl Iterator<Item = Cell>) -> Sent {
        let mut note = |cell: Cell| {
            let tally = self.cells.entry(cell.clone()).or_default();
            tally.begun += 1;
            (cell, tally.ended)
        };
        Sent(cells.map(&mut note).collect())
    }

    /// Records that the booking was refused because these cells were full; returns those that cannot have been full.
    ///
    /// At no moment between sending and refusal were more rooms sold than: those sold before, plus all other bookings
    /// sent until now, minus those known to have ended when this one was sent.
    pub fn refused(&mut self, sent: &Sent, named: &[Cell]) -> Vec<Cell> {
        let could_be_full = |cell: &&Cell| {
            sent.0.iter().find(|(own, _)| own == *cell).is_some_and(|(own, ended)| {
                let begun = self.cells.get(own).map_or(0, |tally| tally.begun);
                self.before.at(own) + begun - 1 - ended >= self.allotted
            })
        };
        let wrong = named.iter().filter(|cell| !could_be_full(cell)).cloned().collect();
        self.ended(sent.0.iter().map(|(cell, _)| cell));
        wrong
    }

    /// Records that the cancellation of a booking of these cells was accepted.
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
    fn a_night_with_a_free_room_was_not_full() {
        let mut refusal_check = RefusalCheck::new(2, Sold::default());
        refusal_check.sent(stay(&[1]));
        let second = refusal_check.sent(stay(&[1, 2]));

        assert_eq!(refusal_check.refused(&second, &[night(1)]), [night(1)], "one other booking, two rooms");
    }

    #[test]
    fn bookings_in_flight_may_have_filled_a_night() {
        let mut refusal_check = RefusalCheck::new(2, Sold::default());
        let own = refusal_check.sent(stay(&[1]));
        refusal_check.sent(stay(&[1]));
        refusal_check.sent(stay(&[1, 2]));

        assert_eq!(refusal_check.refused(&own, &[night(1)]), [], "two others may have come first");
    }

    #[test]
    fn a_cancellation_explains_a_refusal_only_when_it_came_after_sending() {
        let mut refusal_check = RefusalCheck::new(1, Sold::default());
        refusal_check.sent(stay(&[1]));
        let during = refusal_check.sent(stay(&[1]));
        refusal_check.cancelled(stay(&[1]));
        assert_eq!(refusal_check.refused(&during, &[night(1)]), []);

        let after = refusal_check.sent(stay(&[1]));
        assert_eq!(refusal_check.refused(&after, &[night(1)]), [night(1)]);
    }

    #[test]
    fn a_refusal_for_a_night_outside_the_stay_is_wrong() {
        let mut refusal_check = RefusalCheck::new(0, Sold::default());
        let own = refusal_check.sent(stay(&[1]));

        assert_eq!(refusal_check.refused(&own, &[night(2)]), [night(2)]);
    }

    #[test]
    fn rooms_sold_before_a_resumed_replay_count() {
        let mut before = Sold::default();
        before.add(night(1), 1);
        let mut refusal_check = RefusalCheck::new(1, before);
        let own = refusal_check.sent(stay(&[1]));

        assert_eq!(refusal_check.refused(&own, &[night(1)]), []);
    }
}
