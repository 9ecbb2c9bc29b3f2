//! The logo.

use leptos::prelude::*;

/// The logo: an arch with three lines.
#[component]
pub fn Logo() -> impl IntoView {
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
