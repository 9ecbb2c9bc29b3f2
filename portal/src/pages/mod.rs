//! The portal's pages.

pub mod calendar;
pub mod sign_in;

use leptos::prelude::*;

/// The mark: an arched gate with the lines of a ledger.
#[component]
fn Mark() -> impl IntoView {
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

/// An error where its content would have been, with a way to try again.
#[component]
fn Trouble(
    /// What went wrong, as a sentence.
    message: String,
    /// What the button does.
    on_retry: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="trouble" role="alert" data-testid="error">
            <p>{message}</p>
            <button class="button" type="button" data-testid="retry" on:click=move |_| on_retry.run(())>
                "Try again"
            </button>
        </div>
    }
}
