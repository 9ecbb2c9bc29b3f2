//! The calendar on a phone: one room type, its nights one under the other, and a stepper for each.

use leptos::prelude::*;

use super::view_state::View;
use crate::domain::{
    cell::{Cell, State, signed},
    dates,
    dates::Day,
    draft::{Change, Edit},
    ids::HotelId,
    night_key::{Measure, Place, Spot},
    property::RoomType,
};

/// Nights shown at first, and added by each "more".
const NIGHTS: u32 = 14;
/// A swipe is at least so wide, in pixels, and wider than it is high.
const SWIPE: f64 = 60.0;

/// The page.
#[component]
pub fn Phone(
    /// What is shown.
    view: View,
) -> impl IntoView {
    let desk = view.desk;
    let number = RwSignal::new(0_usize);
    let rooms = Memo::new(move |_| {
        view.lines
            .with(|lines| {
                let hotel = lines.hotels().first();
                hotel.map(|hotel| {
                    hotel.room_types.iter().map(|room| (hotel.id.clone(), room.clone())).collect::<Vec<_>>()
                })
            })
            .unwrap_or_default()
    });
    let room =
        Memo::new(move |_| rooms.with(|rooms| rooms.get(number.get().min(rooms.len().saturating_sub(1))).cloned()));
    let turn = move |by: isize| {
        let count = rooms.with_untracked(Vec::len);
        if count > 0 {
            number.update(|number| *number = number.saturating_add_signed(by).min(count - 1));
        }
    };
    let pressed = StoredValue::new(None::<(f64, f64)>);
    let let_go = move |x: f64, y: f64| {
        if let Some((from_x, from_y)) = pressed.get_value() {
            let (over, down) = (x - from_x, y - from_y);
            if over.abs() >= SWIPE && over.abs() > down.abs() * 2.0 {
                turn(if over < 0.0 { 1 } else { -1 });
            }
        }
        pressed.set_value(None);
    };
    let head = move || {
        room.get().map(|(_, room)| {
            let count = rooms.with(Vec::len);
            let at = number.get().min(count.saturating_sub(1));
            let dots = (0..count).map(|dot| view! { <i class:on={dot == at}></i> }).collect_view();
            view! {
                <div class="rt">
                    <button type="button" aria-label="Previous room type" data-testid="previous-room" disabled={at == 0} on:click=move |_| turn(-1)>
                        <svg class="i md" viewBox="0 0 24 24" aria-hidden="true"><path d="m14.5 6-6 6 6 6" /></svg>
                    </button>
                    <div>
                        <h1>{room.name.clone()}</h1>
                        <small>{format!("{} of {count} · {} rooms · shared pool", at + 1, room.physical_rooms)}</small>
                        <span class="dots" aria-hidden="true">{dots}</span>
                    </div>
                    <button type="button" aria-label="Next room type" data-testid="next-room" disabled={at + 1 == count} on:click=move |_| turn(1)>
                        <svg class="i md" viewBox="0 0 24 24" aria-hidden="true"><path d="m9.5 6 6 6-6 6" /></svg>
                    </button>
                </div>
            }
        })
    };
    let sold = move || {
        desk.track();
        let (hotel, room) = room.get()?;
        let cells =
            (0..view.nights()).filter_map(|night| desk.shown(&place(&hotel, &room, view.from.get().plus(night))));
        let (promised, allotted) = cells.fold((0, 0), |(promised, allotted), cell| {
            (promised + cell.promised(), allotted + cell.allotted.unwrap_or(0))
        });
        (allotted > 0).then(|| format!("{} % sold", promised * 100 / allotted))
    };
    let nights = move || {
        room.get().map(|(hotel, room)| {
            let (from, count) = (view.from.get(), view.nights());
            let one = |night| view! { <Night view hotel=hotel.clone() room=room.clone() date=from.plus(night) /> };
            (0..count).map(one).collect_view()
        })
    };
    view! {
        <div class="ph" data-testid="phone-calendar">
            {head}
            <div class="wk">
                {move || dates::range(view.from.get(), view.through())}<span>{sold}</span>
            </div>
            <ul
                class="list"
                on:pointerdown=move |event| pressed.set_value(Some((f64::from(event.client_x()), f64::from(event.client_y()))))
                on:pointerup=move |event| let_go(f64::from(event.client_x()), f64::from(event.client_y()))
            >
                {nights}
                <li class="more">
                    <button class="btn quiet" type="button" on:click=move |_| view.days.update(|days| *days = (*days + NIGHTS).min(92))>
                        "More nights"
                    </button>
                </li>
            </ul>
            <Show when=move || { desk.draft_count() > 0 }>
                <div class="apply">
                    <div>
                        <b data-testid="bar-cells">{move || changes(desk.draft_count())}</b>
                        <small>{move || summary(view)}</small>
                    </div>
                    <button class="btn quiet push" type="button" data-testid="discard" on:click=move |_| desk.discard()>"Discard"</button>
                    <button class="btn pri" type="button" data-testid="apply" on:click=move |_| desk.apply()>"Apply"</button>
                </div>
            </Show>
        </div>
    }
}

fn changes(count: usize) -> String {
    if count == 1 { "1 change".to_owned() } else { format!("{count} changes") }
}

/// What the first draft does.
fn summary(view: View) -> Option<String> {
    view.desk.track();
    let drafts = view.desk.all_drafts();
    let (spot, draft) = drafts.first()?;
    let stored = view.desk.stored(&spot.place)?;
    let after = stored.with(spot.measure, draft.wish.value(&stored));
    let (before, after) = (stored.allotted?, after.allotted?);
    Some(format!("{}, {before} to {after} allotted", spot.place.date.brief()))
}

fn place(hotel: &HotelId, room: &RoomType, date: Day) -> Place {
    Place { hotel: hotel.clone(), room_type: room.id.clone(), date }
}

/// One night.
#[component]
fn Night(view: View, hotel: HotelId, room: RoomType, date: Day) -> impl IntoView {
    let desk = view.desk;
    let place = place(&hotel, &room, date);
    let spot = Spot { place: place.clone(), measure: Measure::Allotment };
    let glance = Memo::new(move |_| {
        desk.track();
        desk.glance(&spot)
    });
    let is_past = view.is_past(&place);
    let (is_today, is_weekend) = view.lines.with_untracked(|lines| {
        let hotel = lines.hotels().iter().find(|one| one.id == hotel);
        hotel
            .map_or((false, false), |hotel| (hotel.business_date == date, hotel.weekend_days.contains(&date.weekday())))
    });
    let step = Callback::new(move |by: i64| {
        let what = match glance.get_untracked().shown.and_then(|cell| cell.allotted) {
            Some(_) => Change::Adjust(by),
            None => Change::Allotted(Some(1)),
        };
        desk.stage(&[Edit { place: place.clone(), what }], "1 draft");
    });
    let name = room.name.clone();
    let low_at = room.low_at;
    let body = move || {
        let glance = glance.get();
        let cell = glance.shown?;
        let state = cell.state(low_at);
        let before = glance.draft.is_some().then(|| glance.stored.map(|stored| stored.balance())).flatten();
        let (number, allotted) = numbers(&cell);
        let line = match before {
            Some(before) => view! { <em>{format!("was {}", signed(before))}</em> }.into_any(),
            None => match state {
                State::Open => view! { <span>"left"</span> }.into_any(),
                state => view! { <em>{capitalised(state.words())}</em> }.into_any(),
            },
        };
        let spoken = cell.spoken(&name, date, low_at);
        let is_locked = move || is_past || !desk.may_write();
        Some(view! {
            <div class="q" aria-label=spoken role="img"><b>{number}</b><div>{line}<span>{cell.sold}" sold"</span></div></div>
            <div class="st" role="group" aria-label=format!("Rooms on sale, {}", date.spoken())>
                <button type="button" aria-label="One less" data-testid="less" disabled=move || is_locked() || cell.allotted.is_none_or(|rooms| rooms == 0) on:click=move |_| step.run(-1)>
                    <svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="M6 12h12" /></svg>
                </button>
                <b>{allotted}<small>"allotted"</small></b>
                <button type="button" aria-label="One more" data-testid="more" disabled=is_locked on:click=move |_| step.run(1)>
                    <svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="M6 12h12M12 6v12" /></svg>
                </button>
            </div>
        })
    };
    let class = move || {
        let glance = glance.get();
        let state = glance.shown.map(|cell| cell.state(low_at));
        let mut class = "dy".to_owned();
        for (is, word) in [
            (is_weekend, " we"),
            (is_today, " today"),
            (is_past, " past"),
            (glance.draft.is_some(), " draft"),
            (state == Some(State::Low), " low"),
            (state == Some(State::SoldOut), " sold"),
            (state == Some(State::StopSell), " stop"),
            (state == Some(State::Overcommitted), " over"),
        ] {
            if is {
                class.push_str(word);
            }
        }
        class
    };
    let weekday = if is_today { "Today" } else { date.weekday().short() };
    let month = (date.of_month() == 1).then(|| format!(" {}", &date.month_name()[..3]));
    view! {
        <li class=class data-testid="night" data-date=date.to_string()>
            <span class="dt"><b>{date.of_month()}</b><small>{weekday}{month}</small></span>
            {body}
        </li>
    }
}

fn numbers(cell: &Cell) -> (String, String) {
    match cell.allotted {
        Some(allotted) => (signed(cell.balance()), allotted.to_string()),
        None => ("·".to_owned(), "–".to_owned()),
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
