//! The Calendar page: room types by nights, editable.

mod cell_icons;
mod cell_view;
mod commands;
mod grid;
mod header;
mod input_controller;
mod keymap;
mod list;
mod mobile;
mod overlays;
mod renderer;
mod rows;
mod status_bar;
mod toolbar;
mod view_state;

use leptos::{prelude::*, task::spawn_local, web_sys::MediaQueryList};

use self::{
    grid::Grid,
    list::List,
    mobile::MobileCalendar,
    status_bar::StatusBar,
    toolbar::Toolbar,
    view_state::{ADDRESS_DELAY, ViewState},
};
use crate::{
    api::{Failure, NightTotal, night_totals, session::Session},
    app::{calendar_address::CalendarAddress, router::Router, year_strip::YearStrip},
    browser,
    domain::property::Property,
    panels::{Bulk, History},
    state::{Account, Loader, Panel, Panels, Selection, Stock},
    ui::error_panel::ErrorPanel,
};

/// Nights of the year strip below the grid.
const HORIZON_NIGHTS: i32 = 365;
/// The strip follows changes at this distance: it is for orientation.
const REFRESH_DELAY: std::time::Duration = std::time::Duration::from_secs(2);

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
    move || {
        match property_count.get() {
        None => view! { <div class="main-state" role="status">"Loading your hotels…"</div> }.into_any(),
        Some(Err(Failure::SignedOut)) => ().into_any(),
        Some(Err(failure)) => {
            let retry = Callback::new(move |()| spawn_local(loader.load()));
            view! { <ErrorPanel failure on_retry=retry /> }.into_any()
        }
        Some(Ok(0)) => view! {
            <div class="main-state" data-testid="no-properties">
                <h1>"No hotels yet"</h1>
                <p>"Create the first one through the interface: "<code>"createProperty"</code>", then its room types."</p>
            </div>
        }
        .into_any(),
        Some(Ok(_)) => view! { <Loaded /> }.into_any(),
    }
    }
}

/// The calendar of properties that are known.
#[component]
fn Loaded() -> impl IntoView {
    let account = expect_context::<Account>();
    let stock = expect_context::<Stock>();
    let selection = expect_context::<Selection>();
    let panels = expect_context::<Panels>();
    let router = expect_context::<Router>();
    let address = Memo::new(move |_| CalendarAddress::read(|name| router.parameter(name)));
    let properties = Memo::new(move |_| shown_properties(account));
    let view = ViewState::new(properties, &address.get_untracked());

    // The address leads: a link, the palette and the back button go through it.
    Effect::new(move |was: Option<CalendarAddress>| {
        let now = address.get();
        let is_first = was.is_none();
        if was.as_ref() != Some(&now) {
            if !is_first {
                view.is_list.set(now.is_list);
                if let Some(days) = now.days {
                    view.days.set(days);
                }
                if let Some(from) = now.from.or_else(|| view.today_untracked()) {
                    view.show_from(from);
                }
            }
            if let Some(selected_nights) = &now.selected_nights {
                view.select_address(selected_nights);
            }
        }
        now
    });
    // And follows at a distance, without a step in the browser's history for each.
    let url = Memo::new(move |_| view.address().url());
    let pending = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |was: Option<String>| {
        let now = url.get();
        if was.is_some_and(|was| was != now) {
            let target = now.clone();
            let go = move || router.replace(&target);
            if let Some(earlier) = pending.get_value() {
                earlier.clear();
            }
            pending.set_value(set_timeout_with_handle(go, ADDRESS_DELAY).ok());
        }
        now
    });
    on_cleanup(move || {
        if let Some(handle) = pending.try_get_value().flatten() {
            handle.clear();
        }
        selection.set_window(None);
        panels.close();
    });

    Effect::new(move |_| selection.set_window(Some((view.from.get(), view.through()))));
    let loading = RwSignal::new(0_u32);
    let load_failure = RwSignal::new(None::<Failure>);
    let load = move || {
        let (from, through) = (view.from.get(), view.through());
        load_failure.set(None);
        for property in properties.get() {
            if stock.is_loaded(&property.id, from, through) {
                spawn_local(async move {
                    let _ = stock.load(&property.id, from, through).await;
                });
                continue;
            }
            loading.update(|count| *count += 1);
            spawn_local(async move {
                let outcome = stock.load(&property.id, from, through).await;
                loading.try_update(|count| *count -= 1);
                if let Err(failure) = outcome
                    && failure != Failure::SignedOut
                {
                    load_failure.try_set(Some(failure));
                }
            });
        }
    };
    Effect::new(move |_| load());

    let is_mobile = is_mobile();
    let has_rooms = move || view.rows.with(|rows| rows.first_row().is_some());
    let retry = Callback::new(move |()| untrack(load));
    let drawer = move || {
        panels.current().map(|panel| match panel {
            Panel::Bulk => view! { <Bulk /> }.into_any(),
            Panel::History(night) => view! { <History night /> }.into_any(),
        })
    };
    view! {
        <div class="calendar" class:has-panel=move || panels.current().is_some() class:has-history=move || matches!(panels.current(), Some(Panel::History(_)))>
            {move || load_failure.get().map(|failure| view! { <ErrorPanel failure on_retry=retry /> })}
            <Show
                when=has_rooms
                fallback=|| view! {
                    <div class="main-state" data-testid="no-rooms">
                        <h1>"No room types yet"</h1>
                        <p>"Create them through the interface: "<code>"createRoomType"</code>"."</p>
                    </div>
                }
            >
                <Show
                    when=move || is_mobile.get()
                    fallback=move || view! {
                        <Toolbar view is_loading=Signal::derive(move || loading.get() > 0) />
                        <Show
                            when=move || view.is_list.get()
                            fallback=move || view! {
                                <Grid view />
                                <YearStripSection view />
                                <Legend />
                                <StatusBar view />
                            }
                        >
                            <List view />
                        </Show>
                    }
                >
                    <MobileCalendar view />
                </Show>
            </Show>
            {drawer}
        </div>
    }
}

fn shown_properties(account: Account) -> Vec<Property> {
    if account.are_all_selected() {
        return account
            .properties
            .with(|properties| properties.as_ref().and_then(|properties| properties.as_ref().ok().cloned()))
            .unwrap_or_default();
    }
    account.property().into_iter().collect()
}

/// Whether the window is as narrow as a phone's.
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

/// The year at a glance, to travel in.
#[component]
fn YearStripSection(view: ViewState) -> impl IntoView {
    let account = view.account;
    let stock = view.stock;
    let session = expect_context::<Session>();
    let totals = RwSignal::new(Vec::<NightTotal>::new());
    let is_scheduled = StoredValue::new(false);
    let read = move || {
        let property = account.property();
        spawn_local(async move {
            let Some(property) = property else { return };
            let (from, through) = (property.business_date, property.business_date.plus(HORIZON_NIGHTS - 1));
            if let Ok(read) = night_totals(session, &property.id, from, through).await {
                totals.try_set(read);
            }
        });
    };
    Effect::new(move |was: Option<Option<String>>| {
        stock.track();
        let property = account.property().map(|property| property.code);
        if was.as_ref() != Some(&property) {
            totals.set(Vec::new());
            untrack(read);
        } else if !is_scheduled.get_value() {
            is_scheduled.set_value(true);
            let later = move || {
                if is_scheduled.try_get_value().is_some() {
                    is_scheduled.set_value(false);
                    untrack(read);
                }
            };
            set_timeout(later, REFRESH_DELAY);
        }
        property
    });
    let window = Signal::derive(move || Some((view.from.get(), view.through())));
    let is_single = move || !account.are_all_selected();
    view! {
        <Show when=is_single>
            <div class="map">
                <div class="t"><b>"Horizon"</b><span class="micro">"365 nights"</span></div>
                <YearStrip totals=totals window on_jump=Callback::new(move |day| view.show_from(day)) />
            </div>
        </Show>
    }
}

/// What the marks mean.
#[component]
fn Legend() -> impl IntoView {
    let entries = [
        ("low", cell_icons::LOW, "Low"),
        ("sold", cell_icons::DOT, "Sold out"),
        ("stop", "", "Stop sell"),
        ("over", "−1", "Overcommitted"),
        ("draft", "", "Draft"),
        ("rem", "", "Just changed"),
    ];
    let entries = entries.map(|(class, mark, name)| {
        view! { <li><span class=format!("sw {class}") inner_html=mark></span>{name}</li> }
    });
    view! { <ul class="key" aria-label="Key">{entries.into_iter().collect_view()}</ul> }
}
