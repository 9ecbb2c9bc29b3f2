//! The Today page: attention items, key figures, and the latest changes.

mod attention;
mod latest;
mod tiles;

use leptos::{prelude::*, task::spawn_local};

pub use self::latest::BeforeAfter;
use self::{attention::Attention, latest::Latest, tiles::Tiles};
use super::{
    property_page::PropertyPage,
    resource::{Resource, on_changes},
};
use crate::{
    api,
    api::session::Session,
    app::{calendar_address::CalendarAddress, page::Page, router::Router, year_strip::YearStrip},
    domain::selected_property::SelectedProperty,
    domain::{dates::Day, property::Property},
    state::Stock,
    ui::{
        icon::{Glyph, Icon},
        skeleton::Skeleton,
    },
};

/// Number of nights searched for attention items.
const ATTENTION_NIGHTS: i32 = 30;

/// The page at `/`.
#[component]
pub fn Today() -> impl IntoView {
    view! { <PropertyPage name="Today" page=|property| view! { <PropertyToday property /> } /> }
}

/// The page's content for one property.
#[component]
fn PropertyToday(property: Property) -> impl IntoView {
    let stock = expect_context::<Stock>();
    let session = expect_context::<Session>();
    let router = expect_context::<Router>();
    let today = property.business_date;
    let (id, code) = (property.id.clone(), property.code.clone());
    let resource = Resource::new(move || {
        let id = id.clone();
        async move { api::overview(session, &id, today).await }
    });
    // The nights are loaded because their changes trigger a refetch, and the calendar then opens without a wait. A
    // failure does not matter here.
    let id = property.id.clone();
    spawn_local(async move {
        let _ = stock.load(&id, today, today.plus(ATTENTION_NIGHTS - 1)).await;
    });
    on_changes(stock, move || resource.refetch());

    let totals = Memo::new(move |_| {
        resource.value.with(|value| value.as_ref().map(|overview| overview.totals.clone()).unwrap_or_default())
    });
    let is_read = Memo::new(move |_| resource.value.with(Option::is_some));
    let attention_count =
        Memo::new(move |_| resource.value.with(|value| value.as_ref().map(|overview| overview.attention.len())));
    let selected = SelectedProperty::One(code);
    let calendar = Page::Calendar.url(Some(&selected));
    let show_day = Callback::new(move |day: Day| {
        let address =
            CalendarAddress { property: Some(selected.clone()), from: Some(day), ..CalendarAddress::default() };
        router.navigate(&address.url());
    });
    let property = StoredValue::new(property);
    view! {
        <div class="page today">
            <div class="busy-line" hidden=move || !(resource.is_busy.get() && is_read.get())></div>
            <header>
                <div>
                    <h1>{today.spoken()}</h1>
                    <p>{move || attention_count.get().map_or_else(|| "\u{a0}".to_owned(), |count| sentence(count, today))}</p>
                </div>
                <a class="button primary push" href=calendar>
                    <Icon glyph=Glyph::Calendar />
                    "Open calendar"
                </a>
            </header>
            {move || resource.error_view()}
            <Show
                when=move || is_read.get()
                fallback=move || resource.failure.get().is_none().then(|| view! { <Skeleton lines=8 /> })
            >
                <Tiles overview=resource.value />
                <section class="card horizon-card" aria-label="Horizon">
                    <div>
                        <h2>"Horizon"</h2>
                        <small>{move || format!("{} nights", totals.with(Vec::len))}</small>
                    </div>
                    <YearStrip totals=totals window=Signal::stored(None) on_jump=show_day />
                </section>
                <div class="two">
                    <Attention overview=resource.value property=property.get_value() ahead=ATTENTION_NIGHTS />
                    <Latest property=property.get_value() />
                </div>
            </Show>
        </div>
    }
}

fn sentence(attention_count: usize, today: Day) -> String {
    let through = today.plus(ATTENTION_NIGHTS - 1).brief();
    match attention_count {
        0 => format!("Nothing needs a decision. All clear to {through}."),
        1 => format!("1 thing needs a decision. Everything else is clear to {through}."),
        count => format!("{count} things need a decision. Everything else is clear to {through}."),
    }
}
