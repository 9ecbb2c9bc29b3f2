//! The Calendar page: room types by nights, editable.

mod address_sync;
mod cell_editor;
mod cell_icons;
mod cell_view;
mod commands;
mod equation;
mod grid;
mod header;
mod input_controller;
mod keymap;
mod legend;
mod list;
mod loader;
mod mobile;
mod overlays;
mod renderer;
mod rows;
mod status_bar;
mod toolbar;
mod view_state;
mod year_strip_section;

use leptos::{prelude::*, task::spawn_local, web_sys::MediaQueryList};

use self::{
    grid::Grid, legend::Legend, list::List, loader::NightLoader, mobile::MobileCalendar, status_bar::StatusBar,
    toolbar::Toolbar, view_state::ViewState, year_strip_section::YearStripSection,
};
use crate::{
    api::Failure,
    app::{calendar_address::CalendarAddress, router::Router},
    browser,
    domain::property::Property,
    panels::{Bulk, History},
    state::{Account, Loader, Panel, Panels, Selection},
    ui::error_panel::ErrorPanel,
};

/// The page at `/calendar`.
#[component]
pub fn Calendar() -> impl IntoView {
    let account = expect_context::<Account>();
    let loader = expect_context::<Loader>();
    let read = move || {
        account.properties.with(|properties| {
            properties.as_ref().map(|properties| properties.as_ref().map(Vec::len).map_err(Clone::clone))
        })
    };
    let property_count = Memo::new(move |_| read());
    move || match property_count.get() {
        None => view! { <div class="main-state" role="status">"Loading your hotels…"</div> }.into_any(),
        Some(Err(Failure::SignedOut)) => ().into_any(),
        Some(Err(failure)) => {
            let retry = Callback::new(move |()| spawn_local(loader.load()));
            view! { <ErrorPanel failure on_retry=retry /> }.into_any()
        }
        Some(Ok(0)) => view! { <NoProperties /> }.into_any(),
        Some(Ok(_)) => view! { <Loaded /> }.into_any(),
    }
}

/// The message of an organisation without properties.
#[component]
fn NoProperties() -> impl IntoView {
    view! {
        <div class="main-state" data-testid="no-properties">
            <h1>"No hotels yet"</h1>
            <p>"Create the first one through the API: "<code>"createProperty"</code>", then its room types."</p>
        </div>
    }
}

/// The calendar of the selected properties.
#[component]
fn Loaded() -> impl IntoView {
    let account = expect_context::<Account>();
    let selection = expect_context::<Selection>();
    let panels = expect_context::<Panels>();
    let router = expect_context::<Router>();
    let address = Memo::new(move |_| CalendarAddress::read(|name| router.parameter(name)));
    let properties = Memo::new(move |_| shown_properties(account));
    let view = ViewState::new(properties, &address.get_untracked());
    address_sync::follow_address(view, address);
    address_sync::write_address(view, router);
    on_cleanup(move || {
        selection.set_window(None);
        panels.close();
    });
    Effect::new(move |_| selection.set_window(Some((view.from.get(), view.through()))));
    let loader = NightLoader::new(view, properties);
    Effect::new(move |_| loader.load());

    let has_rooms = move || view.rows.with(|rows| rows.first_row().is_some());
    let retry = Callback::new(move |()| untrack(|| loader.load()));
    view! {
        <div class="calendar" class:has-panel=move || panels.current().is_some() class:has-history=move || matches!(panels.current(), Some(Panel::History(_)))>
            {move || loader.failure.get().map(|failure| view! { <ErrorPanel failure on_retry=retry /> })}
            <Show when=has_rooms fallback=NoRoomTypes>
                <Nights view loader />
            </Show>
            {move || open_panel(panels)}
        </div>
    }
}

/// The nights, as a mobile calendar, as a grid or as a list.
#[component]
fn Nights(view: ViewState, loader: NightLoader) -> impl IntoView {
    let is_mobile = is_mobile();
    let is_loading = Signal::derive(move || loader.is_loading());
    view! {
        <Show
            when=move || is_mobile.get()
            fallback=move || view! {
                <Toolbar view is_loading />
                <Show when=move || view.is_list.get() fallback=move || view! { <GridSection view /> }>
                    <List view />
                </Show>
            }
        >
            <MobileCalendar view />
        </Show>
    }
}

/// The grid, with everything below it.
#[component]
fn GridSection(view: ViewState) -> impl IntoView {
    view! {
        <Grid view />
        <YearStripSection view />
        <Legend />
        <StatusBar view />
    }
}

/// The message of a property without room types.
#[component]
fn NoRoomTypes() -> impl IntoView {
    view! {
        <div class="main-state" data-testid="no-rooms">
            <h1>"No room types yet"</h1>
            <p>"Create them through the API: "<code>"createRoomType"</code>"."</p>
        </div>
    }
}

/// The open panel; tracked.
fn open_panel(panels: Panels) -> Option<AnyView> {
    panels.current().map(|panel| match panel {
        Panel::Bulk => view! { <Bulk /> }.into_any(),
        Panel::History(night) => view! { <History night /> }.into_any(),
    })
}

/// The properties to show: all of them, or the selected one; tracked.
fn shown_properties(account: Account) -> Vec<Property> {
    if account.are_all_selected() {
        return account
            .properties
            .with(|properties| properties.as_ref().and_then(|properties| properties.as_ref().ok().cloned()))
            .unwrap_or_default();
    }
    account.property().into_iter().collect()
}

/// Is true while the window is narrower than 768 pixels.
fn is_mobile() -> ReadSignal<bool> {
    let query = browser::window().and_then(|window| window.match_media("(width < 768px)").ok().flatten());
    let (is_mobile, set_mobile) = signal(query.as_ref().is_some_and(MediaQueryList::matches));
    let listener = window_event_listener(leptos::ev::resize, move |_| {
        if let Some(query) = &query
            && is_mobile.get_untracked() != query.matches()
        {
            set_mobile.set(query.matches());
        }
    });
    on_cleanup(move || listener.remove());
    is_mobile
}
