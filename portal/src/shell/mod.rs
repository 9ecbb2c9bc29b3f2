//! What surrounds every page: rail, top bar, palette, questions, messages.
use leptos::prelude::*;
#[component]
pub fn Horizon(
    totals: RwSignal<Vec<crate::api::NightTotal>>,
    window: Signal<Option<(crate::dates::Day, crate::dates::Day)>>,
    on_travel: Callback<crate::dates::Day>,
) -> impl IntoView {
    let _ = (totals, window, on_travel);
}
