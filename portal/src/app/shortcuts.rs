//! The dialog that lists the keyboard shortcuts.

use leptos::prelude::*;

use super::overlays::Overlays;
use crate::ui::{
    icon::{Glyph, Icon},
    modal::Modal,
};

/// Keys and their action. A space separates keys of one combination, a bar separates alternatives.
type Line = (&'static str, &'static str);

const MOVE: [Line; 7] = [
    ("Arrows", "Move by a night or a row"),
    ("Home | End", "First or last night of the row"),
    ("Ctrl Home | Ctrl End", "First or last cell"),
    ("PgUp | PgDn", "A screen of rows up or down"),
    ("Alt PgUp | Alt PgDn", "Previous or next period"),
    ("[ | ]", "Previous or next week"),
    ("T", "Today"),
];
const CHOOSE: [Line; 4] = [
    ("Shift Arrows", "Choose a rectangle"),
    ("Ctrl Space", "Choose the night, all rows"),
    ("Shift Space", "Choose the row, all nights"),
    ("Ctrl A", "Choose everything in sight"),
];
const EDIT: [Line; 15] = [
    ("0–9", "Type a new allotment"),
    ("+3 | -2 | *1.1", "More, fewer, times"),
    ("50%", "A share of what it is"),
    ("=8", "Exactly so many"),
    ("l7", "So many left to sell, whatever is sold"),
    ("Enter | F2", "Edit; Enter again goes down"),
    ("Tab", "Keep it and go right"),
    ("Esc", "Leave it as it was"),
    ("S", "Stop sell, or sell again"),
    ("Delete", "Take off sale"),
    ("Ctrl C | Ctrl X | Ctrl V", "Copy, cut, paste; spreadsheets too"),
    ("Ctrl D | F", "Fill down, fill right"),
    ("Ctrl Enter", "Apply to all chosen; apply drafts"),
    ("Ctrl Z", "Undo"),
    ("Ctrl Shift Z", "Redo"),
];
const LOOK: [Line; 6] = [
    ("H", "History of the night"),
    ("B", "Bulk edit"),
    ("G", "Go to a date"),
    ("Alt 1 | Alt 2 | Alt 3", "14, 31 or 92 nights"),
    ("Ctrl K", "Search or type a command"),
    ("?", "This sheet"),
];

/// The dialog, while it is open.
#[component]
pub fn Shortcuts() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let close = Callback::new(move |()| overlays.shortcuts.set(false));
    view! {
        <Show when=move || overlays.shortcuts.get()>
            <Modal label="Keyboard shortcuts".to_owned() name="shortcuts" on_close=close>
                <header>
                    <h2>"Keyboard shortcuts"</h2>
                    <button class="icon-button" type="button" aria-label="Close" autofocus on:click=move |_| close.run(())>
                        <Icon glyph=Glyph::Cross />
                    </button>
                </header>
                <div class="shortcut-groups" tabindex="0" role="group" aria-label="All shortcuts">
                    {group("Move in the calendar", &MOVE)}
                    {group("Choose", &CHOOSE)}
                    {group("Edit", &EDIT)}
                    {group("Look and go", &LOOK)}
                </div>
            </Modal>
        </Show>
    }
}

fn group(name: &'static str, lines: &[Line]) -> impl IntoView + use<> {
    let lines = lines
        .iter()
        .map(|(keys, effect)| {
            let ways = keys
                .split(" | ")
                .map(|way| {
                    let keys = way.split(' ').map(|key| view! { <kbd>{key}</kbd> }).collect_view();
                    view! { <span class="way">{keys}</span> }
                })
                .collect_view();
            view! {
                <div>
                    <dt>{ways}</dt>
                    <dd>{*effect}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <section>
            <h3>{name}</h3>
            <dl>{lines}</dl>
        </section>
    }
}
