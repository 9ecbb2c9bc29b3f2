//! A modal dialog.

use leptos::{
    ev,
    html::Dialog,
    prelude::*,
    web_sys::{Element, HtmlElement},
};
use wasm_bindgen::JsCast as _;

/// A native modal dialog. It is there as long as it is rendered; when it goes, the focus is where it was.
#[component]
pub fn Modal(
    /// Its name for who does not see it.
    label: String,
    /// A name for style and tests.
    name: &'static str,
    /// Escape, and a click beside it.
    on_close: Callback<()>,
    /// What is in it. An element with `autofocus` gets the focus.
    children: Children,
) -> impl IntoView {
    let before = document().active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok());
    let before = StoredValue::new_local(before);
    let dialog = NodeRef::<Dialog>::new();
    dialog.on_load(|dialog| {
        // Only an open one or one out of the page refuses; neither is possible here.
        let _ = dialog.show_modal();
    });
    on_cleanup(move || {
        if let Some(Some(element)) = before.try_get_value() {
            // Whatever comes next may have taken the focus on purpose, or the element may be gone.
            request_animation_frame(move || {
                let is_free = document().active_element().is_none_or(|focused| focused.tag_name() == "BODY");
                if is_free && element.is_connected() {
                    let _ = element.focus();
                }
            });
        }
    });
    let beside = move |event: ev::MouseEvent| {
        // The dialog's own box is filled by its content: what hits the dialog itself hit its backdrop.
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
            on:mousedown=beside
        >
            <div class="modal-body">{children()}</div>
        </dialog>
    }
}
