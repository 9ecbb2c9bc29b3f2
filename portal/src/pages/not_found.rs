//! The page for unknown addresses.

use leptos::prelude::*;

use crate::app::overlays::Overlays;

/// Says so, and offers ways on.
#[component]
pub fn NotFound() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    view! {
        <div class="page">
            <div class="nothing missing">
                <p class="missing-number" aria-hidden="true">"404"</p>
                <h1>"There is no such page"</h1>
                <p>"The address may be mistyped, or the page may be gone. Nothing of yours is lost."</p>
                <div class="ways">
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
