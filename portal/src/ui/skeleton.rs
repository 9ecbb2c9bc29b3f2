//! The placeholder of content that is loading.

use leptos::prelude::*;

/// Grey lines in place of content that is loading.
#[component]
pub fn Skeleton(
    /// Number of lines.
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
