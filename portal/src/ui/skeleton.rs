//! The placeholder of content that is loading.

use leptos::prelude::*;

/// What a page is about before it is known: grey where words will be.
#[component]
pub fn Skeleton(
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
