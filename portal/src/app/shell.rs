//! The frame around every page: navigation, top bar, palette, confirmations, toasts.

use leptos::{ev, prelude::*, web_sys::HtmlElement};
use wasm_bindgen::JsCast as _;

use super::{
    announcer::Announcer,
    confirm_dialog::ConfirmDialog,
    keymap,
    navigation::{MobileNavigation, NavigationRail},
    overlays::Overlays,
    page::Page,
    palette::Palette,
    router::Router,
    shortcuts::Shortcuts,
    toasts::Toasts,
    top_bar::TopBar,
};
use crate::{
    api::session::Session,
    browser::storage,
    domain::{ids::PropertyId, selected_property::SelectedProperty},
    live,
    state::{Account, ChangeSets, Drafts, FeedStatus, Notifications, Selection, Stock},
};

/// Maximum number of properties that one socket follows.
const MAX_FOLLOWED: usize = 200;

/// The frame around a page, for a signed-in user.
#[component]
pub fn Shell(
    /// The shown page.
    page: Memo<Option<Page>>,
    /// The content of the page.
    children: Children,
) -> impl IntoView {
    let account = expect_context::<Account>();
    let drafts = expect_context::<Drafts>();
    let change_sets = expect_context::<ChangeSets>();
    let notifications = expect_context::<Notifications>();
    let feed = expect_context::<FeedStatus>();
    let stock = expect_context::<Stock>();
    let selection = expect_context::<Selection>();
    let session = expect_context::<Session>();
    let router = expect_context::<Router>();
    let overlays = Overlays { palette: RwSignal::new(None), shortcuts: RwSignal::new(false) };
    provide_context(overlays);

    let named = Memo::new(move |_| router.parameter("p"));
    // At once, so that the first page does not load another property; then with every change of the address.
    select_property(account, named.get_untracked());
    Effect::new(move |_| select_property(account, named.get()));
    live::follow(stock, feed, selection, session, followed_properties(account, page).into());
    keymap::listen(drafts, change_sets, feed, overlays);
    // A confirmation belongs to the page behind it.
    on_cleanup(move || notifications.confirmation.set(None));
    Effect::new(move |_| document().set_title(&title(account, page.get())));

    let is_wall = Memo::new(move |_| page.get() == Some(Page::Wallboard));
    let skip = move |event: ev::MouseEvent| {
        event.prevent_default();
        let main = document().get_element_by_id("main").and_then(|main| main.dyn_into::<HtmlElement>().ok());
        if let Some(main) = main {
            let _ = main.focus();
        }
    };
    view! {
        <div class="app" class:bare=move || is_wall.get()>
            <a class="skip" href="#main" on:click=skip>"Skip to content"</a>
            <Show when=move || !is_wall.get()>
                <NavigationRail page=page />
                <TopBar page=page />
            </Show>
            <main id="main" class="main" tabindex="-1">{children()}</main>
            <Show when=move || !is_wall.get()>
                <MobileNavigation page=page />
            </Show>
        </div>
        <Palette page=page />
        <Shortcuts />
        <ConfirmDialog />
        <Toasts />
        <Announcer page=page />
    }
}

/// Selects the property that the address names, or else the one that was shown last.
fn select_property(account: Account, named: Option<String>) {
    let named = named.map(SelectedProperty::from_code);
    if let Some(SelectedProperty::One(code)) = &named {
        storage::remember(storage::PROPERTY, code);
    }
    let chosen = named.or_else(|| storage::recall(storage::PROPERTY).map(SelectedProperty::from_code));
    if account.selected_property.get_untracked() != chosen {
        account.selected_property.set(chosen);
    }
}

/// The properties whose changes the page shows.
fn followed_properties(account: Account, page: Memo<Option<Page>>) -> Memo<Vec<PropertyId>> {
    Memo::new(move |_| match page.get() {
        Some(Page::Calendar) if account.are_all_selected() => account.properties.with(|properties| {
            let properties = properties.as_ref().and_then(|properties| properties.as_ref().ok());
            properties.into_iter().flatten().take(MAX_FOLLOWED).map(|property| property.id.clone()).collect()
        }),
        Some(page) if page.is_about_property() => account.property().map(|property| property.id).into_iter().collect(),
        _ => Vec::new(),
    })
}

fn title(account: Account, page: Option<Page>) -> String {
    let name = page.map_or("Not found", Page::name);
    let is_all = page == Some(Page::Calendar) && account.are_all_selected();
    match account.property().filter(|_| !is_all && page.is_some_and(Page::is_about_property)) {
        Some(property) => format!("{name} · {} · Lodgate", property.name),
        None => format!("{name} · Lodgate"),
    }
}
