//! The calendar on a phone: the nights of one room type, with a stepper per night.

mod night;
mod room_header;

use leptos::prelude::*;

use self::{night::Night, room_header::RoomHeader};
use super::view_state::ViewState;
use crate::domain::{dates, dates::Day, ids::PropertyId, night_key::NightKey, property::RoomType};

/// Nights that "More nights" adds.
const MORE_NIGHTS: u32 = 14;
/// Most nights that the list shows.
const MAX_NIGHTS: u32 = 92;
/// Minimum width of a swipe in pixels; a swipe is also at least twice as wide as it is high.
const SWIPE: f64 = 60.0;

/// The room type that the page shows. Every copy is the same choice.
#[derive(Clone, Copy)]
struct RoomChoice {
    /// All room types of the property.
    rooms: Memo<Vec<(PropertyId, RoomType)>>,
    /// The index of the shown one; may be past the end after a room type was removed.
    number: RwSignal<usize>,
}

impl RoomChoice {
    fn new(view: ViewState) -> Self {
        let rooms = Memo::new(move |_| {
            view.rows
                .with(|rows| {
                    let property = rows.properties().first();
                    property.map(|property| {
                        property.room_types.iter().map(|room| (property.id.clone(), room.clone())).collect::<Vec<_>>()
                    })
                })
                .unwrap_or_default()
        });
        Self { rooms, number: RwSignal::new(0) }
    }

    /// The number of room types; tracked.
    fn count(self) -> usize {
        self.rooms.with(Vec::len)
    }

    /// The index of the shown room type; tracked.
    fn index(self) -> usize {
        self.number.get().min(self.count().saturating_sub(1))
    }

    /// The shown room type; tracked.
    fn shown(self) -> Option<(PropertyId, RoomType)> {
        let index = self.index();
        self.rooms.with(|rooms| rooms.get(index).cloned())
    }

    /// Shows the room type `by` places later, within the list.
    fn turn(self, by: isize) {
        let count = self.rooms.with_untracked(Vec::len);
        if count > 0 {
            self.number.update(|number| *number = number.saturating_add_signed(by).min(count - 1));
        }
    }
}

/// The calendar of one room type.
#[component]
pub fn MobileCalendar(
    /// The view state of the calendar.
    view: ViewState,
) -> impl IntoView {
    let stock = view.stock;
    let drafts = view.drafts;
    let choice = RoomChoice::new(view);
    let room = Memo::new(move |_| choice.shown());
    let sold = move || {
        stock.track();
        let (property, room) = room.get()?;
        let cells = (0..view.nights())
            .filter_map(|night| drafts.shown(&night_key(&property, &room, view.from.get().plus(night))));
        let (promised, allotted) = cells.fold((0, 0), |(promised, allotted), cell| {
            (promised + cell.promised(), allotted + cell.allotted.unwrap_or(0))
        });
        (allotted > 0).then(|| format!("{} % sold", promised * 100 / allotted))
    };
    view! {
        <div class="ph" data-testid="phone-calendar">
            {move || room.get().map(|(_, room)| view! { <RoomHeader choice room count=choice.count() index=choice.index() /> })}
            <div class="wk">
                {move || dates::range(view.from.get(), view.through())}<span>{sold}</span>
            </div>
            <NightList view choice room />
            <Show when=move || { drafts.count() > 0 }>
                <ApplyBar view />
            </Show>
        </div>
    }
}

/// The nights of the room type. A swipe shows the next or the previous room type.
#[component]
fn NightList(view: ViewState, choice: RoomChoice, room: Memo<Option<(PropertyId, RoomType)>>) -> impl IntoView {
    let press_start = StoredValue::new(None::<(f64, f64)>);
    let release = move |x: f64, y: f64| {
        if let Some((from_x, from_y)) = press_start.get_value() {
            let (over, down) = (x - from_x, y - from_y);
            if over.abs() >= SWIPE && over.abs() > down.abs() * 2.0 {
                choice.turn(if over < 0.0 { 1 } else { -1 });
            }
        }
        press_start.set_value(None);
    };
    let nights = move || {
        room.get().map(|(property, room)| {
            let (from, count) = (view.from.get(), view.nights());
            let night =
                |night| view! { <Night view night=night_key(&property, &room, from.plus(night)) room=room.clone() /> };
            (0..count).map(night).collect_view()
        })
    };
    view! {
        <ul
            class="list"
            on:pointerdown=move |event| press_start.set_value(Some((f64::from(event.client_x()), f64::from(event.client_y()))))
            on:pointerup=move |event| release(f64::from(event.client_x()), f64::from(event.client_y()))
        >
            {nights}
            <li class="more">
                <button class="btn quiet" type="button" on:click=move |_| view.days.update(|days| *days = (*days + MORE_NIGHTS).min(MAX_NIGHTS))>
                    "More nights"
                </button>
            </li>
        </ul>
    }
}

/// The bar that sends or discards the drafts.
#[component]
fn ApplyBar(view: ViewState) -> impl IntoView {
    let drafts = view.drafts;
    let change_sets = view.change_sets;
    view! {
        <div class="apply">
            <div>
                <b data-testid="bar-cells">{move || changes(drafts.count())}</b>
                <small>{move || summary(view)}</small>
            </div>
            <button class="btn quiet push" type="button" data-testid="discard" on:click=move |_| drafts.discard()>"Discard"</button>
            <button class="btn pri" type="button" data-testid="apply" on:click=move |_| change_sets.apply()>"Apply"</button>
        </div>
    }
}

fn changes(count: usize) -> String {
    if count == 1 { "1 change".to_owned() } else { format!("{count} changes") }
}

/// The effect of the first draft; tracked.
fn summary(view: ViewState) -> Option<String> {
    view.stock.track();
    let drafts = view.drafts.all();
    let (key, draft) = drafts.first()?;
    let stored = view.stock.stored(&key.night)?;
    let after = stored.with(key.field, draft.change.value(&stored));
    let (before, after) = (stored.allotted?, after.allotted?);
    Some(format!("{}, {before} to {after} allotted", key.night.date.brief()))
}

fn night_key(property: &PropertyId, room: &RoomType, date: Day) -> NightKey {
    NightKey { property: property.clone(), room_type: room.id.clone(), date }
}
