//! The chip that shows how current the data is.

use std::time::Duration;

use leptos::prelude::*;

use super::time_format;
use crate::state::{FeedStatus, Freshness};

/// The state's key for style sheets and tests, and the two parts of its text. `until_ms` is the time of the next attempt.
pub fn words(freshness: Freshness, until_ms: f64) -> (&'static str, &'static str, String) {
    match freshness {
        Freshness::Live { lag_ms: None } => ("live", "Live", String::new()),
        Freshness::Live { lag_ms: Some(lag) } if lag < 100 => ("live", "Live", " · <0.1 s".to_owned()),
        Freshness::Live { lag_ms: Some(lag) } => ("live", "Live", format!(" · {:.1} s", f64::from(lag) / 1000.0)),
        Freshness::Reconnecting { .. } => {
            let seconds = ((until_ms - time_format::now_ms()) / 1000.0).ceil().max(0.0);
            let next = if seconds > 0.0 { format!(", next try in {seconds:.0} s") } else { "…".to_owned() };
            ("reconnecting", "Reconnecting", next)
        }
        Freshness::Paused => ("paused", "Paused", String::new()),
        Freshness::Offline => ("offline", "Offline", " — edits kept as drafts".to_owned()),
    }
}

/// The chip. It counts down to the next attempt.
#[component]
pub fn FreshnessChip(
    /// Test id.
    name: &'static str,
) -> impl IntoView {
    let feed = expect_context::<FeedStatus>();
    let until_ms = RwSignal::new(0.0);
    let second = RwSignal::new(0_u32);
    Effect::new(move |_| {
        let Freshness::Reconnecting { next_try_ms } = feed.freshness.get() else { return };
        until_ms.set(time_format::now_ms() + f64::from(next_try_ms));
        let tick = move || {
            second.try_update(|second| *second = second.wrapping_add(1));
        };
        if let Ok(handle) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || handle.clear());
        }
    });
    let parts = move || {
        second.track();
        words(feed.freshness.get(), until_ms.get())
    };
    view! {
        <span class="fresh" data-testid=name data-state=move || parts().0 title="How long a change takes to get here">
            <span><b>{move || parts().1}</b>{move || parts().2}</span>
        </span>
    }
}
