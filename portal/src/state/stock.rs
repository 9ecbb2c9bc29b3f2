//! Reads cells and properties, and applies updates of the live feed.

use leptos::{prelude::*, task::spawn_local};

use super::{
    AppState, Freshness, draft_storage,
    stock_data::{ViewedRange, initials},
};
use crate::{
    api,
    api::Failure,
    browser,
    domain::{
        cell::Cell,
        cell_cache::FeedUpdate,
        dates::Day,
        ids::{PropertyId, RoomTypeId},
        night_key::NightKey,
        property::Property,
        sort::sorted_distinct,
    },
};

/// More than this is "many" in words.
const MAX_ANNOUNCEMENTS: usize = 500;
/// Marks are looked after this often while there are any, so that those of many changes don't all end at once.
const MARK_SWEEP_MS: u64 = 100;
/// News waits so long for more of it, which nobody sees: two frames.
const NOTIFY_DELAY_MS: u64 = 33;

impl AppState {
    /// Reads who is signed in and their properties, anew if they were read before.
    pub async fn open(self) {
        match api::viewer(self.session).await {
            Ok(viewer) => {
                self.switch_account(&viewer.email);
                self.viewer.set(Some(viewer));
                // What may be changed depends on who looks.
                self.notify_all();
            }
            Err(Failure::SignedOut) => return,
            Err(failure) => {
                self.properties.set(Some(Err(failure)));
                return;
            }
        }
        self.read_properties().await;
    }

    /// Forgets everything that belongs to who was signed in, but for drafts, which wait for them in the storage.
    pub fn clear(self) {
        self.calendar.update_value(|calendar| *calendar = Default::default());
        self.viewer.set(None);
        self.properties.set(None);
        self.collaborators.set(Vec::new());
        self.announcements.set(Vec::new());
        self.preview.set(None);
        self.confirmation.set(None);
        self.toasts.set(Vec::new());
        self.panel.set(None);
        self.selected.set(Default::default());
        self.notify_all();
    }

    /// Loads the drafts of the signed-in account; another account's drafts are removed from the state.
    fn switch_account(self, email: &str) {
        let is_other = self.calendar.with_value(|calendar| calendar.owner.as_deref() != Some(email));
        if is_other {
            self.clear();
            let kept = draft_storage::read(email);
            self.calendar.update_value(|calendar| {
                calendar.owner = Some(email.to_owned());
                calendar.drafts = kept;
            });
            self.notify_all();
        }
    }

    async fn read_properties(self) {
        let read = api::properties(self.session).await;
        if read == Err(Failure::SignedOut) {
            return;
        }
        // What is on screen stays there when only its refreshing failed.
        let has_some = self.properties.with_untracked(|properties| matches!(properties, Some(Ok(_))));
        if (read.is_ok() || !has_some)
            && self.properties.with_untracked(|properties| properties.as_ref() != Some(&read))
        {
            self.properties.set(Some(read));
        }
    }

    /// The property of this id; not tracked.
    pub fn property_by_id(self, id: &PropertyId) -> Option<Property> {
        self.properties.with_untracked(|properties| {
            properties.as_ref()?.as_ref().ok()?.iter().find(|property| property.id == *id).cloned()
        })
    }

    /// Makes sure that these nights of every room type of a property are known; at once if they are.
    pub async fn load(self, property: &PropertyId, from: Day, through: Day) -> Result<(), Failure> {
        self.calendar.update_value(|calendar| {
            calendar.add_viewed_range(ViewedRange { property: property.clone(), from, through })
        });
        if self.is_loaded(property, from, through) {
            return Ok(());
        }
        self.read(property, from, through, None).await
    }

    /// Whether these nights of every room type of a property are loaded and valid; not tracked.
    pub fn is_loaded(self, property: &PropertyId, from: Day, through: Day) -> bool {
        let room_types: Vec<RoomTypeId> = self
            .property_by_id(property)
            .map(|property| property.room_types.into_iter().map(|room| room.id).collect())
            .unwrap_or_default();
        self.calendar.with_value(|calendar| calendar.cache.is_loaded(property, &room_types, from, through))
    }

    pub(super) async fn read(
        self,
        property: &PropertyId,
        from: Day,
        through: Day,
        at_least: Option<&str>,
    ) -> Result<(), Failure> {
        let generation = self.calendar.with_value(|calendar| calendar.cache.generation(property));
        let rows = api::nights(self.session, property, from, through, at_least).await?;
        self.calendar.update_value(|calendar| {
            for row in rows {
                for (cell, offset) in row.cells.into_iter().zip(0..) {
                    let night = NightKey {
                        property: property.clone(),
                        room_type: row.room_type.clone(),
                        date: from.plus(offset),
                    };
                    calendar.cache.insert(&night, row.seq, generation, cell);
                }
            }
        });
        self.notify_all();
        Ok(())
    }

    /// Applies an update of the live feed.
    pub fn apply_feed_update(self, message: FeedUpdate) {
        match message {
            FeedUpdate::Cells { seq, cells, actor, change_set } => {
                self.apply_cells(seq, cells, actor.as_deref(), change_set.as_deref())
            }
            FeedUpdate::Range { property, .. } => self.reload_viewed(Some(&property)),
            FeedUpdate::Reload(property) => {
                self.reload_viewed(property.as_ref());
                if property.is_some() {
                    spawn_local(self.read_properties());
                }
            }
        }
    }

    fn apply_cells(self, seq: u64, cells: Vec<(NightKey, Cell)>, actor: Option<&str>, change_set: Option<&str>) {
        let now = browser::now();
        let notify_all = self.calendar.try_update_value(|calendar| {
            let is_own = change_set.is_some_and(|set| calendar.own_sets.contains(set));
            let mut notify_all = Vec::new();
            calendar.mark_changed(cells.iter().map(|(night, _)| night.clone()));
            for (night, cell) in cells {
                let generation = calendar.cache.generation(&night.property);
                let before = calendar.cache.insert(&night, seq, generation, cell);
                // What was not known before can't be seen to change.
                if !is_own && before.flatten().is_some() {
                    calendar.mark_changed_by(night.clone(), initials(actor.unwrap_or("?")), now);
                    notify_all.push(night);
                }
            }
            notify_all
        });
        let mut notify_all = notify_all.unwrap_or_default();
        if !notify_all.is_empty() {
            self.schedule_sweep();
            self.announcements.update(|announcements| {
                notify_all.truncate(MAX_ANNOUNCEMENTS.saturating_sub(announcements.len()));
                announcements.append(&mut notify_all);
            });
        }
        self.notify_soon();
    }

    /// Notifies the pages once for all updates within a short time, because each notification costs the same.
    fn notify_soon(self) {
        if self.is_notify_scheduled.get_value() {
            return;
        }
        self.is_notify_scheduled.set_value(true);
        let tell = move || {
            self.is_notify_scheduled.set_value(false);
            self.notify();
        };
        set_timeout(tell, std::time::Duration::from_millis(NOTIFY_DELAY_MS));
    }

    /// Invalidates the cells of a property, or of all, and reads the viewed ranges again.
    pub(super) fn reload_viewed(self, property: Option<&PropertyId>) {
        let viewed_ranges = self.calendar.try_update_value(|calendar| {
            let viewed_ranges = calendar.viewed_ranges(property);
            for property in sorted_distinct(viewed_ranges.iter().map(|one| &one.property)) {
                calendar.cache.invalidate(property);
            }
            viewed_ranges
        });
        for ViewedRange { property, from, through } in viewed_ranges.unwrap_or_default() {
            spawn_local(async move {
                // After a failure the nights stay invalid; the next view or connection tries again.
                let _ = self.read(&property, from, through, None).await;
            });
        }
    }

    /// Whether the feed keeps everything current at this moment; not tracked.
    pub(super) fn is_live(self) -> bool {
        matches!(self.freshness.get_untracked(), Freshness::Live { .. })
    }

    /// Takes marks away in time.
    pub(super) fn schedule_sweep(self) {
        if self.is_sweep_scheduled.get_value() {
            return;
        }
        self.is_sweep_scheduled.set_value(true);
        let sweep = move || {
            self.is_sweep_scheduled.set_value(false);
            let swept = self.calendar.try_update_value(|calendar| calendar.sweep(browser::now())).unwrap_or_default();
            if swept.has_ended {
                self.notify_soon();
            }
            if swept.has_more {
                self.schedule_sweep();
            }
        };
        set_timeout(sweep, std::time::Duration::from_millis(MARK_SWEEP_MS));
    }
}
