//! The panel that shows a failure in place of content.

use std::time::Duration;

use leptos::{ev, prelude::*};

use crate::api::Failure;

/// A failure in place of content, with a retry button. After throttling it counts down and retries by itself; without a
/// connection it retries when the browser is online again.
#[component]
pub fn ErrorPanel(
    /// The failure.
    failure: Failure,
    /// Reads the content again.
    on_retry: Callback<()>,
) -> impl IntoView {
    let wait = match failure {
        Failure::Throttled(wait_ms) => wait_ms.div_ceil(1000),
        _ => 0,
    };
    let left = RwSignal::new(wait);
    if wait > 0 {
        let tick = move || match left.try_get_untracked() {
            Some(1) => {
                left.set(0);
                on_retry.run(());
            }
            Some(seconds) => left.set(seconds.saturating_sub(1)),
            None => {}
        };
        if let Ok(handle) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || handle.clear());
        }
    }
    if failure == Failure::Unreachable {
        let handle = window_event_listener(ev::online, move |_| on_retry.run(()));
        on_cleanup(move || handle.remove());
    }
    // A retry does not change the user's role.
    let can_retry = failure != Failure::NotAllowed;
    let has_ended = failure == Failure::SignedOut;
    let text = move || match left.get() {
        0 if wait > 0 => "Too many requests. Trying again…".to_owned(),
        0 => failure.sentence(),
        seconds => format!("Too many requests. Trying again in {seconds} s."),
    };
    (!has_ended).then(|| {
        view! {
            <div class="trouble" role="alert" data-testid="error">
                <p>{text}</p>
                {can_retry
                    .then(|| {
                        view! {
                            <button
                                class="button"
                                type="button"
                                data-testid="retry"
                                on:click=move |_| on_retry.run(())
                            >
                                "Try again"
                            </button>
                        }
                    })}
            </div>
        }
    })
}
