//! Loads the nights of the form.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::Failure,
    domain::{dates::Day, property::Property},
    state::Stock,
};

/// The loader. Every copy is the same loader.
#[derive(Clone, Copy)]
pub struct NightLoader {
    stock: Stock,
    property: Memo<Property>,
    /// The number of the last load. An earlier load that ends later is ignored.
    turn: StoredValue<u32>,
    /// True while nights are loading.
    pub is_reading: RwSignal<bool>,
    /// The failure of the last load.
    pub failure: RwSignal<Option<Failure>>,
}

impl NightLoader {
    /// A loader for the nights of a property.
    pub fn new(property: Memo<Property>) -> Self {
        Self {
            stock: expect_context(),
            property,
            turn: StoredValue::new(0),
            is_reading: RwSignal::new(false),
            failure: RwSignal::new(None),
        }
    }

    /// Loads ranges of nights, both ends included.
    pub fn load(self, ranges: Vec<(Day, Day)>) {
        let turn = self.turn.get_value() + 1;
        self.turn.set_value(turn);
        self.is_reading.set(true);
        let property = self.property.with_untracked(|property| property.id.clone());
        spawn_local(async move {
            let mut error = None;
            for (from, through) in ranges {
                if let Err(failure) = self.stock.load(&property, from, through).await {
                    error = Some(failure);
                    break;
                }
            }
            if self.turn.try_get_value() == Some(turn) {
                self.failure.try_set(error);
                self.is_reading.try_set(false);
            }
        });
    }
}
