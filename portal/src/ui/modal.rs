//! A modal dialog.

use leptos::{
    ev,
    html::Dialog,
    prelude::*,
    web_sys::{Element, HtmlElement},
};
use wasm_bindgen::JsCast as _;

/// A native modal dialog, open as long as it is rendered. Afterwards the focus returns to the previous element.
#[component]
pub fn Modal(
    /// Accessible name.
    label: String,
    /// Test id and class.
    name: &'static str,
    /// Called on Escape and on a click beside the dialog.
    on_close: Callback<()>,
    /// Content. An element with `autofocus` takes the focus.
    children: Children,
) -> impl IntoView {
    let before = document().active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok());
    let before = StoredValue::new_local(before);
    let dialog = NodeRef::<Dialog>::new();
    dialog.on_load(|dialog| {
        // This fails only for a dialog that is open already or not in the document.
        let _ = dialog.show_modal();
    });
    on_cleanup(move || {
        if let Some(Some(element)) = before.try_get_value() {
            // Another element may have taken the focus on purpose, or the previous element may be gone.
            request_animation_frame(move || {
                let is_free = document().active_element().is_none_or(|focused| focused.tag_name() == "BODY");
                if is_free && element.is_connected() {
                    let _ = element.focus();
                }
            });
        }
    });
    let click_backdrop = move |event: ev::MouseEvent| {
        // The content fills the dialog's box, so a click on the dialog itself is on its backdrop.
        let hit = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if hit.is_some_and(|hit| hit.tag_name() == "DIALOG") {
            on_close.run(());
        }
    };
    let cancel = move |event: ev::Event| {
        event.prevent_default();
        on_close.run(());
    };
    view! {
        <dialog
            class=format!("modal {name}")
            data-testid=name
            aria-label=label
            node_ref=dialog
            on:cancel=cancel
            on:mousedown=click_backdrop
        >
            <div class="modal-body">{children()}</div>
        </dialog>
    }
}
