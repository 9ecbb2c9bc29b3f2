//! Loads the events of a night, page by page.

use leptos::{prelude::*, task::spawn_local};

use super::timeline;
use crate::{
    api::{self, Failure, session::Session},
    domain::night_key::NightKey,
    state::{ChangeSets, Notifications, Stock},
};

/// Events per page.
const PAGE: u32 = 50;

/// The events of one night, and their loads. Every copy is the same loader.
#[derive(Clone, Copy)]
pub struct HistoryLoader {
    session: Session,
    /// The cells.
    pub stock: Stock,
    /// Undoes change sets.
    pub change_sets: ChangeSets,
    /// Toasts and confirmations.
    pub notifications: Notifications,
    /// The night; a change clears the events.
    pub night: RwSignal<NightKey>,
    /// The events loaded so far, newest first.
    pub history: RwSignal<api::History>,
    /// True while a page is loading.
    pub is_reading: RwSignal<bool>,
    /// The failure of the last load.
    pub failure: RwSignal<Option<Failure>>,
    /// The number of the last load. An earlier load that ends later is ignored.
    turn: StoredValue<u32>,
}

/// The page to load.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum HistoryPage {
    /// The newest events.
    First,
    /// The events before the oldest loaded one.
    Older,
}

impl HistoryLoader {
    /// A loader without events.
    pub fn new(night: RwSignal<NightKey>) -> Self {
        Self {
            session: expect_context(),
            stock: expect_context(),
            change_sets: expect_context(),
            notifications: expect_context(),
            night,
            history: RwSignal::new(api::History::default()),
            is_reading: RwSignal::new(true),
            failure: RwSignal::new(None),
            turn: StoredValue::new(0),
        }
    }

    /// Clears the events and loads the first page.
    pub fn restart(self) {
        self.history.set(api::History::default());
        self.read(HistoryPage::First);
    }

    /// Loads a page of events.
    pub fn read(self, page_kind: HistoryPage) {
        // A delayed refresh may come after the drawer closed.
        let Some(night) = self.night.try_get_untracked() else { return };
        let before = self.history.with_untracked(|history| history.next).filter(|_| page_kind == HistoryPage::Older);
        let turn = self.turn.get_value() + 1;
        self.turn.set_value(turn);
        self.is_reading.set(true);
        spawn_local(async move {
            let filter = Some((&night.room_type, night.date));
            let response = api::history(self.session, &night.property, filter, before, PAGE).await;
            if self.turn.try_get_value() != Some(turn) {
                return;
            }
            self.is_reading.set(false);
            self.failure.set(response.as_ref().err().cloned());
            if let Ok(page) = response {
                self.history.update(|history| match page_kind {
                    HistoryPage::First => *history = timeline::merged(std::mem::take(history), page),
                    HistoryPage::Older => {
                        history.events.extend(page.events);
                        history.next = page.next;
                    }
                });
            }
        });
    }
}
