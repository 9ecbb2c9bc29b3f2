//! What happened to one night, and a way back.

use leptos::prelude::*;

use crate::grid::place::Place;

/// The drawer; shown while [`Panel::History`](crate::desk::Panel::History) is open.
#[component]
pub fn History(
    /// Which night.
    place: Place,
) -> impl IntoView {
    let _ = place;
}
