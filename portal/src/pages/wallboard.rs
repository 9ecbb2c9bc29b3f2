//! The wallboard: the next nights, readable across a room, without interaction.

mod board;
mod clock;

use leptos::{prelude::*, task::spawn_local};

use self::{
    board::{Figures, board, cells_of},
    clock::Clock,
};
use super::{
    event_summary,
    event_summary::event_groups,
    property_page::PropertyPage,
    resource::{Resource, on_changes},
    today::BeforeAfter,
};
use crate::{
    api::{self, session::Session},
    app::{
        calendar_address::CalendarAddress, freshness::FreshnessChip, page::Page, router::Router, time_format,
        year_strip::YearStrip,
    },
    domain::{cell::Cell, dates::Day, property::Property, selected_property::SelectedProperty},
    state::{Drafts, Loader, Stock},
    ui::{
        icon::{Glyph, Icon},
        logo::Logo,
    },
};

/// Nights shown.
const NIGHTS: i32 = 7;
/// Nights of the year strip, fewer than on other pages, where it is wider.
const STRIP_NIGHTS: usize = 180;

/// The page at `/live`.
#[component]
pub fn Wallboard() -> impl IntoView {
    view! { <PropertyPage name="Wallboard" page=|property| view! { <PropertyWallboard property /> } /> }
}

/// The wallboard of one property.
#[component]
fn PropertyWallboard(property: Property) -> impl IntoView {
    let stock = expect_context::<Stock>();
    let drafts = expect_context::<Drafts>();
    let today = property.business_date;
    let id = property.id.clone();
    let nights = Resource::new(move || {
        let id = id.clone();
        async move { stock.load(&id, today, today.plus(NIGHTS - 1)).await }
    });
    let known = property.clone();
    let cells = Memo::new(move |_| {
        stock.track();
        // Loading the nights is not a change of theirs, so it is tracked separately.
        nights.value.track();
        cells_of(drafts, &known, today, NIGHTS)
    });
    view! {
        <div class="wall" data-testid="wallboard">
            <WallHeader property=property.clone() />
            {move || nights.error_view()}
            {board(&property, today, cells)}
            <WallFigures property=property.clone() cells />
            <LatestChange property />
        </div>
    }
}

/// Name, full screen, freshness and clock.
#[component]
fn WallHeader(property: Property) -> impl IntoView {
    let back = Page::Today.url(Some(&SelectedProperty::One(property.code)));
    view! {
        <header>
            <a class="wall-mark" href=back title="Back to the portal" aria-label="Back to the portal"><Logo /></a>
            <div>
                <h1>{property.name}</h1>
                <small>"Rooms left, shared pool, next " {NIGHTS} " nights"</small>
            </div>
            <button
                class="icon-button push"
                type="button"
                title="Full screen"
                aria-label="Full screen"
                on:click=|_| toggle_full_screen()
            >
                <Icon glyph=Glyph::Expand size="large" />
            </button>
            <FreshnessChip name="wallboard-freshness" />
            <Clock zone=property.time_zone today=property.business_date />
        </header>
    }
}

/// The figures of the shown nights, and the strip of the coming months.
#[component]
fn WallFigures(property: Property, cells: Memo<Vec<Vec<Option<Cell>>>>) -> impl IntoView {
    let stock = expect_context::<Stock>();
    let router = expect_context::<Router>();
    let session = expect_context::<Session>();
    let (id, today) = (property.id, property.business_date);
    let overview = Resource::new(move || {
        let id = id.clone();
        async move { api::overview(session, &id, today).await }
    });
    on_changes(stock, move || overview.refetch());
    let totals = Memo::new(move |_| {
        overview.value.with(|overview| {
            let totals = overview.as_ref().map(|overview| &overview.totals[..overview.totals.len().min(STRIP_NIGHTS)]);
            totals.unwrap_or_default().to_vec()
        })
    });
    let pickup =
        Memo::new(move |_| overview.value.with(|overview| overview.as_ref().map(|overview| overview.pickup.net)));
    let selected = SelectedProperty::One(property.code);
    let show_day = Callback::new(move |day: Day| {
        let address =
            CalendarAddress { property: Some(selected.clone()), from: Some(day), ..CalendarAddress::default() };
        router.navigate(&address.url());
    });
    view! {
        <div class="wall-figures">
            <Figures cells=cells pickup=pickup />
            <YearStrip totals=totals window=Signal::stored(None) on_jump=show_day />
        </div>
    }
}

/// The latest change set or reservation, in one line.
#[component]
fn LatestChange(property: Property) -> impl IntoView {
    let stock = expect_context::<Stock>();
    let session = expect_context::<Session>();
    let id = property.id.clone();
    let newest = Resource::new(move || {
        let id = id.clone();
        async move { api::history(session, &id, None, None, 1).await }
    });
    on_changes(stock, move || newest.refetch());
    let line = move || {
        newest.value.with(|history| {
            let group = event_groups(&history.as_ref()?.events).into_iter().next()?;
            let head = group.head()?;
            let summary = event_summary::summary(group.changes(), &property);
            let subject = summary.as_ref().map(|summary| format!(": {}", summary.subject)).unwrap_or_default();
            let (cause, actor) = (event_summary::cause_name(head.cause), event_summary::actor_name(&head.actor));
            Some(view! {
                <time>{time_format::time(head.at_ms, &property.time_zone)}</time>
                <span class="latest-change">{format!("{cause}, {actor}{subject}")}</span>
                <BeforeAfter values=summary.and_then(|summary| summary.values) />
            })
        })
    };
    view! { <footer>{line}</footer> }
}

/// Hides or shows the browser's own bars.
fn toggle_full_screen() {
    if document().fullscreen_element().is_some() {
        document().exit_fullscreen();
    } else if let Some(root) = document().document_element() {
        // Without permission the page stays as it is.
        let _ = root.request_fullscreen();
    }
}

/// Reloads the properties, and with them the business date. Called at most every ten minutes once the date has passed.
fn refresh_properties(loader: Loader) {
    spawn_local(loader.load());
}
