//! The history panel: the stock events of one night, with undo.

mod chart;
mod entries;
mod night;
mod timeline;

use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};

use self::{entries::Entries, night::Night};
use super::{formatting::grouped, property_by_id};
use crate::{
    api::{self, Failure, session::Session},
    app::time_format,
    domain::{cell::Cell, night_key::NightKey},
    state::{Account, ChangeSets, Notifications, Stock},
    ui::{
        drawer::Drawer,
        icon::{Glyph, Icon},
    },
};

/// Events that are read at once.
const PAGE: u32 = 50;
/// A change of the night is seldom alone: its history is read when it has come to rest.
const REFRESH_DELAY: Duration = Duration::from_millis(700);

/// What is known of the history.
#[derive(Clone, Copy)]
struct HistoryState {
    session: Session,
    change_sets: ChangeSets,
    notifications: Notifications,
    night: RwSignal<NightKey>,
    history: RwSignal<api::History>,
    is_reading: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    /// The last reading: only it may tell.
    turn: StoredValue<u32>,
}

/// Which part to read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HistoryPage {
    /// The newest events.
    First,
    /// Those before the oldest that is there.
    Older,
}

impl HistoryState {
    fn read(self, page_kind: HistoryPage) {
        // The drawer may have gone while the night came to rest.
        let Some(night) = self.night.try_get_untracked() else { return };
        let before = self.history.with_untracked(|history| history.next).filter(|_| page_kind == HistoryPage::Older);
        let turn = self.turn.get_value() + 1;
        self.turn.set_value(turn);
        self.is_reading.set(true);
        spawn_local(async move {
            let filter = Some((&night.room_type, night.date));
            let answer = api::history(self.session, &night.property, filter, before, PAGE).await;
            if self.turn.try_get_value() != Some(turn) {
                return;
            }
            self.is_reading.set(false);
            self.failure.set(answer.as_ref().err().cloned());
            if let Ok(page) = answer {
                self.history.update(|history| match page_kind {
                    HistoryPage::First => *history = timeline::merged(std::mem::take(history), page),
                    HistoryPage::Older => {
                        history.events.extend(page.events);
                        history.next = page.next;
                    }
                });
            }
        });
    }
}

/// The drawer; shown while [`Panel::History`](crate::state::Panel::History) is open.
#[component]
pub fn History(
    /// Which night.
    night: NightKey,
) -> impl IntoView {
    let account = expect_context::<Account>();
    let stock = expect_context::<Stock>();
    let night = RwSignal::new(night);
    let history_state = HistoryState {
        session: expect_context(),
        change_sets: expect_context(),
        notifications: expect_context(),
        night,
        history: RwSignal::new(api::History::default()),
        is_reading: RwSignal::new(true),
        failure: RwSignal::new(None),
        turn: StoredValue::new(0),
    };
    let cell = Memo::new(move |_| {
        stock.track();
        night.with(|night| stock.stored(night))
    });
    Effect::new(move |_| {
        let night = night.get();
        history_state.history.set(api::History::default());
        history_state.read(HistoryPage::First);
        spawn_local(async move {
            // If it fails the history is told all the same, and says itself what is wrong.
            let _ = stock.load(&night.property, night.date, night.date).await;
        });
    });
    let rest = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |before: Option<(NightKey, Option<Cell>)>| {
        let now = (night.get(), cell.get());
        let has_moved = before.is_some_and(|(night, cell)| night == now.0 && cell.is_some() && cell != now.1);
        if has_moved {
            let refetch = set_timeout_with_handle(move || history_state.read(HistoryPage::First), REFRESH_DELAY).ok();
            if let Some(earlier) = rest.try_update_value(|rest| std::mem::replace(rest, refetch)).flatten() {
                earlier.clear();
            }
        }
        now
    });

    let property = Memo::new(move |_| property_by_id(account, &night.with(|night| night.property.clone())));
    let room = Memo::new(move |_| {
        let id = night.with(|night| night.room_type.clone());
        property.with(|property| property.as_ref()?.room_types.iter().find(|room| room.id == id).cloned())
    });
    let title = Signal::derive(move || {
        let night = night.with(|night| night.date.named());
        room.with(|room| room.as_ref().map_or(night.clone(), |room| format!("{} · {night}", room.name)))
    });
    let step = move |nights: i32| night.update(|night| night.date = night.date.plus(nights));
    let actions = view! {
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
    };
    let has_more = move || history_state.history.with(|history| history.next.is_some());
    let count = move || {
        let count = history_state.history.with(|history| history.events.len());
        let entries = if count == 1 { "entry" } else { "entries" };
        match (count, has_more()) {
            (0, _) => String::new(),
            (_, true) => format!("The newest {} {entries}.", grouped(count)),
            (_, false) => format!("{} {entries}.", grouped(count)),
        }
    };
    let foot = view! {
        <span class="label" role="status">{count}</span>
        <span class="push"></span>
        <Show when=has_more>
            <button
                class="panel-button"
                type="button"
                aria-disabled=move || history_state.is_reading.get().to_string()
                on:click=move |_| if !history_state.is_reading.get_untracked() { history_state.read(HistoryPage::Older) }
            >
                "Show more"
            </button>
        </Show>
    };
    let chart = move || {
        let property = property.get()?;
        let data = history_state
            .history
            .with(|history| night.with(|night| chart::chart_data(cell.get().as_ref(), &history.events, night)))?;
        let since = time_format::day(data.points.first()?.0, &property.time_zone)?;
        let heading = if data.is_left { "Left to sell" } else { "Allotted" };
        Some(view! {
            <section>
                <h3>{heading} <span>{format!("since {}", since.named())}</span></h3>
                {chart::chart(&data, time_format::now_ms(), since)}
            </section>
        })
    };
    view! {
        <Drawer test_id="history" title is_text=true actions=actions.into_any() foot=foot.into_any()>
            <Night cell room />
            {chart}
            <Entries history_state property />
        </Drawer>
    }
}
