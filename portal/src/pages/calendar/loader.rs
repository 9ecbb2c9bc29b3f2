//! Loads the shown nights of the shown properties.

use leptos::{prelude::*, task::spawn_local};

use super::view_state::ViewState;
use crate::{api::Failure, domain::property::Property};

/// The loader. Every copy is the same loader.
#[derive(Clone, Copy)]
pub struct NightLoader {
    view: ViewState,
    properties: Memo<Vec<Property>>,
    /// Requests in flight for nights that are not loaded yet.
    pending: RwSignal<u32>,
    /// The failure of the last load.
    pub failure: RwSignal<Option<Failure>>,
}

impl NightLoader {
    /// A loader that has not loaded anything yet.
    pub fn new(view: ViewState, properties: Memo<Vec<Property>>) -> Self {
        Self { view, properties, pending: RwSignal::new(0), failure: RwSignal::new(None) }
    }

    /// Returns whether nights are loading; tracked.
    pub fn is_loading(self) -> bool {
        self.pending.get() > 0
    }

    /// Loads the shown nights; tracks the window and the properties.
    pub fn load(self) {
        let Self { view, properties, pending, failure: load_failure } = self;
        let stock = view.stock;
        let (from, through) = (view.from.get(), view.through());
        load_failure.set(None);
        for property in properties.get() {
            // Nights that are loaded already are refreshed without a sign of it.
            if stock.is_loaded(&property.id, from, through) {
                spawn_local(async move {
                    let _ = stock.load(&property.id, from, through).await;
                });
                continue;
            }
            pending.update(|count| *count += 1);
            spawn_local(async move {
                let outcome = stock.load(&property.id, from, through).await;
                pending.try_update(|count| *count -= 1);
                if let Err(failure) = outcome
                    && failure != Failure::SignedOut
                {
                    load_failure.try_set(Some(failure));
                }
            });
        }
    }
}
