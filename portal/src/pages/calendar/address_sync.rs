//! Keeps the address and the view state equal.

use leptos::prelude::*;

use super::view_state::ViewState;
use crate::app::{calendar_address::CalendarAddress, router::Router};

/// Delay between a change of the view and the address, so that scrolling does not write an address per step.
const ADDRESS_DELAY: std::time::Duration = std::time::Duration::from_millis(200);

/// Applies each new address to the view: links, the palette and the back button change the address.
pub fn follow_address(view: ViewState, address: Memo<CalendarAddress>) {
    Effect::new(move |was: Option<CalendarAddress>| {
        let now = address.get();
        let is_first = was.is_none();
        if was.as_ref() != Some(&now) {
            if !is_first {
                view.is_list.set(now.is_list);
                if let Some(days) = now.days {
                    view.days.set(days);
                }
                if let Some(from) = now.from.or_else(|| view.today_untracked()) {
                    view.show_from(from);
                }
            }
            if let Some(selected_nights) = &now.selected_nights {
                view.select_address(selected_nights);
            }
        }
        now
    });
}

/// Writes the view to the address after [`ADDRESS_DELAY`]. It replaces the entry of the browser's history.
pub fn write_address(view: ViewState, router: Router) {
    let url = Memo::new(move |_| view.address().url());
    let pending = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |was: Option<String>| {
        let now = url.get();
        if was.is_some_and(|was| was != now) {
            let target = now.clone();
            let go = move || router.replace(&target);
            if let Some(earlier) = pending.get_value() {
                earlier.clear();
            }
            pending.set_value(set_timeout_with_handle(go, ADDRESS_DELAY).ok());
        }
        now
    });
    on_cleanup(move || {
        if let Some(handle) = pending.try_get_value().flatten() {
            handle.clear();
        }
    });
}
