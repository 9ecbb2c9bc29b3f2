//! The clock in the property's time zone.

use std::time::Duration;

use leptos::prelude::*;

use crate::{app::time_format, domain::dates::Day, state::Loader};

/// Interval between refreshes of a passed business date, in seconds.
const REFRESH_INTERVAL_S: u32 = 600;

/// Hours and minutes, and tonight's date.
#[component]
pub fn Clock(
    /// IANA name of the property's time zone.
    zone: String,
    /// The property's business date.
    today: Day,
) -> impl IntoView {
    let loader = expect_context::<Loader>();
    let zone = StoredValue::new(zone);
    let time = RwSignal::new(String::new());
    let seconds = StoredValue::new(0_u32);
    let tick = move || {
        let Some(zone) = zone.try_get_value() else { return };
        let now = time_format::now_ms();
        let text = time_format::time(now, &zone);
        // The text changes once per minute.
        if time.with_untracked(|time| *time != text) {
            time.set(text);
        }
        seconds.update_value(|seconds| *seconds += 1);
        // Nobody reloads a wallboard, so after midnight it moves to the next date by itself.
        if seconds.get_value().is_multiple_of(REFRESH_INTERVAL_S)
            && time_format::day(now, &zone).is_some_and(|day| day != today)
        {
            super::refresh_properties(loader);
        }
    };
    tick();
    if let Ok(handle) = set_interval_with_handle(tick, Duration::from_secs(1)) {
        on_cleanup(move || handle.clear());
    }
    view! {
        <div class="clock">
            <time>{move || time.get()}</time>
            <small>{today.named()}</small>
        </div>
    }
}
