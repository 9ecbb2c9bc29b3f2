//! The live feed as the pages show it: freshness, collaborators, and changes to announce.

use leptos::prelude::*;

use crate::domain::night_key::NightKey;

/// Maximum number of changed nights that wait for an announcement.
const MAX_ANNOUNCEMENTS: usize = 500;

/// Freshness of the data that the portal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// The feed is connected.
    Live {
        /// Milliseconds from the commit of the last change to its arrival; none before the first message.
        lag_ms: Option<u32>,
    },
    /// The connection is lost and will be tried again.
    Reconnecting {
        /// Milliseconds until the next attempt.
        next_try_ms: u32,
    },
    /// No page follows any property.
    Paused,
    /// The browser has no network.
    Offline,
}

/// Another user who has the calendar open.
#[derive(Clone, Debug, PartialEq)]
pub struct Collaborator {
    /// Identifier of one of their browser pages.
    pub page: String,
    /// Their email address.
    pub email: String,
    /// The nights that they selected: room types in the order of the calendar; empty if nothing is selected.
    pub night_keys: Vec<NightKey>,
}

/// The live feed as the pages show it. Every copy refers to the same state.
#[derive(Clone, Copy)]
pub struct FeedStatus {
    /// Freshness of the calendar; set by the feed.
    pub freshness: RwSignal<Freshness>,
    /// Other users at the followed properties; set by the feed.
    pub collaborators: RwSignal<Vec<Collaborator>>,
    /// Nights that other users changed and that are not announced yet; at most 500.
    pub announcements: RwSignal<Vec<NightKey>>,
}

impl FeedStatus {
    /// The status of a feed that follows nothing. It lives as long as the component that creates it.
    pub fn new() -> Self {
        Self {
            freshness: RwSignal::new(Freshness::Paused),
            collaborators: RwSignal::new(Vec::new()),
            announcements: RwSignal::new(Vec::new()),
        }
    }

    /// Whether the feed is connected; not tracked.
    pub fn is_live(self) -> bool {
        matches!(self.freshness.get_untracked(), Freshness::Live { .. })
    }

    /// Adds nights to the next announcement.
    pub(super) fn announce(self, mut nights: Vec<NightKey>) {
        self.announcements.update(|announcements| {
            nights.truncate(MAX_ANNOUNCEMENTS.saturating_sub(announcements.len()));
            announcements.append(&mut nights);
        });
    }

    pub(super) fn clear(self) {
        self.collaborators.set(Vec::new());
        self.announcements.set(Vec::new());
    }
}
