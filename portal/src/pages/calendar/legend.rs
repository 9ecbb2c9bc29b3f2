//! The legend of the colours and icons in the cells.

use leptos::prelude::*;

use super::cell_icons;

/// The legend.
#[component]
pub fn Legend() -> impl IntoView {
    let entries = [
        ("low", cell_icons::LOW, "Low"),
        ("sold", cell_icons::DOT, "Sold out"),
        ("stop", "", "Stop sell"),
        ("over", "−1", "Overcommitted"),
        ("draft", "", "Draft"),
        ("rem", "", "Just changed"),
    ];
    let entries = entries.map(|(class, mark, name)| {
        view! { <li><span class=format!("sw {class}") inner_html=mark></span>{name}</li> }
    });
    view! { <ul class="key" aria-label="Key">{entries.into_iter().collect_view()}</ul> }
}
