//! What surrounds every page: rail, top bar, palette, questions, messages.

use leptos::{ev, prelude::*, web_sys::HtmlElement};
use wasm_bindgen::JsCast as _;

use super::{
    announcer::Announcer,
    confirm_dialog::Ask,
    keymap,
    navigation::{PhoneBar, Rail},
    overlays::Overlays,
    page::{ALL_HOTELS, Page},
    palette::Palette,
    router::Travel,
    shortcuts::Shortcuts,
    storage,
    top_bar::Top,
};
use crate::{domain::ids::HotelId, live, state::Desk, ui::toast::Toasts};

/// Most hotels whose changes one socket may follow.
const MOST_FOLLOWED: usize = 200;

/// Everything around a page, for whoever is signed in.
#[component]
pub fn Shell(
    /// Which page it is.
    page: Memo<Option<Page>>,
    /// The page.
    children: Children,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let travel = expect_context::<Travel>();
    let overlays = Overlays { palette: RwSignal::new(None), shortcuts: RwSignal::new(false) };
    provide_context(overlays);

    let named = Memo::new(move |_| travel.parameter("p"));
    // At once, so that the first page does not begin with another hotel; then with every change of the address.
    choose_hotel(desk, named.get_untracked());
    Effect::new(move |_| choose_hotel(desk, named.get()));
    live::follow(desk, in_sight(desk, page).into());
    keymap::listen(desk, overlays);
    // A question is about the page behind it.
    on_cleanup(move || desk.question.set(None));
    Effect::new(move |_| document().set_title(&title(desk, page.get())));

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
                <Rail page=page />
                <Top page=page />
            </Show>
            <main id="main" class="main" tabindex="-1">{children()}</main>
            <Show when=move || !is_wall.get()>
                <PhoneBar page=page />
            </Show>
        </div>
        <Palette page=page />
        <Shortcuts />
        <Ask />
        <Toasts />
        <Announcer page=page />
    }
}

/// The hotel that the address names, else the one that was looked at last; without either the first.
fn choose_hotel(desk: Desk, named: Option<String>) {
    if let Some(code) = named.as_deref().filter(|code| *code != ALL_HOTELS) {
        storage::remember(storage::HOTEL, code);
    }
    let chosen = named.or_else(|| storage::recall(storage::HOTEL));
    if desk.chosen_hotel.get_untracked() != chosen {
        desk.chosen_hotel.set(chosen);
    }
}

/// The hotels whose changes the page shows.
fn in_sight(desk: Desk, page: Memo<Option<Page>>) -> Memo<Vec<HotelId>> {
    Memo::new(move |_| match page.get() {
        Some(Page::Calendar) if desk.chosen_hotel.get().as_deref() == Some(ALL_HOTELS) => desk.hotels.with(|hotels| {
            let hotels = hotels.as_ref().and_then(|hotels| hotels.as_ref().ok());
            hotels.into_iter().flatten().take(MOST_FOLLOWED).map(|hotel| hotel.id.clone()).collect()
        }),
        Some(page) if page.is_of_hotel() => desk.hotel().map(|hotel| hotel.id).into_iter().collect(),
        _ => Vec::new(),
    })
}

fn title(desk: Desk, page: Option<Page>) -> String {
    let name = page.map_or("Not found", Page::name);
    let is_all = page == Some(Page::Calendar) && desk.chosen_hotel.get().as_deref() == Some(ALL_HOTELS);
    match desk.hotel().filter(|_| !is_all && page.is_some_and(Page::is_of_hotel)) {
        Some(hotel) => format!("{name} · {} · Lodgate", hotel.name),
        None => format!("{name} · Lodgate"),
    }
}
