//! The router: reads the address and changes it without a reload.

use leptos::{ev, prelude::*, web_sys::MouseEvent};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, HtmlAnchorElement, UrlSearchParams};

/// The address of the page. Every copy refers to the same address.
#[derive(Clone, Copy)]
pub struct Router {
    path: RwSignal<String>,
    query: RwSignal<String>,
}

impl Router {
    /// Starts at the address of the page. It handles links within the portal and the back and forward buttons.
    pub fn start() -> Self {
        let router = Self { path: RwSignal::default(), query: RwSignal::default() };
        router.sync();
        window_event_listener(ev::popstate, move |_| router.sync());
        window_event_listener(ev::click, move |event| {
            if let Some(url) = internal_link(&event) {
                event.prevent_default();
                router.navigate(&url);
            }
        });
        router
    }

    /// The path of the address; tracked.
    pub fn path(self) -> String {
        self.path.get()
    }

    /// A query parameter of the address, unless it is empty; tracked.
    pub fn parameter(self, name: &str) -> Option<String> {
        let all = self.query.with(|query| UrlSearchParams::new_with_str(query)).ok()?;
        all.get(name).filter(|value| !value.is_empty())
    }

    /// Navigates to an address, adds an entry to the browser's history, and scrolls to the top.
    pub fn navigate(self, url: &str) {
        let history = window().history();
        if history.is_ok_and(|history| history.push_state_with_url(&JsValue::NULL, "", Some(url)).is_ok()) {
            self.sync();
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
    }

    /// Replaces the address of the page, without an entry in the browser's history.
    pub fn replace(self, url: &str) {
        let history = window().history();
        if history.is_ok_and(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(url)).is_ok()) {
            self.sync();
        }
    }

    fn sync(self) {
        let location = window().location();
        for (signal, now) in [(self.path, location.pathname()), (self.query, location.search())] {
            let now = now.unwrap_or_default();
            if signal.with_untracked(|was| *was != now) {
                signal.set(now);
            }
        }
    }
}

/// The address within the portal to which a click navigates. The browser handles clicks that open a window, download a
/// file or leave the portal.
fn internal_link(event: &MouseEvent) -> Option<String> {
    let has_key = event.meta_key() || event.alt_key() || event.ctrl_key() || event.shift_key();
    if event.default_prevented() || event.button() != 0 || has_key {
        return None;
    }
    let link = event.target()?.dyn_into::<Element>().ok()?.closest("a[href]").ok()??;
    let link = link.dyn_into::<HtmlAnchorElement>().ok()?;
    let is_ours = link.rel() != "external" && link.target().is_empty() && !link.has_attribute("download");
    let is_here = window().location().origin().is_ok_and(|origin| origin == link.origin());
    (is_ours && is_here).then(|| format!("{}{}", link.pathname(), link.search()))
}
