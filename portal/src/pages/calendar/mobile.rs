//! The calendar on a phone: the nights of one room type, with a stepper per night.

use leptos::prelude::*;

use super::view_state::ViewState;
use crate::domain::{
    cell::{Cell, CellStatus, signed},
    dates,
    dates::Day,
    draft::{Change, Edit},
    ids::PropertyId,
    night_key::{CellKey, Field, NightKey},
    property::RoomType,
};

/// Nights shown at first, and added by each "more".
const NIGHTS: u32 = 14;
/// A swipe is at least so wide, in pixels, and wider than it is high.
const SWIPE: f64 = 60.0;

/// The page.
#[component]
pub fn MobileCalendar(
    /// What is shown.
    view: ViewState,
) -> impl IntoView {
    let stock = view.stock;
    let drafts = view.drafts;
    let change_sets = view.change_sets;
    let number = RwSignal::new(0_usize);
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
    let room =
        Memo::new(move |_| rooms.with(|rooms| rooms.get(number.get().min(rooms.len().saturating_sub(1))).cloned()));
    let turn = move |by: isize| {
        let count = rooms.with_untracked(Vec::len);
        if count > 0 {
            number.update(|number| *number = number.saturating_add_signed(by).min(count - 1));
        }
    };
    let press_start = StoredValue::new(None::<(f64, f64)>);
    let release = move |x: f64, y: f64| {
        if let Some((from_x, from_y)) = press_start.get_value() {
            let (over, down) = (x - from_x, y - from_y);
            if over.abs() >= SWIPE && over.abs() > down.abs() * 2.0 {
                turn(if over < 0.0 { 1 } else { -1 });
            }
        }
        press_start.set_value(None);
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
        stock.track();
        let (property, room) = room.get()?;
        let cells = (0..view.nights())
            .filter_map(|night| drafts.shown(&night_key(&property, &room, view.from.get().plus(night))));
        let (promised, allotted) = cells.fold((0, 0), |(promised, allotted), cell| {
            (promised + cell.promised(), allotted + cell.allotted.unwrap_or(0))
        });
        (allotted > 0).then(|| format!("{} % sold", promised * 100 / allotted))
    };
    let nights = move || {
        room.get().map(|(property, room)| {
            let (from, count) = (view.from.get(), view.nights());
            let one =
                |night| view! { <Night view property=property.clone() room=room.clone() date=from.plus(night) /> };
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
                on:pointerdown=move |event| press_start.set_value(Some((f64::from(event.client_x()), f64::from(event.client_y()))))
                on:pointerup=move |event| release(f64::from(event.client_x()), f64::from(event.client_y()))
            >
                {nights}
                <li class="more">
                    <button class="btn quiet" type="button" on:click=move |_| view.days.update(|days| *days = (*days + NIGHTS).min(92))>
                        "More nights"
                    </button>
                </li>
            </ul>
            <Show when=move || { drafts.count() > 0 }>
                <div class="apply">
                    <div>
                        <b data-testid="bar-cells">{move || changes(drafts.count())}</b>
                        <small>{move || summary(view)}</small>
                    </div>
                    <button class="btn quiet push" type="button" data-testid="discard" on:click=move |_| drafts.discard()>"Discard"</button>
                    <button class="btn pri" type="button" data-testid="apply" on:click=move |_| change_sets.apply()>"Apply"</button>
                </div>
            </Show>
        </div>
    }
}

fn changes(count: usize) -> String {
    if count == 1 { "1 change".to_owned() } else { format!("{count} changes") }
}

/// What the first draft does.
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

/// One night.
#[component]
fn Night(view: ViewState, property: PropertyId, room: RoomType, date: Day) -> impl IntoView {
    let account = view.account;
    let stock = view.stock;
    let drafts = view.drafts;
    let night = night_key(&property, &room, date);
    let key = CellKey { night: night.clone(), field: Field::Allotment };
    let snapshot = Memo::new(move |_| {
        stock.track();
        drafts.snapshot(&key)
    });
    let is_past = view.is_past(&night);
    let (is_today, is_weekend) = view.rows.with_untracked(|rows| {
        let property = rows.properties().iter().find(|one| one.id == property);
        property.map_or((false, false), |property| {
            (property.business_date == date, property.weekend_days.contains(&date.weekday()))
        })
    });
    let step = Callback::new(move |by: i64| {
        let change = match snapshot.get_untracked().shown.and_then(|cell| cell.allotted) {
            Some(_) => Change::Adjust(by),
            None => Change::Allotted(Some(1)),
        };
        drafts.stage(&[Edit { night: night.clone(), change }], "1 draft");
    });
    let name = room.name.clone();
    let low_at = room.low_at;
    let body = move || {
        let snapshot = snapshot.get();
        let cell = snapshot.shown?;
        let status = cell.status(low_at);
        let before = snapshot.draft.is_some().then(|| snapshot.stored.map(|stored| stored.balance())).flatten();
        let (number, allotted) = numbers(&cell);
        let note = match before {
            Some(before) => view! { <em>{format!("was {}", signed(before))}</em> }.into_any(),
            None => match status {
                CellStatus::Open => view! { <span>"left"</span> }.into_any(),
                status => view! { <em>{capitalised(status.words())}</em> }.into_any(),
            },
        };
        let spoken = cell.description(&name, date, low_at);
        let is_locked = move || is_past || !account.may_write();
        Some(view! {
            <div class="q" aria-label=spoken role="img"><b>{number}</b><div>{note}<span>{cell.sold}" sold"</span></div></div>
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
        let snapshot = snapshot.get();
        let status = snapshot.shown.map(|cell| cell.status(low_at));
        let mut class = "dy".to_owned();
        for (is, word) in [
            (is_weekend, " we"),
            (is_today, " today"),
            (is_past, " past"),
            (snapshot.draft.is_some(), " draft"),
            (status == Some(CellStatus::Low), " low"),
            (status == Some(CellStatus::SoldOut), " sold"),
            (status == Some(CellStatus::StopSell), " stop"),
            (status == Some(CellStatus::Overcommitted), " over"),
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

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
