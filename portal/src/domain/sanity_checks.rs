//! Slips of the hand: what is asked about before it is sent.

use super::{cell::Cell, draft::Change, night_key::Spot};

/// Why somebody is asked whether they mean it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Nights with fewer rooms on sale than are held and sold.
    pub below_sold: usize,
    /// Nights whose rooms on sale fall by three quarters or more.
    pub steep: usize,
    /// Nights with more than three times the rooms that were on sale.
    pub huge: usize,
    /// Nights with more rooms on sale than the hotel has.
    pub above_physical: usize,
    /// Nights that are closed to sales.
    pub closed: usize,
}

/// Closing more nights than this at once is asked about.
const MANY_CLOSED: usize = 30;
/// Fewer rooms than this fall and rise steeply every day.
const FEW: u32 = 4;

impl Doubts {
    /// Looks at wishes: each with the night as it is stored, and the rooms of its kind in the house.
    pub fn about<'a>(wishes: impl IntoIterator<Item = (&'a Spot, Change, Cell, u32)>) -> Self {
        let mut doubts = Self::default();
        for (_, change, stored, physical) in wishes {
            let after = stored.with(change.measure(), change.value(&stored));
            if (after.stop_sell && !stored.stop_sell) || (after.allotted.is_none() && stored.allotted.is_some()) {
                doubts.closed += 1;
            }
            let Some(rooms) = after.allotted.filter(|_| after.allotted != stored.allotted) else {
                if after.allotted != stored.allotted && stored.promised() > 0 {
                    doubts.below_sold += 1;
                }
                continue;
            };
            let before = stored.allotted.unwrap_or(0);
            doubts.below_sold += usize::from(rooms < stored.promised());
            doubts.steep += usize::from(before >= FEW && rooms * 4 <= before);
            doubts.huge += usize::from(before >= FEW && rooms > before * 3);
            doubts.above_physical += usize::from(rooms > physical && before <= physical);
        }
        doubts
    }

    /// A sentence for each doubt; none when there is nothing to ask.
    pub fn sentences(&self) -> Vec<String> {
        let nights = |count: usize| if count == 1 { "1 night".to_owned() } else { format!("{count} nights") };
        let mut lines = Vec::new();
        if self.below_sold > 0 {
            lines.push(format!(
                "{} would have fewer rooms on sale than are held and sold. That is right if rooms were sold elsewhere; \
                 nothing is left to sell there.",
                nights(self.below_sold)
            ));
        }
        if self.steep > 0 {
            lines.push(format!("{} would fall to a quarter or less of what is on sale.", nights(self.steep)));
        }
        if self.huge > 0 {
            lines.push(format!("{} would have more than three times the rooms on sale now.", nights(self.huge)));
        }
        if self.above_physical > 0 {
            lines.push(format!("{} would have more rooms on sale than the hotel has.", nights(self.above_physical)));
        }
        if self.closed > MANY_CLOSED {
            lines.push(format!("{} would be closed to sales.", nights(self.closed)));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        cell::Value,
        dates::Day,
        night_key::{Measure, Place},
    };

    fn about(allotted: u32, sold: u32, change: Change) -> Doubts {
        let place = Place { hotel: "h".into(), room_type: "r".into(), date: Day::from_days_since_1970(20_000) };
        let stored = Cell { sold, ..Cell::default() }.with(Measure::Allotment, Value::Number(Some(allotted)));
        Doubts::about([(&Spot { place, measure: change.measure() }, change, stored, 20)])
    }

    #[test]
    fn a_slip_is_asked_about_and_a_day_s_work_is_not() {
        assert_eq!(about(12, 0, Change::Allotted(Some(8))), Doubts::default());
        assert_eq!(about(12, 9, Change::Allotted(Some(8))), Doubts { below_sold: 1, ..Doubts::default() });
        assert_eq!(about(16, 0, Change::Allotted(Some(1))), Doubts { steep: 1, ..Doubts::default() });
        assert_eq!(about(8, 0, Change::Allotted(Some(80))), Doubts { huge: 1, above_physical: 1, ..Doubts::default() });
        assert_eq!(about(2, 0, Change::Allotted(Some(0))), Doubts::default(), "two rooms are few");
        assert!(about(12, 0, Change::StopSell(true)).sentences().is_empty(), "one night stopped is no accident");
        let taken_off = about(12, 3, Change::Allotted(None));
        assert_eq!(taken_off, Doubts { below_sold: 1, closed: 1, ..Doubts::default() });
        assert_eq!(taken_off.sentences().len(), 1);
    }
}
