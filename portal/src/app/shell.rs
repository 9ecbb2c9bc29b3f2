//! What surrounds every page: rail, top bar, palette, questions, messages.

use leptos::{ev, prelude::*, web_sys::HtmlElement};
use wasm_bindgen::JsCast as _;

use super::{
    announcer::Announcer,
    confirm_dialog::ConfirmDialog,
    keymap,
    navigation::{MobileNavigation, NavigationRail},
    overlays::Overlays,
    page::{ALL_HOTELS, Page},
    palette::Palette,
    router::Router,
    shortcuts::Shortcuts,
    storage,
    top_bar::TopBar,
};
use crate::{domain::ids::HotelId, live, state::AppState, ui::toast::Toasts};

/// Most hotels whose changes one socket may follow.
const MAX_FOLLOWED: usize = 200;

/// Everything around a page, for whoever is signed in.
#[component]
pub fn Shell(
    /// Which page it is.
    page: Memo<Option<Page>>,
    /// The page.
    children: Children,
) -> impl IntoView {
    let state = expect_context::<AppState>();
    let travel = expect_context::<Router>();
    let overlays = Overlays { palette: RwSignal::new(None), shortcuts: RwSignal::new(false) };
    provide_context(overlays);

    let named = Memo::new(move |_| travel.parameter("p"));
    // At once, so that the first page does not begin with another hotel; then with every change of the address.
    select_hotel(state, named.get_untracked());
    Effect::new(move |_| select_hotel(state, named.get()));
    live::follow(state, followed_hotels(state, page).into());
    keymap::listen(state, overlays);
    // A question is about the page behind it.
    on_cleanup(move || state.question.set(None));
    Effect::new(move |_| document().set_title(&title(state, page.get())));

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

/// The hotel that the address names, else the one that was looked at last; without either the first.
fn select_hotel(state: AppState, named: Option<String>) {
    if let Some(code) = named.as_deref().filter(|code| *code != ALL_HOTELS) {
        storage::remember(storage::HOTEL, code);
    }
    let chosen = named.or_else(|| storage::recall(storage::HOTEL));
    if state.chosen_hotel.get_untracked() != chosen {
        state.chosen_hotel.set(chosen);
    }
}

/// The hotels whose changes the page shows.
fn followed_hotels(state: AppState, page: Memo<Option<Page>>) -> Memo<Vec<HotelId>> {
    Memo::new(move |_| match page.get() {
        Some(Page::Calendar) if state.chosen_hotel.get().as_deref() == Some(ALL_HOTELS) => {
            state.hotels.with(|hotels| {
                let hotels = hotels.as_ref().and_then(|hotels| hotels.as_ref().ok());
                hotels.into_iter().flatten().take(MAX_FOLLOWED).map(|hotel| hotel.id.clone()).collect()
            })
        }
        Some(page) if page.is_of_hotel() => state.hotel().map(|hotel| hotel.id).into_iter().collect(),
        _ => Vec::new(),
    })
}

fn title(state: AppState, page: Option<Page>) -> String {
    let name = page.map_or("Not found", Page::name);
    let is_all = page == Some(Page::Calendar) && state.chosen_hotel.get().as_deref() == Some(ALL_HOTELS);
    match state.hotel().filter(|_| !is_all && page.is_some_and(Page::is_of_hotel)) {
        Some(hotel) => format!("{name} · {} · Lodgate", hotel.name),
        None => format!("{name} · Lodgate"),
    }
}
