//! The bar below the sheet: what is active, what is chosen, what is drafted and what stands in its way.

use leptos::prelude::*;

use super::{renderer::sum, view_state::View};
use crate::{
    domain::{
        cell::{State, Value, signed},
        draft::Draft,
        night_key::{Measure, Spot},
        sort::distinct,
    },
    state::{Freshness, Panel},
};

/// The bar.
#[component]
pub fn Foot(
    /// What it is about.
    view: View,
) -> impl IntoView {
    let desk = view.desk;
    let has_conflicts = Memo::new(move |_| !desk.conflicts().is_empty());
    view! {
        <div class="foot" data-testid="bar">
            {move || {
                if has_conflicts.get() {
                    view! { <Conflicts view /> }.into_any()
                } else if desk.draft_count() > 0 {
                    view! { <Drafted view /> }.into_any()
                } else if desk.selection().spots.len() > 1 {
                    view! { <Many view /> }.into_any()
                } else {
                    view! { <One view /> }.into_any()
                }
            }}
        </div>
    }
}

/// Rooms, room types and nights of some values: `24 cells · 3 room types · 8 nights`.
fn extent<'a>(spots: impl Iterator<Item = &'a Spot> + Clone) -> String {
    let counted = |count: usize, one: &str, more: &str| {
        if count == 1 { format!("1 {one}") } else { format!("{count} {more}") }
    };
    let rooms = distinct(spots.clone().map(|spot| &spot.place.room_type));
    let nights = distinct(spots.clone().map(|spot| spot.place.date));
    let cells = counted(spots.count(), "cell", "cells");
    let rooms = counted(rooms.len(), "room type", "room types");
    format!("{cells} · {rooms} · {}", counted(nights.len(), "night", "nights"))
}

/// The active night, as a sum.
#[component]
fn One(view: View) -> impl IntoView {
    let desk = view.desk;
    // Most changes are elsewhere.
    let night = Memo::new(move |_| {
        desk.track();
        let active = desk.selection().active?;
        let lines = view.lines.get();
        let (_, room, _) = lines.room(lines.line_of(&active)?)?;
        Some((room.name.clone(), room.low_at, active.place.date, desk.shown(&active.place)?))
    });
    move || {
        let (room, low_at, date, cell) = night.get()?;
        let state = cell.state(low_at);
        let told = match cell.allotted {
            Some(allotted) => {
                let (left, held, sold) = (cell.balance(), cell.held, cell.sold);
                let left = signed(left);
                view! {
                    <span class="eq">
                        <b>{allotted}</b>" allotted − "<b>{sold}</b>" sold − "<b>{held}</b>" held = "<b class="res">{left}</b>
                        " left"
                    </span>
                }
                .into_any()
            }
            None => view! { <span class="eq">"Not loaded: nothing is on sale."</span> }.into_any(),
        };
        let word = match state {
            State::Open | State::NotLoaded => None,
            State::StopSell => Some("Sales are stopped."),
            State::Overcommitted => Some("More rooms are promised than are on sale."),
            State::SoldOut => Some("Sold out."),
            State::Low => Some("Few are left."),
        };
        Some(view! {
            <b>{room}</b>
            <span class="faint">{date.named()}</span>
            <span class="sep"></span>
            {told}
            {word.map(|word| view! { <span class="label">{word}</span> })}
            <span class="push"></span>
            <button class="btn bare sm" type="button" on:click=move |_| view.open_history()>
                "History "<span class="kbd">"H"</span>
            </button>
        })
    }
}

/// Several chosen cells.
#[component]
fn Many(view: View) -> impl IntoView {
    let desk = view.desk;
    let spots = move || desk.selection().spots;
    let total = Memo::new(move |_| {
        desk.track();
        let rooms =
            |spot: &Spot| (spot.measure == Measure::Allotment).then(|| desk.shown(&spot.place)?.allotted).flatten();
        spots().iter().filter_map(rooms).sum::<u32>()
    });
    let is_read_only = move || !desk.may_write();
    view! {
        <b data-testid="bar-cells">{move || extent(spots().iter())}</b>
        <span class="sep"></span>
        <span class="label">"allotted "<b>{total}</b></span>
        <span class="push"></span>
        <button class="btn quiet sm" type="button" disabled=is_read_only on:click=move |_| desk.open_panel(Panel::Bulk)>
            "Change… "<span class="kbd">"B"</span>
        </button>
        <button class="btn quiet sm" type="button" disabled=is_read_only on:click=move |_| view.toggle_stop()>
            "Stop sell "<span class="kbd">"S"</span>
        </button>
        <button
            class="btn bare sm"
            type="button"
            on:click=move |_| {
                if let Some(active) = view.active.get_untracked() {
                    view.choose(active, false);
                }
            }
        >
            "Clear "<span class="kbd">"Esc"</span>
        </button>
    }
}

/// What waits to be sent.
#[component]
fn Drafted(view: View) -> impl IntoView {
    let desk = view.desk;
    let drafts = Memo::new(move |_| {
        desk.track();
        desk.all_drafts()
    });
    let totals = move || {
        drafts.with(|drafts| {
            let counts = drafts.iter().filter(|(spot, _)| spot.measure == Measure::Allotment);
            counts.fold((0, 0), |(now, after), (spot, draft)| {
                let Some(stored) = desk.stored(&spot.place) else { return (now, after) };
                let Value::Number(rooms) = draft.wish.value(&stored) else { return (now, after) };
                (now + stored.allotted.unwrap_or(0), after + rooms.unwrap_or(0))
            })
        })
    };
    let cells = move || drafts.with(|drafts| extent(drafts.iter().map(|(spot, _)| spot)));
    let changes = move || {
        let (now, after) = totals();
        (now != after).then(|| view! { <span class="sep"></span><span class="label">"total "<b>{now}</b>" → "<b class="res">{after}</b></span> })
    };
    let is_offline = move || desk.freshness.get() == Freshness::Offline;
    let detail = move || drafts.with(|drafts| if let [one] = drafts.as_slice() { only(view, one) } else { None });
    view! {
        <b data-testid="bar-cells">{cells}</b>
        {changes}
        <span class="label">{detail}</span>
        <span class="push"></span>
        <Show when=is_offline>
            <span class="label">"Offline: kept as drafts"</span>
        </Show>
        <button class="btn quiet" type="button" data-testid="discard" on:click=move |_| desk.discard()>"Discard"</button>
        <button class="btn pri" type="button" data-testid="apply" disabled=is_offline on:click=move |_| desk.apply()>
            "Apply "<span class="kbd">"Ctrl Enter"</span>
        </button>
    }
}

fn only(view: View, (spot, draft): &(Spot, Draft)) -> Option<String> {
    let stored = view.desk.stored(&spot.place)?;
    let lines = view.lines.get_untracked();
    let (_, room, _) = lines.room(lines.line_of(spot)?)?;
    let told = match draft.wish.value(&stored) {
        Value::Number(Some(rooms)) if spot.measure == Measure::Allotment => sum(rooms, stored.held, stored.sold),
        Value::Number(Some(nights)) => format!("{} {nights}", spot.measure.name()),
        Value::Flag(on) => format!("{} {}", spot.measure.name(), if on { "on" } else { "off" }),
        Value::Number(None) => format!("{} cleared", spot.measure.name()),
    };
    Some(format!("{}, {}: {told}", room.name, spot.place.date.named()))
}

/// What others changed meanwhile.
#[component]
fn Conflicts(view: View) -> impl IntoView {
    let desk = view.desk;
    let conflicts = Memo::new(move |_| desk.conflicts());
    let others = move || desk.draft_count().saturating_sub(conflicts.with(Vec::len));
    let sentence = move || {
        conflicts.with(|conflicts| {
            let (spot, draft, stored) = conflicts.first()?;
            let lines = view.lines.get();
            let (_, room, _) = lines.room(lines.line_of(spot)?)?;
            let told = |value: Value| match value {
                Value::Number(Some(number)) => number.to_string(),
                Value::Number(None) => "not set".to_owned(),
                Value::Flag(on) => if on { "on" } else { "off" }.to_owned(),
            };
            let (mine, theirs) = (told(draft.wish.value(stored)), told(stored.value(spot.measure)));
            let more = match conflicts.len() {
                1 => String::new(),
                count => format!(" And {} more.", count - 1),
            };
            Some(format!(
                "{}, {}: you typed {mine}, somebody else set {theirs}.{more}",
                room.name,
                spot.place.date.named()
            ))
        })
    };
    let settle = move |keep_mine: bool| {
        let spots: Vec<Spot> =
            conflicts.with_untracked(|conflicts| conflicts.iter().map(|(spot, ..)| spot.clone()).collect());
        desk.settle(&spots, keep_mine);
        // The button is gone with the question; the keys shall go on working.
        view.wants_focus.set(true);
    };
    view! {
        <span data-testid="conflict" role="status" class="conflict">{sentence}</span>
        <span class="push"></span>
        <button class="btn quiet" type="button" data-testid="keep-mine" on:click=move |_| settle(true)>"Keep mine"</button>
        <button class="btn" type="button" data-testid="take-theirs" on:click=move |_| settle(false)>"Take theirs"</button>
        <Show when=move || { others() > 0 }>
            <button class="btn pri" type="button" data-testid="apply-others" on:click=move |_| desk.apply_the_others()>
                {move || format!("Apply the other {}", others())}
            </button>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{dates::Day, night_key::Place};

    #[test]
    fn an_extent_counts_room_types_and_nights_once() {
        let spot = |room: &str, night| Spot {
            place: Place { hotel: "h".into(), room_type: room.into(), date: Day::from_days_since_1970(20_000 + night) },
            measure: Measure::Allotment,
        };
        let spots = [spot("a", 0), spot("a", 1), spot("b", 0), spot("b", 1)];
        assert_eq!(extent(spots.iter()), "4 cells · 2 room types · 2 nights");
        assert_eq!(extent(spots[..1].iter()), "1 cell · 1 room type · 1 night");
    }
}
