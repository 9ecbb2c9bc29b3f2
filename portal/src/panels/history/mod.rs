//! The history panel: the stock events of one night, with undo.

mod chart;
mod entries;
mod loader;
mod night;
mod timeline;

use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};

use self::{
    entries::Entries,
    loader::{HistoryLoader, HistoryPage},
    night::Night,
};
use super::{formatting::grouped, property_by_id};
use crate::{
    app::time_format,
    domain::{
        cell::Cell,
        night_key::NightKey,
        property::{Property, RoomType},
    },
    state::{Account, Panels, Stock},
    ui::{
        drawer::Drawer,
        icon::{Glyph, Icon},
    },
};

/// Delay between a change of the night and the refresh of its history, so that several changes cause one request.
const REFRESH_DELAY: Duration = Duration::from_millis(700);

/// The drawer; open while [`Panel::History`](crate::state::Panel::History) is open.
#[component]
pub fn History(
    /// The night that is shown first.
    night: NightKey,
) -> impl IntoView {
    let account = expect_context::<Account>();
    let stock = expect_context::<Stock>();
    let panels = expect_context::<Panels>();
    let night = RwSignal::new(night);
    let loader = HistoryLoader::new(night);
    let cell = Memo::new(move |_| {
        stock.track();
        night.with(|night| stock.stored(night))
    });
    load_on_change_of_night(loader);
    refresh_on_change_of_cell(loader, cell);
    let property = Memo::new(move |_| property_by_id(account, &night.with(|night| night.property.clone())));
    let room = Memo::new(move |_| {
        let id = night.with(|night| night.room_type.clone());
        property.with(|property| property.as_ref()?.room_types.iter().find(|room| room.id == id).cloned())
    });
    let actions = view! { <NightSteps night /> };
    let foot = view! { <ShowMore loader /> };
    view! {
        <Drawer
            test_id="history"
            title=Signal::derive(move || title(night, room))
            is_text=true
            on_close=Callback::new(move |()| panels.close())
            actions=actions.into_any()
            foot=foot.into_any()
        >
            <Night cell room />
            {move || chart_section(loader, cell, property)}
            <Entries loader property />
        </Drawer>
    }
}

/// Loads the history and the cell of each night that is shown.
fn load_on_change_of_night(loader: HistoryLoader) {
    Effect::new(move |_| {
        let night = loader.night.get();
        loader.restart();
        spawn_local(async move {
            // A failure is not shown here: the request of the history fails for the same reason and shows it.
            let _ = loader.stock.load(&night.property, night.date, night.date).await;
        });
    });
}

/// Loads the newest events again, [`REFRESH_DELAY`] after the cell changed.
fn refresh_on_change_of_cell(loader: HistoryLoader, cell: Memo<Option<Cell>>) {
    let pending = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |before: Option<(NightKey, Option<Cell>)>| {
        let now = (loader.night.get(), cell.get());
        let has_changed = before.is_some_and(|(night, cell)| night == now.0 && cell.is_some() && cell != now.1);
        if has_changed {
            let refetch = set_timeout_with_handle(move || loader.read(HistoryPage::First), REFRESH_DELAY).ok();
            if let Some(earlier) = pending.try_update_value(|pending| std::mem::replace(pending, refetch)).flatten() {
                earlier.clear();
            }
        }
        now
    });
}

/// The room type and the night; tracked.
fn title(night: RwSignal<NightKey>, room: Memo<Option<RoomType>>) -> String {
    let night = night.with(|night| night.date.named());
    room.with(|room| room.as_ref().map_or(night.clone(), |room| format!("{} · {night}", room.name)))
}

/// Buttons for the previous and the next night.
#[component]
fn NightSteps(night: RwSignal<NightKey>) -> impl IntoView {
    let step = move |nights: i32| night.update(|night| night.date = night.date.plus(nights));
    view! {
        <button
            class="panel-icon"
            type="button"
            aria-label="Previous night"
            title="Previous night"
            on:click=move |_| step(-1)
        >
            <Icon glyph=Glyph::Previous size="large" />
        </button>
        <button class="panel-icon" type="button" aria-label="Next night" title="Next night" on:click=move |_| step(1)>
            <Icon glyph=Glyph::Next size="large" />
        </button>
    }
}

/// The number of loaded entries, and a button for older ones.
#[component]
fn ShowMore(loader: HistoryLoader) -> impl IntoView {
    let has_more = move || loader.history.with(|history| history.next.is_some());
    let count = move || {
        let count = loader.history.with(|history| history.events.len());
        let entries = if count == 1 { "entry" } else { "entries" };
        match (count, has_more()) {
            (0, _) => String::new(),
            (_, true) => format!("The newest {} {entries}.", grouped(count)),
            (_, false) => format!("{} {entries}.", grouped(count)),
        }
    };
    view! {
        <span class="label" role="status">{count}</span>
        <span class="push"></span>
        <Show when=has_more>
            <button
                class="panel-button"
                type="button"
                aria-disabled=move || loader.is_reading.get().to_string()
                on:click=move |_| if !loader.is_reading.get_untracked() { loader.read(HistoryPage::Older) }
            >
                "Show more"
            </button>
        </Show>
    }
}

/// The chart of the rooms left; none where the events changed no count; tracked.
fn chart_section(
    loader: HistoryLoader,
    cell: Memo<Option<Cell>>,
    property: Memo<Option<Property>>,
) -> Option<impl IntoView + use<>> {
    let property = property.get()?;
    let data = loader
        .history
        .with(|history| loader.night.with(|night| chart::chart_data(cell.get().as_ref(), &history.events, night)))?;
    let since = time_format::day(data.points.first()?.0, &property.time_zone)?;
    let heading = if data.is_left { "Left to sell" } else { "Allotted" };
    Some(view! {
        <section>
            <h3>{heading} <span>{format!("since {}", since.named())}</span></h3>
            {chart::chart(&data, time_format::now_ms(), since)}
        </section>
    })
}
