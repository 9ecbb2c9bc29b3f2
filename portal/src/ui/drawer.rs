//! The drawer at the right edge: title, close button, Escape, and focus.

use leptos::{ev::KeyboardEvent, html, prelude::*, web_sys::HtmlElement};
use wasm_bindgen::JsCast as _;

use super::icon::{Glyph, Icon};

/// A drawer at the right edge, beside the calendar, which stays usable.
#[component]
pub fn Drawer(
    /// Test id and class.
    test_id: &'static str,
    /// Title and accessible name.
    #[prop(into)]
    title: Signal<String>,
    /// Called on Escape and by the close button.
    on_close: Callback<()>,
    /// Called on Ctrl+Enter.
    #[prop(optional)]
    on_ctrl_enter: Option<Callback<()>>,
    /// True if the content may have no controls. The body is then focusable, so that the keyboard can scroll it.
    #[prop(into)]
    is_text: Signal<bool>,
    /// Buttons beside the title.
    #[prop(optional)]
    actions: Option<AnyView>,
    /// Content of the footer.
    foot: AnyView,
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<html::Aside>::new();
    Effect::new(move |_| {
        let Some(root) = root.get() else { return };
        // The next frame: the key that opened the drawer must not be typed into the field.
        request_animation_frame(move || focus_first(&root));
    });
    on_cleanup(return_focus);
    let on_key = move |event: KeyboardEvent| {
        let with_control = event.ctrl_key() || event.meta_key();
        match event.key().as_str() {
            "Escape" => on_close.run(()),
            "Enter" if with_control && let Some(act) = on_ctrl_enter => act.run(()),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    view! {
        <aside
            class=format!("panel {test_id}")
            data-testid=test_id
            aria-label=title
            tabindex="-1"
            node_ref=root
            on:keydown=on_key
        >
            <header>
                <h2>{title}</h2>
                <span class="push"></span>
                {actions}
                <button
                    class="panel-icon"
                    type="button"
                    aria-label="Close"
                    title="Close (Esc)"
                    on:click=move |_| on_close.run(())
                >
                    <Icon glyph=Glyph::Cross size="large" />
                </button>
            </header>
            <div class="panel-body" tabindex=move || is_text.get().then_some("0")>{children()}</div>
            <footer>{foot}</footer>
        </aside>
    }
}

fn focus_first(root: &HtmlElement) {
    let first = root.query_selector("[data-first]:not(:disabled)").ok().flatten();
    let field = first.and_then(|field| field.dyn_into::<HtmlElement>().ok());
    let _ = field.as_ref().unwrap_or(root).focus();
}

/// Returns the focus to the calendar, unless another element took it.
fn return_focus() {
    let active = document().active_element();
    let is_elsewhere = active.is_some_and(|active| {
        let is_inside = active.closest(".panel").is_ok_and(|panel| panel.is_some());
        !is_inside && active.tag_name() != "BODY"
    });
    if is_elsewhere {
        return;
    }
    let find = |selector: &str| document().query_selector(selector).ok().flatten();
    let cell = find("[data-testid=grid] [data-testid=cell][tabindex='0']");
    let cell = cell.or_else(|| find("[data-testid=grid] [tabindex='0'], [data-testid=grid][tabindex='0']"));
    if let Some(cell) = cell.and_then(|cell| cell.dyn_into::<HtmlElement>().ok()) {
        let _ = cell.focus();
    }
}
