//! Drafts: entered values that are not sent yet.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    cell::{Cell, Value},
    input_parser::MAX_ROOMS,
    night_key::{CellKey, Field, NightKey},
};

/// One change of one night.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The night.
    pub night: NightKey,
    /// The change.
    pub change: Change,
}

/// A change of a night. A relative change starts from the shown value, which includes earlier drafts.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub enum Change {
    /// Number of rooms on sale; `None` takes the night off sale (not loaded).
    Allotted(Option<u32>),
    /// Number of rooms left to sell, on top of the rooms held and sold.
    LeftToSell(i64),
    /// Number of rooms to add; negative to remove.
    Adjust(i64),
    /// Stop sales, or resume them.
    StopSell(bool),
    /// Minimum nights of a stay that begins here; `None` clears it.
    MinStayArrival(Option<u32>),
    /// Maximum nights of a stay that begins here; `None` clears it.
    MaxStayArrival(Option<u32>),
    /// Minimum nights of a stay that includes this night; `None` clears it.
    MinStayThrough(Option<u32>),
    /// Maximum nights of a stay that includes this night; `None` clears it.
    MaxStayThrough(Option<u32>),
    /// No stay may begin.
    ClosedToArrival(bool),
    /// No stay may end.
    ClosedToDeparture(bool),
}

impl Change {
    /// The change to a value; `None` for a value of the wrong kind.
    pub fn new(field: Field, value: Value) -> Option<Self> {
        Some(match (field, value) {
            (Field::Allotment, Value::Number(rooms)) => Self::Allotted(rooms),
            (Field::StopSell, Value::Flag(on)) => Self::StopSell(on),
            (Field::MinStayArrival, Value::Number(nights)) => Self::MinStayArrival(nights),
            (Field::MaxStayArrival, Value::Number(nights)) => Self::MaxStayArrival(nights),
            (Field::MinStayThrough, Value::Number(nights)) => Self::MinStayThrough(nights),
            (Field::MaxStayThrough, Value::Number(nights)) => Self::MaxStayThrough(nights),
            (Field::ClosedToArrival, Value::Flag(on)) => Self::ClosedToArrival(on),
            (Field::ClosedToDeparture, Value::Flag(on)) => Self::ClosedToDeparture(on),
            (_, Value::Number(_) | Value::Flag(_)) => return None,
        })
    }

    /// The field that it changes.
    pub fn field(self) -> Field {
        match self {
            Self::Allotted(_) | Self::LeftToSell(_) | Self::Adjust(_) => Field::Allotment,
            Self::StopSell(_) => Field::StopSell,
            Self::MinStayArrival(_) => Field::MinStayArrival,
            Self::MaxStayArrival(_) => Field::MaxStayArrival,
            Self::MinStayThrough(_) => Field::MinStayThrough,
            Self::MaxStayThrough(_) => Field::MaxStayThrough,
            Self::ClosedToArrival(_) => Field::ClosedToArrival,
            Self::ClosedToDeparture(_) => Field::ClosedToDeparture,
        }
    }

    /// The new value, computed from the stored cell.
    pub fn value(self, cell: &Cell) -> Value {
        let rooms = |rooms: i64| u32::try_from(rooms.clamp(0, i64::from(MAX_ROOMS))).unwrap_or_default();
        match self {
            Self::Allotted(rooms) => Value::Number(rooms),
            Self::LeftToSell(left) => Value::Number(Some(rooms(left + i64::from(cell.promised())))),
            // A night that was never loaded has no count to adjust, and stays not loaded.
            Self::Adjust(by) => Value::Number(cell.allotted.map(|allotted| rooms(i64::from(allotted) + by))),
            Self::StopSell(on) | Self::ClosedToArrival(on) | Self::ClosedToDeparture(on) => Value::Flag(on),
            Self::MinStayArrival(nights)
            | Self::MaxStayArrival(nights)
            | Self::MinStayThrough(nights)
            | Self::MaxStayThrough(nights) => Value::Number(nights),
        }
    }

    /// True if the new value depends on the stored one, so that the change can be applied again to another stored
    /// value.
    pub fn is_relative(self) -> bool {
        matches!(self, Self::Adjust(_) | Self::LeftToSell(_))
    }
}

/// A change that is not sent yet.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Draft {
    /// The change.
    pub change: Change,
    /// The stored value that the user saw, which the draft replaces.
    pub base: Value,
    /// Its progress.
    #[serde(skip)]
    pub stage: Stage,
}

/// The progress of a draft.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Stage {
    /// Not sent.
    #[default]
    Waiting,
    /// Sent, without an answer yet.
    Saving,
    /// Not written, for this reason.
    Failed(String),
}

impl Draft {
    /// True if the stored value changed since the draft was entered. A relative change has no conflicts, because it
    /// applies to any stored value.
    pub fn is_in_conflict(&self, stored: &Cell) -> bool {
        !self.change.is_relative()
            && stored.value(self.change.field()) != self.base
            && stored.value(self.change.field()) != self.change.value(stored)
    }
}

/// The drafts by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drafts {
    by_key: BTreeMap<CellKey, Draft>,
}

/// The previous drafts of some keys, which undo restores.
pub type Before = Vec<(CellKey, Option<Draft>)>;

impl Drafts {
    /// Number of drafts.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// True if there are no drafts.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// The draft of one value.
    pub fn get(&self, key: &CellKey) -> Option<&Draft> {
        self.by_key.get(key)
    }

    /// The draft of one value, for modification.
    pub fn get_mut(&mut self, key: &CellKey) -> Option<&mut Draft> {
        self.by_key.get_mut(key)
    }

    /// All drafts, sorted by property, room type, night and field.
    pub fn iter(&self) -> impl Iterator<Item = (&CellKey, &Draft)> {
        self.by_key.iter()
    }

    /// Removes a draft.
    pub fn remove(&mut self, key: &CellKey) -> Option<Draft> {
        self.by_key.remove(key)
    }

    /// Adds edits to the drafts; an edit to the stored value removes the draft. Returns the previous drafts.
    pub fn stage(&mut self, edits: &[Edit], stored: impl Fn(&NightKey) -> Option<Cell>) -> Before {
        let mut before = Vec::new();
        for Edit { night, change } in edits {
            let Some(cell) = stored(night) else { continue };
            let field = change.field();
            let key = CellKey { night: night.clone(), field };
            let earlier = self.by_key.get(&key).cloned();
            let merged = match (*change, earlier.as_ref().map(|draft| draft.change)) {
                (Change::Adjust(by), Some(Change::Adjust(so_far))) => Change::Adjust(so_far + by),
                (Change::Adjust(by), Some(Change::Allotted(Some(rooms)))) => {
                    let shown = cell.with(field, Value::Number(Some(rooms)));
                    match Change::Adjust(by).value(&shown) {
                        Value::Number(rooms) => Change::Allotted(rooms),
                        Value::Flag(_) => *change,
                    }
                }
                (Change::Adjust(by), Some(Change::LeftToSell(left))) => Change::LeftToSell(left + by),
                (other, _) => other,
            };
            let stored_value = cell.value(field);
            if merged.value(&cell) == stored_value {
                self.by_key.remove(&key);
            } else {
                let draft = Draft { change: merged, base: stored_value, stage: Stage::Waiting };
                self.by_key.insert(key.clone(), draft);
            }
            if self.by_key.get(&key) != earlier.as_ref() {
                before.push((key, earlier));
            }
        }
        before
    }

    /// Restores previous drafts, and returns the replaced ones.
    pub fn restore(&mut self, before: Before) -> Before {
        before
            .into_iter()
            .map(|(key, earlier)| {
                let now = match earlier {
                    Some(draft) => self.by_key.insert(key.clone(), draft),
                    None => self.by_key.remove(&key),
                };
                (key, now)
            })
            .collect()
    }

    /// The night with its drafts applied.
    pub fn shown(&self, night: &NightKey, stored: Cell) -> Cell {
        if self.by_key.is_empty() {
            return stored;
        }
        let key = |field| CellKey { night: night.clone(), field };
        let range = key(Field::Allotment)..=key(Field::ClosedToDeparture);
        self.by_key.range(range).fold(stored, |cell, (key, draft)| cell.with(key.field, draft.change.value(&stored)))
    }
}

impl FromIterator<(CellKey, Draft)> for Drafts {
    fn from_iter<All: IntoIterator<Item = (CellKey, Draft)>>(drafts: All) -> Self {
        Self { by_key: drafts.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dates::Day;

    fn night(date: &str) -> NightKey {
        NightKey { property: "h".into(), room_type: "r".into(), date: Day::parse(date).expect("a date") }
    }

    fn stored(_: &NightKey) -> Option<Cell> {
        Some(Cell { sold: 5, ..Cell::default() }.with(Field::Allotment, Value::Number(Some(12))))
    }

    fn edit(change: Change) -> Edit {
        Edit { night: night("2026-12-24"), change }
    }

    #[test]
    fn adjustments_add_up_and_a_draft_without_effect_is_removed() {
        let mut drafts = Drafts::default();
        drafts.stage(&[edit(Change::Adjust(3)), edit(Change::Adjust(-1))], stored);
        let shown = drafts.shown(&night("2026-12-24"), stored(&night("2026-12-24")).expect("a cell"));
        assert_eq!((shown.allotted, shown.left), (Some(14), 9));
        drafts.stage(&[edit(Change::Adjust(-2))], stored);
        assert!(drafts.is_empty(), "plus three, minus one and minus two is the stored value");
        drafts.stage(&[edit(Change::Allotted(Some(20))), edit(Change::Adjust(2))], stored);
        assert_eq!(drafts.iter().next().map(|(_, draft)| draft.change), Some(Change::Allotted(Some(22))));
        drafts.stage(&[edit(Change::LeftToSell(4))], stored);
        let shown = drafts.shown(&night("2026-12-24"), stored(&night("2026-12-24")).expect("a cell"));
        assert_eq!((shown.allotted, shown.left), (Some(9), 4));
    }

    #[test]
    fn staged_edits_are_undone_and_redone() {
        let mut drafts = Drafts::default();
        drafts.stage(&[edit(Change::Allotted(Some(8)))], stored);
        let first = drafts.clone();
        let before = drafts.stage(&[edit(Change::StopSell(true)), edit(Change::Allotted(Some(9)))], stored);
        let second = drafts.clone();
        let again = drafts.restore(before);
        assert_eq!(drafts, first);
        drafts.restore(again);
        assert_eq!(drafts, second);
    }

    #[test]
    fn only_a_changed_value_is_a_conflict() {
        let draft = |change| Draft { change, base: Value::Number(Some(12)), stage: Stage::Waiting };
        let now =
            |allotted, sold| Cell { sold, ..Cell::default() }.with(Field::Allotment, Value::Number(Some(allotted)));
        assert!(!draft(Change::Allotted(Some(9))).is_in_conflict(&now(12, 6)), "a sale in between is no conflict");
        assert!(draft(Change::Allotted(Some(9))).is_in_conflict(&now(5, 5)));
        assert!(!draft(Change::Allotted(Some(9))).is_in_conflict(&now(9, 5)), "the other user set the same value");
        assert!(!draft(Change::Adjust(2)).is_in_conflict(&now(5, 5)), "a relative change applies to any stored value");
    }
}
