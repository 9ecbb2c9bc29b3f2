//! The portal's pages.

pub mod activity;
pub mod calendar;
pub mod developers;
mod event_summary;
pub mod not_found;
mod resource;
pub mod sign_in;
pub mod today;
pub mod wallboard;

use std::time::Duration;

use leptos::{ev, prelude::*, task::spawn_local};

use crate::{
    api::{Failure, Hotel},
    state::Desk,
};

/// The mark: an arched gate with the lines of a ledger.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" width="28" height="28" viewBox="0 0 28 28" aria-hidden="true">
            <path
                fill="currentColor"
                fill-rule="evenodd"
                d="M3.5 25V13.5a10.5 10.5 0 0 1 21 0V25zM8.5 12.8v1.9h11v-1.9zM8.5 16.8v1.9h11v-1.9zM8.5 20.8v1.9h6.5v-1.9z"
            />
        </svg>
    }
}

/// A failure where its content would have been, with a way to try again. Where too much was asked it counts down and
/// tries by itself; where the network was gone it tries as soon as it is back.
#[component]
pub fn Trouble(
    /// What went wrong.
    failure: Failure,
    /// What the button does.
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
    // Asking again would not change the person's role.
    let can_retry = failure != Failure::NotAllowed;
    let is_over = failure == Failure::SignedOut;
    let words = move || match left.get() {
        0 if wait > 0 => "Too many requests. Trying again…".to_owned(),
        0 => failure.sentence(),
        seconds => format!("Too many requests. Trying again in {seconds} s."),
    };
    (!is_over).then(|| {
        view! {
            <div class="trouble" role="alert" data-testid="error">
                <p>{words}</p>
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

/// What a page is about before it is known: grey where words will be.
#[component]
fn Waiting(
    /// How many lines.
    lines: usize,
) -> impl IntoView {
    let lines = (0..lines).map(|_| view! { <span class="ghost"></span> }).collect_view();
    view! {
        <div class="ghosts" role="status">
            <span class="unseen">"Loading…"</span>
            {lines}
        </div>
    }
}

/// A page about one hotel: made anew for another hotel and another business date, so that no number of the last one
/// stays in sight.
#[component]
fn AtHotel<V: IntoView + 'static>(
    /// The name of the page, for its heading until there is a better one.
    name: &'static str,
    /// Makes the page.
    page: fn(&Hotel) -> V,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let hotel = Memo::new(move |_| desk.hotel());
    let is_read = Memo::new(move |_| desk.hotels.with(|hotels| matches!(hotels, Some(Ok(_)))));
    let failure = Memo::new(move |_| {
        desk.hotels.with(|hotels| hotels.as_ref().and_then(|hotels| hotels.as_ref().err().cloned()))
    });
    let retry = Callback::new(move |()| spawn_local(desk.open()));
    move || {
        if let Some(hotel) = hotel.get() {
            page(&hotel).into_any()
        } else if let Some(failure) = failure.get() {
            view! {
                <div class="page">
                    <h1>{name}</h1>
                    <Trouble failure=failure on_retry=retry />
                </div>
            }
            .into_any()
        } else if is_read.get() {
            view! {
                <div class="page">
                    <h1>{name}</h1>
                    <div class="nothing">
                        <h2>"No hotels yet"</h2>
                        <p>"Your organisation has no hotel here. As soon as one is set up, its nights appear on this page."</p>
                    </div>
                </div>
            }
            .into_any()
        } else {
            view! {
                <div class="page">
                    <h1 class="unseen">{name}</h1>
                    <Waiting lines=6 />
                </div>
            }
            .into_any()
        }
    }
}
