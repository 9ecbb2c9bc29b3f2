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
    domain::{dates::Day, property::Property, selected_property::SelectedProperty},
    state::{Drafts, Loader, Stock},
    ui::{
        icon::{Glyph, Icon},
        logo::Logo,
    },
};

/// Nights shown.
const NIGHTS: i32 = 7;
/// Nights of the strip below: there is less room than elsewhere.
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
    let session = expect_context::<Session>();
    let router = expect_context::<Router>();
    let today = property.business_date;
    let through = today.plus(NIGHTS - 1);

    let id = property.id.clone();
    let nights = Resource::new(move || {
        let id = id.clone();
        async move { stock.load(&id, today, through).await }
    });
    let id = property.id.clone();
    let overview = Resource::new(move || {
        let id = id.clone();
        async move { api::today(session, &id, today).await }
    });
    let id = property.id.clone();
    let last = Resource::new(move || {
        let id = id.clone();
        async move { api::history(session, &id, None, None, 1).await }
    });
    on_changes(stock, move || {
        overview.refetch();
        last.refetch();
    });

    let of_cells = property.clone();
    let cells = Memo::new(move |_| {
        stock.track();
        // Once they are there, without a change of theirs.
        nights.value.track();
        cells_of(drafts, &of_cells, today, NIGHTS)
    });
    let totals = Memo::new(move |_| {
        overview.value.with(|overview| {
            let totals = overview
                .as_ref()
                .map(|overview| overview.totals.iter().take(STRIP_NIGHTS).copied().collect::<Vec<_>>());
            totals.unwrap_or_default()
        })
    });
    let pickup =
        Memo::new(move |_| overview.value.with(|overview| overview.as_ref().map(|overview| overview.pickup.net)));
    let code = property.code.clone();
    let go = Callback::new(move |day: Day| {
        let address = CalendarAddress {
            property: Some(SelectedProperty::One(code.clone())),
            from: Some(day),
            ..CalendarAddress::default()
        };
        router.navigate(&address.url());
    });
    let latest_property = property.clone();
    let latest = move || {
        last.value.with(|history| {
            let group = event_groups(&history.as_ref()?.events).into_iter().next()?;
            let head = group.head()?;
            let summary = event_summary::summary(group.changes(), &latest_property);
            let subject = summary.as_ref().map(|summary| format!(": {}", summary.subject)).unwrap_or_default();
            let what = format!(
                "{}, {}{subject}",
                event_summary::cause_name(head.cause),
                event_summary::actor_name(&head.actor)
            );
            Some(view! {
                <time>{time_format::time(head.at_ms, &latest_property.time_zone)}</time>
                <span class="latest-change">{what}</span>
                <BeforeAfter values=summary.and_then(|summary| summary.values) />
            })
        })
    };
    let back = Page::Today.url(Some(&SelectedProperty::One(property.code.clone())));
    view! {
        <div class="wall" data-testid="wallboard">
            <header>
                <a class="wall-mark" href=back title="Back to the portal" aria-label="Back to the portal"><Logo /></a>
                <div>
                    <h1>{property.name.clone()}</h1>
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
                <Clock zone=property.time_zone.clone() today=today />
            </header>
            {move || nights.error_view()}
            {board(&property, today, cells)}
            <div class="wall-figures">
                <Figures cells=cells pickup=pickup />
                <YearStrip totals=totals window=Signal::stored(None) on_jump=go />
            </div>
            <footer>{latest}</footer>
        </div>
    }
}

/// A wall has no use for the browser's own bars.
fn toggle_full_screen() {
    if document().fullscreen_element().is_some() {
        document().exit_fullscreen();
    } else if let Some(root) = document().document_element() {
        // A browser that refuses stays as it is.
        let _ = root.request_fullscreen();
    }
}

/// Reads the properties anew, with them the business date, at most every ten minutes while the calendar on the wall
/// says that it has passed.
fn refresh_properties(loader: Loader) {
    spawn_local(loader.load());
}
