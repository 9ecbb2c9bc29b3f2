//! The part of one property's stock that a batch of commands needs, as plain data.

use std::collections::{BTreeMap, HashMap};

use lodgate_entities::ids::{ContractId, RoomTypeId, TenantId};
use uuid::Uuid;

use super::cell::{Night, NightKey};
use super::decide::Decision;
use super::event::Event;
use super::property::{Contract, Property, RoomType};
use super::reservation::Reservation;

/// Limits that the operator configures.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Nights from the business date that can be loaded and sold.
    pub horizon_nights: i32,
    /// Usual length of a hold.
    pub hold_minutes: i32,
    /// Longest hold, extensions included.
    pub hold_minutes_max: i32,
    /// Most rooms under live holds of one contract.
    pub max_held_rooms: i32,
    /// Most cells that one command may touch.
    pub max_cells: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { horizon_nights: 1_096, hold_minutes: 15, hold_minutes_max: 60, max_held_rooms: 1_000, max_cells: 50_000 }
    }
}

/// One property as a batch sees it: the structure whole, the nights and reservations that the commands name.
#[derive(Clone, Debug)]
pub struct Stock {
    /// The property.
    pub property: Property,
    /// All its room types.
    pub room_types: BTreeMap<RoomTypeId, RoomType>,
    /// All its contracts.
    pub contracts: BTreeMap<ContractId, Contract>,
    /// The nights that were loaded; one that is absent has nothing stored.
    pub nights: HashMap<NightKey, Night>,
    /// The reservations that were loaded, live or not.
    pub reservations: HashMap<Uuid, Reservation>,
    /// References in use, by partner, among those that the commands name.
    pub references: HashMap<(TenantId, String), Uuid>,
    /// The events of the change sets that the commands name, ascending.
    pub change_sets: HashMap<Uuid, Vec<Event>>,
    /// Rooms under live holds by contract, where a command places a hold.
    pub held_rooms: HashMap<ContractId, i32>,
    /// The limits of the operator.
    pub limits: Limits,
}

impl Stock {
    /// The night as stored.
    pub fn night(&self, key: NightKey) -> Night {
        self.nights.get(&key).cloned().unwrap_or_default()
    }

    /// Applies a decision, so that the next command of the batch sees it.
    pub fn apply(&mut self, decision: &Decision) {
        for (key, night) in &decision.nights {
            self.nights.insert(*key, night.clone());
        }
        if let Some(reservation) = &decision.reservation {
            let before = self.reservations.get(&reservation.id).map_or(0, Reservation::held_rooms);
            *self.held_rooms.entry(reservation.contract).or_default() += reservation.held_rooms() - before;
            self.references.insert((reservation.partner, reservation.reference.clone()), reservation.id);
            self.reservations.insert(reservation.id, reservation.clone());
        }
    }
}
