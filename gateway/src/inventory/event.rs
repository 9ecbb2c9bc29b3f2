//! Stock events, the entries of the journal: one committed change of one property each. All cells can be rebuilt from
//! them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use lodgate_entities::ids::{PropertyId, RoomTypeId, TenantId};
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::cell::{Field, Level, Night, NightKey};

/// The kind of command that caused an event. More kinds may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "described in the schema")]
pub enum Cause {
    SetAllotments,
    AdjustAllotments,
    SetRestrictions,
    Undo,
    Hold,
    Extend,
    Confirm,
    Book,
    Cancel,
    Expire,
    PropertyCreated,
    PropertyUpdated,
    RoomTypeCreated,
    RoomTypeUpdated,
    ContractCreated,
    ContractUpdated,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 16] = [
        Self::SetAllotments,
        Self::AdjustAllotments,
        Self::SetRestrictions,
        Self::Undo,
        Self::Hold,
        Self::Extend,
        Self::Confirm,
        Self::Book,
        Self::Cancel,
        Self::Expire,
        Self::PropertyCreated,
        Self::PropertyUpdated,
        Self::RoomTypeCreated,
        Self::RoomTypeUpdated,
        Self::ContractCreated,
        Self::ContractUpdated,
    ];

    /// The name in the journal and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::SetAllotments => "SET_ALLOTMENTS",
            Self::AdjustAllotments => "ADJUST_ALLOTMENTS",
            Self::SetRestrictions => "SET_RESTRICTIONS",
            Self::Undo => "UNDO",
            Self::Hold => "HOLD",
            Self::Extend => "EXTEND",
            Self::Confirm => "CONFIRM",
            Self::Book => "BOOK",
            Self::Cancel => "CANCEL",
            Self::Expire => "EXPIRE",
            Self::PropertyCreated => "PROPERTY_CREATED",
            Self::PropertyUpdated => "PROPERTY_UPDATED",
            Self::RoomTypeCreated => "ROOM_TYPE_CREATED",
            Self::RoomTypeUpdated => "ROOM_TYPE_UPDATED",
            Self::ContractCreated => "CONTRACT_CREATED",
            Self::ContractUpdated => "CONTRACT_UPDATED",
        }
    }

    /// The reverse of [`Cause::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }

    /// `true` when the structure of the property changed and not its cells.
    pub fn is_structure(self) -> bool {
        self >= Self::PropertyCreated
    }

    /// `true` for a supplier's change of the calendar, which can be undone.
    pub fn is_calendar_change(self) -> bool {
        self <= Self::Undo
    }
}

impl PartialOrd for Cause {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (*self as u8).partial_cmp(&(*other as u8))
    }
}

/// One field of a cell, before and after; flags are 0 and 1, `None` is unset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field.
    pub field: Field,
    /// The value before.
    pub before: Option<i32>,
    /// The value after.
    pub after: Option<i32>,
}

/// The changes of one cell by an event. On the wire `{"r":7,"p":0,"d":"2026-12-24","f":{"allotted":[4,8]}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellChange {
    /// The room type.
    #[serde(rename = "r")]
    pub room_type: RoomTypeId,
    /// The pool, or the room night.
    #[serde(rename = "p")]
    pub level: Level,
    /// The night.
    #[serde(rename = "d")]
    pub date: NaiveDate,
    /// Its changed fields; never empty.
    #[serde(rename = "f", serialize_with = "write_fields", deserialize_with = "read_fields")]
    pub fields: Vec<FieldChange>,
}

fn write_fields<S: Serializer>(fields: &[FieldChange], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(fields.len()))?;
    for change in fields {
        map.serialize_entry(change.field.code(), &[change.before, change.after])?;
    }
    map.end()
}

fn read_fields<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<FieldChange>, D::Error> {
    HashMap::<String, [Option<i32>; 2]>::deserialize(deserializer)?
        .into_iter()
        .map(|(code, [before, after])| {
            let field = Field::from_code(&code).ok_or_else(|| D::Error::custom(format!("unknown field {code}")))?;
            Ok(FieldChange { field, before, after })
        })
        .collect()
}

/// An event before it has a number, as `decide` returns it.
#[derive(Clone, Debug, PartialEq)]
pub struct EventDraft {
    /// The kind of command.
    pub cause: Cause,
    /// The cells it changed.
    pub cells: Vec<CellChange>,
    /// The reservation it changed, with its revision after.
    pub reservation: Option<(Uuid, i32)>,
    /// The structure it changed, as stored.
    pub structure: Option<serde_json::Value>,
}

/// One committed change of one property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The property.
    pub property: PropertyId,
    /// 1, 2, 3 … per property, without gaps.
    pub seq: i64,
    /// Random number. It distinguishes a forked history from the one that a reader knows.
    pub tag: i64,
    /// Time of the commit, to the millisecond.
    pub at: DateTime<Utc>,
    /// The tenant of the token.
    pub actor_tenant: TenantId,
    /// The actor, for people.
    pub actor: String,
    /// The kind of command.
    pub cause: Cause,
    /// Given by the caller.
    pub reason: Option<String>,
    /// Given by the caller.
    pub reference: Option<String>,
    /// The change set: one edit of a supplier, possibly over several calls and properties.
    pub change_set: Option<Uuid>,
    /// The reservation it changed, with its revision after.
    pub reservation: Option<(Uuid, i32)>,
    /// The cells it changed.
    pub cells: Vec<CellChange>,
    /// The structure it changed.
    pub structure: Option<serde_json::Value>,
}

impl Event {
    /// The nights that it changed, each once.
    pub fn nights(&self) -> Vec<NightKey> {
        let mut nights: Vec<NightKey> = self.cells.iter().map(|cell| (cell.room_type, cell.date)).collect();
        nights.sort_unstable();
        nights.dedup();
        nights
    }
}

/// Applies the changes to the nights, and adds nights that are missing.
pub fn apply(nights: &mut HashMap<NightKey, Night>, changes: &[CellChange]) {
    for cell in changes {
        let night = nights.entry((cell.room_type, cell.date)).or_default();
        for change in &cell.fields {
            night.set(cell.level, change.field, change.after);
        }
    }
}

/// Reverts the changes in one night: its state just before them.
pub fn roll_back(night: &mut Night, key: NightKey, changes: &[CellChange]) {
    for cell in changes.iter().filter(|cell| (cell.room_type, cell.date) == key) {
        for change in &cell.fields {
            night.set(cell.level, change.field, change.before);
        }
    }
}

/// Applies the changes to the given nights; changes of other nights are ignored.
pub fn step_forward(nights: &mut HashMap<NightKey, Night>, changes: &[CellChange]) {
    step(nights, changes, |change| change.after);
}

/// The reverse of [`step_forward`].
pub fn step_back(nights: &mut HashMap<NightKey, Night>, changes: &[CellChange]) {
    step(nights, changes, |change| change.before);
}

fn step(nights: &mut HashMap<NightKey, Night>, changes: &[CellChange], value: impl Fn(&FieldChange) -> Option<i32>) {
    for cell in changes {
        if let Some(night) = nights.get_mut(&(cell.room_type, cell.date)) {
            for change in &cell.fields {
                night.set(cell.level, change.field, value(change));
            }
        }
    }
}

/// The differences between two states of one night, cell by cell.
pub fn difference(key: NightKey, before: &Night, after: &Night) -> Vec<CellChange> {
    after
        .levels()
        .filter_map(|level| {
            let fields: Vec<FieldChange> = Field::ALL
                .iter()
                .map(|&field| FieldChange { field, before: before.get(level, field), after: after.get(level, field) })
                .filter(|change| change.before != change.after)
                .collect();
            (!fields.is_empty()).then_some(CellChange { room_type: key.0, level, date: key.1, fields })
        })
        .collect()
}
