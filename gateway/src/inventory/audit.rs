//! The conservation check: the counts equal the live draws, and the journal replayed from the beginning gives the cells.

use std::collections::HashMap;

use super::cell::{Field, Level, Night, NightKey};

/// One field of one cell with a wrong value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The night.
    pub key: NightKey,
    /// The cell.
    pub level: Level,
    /// The field.
    pub field: Field,
    /// The stored value.
    pub stored: Option<i32>,
    /// The expected value.
    pub expected: Option<i32>,
    /// The origin of the expected value: `draws` or `journal`.
    pub against: &'static str,
}

/// The differences between the stored cells and the live draws, and between the cells and the replayed journal.
pub fn drifts(
    stored: &HashMap<NightKey, Night>,
    draws: &HashMap<NightKey, Night>,
    journal: &HashMap<NightKey, Night>,
) -> Vec<Drift> {
    const COUNTED: [Field; 4] = [Field::Held, Field::Sold, Field::PoolHeld, Field::PoolSold];
    let empty = Night::default();
    let mut found = Vec::new();
    let mut keys: Vec<NightKey> = stored.keys().chain(draws.keys()).chain(journal.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let night = stored.get(&key).unwrap_or(&empty);
        for (other, against, fields) in [(draws, "draws", COUNTED.as_slice()), (journal, "journal", Field::ALL)] {
            let other = other.get(&key).unwrap_or(&empty);
            let mut levels: Vec<Level> = night.levels().chain(other.levels()).collect();
            levels.sort_unstable();
            levels.dedup();
            for level in levels {
                for &field in fields {
                    let (stored, expected) = (night.get(level, field), other.get(level, field));
                    if stored != expected {
                        found.push(Drift { key, level, field, stored, expected, against });
                    }
                }
            }
        }
    }
    found
}
