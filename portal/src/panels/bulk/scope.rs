//! The sections that select weekdays and room types.

use leptos::prelude::*;

use super::form::Form;
use crate::{
    domain::{
        dates::{Day, Weekday},
        ids::RoomTypeId,
        night_key::NightKey,
        property::RoomType,
    },
    panels::formatting::{grouped, nights as counted},
    state::Stock,
};

/// The weekdays, Monday first.
const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// The section of the weekdays.
#[component]
pub fn Weekdays(
    form: Form,
    /// The nights of the form.
    nights: Memo<Vec<Day>>,
) -> impl IntoView {
    let days = WEEK.map(|day| {
        let is_on = move || form.weekdays.with(|days| days[day as usize]);
        let toggle = move |_| form.weekdays.update(|days| days[day as usize] = !days[day as usize]);
        view! {
            <button
                type="button"
                data-testid="bulk-day"
                data-day=day.name().to_uppercase()
                aria-pressed=move || is_on().to_string()
                on:click=toggle
            >
                {&day.name()[..2]}
                <span class="unseen">{&day.name()[2..]}</span>
            </button>
        }
    });
    let weekend = move || WEEK.map(|day| form.property.with(|property| property.weekend_days.contains(&day)));
    let is_every_day = move || form.weekdays.get() == [true; 7];
    let switch = move |_| form.weekdays.set(if untrack(is_every_day) { untrack(weekend) } else { [true; 7] });
    view! {
        <section>
            <h3>"Weekdays" <span>{move || counted(nights.with(Vec::len))}</span>
                <button class="panel-link" type="button" on:click=switch>
                    {move || if is_every_day() { "Weekends only" } else { "Every day" }}
                </button></h3>
            <div class="dow" role="group" aria-label="Weekdays">{days.collect_view()}</div>
        </section>
    }
}

/// The section of the room types. Those that were not selected when the form opened are collapsed.
#[component]
pub fn Rooms(
    form: Form,
    /// The nights of the form.
    nights: Memo<Vec<Day>>,
) -> impl IntoView {
    let ticked = form.rooms.get_untracked();
    let all = Memo::new(move |_| form.property.with(|property| property.room_types.clone()));
    let count = move || format!("{} of {}", form.rooms.with(Vec::len), all.with(Vec::len));
    let select = move |rooms: Vec<RoomTypeId>| form.rooms.set(rooms);
    let select_all = move |_| select(all.with_untracked(|rooms| rooms.iter().map(|room| room.id.clone()).collect()));
    let list = move || {
        let (first, others): (Vec<_>, Vec<_>) = all.get().into_iter().partition(|room| ticked.contains(&room.id));
        let more = match others.len() {
            1 => "1 more room type".to_owned(),
            number => format!("{number} more room types"),
        };
        let items =
            |rooms: Vec<RoomType>| rooms.into_iter().map(|room| view! { <Room form nights room /> }).collect_view();
        let has_others = !others.is_empty();
        let others = items(others);
        let folded = has_others.then(|| {
            view! {
                <details>
                    <summary>{more}</summary>
                    <ul class="tree">{others}</ul>
                </details>
            }
        });
        view! {
            <ul class="tree">{items(first)}</ul>
            {folded}
        }
    };
    view! {
        <section>
            <h3>
                "Room types" <span>{count}</span>
                <button class="panel-link" type="button" on:click=select_all>"All"</button>
                <button class="panel-link" type="button" on:click=move |_| select(Vec::new())>"None"</button>
            </h3>
            {list}
        </section>
    }
}

/// A room type, with its nights and its allotment.
#[component]
fn Room(form: Form, nights: Memo<Vec<Day>>, room: RoomType) -> impl IntoView {
    let stock = expect_context::<Stock>();
    let id = StoredValue::new(room.id);
    let is_on = move || form.rooms.with(|rooms| id.with_value(|id| rooms.contains(id)));
    let toggle = move |event| {
        let is_wanted = event_target_checked(&event);
        form.rooms.update(|rooms| {
            id.with_value(|id| rooms.retain(|room| room != id));
            if is_wanted {
                rooms.push(id.get_value());
            }
        });
    };
    let facts = move || {
        stock.track();
        let property = form.property.with(|property| property.id.clone());
        let nights = nights.get();
        let night = |date| NightKey { property: property.clone(), room_type: id.get_value(), date };
        let cells = nights.iter().filter_map(|&date| stock.stored(&night(date)));
        let allotted = cells.map(|cell| cell.allotted.unwrap_or(0) as usize).sum();
        format!("{} · {} allotted", counted(nights.len()), grouped(allotted))
    };
    view! {
        <li>
            <label>
                <input
                    type="checkbox"
                    data-testid="bulk-room"
                    data-room=room.code
                    prop:checked=is_on
                    on:change=toggle
                />
                <span class="name">{room.name}</span>
                <span class="cnt">{facts}</span>
            </label>
        </li>
    }
}
