//! Warnings about unusual edits, shown before they are sent.

use super::{cell::Cell, draft::Change, night_key::CellKey};

/// Counts of nights with an unusual change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// Nights with fewer rooms on sale than are held and sold.
    pub below_sold: usize,
    /// Nights whose rooms on sale drop by three quarters or more.
    pub steep: usize,
    /// Nights with more than three times the rooms that were on sale.
    pub huge: usize,
    /// Nights with more rooms on sale than the property has.
    pub above_physical: usize,
    /// Nights that are closed to sales.
    pub closed: usize,
}

/// More closed nights than this are a warning.
const MAX_CLOSED_WITHOUT_WARNING: usize = 30;
/// Below this number of rooms a steep change is usual.
const FEW_ROOMS: u32 = 4;

impl Warnings {
    /// Checks changes, each with the stored night and the physical rooms of its room type.
    pub fn check<'a>(changes: impl IntoIterator<Item = (&'a CellKey, Change, Cell, u32)>) -> Self {
        let mut warnings = Self::default();
        for (_, change, stored, physical) in changes {
            let after = stored.with(change.field(), change.value(&stored));
            if (after.stop_sell && !stored.stop_sell) || (after.allotted.is_none() && stored.allotted.is_some()) {
                warnings.closed += 1;
            }
            let Some(rooms) = after.allotted.filter(|_| after.allotted != stored.allotted) else {
                if after.allotted != stored.allotted && stored.promised() > 0 {
                    warnings.below_sold += 1;
                }
                continue;
            };
            let before = stored.allotted.unwrap_or(0);
            warnings.below_sold += usize::from(rooms < stored.promised());
            warnings.steep += usize::from(before >= FEW_ROOMS && rooms * 4 <= before);
            warnings.huge += usize::from(before >= FEW_ROOMS && rooms > before * 3);
            warnings.above_physical += usize::from(rooms > physical && before <= physical);
        }
        warnings
    }

    /// One sentence per warning.
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
        if self.closed > MAX_CLOSED_WITHOUT_WARNING {
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
        night_key::{Field, NightKey},
    };

    fn check(allotted: u32, sold: u32, change: Change) -> Warnings {
        let night = NightKey { property: "h".into(), room_type: "r".into(), date: Day::from_days_since_1970(20_000) };
        let stored = Cell { sold, ..Cell::default() }.with(Field::Allotment, Value::Number(Some(allotted)));
        Warnings::check([(&CellKey { night, field: change.field() }, change, stored, 20)])
    }

    #[test]
    fn unusual_edits_give_warnings_and_usual_ones_do_not() {
        assert_eq!(check(12, 0, Change::Allotted(Some(8))), Warnings::default());
        assert_eq!(check(12, 9, Change::Allotted(Some(8))), Warnings { below_sold: 1, ..Warnings::default() });
        assert_eq!(check(16, 0, Change::Allotted(Some(1))), Warnings { steep: 1, ..Warnings::default() });
        assert_eq!(
            check(8, 0, Change::Allotted(Some(80))),
            Warnings { huge: 1, above_physical: 1, ..Warnings::default() }
        );
        assert_eq!(check(2, 0, Change::Allotted(Some(0))), Warnings::default(), "small counts change steeply");
        assert!(check(12, 0, Change::StopSell(true)).sentences().is_empty(), "one stopped night is usual");
        let taken_off = check(12, 3, Change::Allotted(None));
        assert_eq!(taken_off, Warnings { below_sold: 1, closed: 1, ..Warnings::default() });
        assert_eq!(taken_off.sentences().len(), 1);
    }
}
