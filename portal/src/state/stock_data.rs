//! The data behind [`Stock`](super::Stock): cells, changed nights, viewed ranges and marks.

use std::collections::{HashMap, HashSet};

use crate::domain::{
    cell_cache::CellCache,
    dates::Day,
    ids::PropertyId,
    night_key::{CellKey, NightKey},
};

/// Nights of a property that somebody looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewedRange {
    /// The property.
    pub property: PropertyId,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
}

/// A mark on a cell that goes away by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Who changed it; none is oneself.
    pub initials: Option<String>,
    /// When it goes: milliseconds of the page's clock.
    until: f64,
}

/// What changed since somebody last looked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangedNights {
    /// Perhaps everything.
    pub all: bool,
    /// These nights, unless it is everything.
    pub night_keys: Vec<NightKey>,
}

/// More touched nights than this are as good as all.
const MAX_CHANGED_NIGHTS: usize = 1_000;
/// Ranges remembered a property: the calendar, the wallboard, a drawer, one to spare.
const MAX_VIEWED_RANGES: usize = 4;
/// A change by another is seen at a glance.
const CHANGED_MARK_MS: f64 = 1_600.0;
/// A tick for what was saved.
const SAVED_MARK_MS: f64 = 800.0;

/// What became of marks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SweepResult {
    /// The time of some was over.
    pub has_ended: bool,
    /// Some are left.
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
    /// Remembers that somebody looks at these nights.
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

    /// What is looked at, of one property or of all.
    pub fn viewed_ranges(&self, property: Option<&PropertyId>) -> Vec<ViewedRange> {
        self.viewed_ranges
            .iter()
            .filter(|one| property.is_none_or(|property| one.property == *property))
            .cloned()
            .collect()
    }

    /// Marks a night as just changed by another.
    pub fn mark_changed_by(&mut self, night: NightKey, initials: String, now: f64) {
        self.changed_marks.insert(night, Mark { initials: Some(initials), until: now + CHANGED_MARK_MS });
    }

    /// Marks a value as just saved.
    pub fn mark_saved(&mut self, key: CellKey, now: f64) {
        self.saved_marks.insert(key, Mark { initials: None, until: now + SAVED_MARK_MS });
    }

    /// Who just changed a night.
    pub fn changed_by(&self, night: &NightKey) -> Option<&str> {
        self.changed_marks.get(night)?.initials.as_deref()
    }

    /// Whether a value was just saved.
    pub fn is_just_saved(&self, key: &CellKey) -> bool {
        self.saved_marks.contains_key(key)
    }

    /// Takes marks away whose time is over.
    pub fn sweep(&mut self, now: f64) -> SweepResult {
        let over = |mark: &Mark| mark.until <= now;
        let changed_marks = self.changed_marks.iter().filter(|(_, mark)| over(mark)).map(|(night, _)| night.clone());
        let saved_marks = self.saved_marks.iter().filter(|(_, mark)| over(mark)).map(|(key, _)| key.night.clone());
        let gone: Vec<NightKey> = changed_marks.chain(saved_marks).collect();
        self.changed_marks.retain(|_, mark| !over(mark));
        self.saved_marks.retain(|_, mark| !over(mark));
        let has_ended = !gone.is_empty();
        self.mark_changed(gone);
        SweepResult { has_ended, has_more: !(self.changed_marks.is_empty() && self.saved_marks.is_empty()) }
    }

    /// Something of these nights changed.
    pub fn mark_changed(&mut self, night_keys: impl IntoIterator<Item = NightKey>) {
        if !self.changed_nights.all {
            self.changed_nights.night_keys.extend(night_keys);
            if self.changed_nights.night_keys.len() > MAX_CHANGED_NIGHTS {
                self.mark_all_changed();
            }
        }
    }

    /// Anything may have changed.
    pub fn mark_all_changed(&mut self) {
        self.changed_nights = ChangedNights { all: true, night_keys: Vec::new() };
    }

    /// What changed since this was asked last.
    pub fn take_changed_nights(&mut self) -> ChangedNights {
        std::mem::take(&mut self.changed_nights)
    }
}

/// Two letters for a user or an API client: `front.office@hotel.example` is `FO`, `OPERA sync` is `OS`.
pub fn initials(actor: &str) -> String {
    let name = actor.split('@').next().unwrap_or_default();
    let mut words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("?");
    let second = words.next();
    let letters: String = match second {
        Some(second) => first.chars().take(1).chain(second.chars().take(1)).collect(),
        None => first.chars().take(2).collect(),
    };
    letters.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_two_letters() {
        let apply_cells = ["front.office@hotel.example", "OPERA sync", "owner@harbour.example", "é", "@"].map(initials);
        assert_eq!(apply_cells, ["FO", "OS", "OW", "É", "?"]);
    }

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
