//! The data behind [`Stock`](super::Stock): cells, changed nights, viewed ranges and marks.

use std::collections::{HashMap, HashSet};

use crate::domain::{
    cell_cache::CellCache,
    dates::Day,
    ids::PropertyId,
    night_key::{CellKey, NightKey},
};

/// Nights of a property that a page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewedRange {
    /// The property.
    pub property: PropertyId,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
}

/// A mark on a cell that expires.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Initials of the other user who changed the cell; none for a change of this page.
    pub initials: Option<String>,
    /// Time of expiry, in milliseconds of the page's monotonic clock.
    until: f64,
}

/// Nights that changed since the last rendering.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangedNights {
    /// Whether every night may have changed.
    pub all: bool,
    /// The changed nights; empty if `all` is set.
    pub night_keys: Vec<NightKey>,
}

/// Maximum number of changed nights that are listed. More of them count as all.
const MAX_CHANGED_NIGHTS: usize = 1_000;
/// Maximum number of viewed ranges per property: calendar, wallboard, drawer, and one spare.
const MAX_VIEWED_RANGES: usize = 4;
/// Duration of the mark on a night that another user changed.
const CHANGED_MARK_MS: f64 = 1_600.0;
/// Duration of the mark on a saved value.
const SAVED_MARK_MS: f64 = 800.0;

/// The result of removing expired marks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SweepResult {
    /// Whether a mark was removed.
    pub has_ended: bool,
    /// Whether marks are left.
    pub has_more: bool,
}

/// Data about every night that is known.
#[derive(Debug, Default)]
pub struct StockData {
    /// Cells read from the gateway.
    pub cache: CellCache,
    /// Change sets made on this page. Their changes are not marked as another user's.
    pub own_sets: HashSet<String>,
    changed_nights: ChangedNights,
    viewed_ranges: Vec<ViewedRange>,
    changed_marks: HashMap<NightKey, Mark>,
    saved_marks: HashMap<CellKey, Mark>,
}

impl StockData {
    /// Records that a page shows these nights. The oldest range of the property is dropped beyond the maximum.
    pub fn add_viewed_range(&mut self, viewed_ranges: ViewedRange) {
        self.viewed_ranges.retain(|one| *one != viewed_ranges);
        let of_property = self.viewed_ranges.iter().filter(|one| one.property == viewed_ranges.property).count();
        if of_property >= MAX_VIEWED_RANGES
            && let Some(oldest) = self.viewed_ranges.iter().position(|one| one.property == viewed_ranges.property)
        {
            self.viewed_ranges.remove(oldest);
        }
        self.viewed_ranges.push(viewed_ranges);
    }

    /// The viewed ranges of one property, or of all.
    pub fn viewed_ranges(&self, property: Option<&PropertyId>) -> Vec<ViewedRange> {
        self.viewed_ranges
            .iter()
            .filter(|one| property.is_none_or(|property| one.property == *property))
            .cloned()
            .collect()
    }

    /// Marks a night as just changed by another user.
    pub fn mark_changed_by(&mut self, night: NightKey, initials: String, now: f64) {
        self.changed_marks.insert(night, Mark { initials: Some(initials), until: now + CHANGED_MARK_MS });
    }

    /// Marks a value as just saved.
    pub fn mark_saved(&mut self, key: CellKey, now: f64) {
        self.saved_marks.insert(key, Mark { initials: None, until: now + SAVED_MARK_MS });
    }

    /// Initials of the other user who just changed a night.
    pub fn changed_by(&self, night: &NightKey) -> Option<&str> {
        self.changed_marks.get(night)?.initials.as_deref()
    }

    /// Whether a value was just saved.
    pub fn is_just_saved(&self, key: &CellKey) -> bool {
        self.saved_marks.contains_key(key)
    }

    /// Removes expired marks.
    pub fn sweep(&mut self, now: f64) -> SweepResult {
        let is_expired = |mark: &Mark| mark.until <= now;
        let changed_marks =
            self.changed_marks.iter().filter(|(_, mark)| is_expired(mark)).map(|(night, _)| night.clone());
        let saved_marks =
            self.saved_marks.iter().filter(|(_, mark)| is_expired(mark)).map(|(key, _)| key.night.clone());
        let expired: Vec<NightKey> = changed_marks.chain(saved_marks).collect();
        self.changed_marks.retain(|_, mark| !is_expired(mark));
        self.saved_marks.retain(|_, mark| !is_expired(mark));
        let has_ended = !expired.is_empty();
        self.mark_changed(expired);
        SweepResult { has_ended, has_more: !(self.changed_marks.is_empty() && self.saved_marks.is_empty()) }
    }

    /// Records changes of these nights.
    pub fn mark_changed(&mut self, night_keys: impl IntoIterator<Item = NightKey>) {
        if !self.changed_nights.all {
            self.changed_nights.night_keys.extend(night_keys);
            if self.changed_nights.night_keys.len() > MAX_CHANGED_NIGHTS {
                self.mark_all_changed();
            }
        }
    }

    /// Records that every night may have changed.
    pub fn mark_all_changed(&mut self) {
        self.changed_nights = ChangedNights { all: true, night_keys: Vec::new() };
    }

    /// Takes the nights that changed since the last call.
    pub fn take_changed_nights(&mut self) -> ChangedNights {
        std::mem::take(&mut self.changed_nights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewed_ranges_per_property_are_limited() {
        let mut data = StockData::default();
        let day = Day::from_days_since_1970(20_000);
        for nights in 0..9 {
            data.add_viewed_range(ViewedRange { property: "a".into(), from: day, through: day.plus(nights) });
        }
        data.add_viewed_range(ViewedRange { property: "b".into(), from: day, through: day });
        let viewed_ranges = data.viewed_ranges(Some(&"a".into()));
        assert_eq!(viewed_ranges.len(), MAX_VIEWED_RANGES);
        assert_eq!(viewed_ranges.last().map(|one| one.through), Some(day.plus(8)), "the latest is kept");
        assert_eq!(data.viewed_ranges(None).len(), MAX_VIEWED_RANGES + 1);
    }
}
