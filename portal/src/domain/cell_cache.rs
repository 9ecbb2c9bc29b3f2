//! The cells read from the gateway, each with the number of the stock event that it reflects.

use std::collections::{BTreeMap, HashMap};

use super::{
    cell::Cell,
    dates::Day,
    ids::{PropertyId, RoomTypeId},
    night_key::NightKey,
};

/// An update of the live feed.
#[derive(Clone, Debug, PartialEq)]
pub enum FeedUpdate {
    /// Nights after event `seq` of the property.
    Cells {
        /// Number of the event that the nights reflect.
        seq: u64,
        /// The nights of the shared pool.
        cells: Vec<(NightKey, Cell)>,
        /// The actor, as the journal names it.
        actor: Option<String>,
        /// The change set of the event.
        change_set: Option<String>,
    },
    /// Nights to read again: too many changed for one message.
    Range {
        /// The property.
        property: PropertyId,
        /// Its room types.
        room_types: Vec<RoomTypeId>,
        /// First night.
        from: Day,
        /// Last night, included.
        through: Day,
    },
    /// Read the property again: its room types changed, or an update may be missing. `None`: every property.
    Reload(Option<PropertyId>),
}

/// Every loaded night. A cell with a higher event number replaces one with a lower number, in any order of arrival.
#[derive(Debug, Default)]
pub struct CellCache {
    rows: HashMap<RoomTypeId, BTreeMap<Day, CachedCell>>,
    generations: HashMap<PropertyId, Generation>,
}

/// Number of invalidations of a property. An answer to a request of an earlier generation may miss a change, however
/// late it arrives.
pub type Generation = u32;

#[derive(Clone, Copy, Debug)]
struct CachedCell {
    cell: Cell,
    seq: u64,
    generation: Generation,
}

impl CellCache {
    /// The night, if it is loaded, even of an earlier generation: an old value is better than none.
    pub fn cell(&self, night: &NightKey) -> Option<Cell> {
        Some(self.rows.get(&night.room_type)?.get(&night.date)?.cell)
    }

    /// The current generation of a property. Read it before a request, and pass it on with the answer.
    pub fn generation(&self, property: &PropertyId) -> Generation {
        self.generations.get(property).copied().unwrap_or_default()
    }

    /// Starts a new generation: only answers to later requests count as loaded.
    pub fn invalidate(&mut self, property: &PropertyId) {
        *self.generations.entry(property.clone()).or_default() += 1;
    }

    /// True if every one of these nights is loaded and valid.
    pub fn is_loaded<'a>(
        &self,
        property: &PropertyId,
        room_types: impl IntoIterator<Item = &'a RoomTypeId>,
        from: Day,
        through: Day,
    ) -> bool {
        let generation = self.generation(property);
        let nights = usize::try_from(through.since(from) + 1).unwrap_or_default();
        room_types.into_iter().all(|room_type| {
            let cached = self.rows.get(room_type).map(|row| row.range(from..=through));
            cached.is_some_and(|cached| cached.filter(|(_, cached)| cached.generation == generation).count() == nights)
        })
    }

    /// Stores one night after event `seq`. Returns the previous cell if the cell changed; the inner `None` is a night
    /// that was not loaded.
    pub fn insert(&mut self, night: &NightKey, seq: u64, generation: Generation, cell: Cell) -> Option<Option<Cell>> {
        let row = self.rows.entry(night.room_type.clone()).or_default();
        let entry = CachedCell { cell, seq, generation };
        match row.get_mut(&night.date) {
            // Sequence numbers of an earlier generation do not count, because history may have forked.
            Some(cached) if cached.generation == generation && cached.seq > seq => None,
            Some(cached) if cached.generation > generation => None,
            Some(cached) => {
                let before = cached.cell;
                *cached = entry;
                (before != cell).then_some(Some(before))
            }
            None => {
                row.insert(night.date, entry);
                Some(None)
            }
        }
    }

    /// Stores the expected result of the user's own write, which the write's answer does not contain. The feed's update
    /// of the same event replaces it, because counts may have changed just before.
    pub fn insert_expected(&mut self, night: &NightKey, seq: u64, cell: Cell) {
        if let Some(cached) = self.rows.get_mut(&night.room_type).and_then(|row| row.get_mut(&night.date))
            && cached.seq < seq
        {
            (cached.cell, cached.seq) = (cell, seq);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{cell::Value, night_key::Field};

    fn cell(allotted: u32) -> Cell {
        Cell::default().with(Field::Allotment, Value::Number(Some(allotted)))
    }

    fn night(date: &str) -> NightKey {
        NightKey { property: "h".into(), room_type: "r".into(), date: Day::parse(date).expect("a date") }
    }

    #[test]
    fn later_events_win_in_any_order() {
        let mut cache = CellCache::default();
        let night = night("2026-12-17");
        assert_eq!(cache.insert(&night, 5, 0, cell(5)), Some(None));
        assert_eq!(cache.insert(&night, 4, 0, cell(4)), None, "older than the cached event");
        assert_eq!(cache.insert(&night, 6, 0, cell(5)), None, "the same number again");
        assert_eq!(cache.insert(&night, 7, 0, cell(7)), Some(Some(cell(5))));
        assert_eq!(cache.cell(&night), Some(cell(7)));
    }

    #[test]
    fn an_answer_from_before_an_invalidation_does_not_end_it() {
        let mut cache = CellCache::default();
        let (property, room) = (PropertyId::from("h"), RoomTypeId::from("r"));
        let night = night("2026-12-17");
        let asked = cache.generation(&property);
        cache.invalidate(&property);
        cache.insert(&night, 5, asked, cell(5));
        assert!(!cache.is_loaded(&property, [&room], night.date, night.date));
        let again = cache.generation(&property);
        cache.insert(&night, 3, again, cell(3));
        assert!(cache.is_loaded(&property, [&room], night.date, night.date), "and a forked history may count lower");
        assert_eq!(cache.cell(&night), Some(cell(3)));
        cache.insert(&night, 9, asked, cell(9));
        assert_eq!(cache.cell(&night), Some(cell(3)), "late answers of an earlier generation are dropped");
    }

    #[test]
    fn a_range_is_loaded_when_every_night_is() {
        let mut cache = CellCache::default();
        let (property, room) = (PropertyId::from("h"), RoomTypeId::from("r"));
        let (first, last) = (night("2026-12-30"), night("2027-01-01"));
        cache.insert(&first, 1, 0, cell(1));
        cache.insert(&last, 1, 0, cell(1));
        assert!(!cache.is_loaded(&property, [&room], first.date, last.date));
        cache.insert(&night("2026-12-31"), 1, 0, cell(1));
        assert!(cache.is_loaded(&property, [&room], first.date, last.date));
    }
}
