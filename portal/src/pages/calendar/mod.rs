//! The allotment calendar.

use leptos::prelude::*;

/// The page at `/calendar`.
#[component]
pub fn Calendar() -> impl IntoView {
    view! { <p>"calendar"</p> }
}
