//! A night of the mobile calendar.

use leptos::prelude::*;

use crate::{
    domain::{
        cell::{Cell, CellStatus, signed},
        dates::Day,
        draft::{Change, Edit},
        night_key::{CellKey, Field, NightKey},
        property::RoomType,
    },
    pages::calendar::view_state::ViewState,
    state::CellSnapshot,
};

/// The facts of a night that do not change while it is shown.
#[derive(Clone, Copy)]
struct NightFacts {
    date: Day,
    is_today: bool,
    is_weekend: bool,
    is_past: bool,
    low_at: u32,
}

impl NightFacts {
    fn new(view: ViewState, night: &NightKey, low_at: u32) -> Self {
        let date = night.date;
        let (is_today, is_weekend) = view.rows.with_untracked(|rows| {
            let property = rows.properties().iter().find(|candidate| candidate.id == night.property);
            property.map_or((false, false), |property| {
                (property.business_date == date, property.weekend_days.contains(&date.weekday()))
            })
        });
        Self { date, is_today, is_weekend, is_past: view.is_past(night), low_at }
    }

    /// The classes of the list item.
    fn class(self, snapshot: &CellSnapshot) -> String {
        let status = snapshot.shown.map(|cell| cell.status(self.low_at));
        let mut class = "dy".to_owned();
        for (applies, name) in [
            (self.is_weekend, " we"),
            (self.is_today, " today"),
            (self.is_past, " past"),
            (snapshot.draft.is_some(), " draft"),
            (status == Some(CellStatus::Low), " low"),
            (status == Some(CellStatus::SoldOut), " sold"),
            (status == Some(CellStatus::StopSell), " stop"),
            (status == Some(CellStatus::Overcommitted), " over"),
        ] {
            if applies {
                class.push_str(name);
            }
        }
        class
    }
}

/// One night: its date, the rooms left and the stepper.
#[component]
pub fn Night(
    /// The view state of the calendar.
    view: ViewState,
    /// The room type.
    room: RoomType,
    /// The night.
    night: NightKey,
) -> impl IntoView {
    let account = view.account;
    let stock = view.stock;
    let drafts = view.drafts;
    let date = night.date;
    let facts = NightFacts::new(view, &night, room.low_at);
    let key = CellKey { night: night.clone(), field: Field::Allotment };
    let snapshot = Memo::new(move |_| {
        stock.track();
        drafts.snapshot(&key)
    });
    let step = Callback::new(move |by: i64| {
        let change = match snapshot.get_untracked().shown.and_then(|cell| cell.allotted) {
            Some(_) => Change::Adjust(by),
            None => Change::Allotted(Some(1)),
        };
        drafts.stage(&[Edit { night: night.clone(), change }], "1 draft");
    });
    let name = room.name;
    let body = move || {
        let snapshot = snapshot.get();
        let cell = snapshot.shown?;
        let before = snapshot.draft.is_some().then(|| snapshot.stored.map(|stored| stored.balance())).flatten();
        let is_locked = Signal::derive(move || facts.is_past || !account.may_write());
        Some(view! {
            <RoomsLeft room_name=name.clone() facts cell before />
            <Stepper date cell is_locked on_step=step />
        })
    };
    let weekday = if facts.is_today { "Today" } else { date.weekday().short() };
    let month = (date.of_month() == 1).then(|| format!(" {}", &date.month_name()[..3]));
    view! {
        <li class=move || facts.class(&snapshot.get()) data-testid="night" data-date=date.to_string()>
            <span class="dt"><b>{date.of_month()}</b><small>{weekday}{month}</small></span>
            {body}
        </li>
    }
}

/// The rooms left and sold.
#[component]
fn RoomsLeft(
    room_name: String,
    facts: NightFacts,
    cell: Cell,
    /// The rooms left without the draft, if there is a draft.
    before: Option<i64>,
) -> impl IntoView {
    let note = match (before, cell.status(facts.low_at)) {
        (Some(before), _) => view! { <em>{format!("was {}", signed(before))}</em> }.into_any(),
        (None, CellStatus::Open) => view! { <span>"left"</span> }.into_any(),
        (None, status) => view! { <em>{capitalised(status.words())}</em> }.into_any(),
    };
    let number = if cell.allotted.is_some() { signed(cell.balance()) } else { "·".to_owned() };
    let label = cell.description(&room_name, facts.date, facts.low_at);
    view! {
        <div class="q" aria-label=label role="img"><b>{number}</b><div>{note}<span>{cell.sold}" sold"</span></div></div>
    }
}

/// The allotment, with a button to either side.
#[component]
fn Stepper(date: Day, cell: Cell, is_locked: Signal<bool>, on_step: Callback<i64>) -> impl IntoView {
    let allotted = cell.allotted.map_or_else(|| "–".to_owned(), |rooms| rooms.to_string());
    let is_least = cell.allotted.is_none_or(|rooms| rooms == 0);
    view! {
        <div class="st" role="group" aria-label=format!("Rooms on sale, {}", date.spoken())>
            <button type="button" aria-label="One less" data-testid="less" disabled=move || is_locked.get() || is_least on:click=move |_| on_step.run(-1)>
                <svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="M6 12h12" /></svg>
            </button>
            <b>{allotted}<small>"allotted"</small></b>
            <button type="button" aria-label="One more" data-testid="more" disabled=move || is_locked.get() on:click=move |_| on_step.run(1)>
                <svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="M6 12h12M12 6v12" /></svg>
            </button>
        </div>
    }
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
