//! The stock: cells of every known night, loaded from the gateway and updated by the live feed.

use leptos::{prelude::*, task::spawn_local};

use super::{
    Account, FeedStatus, initials,
    stock_data::{ChangedNights, StockData, ViewedRange},
};
use crate::{
    api::{self, Failure, session::Session},
    browser,
    domain::{
        cell::Cell,
        cell_cache::FeedUpdate,
        dates::Day,
        draft::Change,
        ids::{PropertyId, RoomTypeId},
        night_key::{CellKey, NightKey},
        sort::sorted_distinct,
    },
};

/// Interval at which expired marks are removed.
const MARK_SWEEP_MS: u64 = 100;
/// Delay in which feed updates are collected into one notification: two frames.
const NOTIFY_DELAY_MS: u64 = 33;

/// Cells of every known night, updated by the feed. Every copy refers to the same state.
#[derive(Clone, Copy)]
pub struct Stock {
    data: StoredValue<StockData>,
    changes: RwSignal<u64>,
    is_sweep_scheduled: StoredValue<bool>,
    is_notify_scheduled: StoredValue<bool>,
    session: Session,
    account: Account,
    feed: FeedStatus,
}

impl Stock {
    /// An empty stock. It lives as long as the component that creates it.
    pub fn new(session: Session, account: Account, feed: FeedStatus) -> Self {
        Self {
            data: StoredValue::new(StockData::default()),
            changes: RwSignal::new(0),
            is_sweep_scheduled: StoredValue::new(false),
            is_notify_scheduled: StoredValue::new(false),
            session,
            account,
            feed,
        }
    }

    /// A night as stored by the gateway, without drafts; not tracked.
    pub fn stored(self, night: &NightKey) -> Option<Cell> {
        self.data.with_value(|data| data.cache.cell(night))
    }

    /// Initials of another user who just changed the night of a cell, and whether the cell was just saved; not tracked.
    pub(super) fn marks(self, key: &CellKey) -> (Option<String>, bool) {
        self.data.with_value(|data| (data.changed_by(&key.night).map(str::to_owned), data.is_just_saved(key)))
    }

    /// Tracks every change of stored nights and drafts.
    pub fn track(self) {
        self.changes.track();
    }

    /// Notifies the pages that any night may have changed.
    pub(super) fn notify_all(self) {
        self.data.try_update_value(StockData::mark_all_changed);
        self.notify();
    }

    /// Notifies the pages of changes that are recorded by night.
    fn notify(self) {
        self.changes.try_update(|changes| *changes = changes.wrapping_add(1));
    }

    /// The nights that changed since the last call. The renderer of the grid is the only caller.
    pub fn take_changed_nights(self) -> ChangedNights {
        self.data.try_update_value(StockData::take_changed_nights).unwrap_or_default()
    }

    /// Registers a change set of this page, so that its changes are not marked as another user's.
    pub(super) fn register_own_set(self, change_set: String) {
        self.data.update_value(|data| {
            data.own_sets.insert(change_set);
        });
    }

    /// Shows written values until the feed delivers the same nights, and marks them as saved. A write that changed
    /// nothing has no sequence number.
    pub(super) fn insert_saved(self, values: Vec<(CellKey, Change)>, seq: Option<u64>) {
        let now = browser::now();
        self.data.update_value(|data| {
            for (key, change) in values {
                if let (Some(seq), Some(stored)) = (seq, data.cache.cell(&key.night)) {
                    let after = stored.with(key.field, change.value(&stored));
                    data.cache.insert_expected(&key.night, seq, after);
                }
                data.mark_saved(key, now);
            }
        });
        self.schedule_sweep();
    }

    /// Reads the viewed ranges of a property after a write, unless the feed is live and delivers them.
    pub(super) async fn refresh_after_write(self, property: &PropertyId, cursor: Option<&str>) {
        if self.feed.is_live() {
            return;
        }
        let viewed_ranges = self.data.with_value(|data| data.viewed_ranges(Some(property)));
        for one in viewed_ranges {
            let _ = self.read(&one.property, one.from, one.through, cursor).await;
        }
    }

    /// Forgets every night.
    pub(super) fn clear(self) {
        self.data.set_value(StockData::default());
    }

    /// Loads these nights of every room type of a property, unless they are loaded and valid.
    pub async fn load(self, property: &PropertyId, from: Day, through: Day) -> Result<(), Failure> {
        self.data.update_value(|data| data.add_viewed_range(ViewedRange { property: property.clone(), from, through }));
        if self.is_loaded(property, from, through) {
            return Ok(());
        }
        self.read(property, from, through, None).await
    }

    /// Whether these nights of every room type of a property are loaded and valid; not tracked.
    pub fn is_loaded(self, property: &PropertyId, from: Day, through: Day) -> bool {
        let room_types: Vec<RoomTypeId> = self
            .account
            .property_by_id(property)
            .map(|property| property.room_types.into_iter().map(|room| room.id).collect())
            .unwrap_or_default();
        self.data.with_value(|data| data.cache.is_loaded(property, &room_types, from, through))
    }

    pub(super) async fn read(
        self,
        property: &PropertyId,
        from: Day,
        through: Day,
        at_least: Option<&str>,
    ) -> Result<(), Failure> {
        let generation = self.data.with_value(|data| data.cache.generation(property));
        let rows = api::nights(self.session, property, from, through, at_least).await?;
        self.data.update_value(|data| {
            for row in rows {
                for (cell, offset) in row.cells.into_iter().zip(0..) {
                    let night = NightKey {
                        property: property.clone(),
                        room_type: row.room_type.clone(),
                        date: from.plus(offset),
                    };
                    data.cache.insert(&night, row.seq, generation, cell);
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
                    spawn_local(self.account.load_properties());
                }
            }
        }
    }

    fn apply_cells(self, seq: u64, cells: Vec<(NightKey, Cell)>, actor: Option<&str>, change_set: Option<&str>) {
        let now = browser::now();
        let changed_by_others = self.data.try_update_value(|data| {
            let is_own = change_set.is_some_and(|set| data.own_sets.contains(set));
            let mut changed_by_others = Vec::new();
            data.mark_changed(cells.iter().map(|(night, _)| night.clone()));
            for (night, cell) in cells {
                let generation = data.cache.generation(&night.property);
                let before = data.cache.insert(&night, seq, generation, cell);
                // A night that was unknown has no visible change.
                if !is_own && before.flatten().is_some() {
                    data.mark_changed_by(night.clone(), initials(actor.unwrap_or("?")), now);
                    changed_by_others.push(night);
                }
            }
            changed_by_others
        });
        let changed_by_others = changed_by_others.unwrap_or_default();
        if !changed_by_others.is_empty() {
            self.schedule_sweep();
            self.feed.announce(changed_by_others);
        }
        self.notify_soon();
    }

    /// Notifies the pages once for all updates within a short time, because each notification costs the same.
    fn notify_soon(self) {
        if self.is_notify_scheduled.get_value() {
            return;
        }
        self.is_notify_scheduled.set_value(true);
        let notify = move || {
            self.is_notify_scheduled.set_value(false);
            self.notify();
        };
        set_timeout(notify, std::time::Duration::from_millis(NOTIFY_DELAY_MS));
    }

    /// Invalidates the cells of a property, or of all, and reads the viewed ranges again.
    fn reload_viewed(self, property: Option<&PropertyId>) {
        let viewed_ranges = self.data.try_update_value(|data| {
            let viewed_ranges = data.viewed_ranges(property);
            for property in sorted_distinct(viewed_ranges.iter().map(|one| &one.property)) {
                data.cache.invalidate(property);
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

    /// Schedules the removal of expired marks.
    fn schedule_sweep(self) {
        if self.is_sweep_scheduled.get_value() {
            return;
        }
        self.is_sweep_scheduled.set_value(true);
        let sweep = move || {
            self.is_sweep_scheduled.set_value(false);
            let swept = self.data.try_update_value(|data| data.sweep(browser::now())).unwrap_or_default();
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
