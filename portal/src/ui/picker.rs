//! A combobox with an always open list.

use leptos::{ev, html::Input, prelude::*, web_sys::ScrollIntoViewOptions, web_sys::ScrollLogicalPosition};

use super::icon::{Glyph, Icon};
use crate::app::palette_commands::{Action, Entry};

/// A combobox whose list is always open.
#[component]
pub fn Picker(
    /// A name for ids and tests.
    name: &'static str,
    /// What the field is for.
    label: &'static str,
    /// What is typed.
    query: RwSignal<String>,
    /// The text shown when no entry matches.
    none: &'static str,
    /// The entries that match the query.
    #[prop(into)]
    entries: Signal<Vec<Entry>>,
    /// Called with the action of the chosen entry.
    on_pick: Callback<Action>,
    /// The field.
    #[prop(optional)]
    field: NodeRef<Input>,
) -> impl IntoView {
    let active = RwSignal::new(0_usize);
    Effect::new(move |_| {
        query.track();
        active.set(0);
    });
    let list = format!("{name}-list");
    let id_of = move |index: usize| format!("{name}-{index}");
    Effect::new(move |was: Option<usize>| {
        let now = active.get();
        // Not at first: nobody sees the list yet, and the browser would lay out the whole page for it.
        let line = was.filter(|was| *was != now).and_then(|_| document().get_element_by_id(&id_of(now)));
        if let Some(line) = line {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            line.scroll_into_view_with_scroll_into_view_options(&options);
        }
        now
    });
    let press = move |event: ev::KeyboardEvent| {
        let count = entries.with_untracked(Vec::len);
        let now = active.get_untracked();
        match &*event.key() {
            "ArrowDown" if count > 0 => active.set((now + 1) % count),
            "ArrowUp" if count > 0 => active.set((now + count - 1) % count),
            "Enter" => {
                if let Some(entry) = entries.with_untracked(|entries| entries.get(now).cloned()) {
                    on_pick.run(entry.action);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let has_some = Memo::new(move |_| entries.with(|entries| !entries.is_empty()));
    let lines = move || {
        entries.with(|entries| {
            entries
                .iter()
                .enumerate()
                .map(|(index, entry)| {
                    let action = entry.action.clone();
                    view! {
                        <li
                            id=id_of(index)
                            role="option"
                            aria-selected=move || (active.get() == index).to_string()
                            on:mousemove=move |_| {
                                if active.get_untracked() != index {
                                    active.set(index);
                                }
                            }
                            // Before the field loses the focus.
                            on:mousedown=move |event| event.prevent_default()
                            on:click=move |_| on_pick.run(action.clone())
                        >
                            <Icon glyph=entry.glyph />
                            <span class="label">{entry.label.clone()}</span>
                            <span class="hint">{entry.hint.clone()}</span>
                        </li>
                    }
                })
                .collect_view()
        })
    };
    view! {
        <div class="picker">
            <div class="picker-field">
                <Icon glyph=Glyph::Search />
                <input
                    type="text"
                    role="combobox"
                    data-testid=format!("{name}-input")
                    aria-label=label
                    aria-expanded=move || has_some.get().to_string()
                    aria-controls=list.clone()
                    aria-autocomplete="list"
                    aria-activedescendant=move || has_some.get().then(|| id_of(active.get()))
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    placeholder=label
                    autofocus
                    node_ref=field
                    bind:value=query
                    on:keydown=press
                />
            </div>
            <Show
                when=move || has_some.get()
                fallback=move || view! { <p class="picker-none">{none}</p> }
            >
                <ul id=list.clone() role="listbox" aria-label=label>{lines}</ul>
            </Show>
        </div>
    }
}
