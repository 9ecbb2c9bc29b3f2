//! Announcements for screen readers: the page, the connection, and changes by others.

use std::time::Duration;

use leptos::prelude::*;

use super::page::Page;
use crate::{
    domain::{night_key::NightKey, sort::sorted_distinct},
    state::{Account, FeedStatus, Freshness},
};

/// Minimum time between two announcements of changes by others.
const ANNOUNCEMENT_INTERVAL: Duration = Duration::from_secs(5);

/// `3 cells changed in Deluxe King.`, or the number of room types.
fn summary(account: Account, announcements: &[NightKey]) -> String {
    let rooms = sorted_distinct(announcements.iter().map(|night| (&night.property, &night.room_type)));
    let cells = if announcements.len() == 1 { "1 cell".to_owned() } else { format!("{} cells", announcements.len()) };
    match rooms.as_slice() {
        [(property, only)] => {
            let property = account.property_by_id(property);
            let room = property.and_then(|property| property.room_types.into_iter().find(|room| room.id == **only));
            format!("{cells} changed in {}.", room.map_or_else(|| "a room type".to_owned(), |room| room.name))
        }
        several => format!("{cells} changed in {} room types.", several.len()),
    }
}

/// The live region that announces the page, the loss and return of the connection, and changes by others.
#[component]
pub fn Announcer(
    /// The shown page.
    page: Memo<Option<Page>>,
) -> impl IntoView {
    let account = expect_context::<Account>();
    let feed = expect_context::<FeedStatus>();
    let announcement = RwSignal::new(String::new());
    Effect::new(move |before: Option<Option<Page>>| {
        let page = page.get();
        if before.is_some_and(|before| before != page) {
            announcement.set(page.map_or("Page not found", Page::name).to_owned());
        }
        page
    });
    let is_connected = Memo::new(move |_| match feed.freshness.get() {
        Freshness::Live { .. } => Some(true),
        Freshness::Offline => Some(false),
        Freshness::Reconnecting { .. } | Freshness::Paused => None,
    });
    Effect::new(move |before: Option<Option<bool>>| {
        // Reconnecting and paused are not announced: they are short, or of no interest.
        let now = is_connected.get().or(before.flatten());
        match (before.flatten(), now) {
            (Some(false), Some(true)) => announcement.set("Live again.".to_owned()),
            (Some(true), Some(false)) => announcement.set("Offline. What you type is kept as drafts.".to_owned()),
            _ => {}
        }
        now
    });
    // Changes by others are collected, so that a burst of them is one announcement.
    let is_scheduled = StoredValue::new(false);
    Effect::new(move |_| {
        if feed.announcements.with(Vec::is_empty) || is_scheduled.get_value() {
            return;
        }
        is_scheduled.set_value(true);
        let announce = move || {
            if is_scheduled.try_get_value().is_some() {
                is_scheduled.set_value(false);
                let announcements = feed.announcements.try_update(std::mem::take).unwrap_or_default();
                announcement.set(summary(account, &announcements));
            }
        };
        set_timeout(announce, ANNOUNCEMENT_INTERVAL);
    });
    view! { <div class="unseen announcer" aria-live="polite">{move || announcement.get()}</div> }
}
