//! What is known: read when somebody looks at it, and kept current by what the feed tells.

use leptos::{prelude::*, task::spawn_local};

use super::{
    Desk, Freshness,
    calendar_state::{Wanted, initials},
    draft_storage,
};
use crate::{
    api,
    api::Failure,
    app::browser,
    domain::{
        cell::Cell,
        cell_cache::Heard,
        dates::Day,
        ids::{HotelId, RoomTypeId},
        night_key::Place,
        property::Hotel,
        sort::distinct,
    },
};

/// More than this is "many" in words.
const MOST_NEWS: usize = 500;
/// Marks are looked after this often while there are any, so that those of many changes don't all end at once.
const SWEEP_MS: u64 = 100;
/// News waits so long for more of it, which nobody sees: two frames.
const TELL_MS: u64 = 33;

impl Desk {
    /// Reads who is signed in and their hotels, anew if they were read before.
    pub async fn open(self) {
        match api::viewer(self.session).await {
            Ok(viewer) => {
                self.belongs_to(&viewer.email);
                self.viewer.set(Some(viewer));
                // What may be changed depends on who looks.
                self.changed();
            }
            Err(Failure::SignedOut) => return,
            Err(failure) => {
                self.hotels.set(Some(Err(failure)));
                return;
            }
        }
        self.read_hotels().await;
    }

    /// Forgets everything that belongs to who was signed in, but for drafts, which wait for them in the storage.
    pub fn leave(self) {
        self.book.update_value(|book| *book = Default::default());
        self.viewer.set(None);
        self.hotels.set(None);
        self.others.set(Vec::new());
        self.news.set(Vec::new());
        self.preview.set(None);
        self.question.set(None);
        self.toasts.set(Vec::new());
        self.panel.set(None);
        self.selected.set(Default::default());
        self.changed();
    }

    /// The drafts of whoever signed in come back; those of somebody else are not theirs to see.
    fn belongs_to(self, email: &str) {
        let is_other = self.book.with_value(|book| book.owner.as_deref() != Some(email));
        if is_other {
            self.leave();
            let kept = draft_storage::read(email);
            self.book.update_value(|book| {
                book.owner = Some(email.to_owned());
                book.drafts = kept;
            });
            self.changed();
        }
    }

    async fn read_hotels(self) {
        let read = api::hotels(self.session).await;
        if read == Err(Failure::SignedOut) {
            return;
        }
        // What is on screen stays there when only its refreshing failed.
        let has_some = self.hotels.with_untracked(|hotels| matches!(hotels, Some(Ok(_))));
        if (read.is_ok() || !has_some) && self.hotels.with_untracked(|hotels| hotels.as_ref() != Some(&read)) {
            self.hotels.set(Some(read));
        }
    }

    /// The hotel of this id; not tracked.
    pub fn hotel_of(self, id: &HotelId) -> Option<Hotel> {
        self.hotels
            .with_untracked(|hotels| hotels.as_ref()?.as_ref().ok()?.iter().find(|hotel| hotel.id == *id).cloned())
    }

    /// Makes sure that these nights of every room type of a hotel are known; at once if they are.
    pub async fn load(self, hotel: &HotelId, from: Day, through: Day) -> Result<(), Failure> {
        self.book.update_value(|book| book.want(Wanted { hotel: hotel.clone(), from, through }));
        if self.knows(hotel, from, through) {
            return Ok(());
        }
        self.read(hotel, from, through, None).await
    }

    /// Whether these nights of every room type of a hotel are known without a doubt; not tracked.
    pub fn knows(self, hotel: &HotelId, from: Day, through: Day) -> bool {
        let room_types: Vec<RoomTypeId> = self
            .hotel_of(hotel)
            .map(|hotel| hotel.room_types.into_iter().map(|room| room.id).collect())
            .unwrap_or_default();
        self.book.with_value(|book| book.ledger.knows(hotel, &room_types, from, through))
    }

    pub(super) async fn read(
        self,
        hotel: &HotelId,
        from: Day,
        through: Day,
        at_least: Option<&str>,
    ) -> Result<(), Failure> {
        let age = self.book.with_value(|book| book.ledger.age(hotel));
        let rows = api::nights(self.session, hotel, from, through, at_least).await?;
        self.book.update_value(|book| {
            for row in rows {
                for (cell, offset) in row.cells.into_iter().zip(0..) {
                    let place =
                        Place { hotel: hotel.clone(), room_type: row.room_type.clone(), date: from.plus(offset) };
                    book.ledger.take(&place, row.seq, age, cell);
                }
            }
        });
        self.changed();
        Ok(())
    }

    /// Takes in what the feed tells.
    pub fn heard(self, message: Heard) {
        match message {
            Heard::Cells { seq, cells, actor, change_set } => {
                self.told(seq, cells, actor.as_deref(), change_set.as_deref())
            }
            Heard::Range { hotel, .. } => self.reread(Some(&hotel)),
            Heard::Anew(hotel) => {
                self.reread(hotel.as_ref());
                if hotel.is_some() {
                    spawn_local(self.read_hotels());
                }
            }
        }
    }

    fn told(self, seq: u64, cells: Vec<(Place, Cell)>, actor: Option<&str>, change_set: Option<&str>) {
        let now = browser::now();
        let changed = self.book.try_update_value(|book| {
            let is_own = change_set.is_some_and(|set| book.own_sets.contains(set));
            let mut changed = Vec::new();
            book.touch(cells.iter().map(|(place, _)| place.clone()));
            for (place, cell) in cells {
                let age = book.ledger.age(&place.hotel);
                let before = book.ledger.take(&place, seq, age, cell);
                // What was not known before can't be seen to change.
                if !is_own && before.flatten().is_some() {
                    book.flash(place.clone(), initials(actor.unwrap_or("?")), now);
                    changed.push(place);
                }
            }
            changed
        });
        let mut changed = changed.unwrap_or_default();
        if !changed.is_empty() {
            self.sweep_later();
            self.news.update(|news| {
                changed.truncate(MOST_NEWS.saturating_sub(news.len()));
                news.append(&mut changed);
            });
        }
        self.tell_soon();
    }

    /// Tells the pages, once for all that comes close together: of a flood of news each would cost as much as all.
    fn tell_soon(self) {
        if self.is_telling.get_value() {
            return;
        }
        self.is_telling.set_value(true);
        let tell = move || {
            self.is_telling.set_value(false);
            self.changed_in_places();
        };
        set_timeout(tell, std::time::Duration::from_millis(TELL_MS));
    }

    /// Everything known of a hotel became doubtful: what somebody looks at is read again.
    pub(super) fn reread(self, hotel: Option<&HotelId>) {
        let wanted = self.book.try_update_value(|book| {
            let wanted = book.wanted(hotel);
            for hotel in distinct(wanted.iter().map(|one| &one.hotel)) {
                book.ledger.doubt(hotel);
            }
            wanted
        });
        for Wanted { hotel, from, through } in wanted.unwrap_or_default() {
            spawn_local(async move {
                // A failure leaves the nights doubtful; whoever looks next, or the next connection, tries again.
                let _ = self.read(&hotel, from, through, None).await;
            });
        }
    }

    /// Whether the feed keeps everything current at this moment; not tracked.
    pub(super) fn is_live(self) -> bool {
        matches!(self.freshness.get_untracked(), Freshness::Live { .. })
    }

    /// Takes marks away in time.
    pub(super) fn sweep_later(self) {
        if self.is_sweeping.get_value() {
            return;
        }
        self.is_sweeping.set_value(true);
        let sweep = move || {
            self.is_sweeping.set_value(false);
            let swept = self.book.try_update_value(|book| book.sweep(browser::now())).unwrap_or_default();
            if swept.has_ended {
                self.tell_soon();
            }
            if swept.has_more {
                self.sweep_later();
            }
        };
        set_timeout(sweep, std::time::Duration::from_millis(SWEEP_MS));
    }
}
