//! The application state that all pages share.
//!
//! One handle in the context, above the routes. Undo, drafts, selection and cached cells survive a change of the page
//! and a new sign-in.

mod change_sets;
mod confirmation;
mod draft_storage;
mod notifications;
mod reversal;
mod stock;
mod stock_data;

use std::collections::VecDeque;

use leptos::prelude::*;

use self::stock_data::{CalendarState, ChangedNights};
pub use self::{
    confirmation::Confirmation,
    notifications::{Toast, ToastKind},
    stock_data::initials,
};
use crate::{
    api::session::Session,
    api::{Failure, Viewer},
    domain::{
        cell::Cell,
        dates::Day,
        draft::{Draft, Edit},
        night_key::{CellKey, NightKey},
        property::Property,
    },
};

/// How fresh what the portal shows is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Changes arrive; the last one took so many milliseconds from its commit.
    Live {
        /// Milliseconds from commit to here, once there was a message to measure.
        lag_ms: Option<u32>,
    },
    /// The connection was lost and is tried again.
    Reconnecting {
        /// Milliseconds until the next try.
        next_try_ms: u32,
    },
    /// Nobody is watching.
    Paused,
    /// The browser has no network.
    Offline,
}

/// A drawer beside the calendar.
#[derive(Clone, Debug, PartialEq)]
pub enum Panel {
    /// Many nights at once.
    Bulk,
    /// What happened to one night.
    History(NightKey),
}

/// New numbers shown in the calendar before they are anybody's drafts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// What would change.
    pub edits: Vec<Edit>,
    /// Nights that would keep their number because something forbids the new one.
    pub blocked: Vec<NightKey>,
}

/// What is chosen in the calendar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// The active cell, which has the keyboard's attention.
    pub active: Option<CellKey>,
    /// Every chosen value, the active one among them, in the order of rows and nights.
    pub keys: Vec<CellKey>,
}

/// The state of one value at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct CellSnapshot {
    /// The night as stored by the gateway.
    pub stored: Option<Cell>,
    /// The night with its drafts.
    pub shown: Option<Cell>,
    /// The value's draft.
    pub draft: Option<Draft>,
    /// Initials of somebody else who changed the night a moment ago.
    pub changed_by: Option<String>,
    /// Whether the value was saved a moment ago.
    pub is_just_saved: bool,
}

/// Somebody else who has the calendar open.
#[derive(Clone, Debug, PartialEq)]
pub struct Collaborator {
    /// One browser page of theirs.
    pub page: String,
    /// Their address.
    pub email: String,
    /// What they have chosen there: room types in the order of the calendar, nights both included; none is nothing.
    pub night_keys: Vec<NightKey>,
}

/// The handle. Every copy refers to the same state.
#[derive(Clone, Copy)]
pub struct AppState {
    /// Who is signed in; none until it is known.
    pub viewer: RwSignal<Option<Viewer>>,
    /// The supplier's properties; none until they are read.
    pub properties: RwSignal<Option<Result<Vec<Property>, Failure>>>,
    /// Code of the property that the pages are about, or `all`; none is the first. Written by the shell from the
    /// address.
    pub selected_property: RwSignal<Option<String>>,
    /// How fresh the calendar is; written by the feed.
    pub freshness: RwSignal<Freshness>,
    /// Who else is at the properties in sight; written by the feed.
    pub collaborators: RwSignal<Vec<Collaborator>>,
    /// The new numbers that the bulk drawer shows in the grid.
    pub preview: RwSignal<Option<Preview>>,
    /// What is shown in a corner for a while, oldest first.
    pub toasts: RwSignal<Vec<Toast>>,
    /// The confirmation that is open.
    pub confirmation: RwSignal<Option<Confirmation>>,
    /// Nights changed by others and not announced yet; at most a few hundred.
    pub announcements: RwSignal<Vec<NightKey>>,
    session: Session,
    calendar: StoredValue<CalendarState>,
    changes: RwSignal<u64>,
    panel: RwSignal<Option<Panel>>,
    selected: RwSignal<Selection>,
    window: RwSignal<Option<(Day, Day)>>,
    drafts: RwSignal<usize>,
    writes_in_flight: StoredValue<u32>,
    queued_undos: StoredValue<VecDeque<bool>>,
    is_sweep_scheduled: StoredValue<bool>,
    is_notify_scheduled: StoredValue<bool>,
}

impl AppState {
    /// An empty state. It lives as long as the component that creates it.
    pub fn empty(session: Session) -> Self {
        Self {
            viewer: RwSignal::new(None),
            properties: RwSignal::new(None),
            selected_property: RwSignal::new(None),
            freshness: RwSignal::new(Freshness::Paused),
            collaborators: RwSignal::new(Vec::new()),
            preview: RwSignal::new(None),
            toasts: RwSignal::new(Vec::new()),
            confirmation: RwSignal::new(None),
            announcements: RwSignal::new(Vec::new()),
            session,
            calendar: StoredValue::new(CalendarState::default()),
            changes: RwSignal::new(0),
            panel: RwSignal::new(None),
            selected: RwSignal::new(Selection::default()),
            window: RwSignal::new(None),
            drafts: RwSignal::new(0),
            writes_in_flight: StoredValue::new(0),
            queued_undos: StoredValue::default(),
            is_sweep_scheduled: StoredValue::new(false),
            is_notify_scheduled: StoredValue::new(false),
        }
    }

    /// The session that requests are sent with.
    pub fn session(self) -> Session {
        self.session
    }

    /// The property that the pages are about: the chosen one, or the first; tracked.
    pub fn property(self) -> Option<Property> {
        let chosen = self.selected_property.get();
        self.properties.with(|properties| {
            let properties = properties.as_ref()?.as_ref().ok()?;
            let named = chosen.and_then(|code| properties.iter().find(|property| property.code == code));
            named.or_else(|| properties.first()).cloned()
        })
    }

    /// Whether the person may change the calendar; tracked.
    pub fn may_write(self) -> bool {
        self.viewer.with(|viewer| viewer.as_ref().is_some_and(|viewer| viewer.may("inventory:write")))
    }

    /// Whether the person may change the calendar; not tracked.
    pub fn may_write_untracked(self) -> bool {
        self.viewer.with_untracked(|viewer| viewer.as_ref().is_some_and(|viewer| viewer.may("inventory:write")))
    }

    /// A night as stored by the gateway, without drafts; not tracked.
    pub fn stored(self, night: &NightKey) -> Option<Cell> {
        self.calendar.with_value(|calendar| calendar.cache.cell(night))
    }

    /// A night with its drafts; not tracked.
    pub fn shown(self, night: &NightKey) -> Option<Cell> {
        self.calendar.with_value(|calendar| calendar.shown(night))
    }

    /// The draft of one value; not tracked.
    pub fn draft(self, key: &CellKey) -> Option<Draft> {
        self.calendar.with_value(|calendar| calendar.drafts.get(key).cloned())
    }

    /// A snapshot of one value; not tracked.
    pub fn snapshot(self, key: &CellKey) -> CellSnapshot {
        self.calendar.with_value(|calendar| {
            let stored = calendar.cache.cell(&key.night);
            CellSnapshot {
                stored,
                shown: stored.map(|cell| calendar.drafts.shown(&key.night, cell)),
                draft: calendar.drafts.get(key).cloned(),
                changed_by: calendar.changed_by(&key.night).map(str::to_owned),
                is_just_saved: calendar.is_just_saved(key),
            }
        })
    }

    /// Every draft; not tracked.
    pub fn all_drafts(self) -> Vec<(CellKey, Draft)> {
        self.calendar
            .with_value(|calendar| calendar.drafts.iter().map(|(key, draft)| (key.clone(), draft.clone())).collect())
    }

    /// Tracks every change of stored nights and drafts.
    pub fn track(self) {
        self.changes.track();
    }

    /// Notifies the pages that anything may have changed.
    fn notify_all(self) {
        self.calendar.try_update_value(CalendarState::mark_all_changed);
        self.notify();
    }

    /// Notifies the pages of changes that are recorded by night.
    fn notify(self) {
        self.changes.try_update(|changes| *changes = changes.wrapping_add(1));
    }

    /// What changed since this was asked last: for the one who paints.
    pub fn take_changed_nights(self) -> ChangedNights {
        self.calendar.try_update_value(CalendarState::take_changed_nights).unwrap_or_default()
    }

    /// Whether there is a step to take back; tracked.
    pub fn can_undo(self) -> bool {
        self.track();
        self.calendar.with_value(|calendar| calendar.undo_stack.can_undo())
    }

    /// Whether there is a step to do once more; tracked.
    pub fn can_redo(self) -> bool {
        self.track();
        self.calendar.with_value(|calendar| calendar.undo_stack.can_redo())
    }

    /// How many values are typed and not sent yet; tracked.
    pub fn draft_count(self) -> usize {
        self.drafts.get()
    }

    /// What is chosen in the calendar; tracked.
    pub fn selection(self) -> Selection {
        self.selected.get()
    }

    /// Chooses in the calendar.
    pub fn select(self, selected: Selection) {
        if self.selected.with_untracked(|now| *now != selected) {
            self.selected.set(selected);
        }
    }

    /// The first and last night the calendar shows, if it is in sight; tracked.
    pub fn window(self) -> Option<(Day, Day)> {
        self.window.get()
    }

    /// Tells which nights the calendar shows; none when it goes out of sight.
    pub fn set_window(self, window: Option<(Day, Day)>) {
        if self.window.try_get_untracked().is_some_and(|now| now != window) {
            self.window.set(window);
        }
    }

    /// Opens a drawer; the one that is open closes.
    pub fn open_panel(self, panel: Panel) {
        self.panel.set(Some(panel));
    }

    /// Closes the drawer that is open.
    pub fn close_panel(self) {
        self.panel.set(None);
    }

    /// The drawer that is open; not tracked.
    pub fn panel_untracked(self) -> Option<Panel> {
        self.panel.get_untracked()
    }

    /// The drawer that is open; tracked.
    pub fn panel(self) -> Option<Panel> {
        self.panel.get()
    }
}
