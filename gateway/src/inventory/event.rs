//! The journal's entries: one committed change of one property each, from which every cell can be rebuilt.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use lodgate_entities::ids::{PropertyId, RoomTypeId, TenantId};
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::cell::{Level, Measure, Night, NightKey};

/// What kind of command an event came from. The list may grow.
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

    /// Whether the structure of the property changed rather than its cells.
    pub fn is_structure(self) -> bool {
        self >= Self::PropertyCreated
    }

    /// Whether it came from a supplier's gesture on the calendar, which an undo takes back.
    pub fn is_calendar_gesture(self) -> bool {
        self <= Self::Undo
    }
}

impl PartialOrd for Cause {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (*self as u8).partial_cmp(&(*other as u8))
    }
}

/// One measure of a cell, before and after; flags are 0 and 1, `None` is unset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// Which.
    pub measure: Measure,
    /// What it was.
    pub before: Option<i32>,
    /// What it is.
    pub after: Option<i32>,
}

/// What an event changed in one cell. On the wire `{"r":7,"p":0,"d":"2026-12-24","f":{"allotted":[4,8]}}`.
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
    /// Its changed measures; never empty.
    #[serde(rename = "f", serialize_with = "write_fields", deserialize_with = "read_fields")]
    pub fields: Vec<FieldChange>,
}

fn write_fields<S: Serializer>(fields: &[FieldChange], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(fields.len()))?;
    for field in fields {
        map.serialize_entry(field.measure.code(), &[field.before, field.after])?;
    }
    map.end()
}

fn read_fields<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<FieldChange>, D::Error> {
    HashMap::<String, [Option<i32>; 2]>::deserialize(deserializer)?
        .into_iter()
        .map(|(code, [before, after])| {
            let measure =
                Measure::from_code(&code).ok_or_else(|| D::Error::custom(format!("unknown measure {code}")))?;
            Ok(FieldChange { measure, before, after })
        })
        .collect()
}

/// An event before it has a number: what `decide` gives.
#[derive(Clone, Debug, PartialEq)]
pub struct EventDraft {
    /// From which command.
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
    /// 1, 2, 3 … per property, no gap.
    pub seq: i64,
    /// Random; tells a forked history from the one a reader knew.
    pub tag: i64,
    /// When it was committed, to the millisecond.
    pub at: DateTime<Utc>,
    /// Whose token did it.
    pub actor_tenant: TenantId,
    /// Who did it, for people.
    pub actor: String,
    /// From which command.
    pub cause: Cause,
    /// Given by the caller.
    pub reason: Option<String>,
    /// Given by the caller.
    pub reference: Option<String>,
    /// One gesture of a supplier, maybe over several calls and hotels.
    pub change_set: Option<Uuid>,
    /// The reservation it changed, with its revision after.
    pub reservation: Option<(Uuid, i32)>,
    /// The cells it changed.
    pub cells: Vec<CellChange>,
    /// The structure it changed.
    pub structure: Option<serde_json::Value>,
}

impl Event {
    /// The nights it touched, each once.
    pub fn nights(&self) -> Vec<NightKey> {
        let mut nights: Vec<NightKey> = self.cells.iter().map(|cell| (cell.room_type, cell.date)).collect();
        nights.sort_unstable();
        nights.dedup();
        nights
    }
}

/// Brings the nights forward over the changes.
pub fn apply(nights: &mut HashMap<NightKey, Night>, changes: &[CellChange]) {
    for change in changes {
        let night = nights.entry((change.room_type, change.date)).or_default();
        for field in &change.fields {
            night.set(change.level, field.measure, field.after);
        }
    }
}

/// Takes the changes back from one night: what it was just before them.
pub fn roll_back(night: &mut Night, key: NightKey, changes: &[CellChange]) {
    for change in changes.iter().filter(|change| (change.room_type, change.date) == key) {
        for field in &change.fields {
            night.set(change.level, field.measure, field.before);
        }
    }
}

/// Brings those nights forward over the changes that are there; others are passed over.
pub fn step_forward(nights: &mut HashMap<NightKey, Night>, changes: &[CellChange]) {
    step(nights, changes, |field| field.after);
}

/// The reverse of [`step_forward`].
pub fn step_back(nights: &mut HashMap<NightKey, Night>, changes: &[CellChange]) {
    step(nights, changes, |field| field.before);
}

fn step(nights: &mut HashMap<NightKey, Night>, changes: &[CellChange], value: impl Fn(&FieldChange) -> Option<i32>) {
    for change in changes {
        if let Some(night) = nights.get_mut(&(change.room_type, change.date)) {
            for field in &change.fields {
                night.set(change.level, field.measure, value(field));
            }
        }
    }
}

/// What differs between two states of one night, cell by cell.
pub fn difference(key: NightKey, before: &Night, after: &Night) -> Vec<CellChange> {
    after
        .levels()
        .filter_map(|level| {
            let fields: Vec<FieldChange> = Measure::ALL
                .iter()
                .map(|&measure| FieldChange {
                    measure,
                    before: before.get(level, measure),
                    after: after.get(level, measure),
                })
                .filter(|field| field.before != field.after)
                .collect();
            (!fields.is_empty()).then_some(CellChange { room_type: key.0, level, date: key.1, fields })
        })
        .collect()
}
