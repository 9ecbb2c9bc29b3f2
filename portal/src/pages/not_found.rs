//! The page for unknown addresses.

use leptos::prelude::*;

use crate::app::overlays::Overlays;

/// The page for unknown addresses, with links to other pages.
#[component]
pub fn NotFound() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    view! {
        <div class="page">
            <div class="nothing not-found">
                <p class="not-found-number" aria-hidden="true">"404"</p>
                <h1>"Page not found"</h1>
                <p>"The address may be mistyped, or the page may no longer exist."</p>
                <div class="not-found-links">
                    <a class="button primary" href="/">"Today"</a>
                    <a class="button" href="/calendar">"Calendar"</a>
                    <button
                        class="button"
                        type="button"
                        on:click=move |_| overlays.palette.set(Some(String::new()))
                    >
                        "Search"
                    </button>
                </div>
            </div>
        </div>
    }
}
