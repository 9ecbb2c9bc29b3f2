//! The main navigation: a rail at the side, and a bar at the bottom of a phone.

use leptos::{
    ev,
    prelude::*,
    web_sys::{Element, HtmlElement},
};
use wasm_bindgen::JsCast as _;

use super::{overlays::Overlays, page::Page, theme::AppearanceChoice};
use crate::{
    api::session::Session,
    state::Account,
    ui::{
        icon::{Glyph, Icon},
        logo::Logo,
    },
};

/// The rail at the side, 64 px wide.
#[component]
pub fn NavigationRail(
    /// The shown page.
    page: Memo<Option<Page>>,
) -> impl IntoView {
    let account = expect_context::<Account>();
    let overlays = expect_context::<Overlays>();
    let links = Page::ALL
        .map(|one| {
            let url = move || one.url(account.selected_property.get().as_ref());
            let current = move || (page.get() == Some(one)).then_some("page");
            view! {
                <a href=url title=one.name() aria-label=one.name() aria-current=current>
                    <Icon glyph=one.glyph() size="large" />
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="rail" data-testid="rail" aria-label="Main">
            <span class="rail-mark"><Logo /></span>
            {links}
            <span class="gap"></span>
            <button
                class="icon-button"
                type="button"
                title="Keyboard shortcuts"
                aria-label="Keyboard shortcuts"
                on:click=move |_| overlays.shortcuts.set(true)
            >
                <Icon glyph=Glyph::Key size="large" />
            </button>
            <button class="icon-button" type="button" title="Appearance" aria-label="Appearance" popovertarget="look">
                <Icon glyph=Glyph::Settings size="large" />
            </button>
            <div id="look" class="popmenu" popover="auto" role="group" aria-label="Appearance">
                <AppearanceChoice />
            </div>
        </nav>
    }
}

/// The bar at the bottom of a phone. Its last button opens a menu with the other links.
#[component]
pub fn MobileNavigation(
    /// The shown page.
    page: Memo<Option<Page>>,
) -> impl IntoView {
    let account = expect_context::<Account>();
    let session = expect_context::<Session>();
    let overlays = expect_context::<Overlays>();
    let link = move |one: Page| {
        let url = move || one.url(account.selected_property.get().as_ref());
        let current = move || (page.get() == Some(one)).then_some("page");
        view! {
            <a href=url aria-current=current>
                <Icon glyph=one.glyph() size="large" />
                {one.name()}
            </a>
        }
    };
    let search = move |_| {
        close("more");
        overlays.palette.set(Some(String::new()));
    };
    view! {
        <nav class="phone-bar" aria-label="Main, on a phone">
            {link(Page::Today)}
            {link(Page::Calendar)}
            {link(Page::Activity)}
            <button type="button" popovertarget="more">
                <Icon glyph=Glyph::More size="large" />
                "More"
            </button>
        </nav>
        <div id="more" class="popmenu sheet-menu" popover="auto" role="group" aria-label="More" on:click=|event| {
            // A link navigates, and the menu must not stay over the new page.
            if is_link(&event) {
                close("more");
            }
        }>
            <div class="menu-links">
                {link(Page::Developers)}
                {link(Page::Wallboard)}
                <button type="button" on:click=search>
                    <Icon glyph=Glyph::Search size="large" />
                    "Search or type a command"
                </button>
            </div>
            <AppearanceChoice />
            <div class="menu-links">
                <button type="button" on:click=move |_| session.sign_out()>
                    <Icon glyph=Glyph::Out size="large" />
                    "Sign out"
                </button>
            </div>
        </div>
    }
}

/// Closes the menu with this id, if it is open.
pub fn close(id: &str) {
    let menu = document().get_element_by_id(id);
    if let Some(menu) = menu.and_then(|menu| menu.dyn_into::<HtmlElement>().ok()) {
        // Closing a closed menu fails without effect.
        let _ = menu.hide_popover();
    }
}

fn is_link(event: &ev::MouseEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.closest("a").is_ok_and(|link| link.is_some()))
}
