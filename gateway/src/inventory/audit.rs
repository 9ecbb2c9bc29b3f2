//! The conservation check: counts equal live draws, and the journal replayed from nothing gives the cells.

use std::collections::HashMap;

use super::cell::{Level, Measure, Night, NightKey};

/// One measure of one cell that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Where.
    pub key: NightKey,
    /// Which cell.
    pub level: Level,
    /// Which measure.
    pub measure: Measure,
    /// What is stored.
    pub stored: Option<i32>,
    /// What it should be.
    pub expected: Option<i32>,
    /// What the expectation comes from: `draws` or `journal`.
    pub against: &'static str,
}

/// Where the stored cells differ from the live draws and from the replayed journal.
pub fn drifts(
    stored: &HashMap<NightKey, Night>,
    draws: &HashMap<NightKey, Night>,
    journal: &HashMap<NightKey, Night>,
) -> Vec<Drift> {
    const COUNTED: [Measure; 4] = [Measure::Held, Measure::Sold, Measure::PoolHeld, Measure::PoolSold];
    let empty = Night::default();
    let mut found = Vec::new();
    let mut keys: Vec<NightKey> = stored.keys().chain(draws.keys()).chain(journal.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let night = stored.get(&key).unwrap_or(&empty);
        for (other, against, measures) in [(draws, "draws", COUNTED.as_slice()), (journal, "journal", Measure::ALL)] {
            let other = other.get(&key).unwrap_or(&empty);
            let mut levels: Vec<Level> = night.levels().chain(other.levels()).collect();
            levels.sort_unstable();
            levels.dedup();
            for level in levels {
                for &measure in measures {
                    let (stored, expected) = (night.get(level, measure), other.get(level, measure));
                    if stored != expected {
                        found.push(Drift { key, level, measure, stored, expected, against });
                    }
                }
            }
        }
    }
    found
}
