//! A combobox whose list is always open.

use leptos::{ev, html::Input, prelude::*, web_sys::ScrollIntoViewOptions, web_sys::ScrollLogicalPosition};

use super::icon::{Glyph, Icon};

/// One entry of a picker.
#[derive(Clone, Debug, PartialEq)]
pub struct PickerEntry<A> {
    /// Text of the entry.
    pub label: String,
    /// Kind of the entry, or its key.
    pub hint: String,
    /// Icon before the text.
    pub glyph: Glyph,
    /// Value passed on when the entry is chosen.
    pub action: A,
}

/// A combobox whose list is always open.
#[component]
pub fn Picker<A: Clone + Send + Sync + 'static>(
    /// Prefix of ids and test ids.
    name: &'static str,
    /// Accessible name and placeholder of the field.
    label: &'static str,
    /// Text in the field.
    query: RwSignal<String>,
    /// Text shown when no entry matches.
    none: &'static str,
    /// The entries that match the query.
    #[prop(into)]
    entries: Signal<Vec<PickerEntry<A>>>,
    /// Called with the action of the chosen entry.
    on_pick: Callback<A>,
    /// The field.
    #[prop(optional)]
    field: NodeRef<Input>,
) -> impl IntoView {
    let active = RwSignal::new(0_usize);
    Effect::new(move |_| {
        query.track();
        active.set(0);
    });
    keep_in_view(name, active);
    let has_some = Memo::new(move |_| entries.with(|entries| !entries.is_empty()));
    let list = format!("{name}-list");
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
                    aria-activedescendant=move || has_some.get().then(|| option_id(name, active.get()))
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    placeholder=label
                    autofocus
                    node_ref=field
                    bind:value=query
                    on:keydown=move |event| press_key(&event, active, entries, on_pick)
                />
            </div>
            <Show
                when=move || has_some.get()
                fallback=move || view! { <p class="picker-none">{none}</p> }
            >
                <ul id=list.clone() role="listbox" aria-label=label>
                    {move || options(name, active, entries, on_pick)}
                </ul>
            </Show>
        </div>
    }
}

fn option_id(name: &str, index: usize) -> String {
    format!("{name}-{index}")
}

/// Scrolls the list to the active option when it changes.
fn keep_in_view(name: &'static str, active: RwSignal<usize>) {
    Effect::new(move |previous: Option<usize>| {
        let index = active.get();
        // Not on the first run: the list is not visible yet, and measuring it would lay out the whole page.
        let changed = previous.is_some_and(|previous| previous != index);
        if let Some(option) = changed.then(|| document().get_element_by_id(&option_id(name, index))).flatten() {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            option.scroll_into_view_with_scroll_into_view_options(&options);
        }
        index
    });
}

/// Arrow keys move the active option, Enter chooses it.
fn press_key<A: Clone + Send + Sync + 'static>(
    event: &ev::KeyboardEvent,
    active: RwSignal<usize>,
    entries: Signal<Vec<PickerEntry<A>>>,
    on_pick: Callback<A>,
) {
    let count = entries.with_untracked(Vec::len);
    let index = active.get_untracked();
    match &*event.key() {
        "ArrowDown" if count > 0 => active.set((index + 1) % count),
        "ArrowUp" if count > 0 => active.set((index + count - 1) % count),
        "Enter" => {
            if let Some(entry) = entries.with_untracked(|entries| entries.get(index).cloned()) {
                on_pick.run(entry.action);
            }
        }
        _ => return,
    }
    event.prevent_default();
}

fn options<A: Clone + Send + Sync + 'static>(
    name: &'static str,
    active: RwSignal<usize>,
    entries: Signal<Vec<PickerEntry<A>>>,
    on_pick: Callback<A>,
) -> impl IntoView {
    let option = move |(index, entry): (usize, &PickerEntry<A>)| {
        let action = entry.action.clone();
        view! {
            <li
                id=option_id(name, index)
                role="option"
                aria-selected=move || (active.get() == index).to_string()
                on:mousemove=move |_| {
                    if active.get_untracked() != index {
                        active.set(index);
                    }
                }
                // Keeps the focus in the field.
                on:mousedown=move |event| event.prevent_default()
                on:click=move |_| on_pick.run(action.clone())
            >
                <Icon glyph=entry.glyph />
                <span class="label">{entry.label.clone()}</span>
                <span class="hint">{entry.hint.clone()}</span>
            </li>
        }
    };
    entries.with(|entries| entries.iter().enumerate().map(option).collect_view())
}
