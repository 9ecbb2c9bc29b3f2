//! Lodgate's portal for suppliers: allotments, restrictions and availability of their properties, night by night.

mod api;
mod app;
mod browser;
mod domain;
mod live;
mod pages;
mod panels;
mod root;
mod state;
mod ui;

use leptos::{mount::mount_to, prelude::*, web_sys::HtmlElement};
use wasm_bindgen::JsCast as _;

fn main() {
    console_error_panic_hook::set_once();
    let Some(root) = document().get_element_by_id("app").and_then(|element| element.dyn_into::<HtmlElement>().ok())
    else {
        leptos::logging::error!("the page has no element #app to show the portal in");
        return;
    };
    // The placeholder shown while the wasm loads is no longer needed.
    root.set_inner_html("");
    mount_to(root, root::App).forget();
}
