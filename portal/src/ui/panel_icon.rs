//! The drawers' icons, drawn with one stroke.

use leptos::prelude::*;

pub const CLOSE: &str = "m6 6 12 12M18 6 6 18";
pub const PREVIOUS: &str = "m14.5 6-6 6 6 6";
pub const NEXT: &str = "m9.5 6 6 6-6 6";
pub const DOWN: &str = "m6 9.5 6 6 6-6";
pub const LESS: &str = "M5 12h14";
pub const MORE: &str = "M12 5v14M5 12h14";
pub const WARNING: &str = "M12 4.5 21 19.5H3zM12 10.5v4M12 17v.01";
pub const ARROW: &str = "M4 12h15M13.5 6.5 19 12l-5.5 5.5";
pub const BASKET: &str = "M5 7h14l-1.5 9h-11zM9 7V5.5a3 3 0 0 1 6 0V7";
pub const PERSON: &str = "M15.5 8.5a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0M5.5 19.5a6.5 6.5 0 0 1 13 0";
pub const MACHINE: &str =
    "M7 8.5h10a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2v-6a2 2 0 0 1 2-2zM12 5v3.5M9.5 13v1M14.5 13v1";
pub const CLOCK: &str = "M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0M12 7.5V12l3 2";
pub const BACK: &str = "M8 5 4 9l4 4M4.5 9H14a5 5 0 0 1 0 10h-4";
pub const HOUSE: &str = "M4 11.5 12 5l8 6.5V19a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1zM9.5 20v-5.5h5V20";

/// An icon of 16 px; those who hear the page are told by the words beside it.
#[component]
pub fn Icon(
    /// Its lines in a square of 24.
    d: &'static str,
    /// `xs` is 12 px, `md` 20 px.
    #[prop(optional)]
    size: &'static str,
) -> impl IntoView {
    view! {
        <svg class=format!("icon {size}") viewBox="0 0 24 24" aria-hidden="true">
            <path d=d />
        </svg>
    }
}
