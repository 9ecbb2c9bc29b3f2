//! Keyboard shortcuts of every page. The focused element handles a key first; a handled key is ignored here.

use leptos::{ev, prelude::*, web_sys::Element};
use wasm_bindgen::JsCast as _;

use super::overlays::Overlays;
use crate::state::{ChangeSets, Drafts, FeedStatus, Freshness};

/// Handles keys as long as the calling component lives.
pub fn listen(drafts: Drafts, change_sets: ChangeSets, feed: FeedStatus, overlays: Overlays) {
    let handle =
        window_event_listener(ev::keydown, move |event| untrack(|| press(drafts, change_sets, feed, overlays, &event)));
    on_cleanup(move || handle.remove());
}

fn press(drafts: Drafts, change_sets: ChangeSets, feed: FeedStatus, overlays: Overlays, event: &ev::KeyboardEvent) {
    if event.default_prevented() || event.is_composing() {
        return;
    }
    let key = event.key().to_lowercase();
    let has_command = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
    if has_command && !event.shift_key() && key == "k" {
        event.prevent_default();
        overlays.palette.update(|palette| *palette = if palette.is_some() { None } else { Some(String::new()) });
        return;
    }
    let focused = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    // An open dialog handles its keys, and a text field has its own undo.
    if is_there("dialog[open]") || focused.as_ref().is_some_and(is_text_field) {
        return;
    }
    match (&*key, has_command, event.shift_key()) {
        ("z", true, false) => change_sets.undo(),
        ("z", true, true) => change_sets.redo(),
        ("enter", true, false) if drafts.count() > 0 && feed.freshness.get() != Freshness::Offline => {
            change_sets.apply()
        }
        ("?", false, _) if !event.alt_key() => overlays.shortcuts.set(true),
        // A letter alone acts only in the focused calendar, because dictation software types letters.
        ("g", false, false) if focused.is_some_and(|focused| is_within(&focused, "[role=grid]")) => {
            overlays.palette.set(Some("go ".to_owned()));
        }
        _ => return,
    }
    event.prevent_default();
}

fn is_there(selector: &str) -> bool {
    document().query_selector(selector).is_ok_and(|found| found.is_some())
}

fn is_within(element: &Element, selector: &str) -> bool {
    element.closest(selector).is_ok_and(|found| found.is_some())
}

/// Whether the element is a text field.
fn is_text_field(element: &Element) -> bool {
    is_within(
        element,
        "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable=true]",
    )
}
