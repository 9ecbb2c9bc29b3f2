//! The bar below the grid: active night, selection, drafts and conflicts.

use leptos::prelude::*;

use super::{equation::left_equation, view_state::ViewState};
use crate::{
    domain::{
        cell::{CellStatus, Value, signed},
        draft::Draft,
        night_key::{CellKey, Field},
        sort::sorted_distinct,
    },
    state::{Freshness, Panel},
};

/// The status bar.
#[component]
pub fn StatusBar(
    /// The view state of the calendar.
    view: ViewState,
) -> impl IntoView {
    let drafts = view.drafts;
    let selection = view.selection;
    let has_conflicts = Memo::new(move |_| !drafts.conflicts().is_empty());
    view! {
        <div class="foot" data-testid="bar">
            {move || {
                if has_conflicts.get() {
                    view! { <Conflicts view /> }.into_any()
                } else if drafts.count() > 0 {
                    view! { <DraftSummary view /> }.into_any()
                } else if selection.cells().keys.len() > 1 {
                    view! { <SelectionSummary view /> }.into_any()
                } else {
                    view! { <ActiveNight view /> }.into_any()
                }
            }}
        </div>
    }
}

/// The size of a set of cells: `24 cells · 3 room types · 8 nights`.
fn extent<'a>(keys: impl Iterator<Item = &'a CellKey> + Clone) -> String {
    let counted = |count: usize, singular: &str, plural: &str| {
        if count == 1 { format!("1 {singular}") } else { format!("{count} {plural}") }
    };
    let rooms = sorted_distinct(keys.clone().map(|key| &key.night.room_type));
    let nights = sorted_distinct(keys.clone().map(|key| key.night.date));
    let cells = counted(keys.count(), "cell", "cells");
    let rooms = counted(rooms.len(), "room type", "room types");
    format!("{cells} · {rooms} · {}", counted(nights.len(), "night", "nights"))
}

/// The active night, as an equation of its rooms.
#[component]
fn ActiveNight(view: ViewState) -> impl IntoView {
    let stock = view.stock;
    let drafts = view.drafts;
    let selection = view.selection;
    // A memo: most changes of the stock are of other nights.
    let night = Memo::new(move |_| {
        stock.track();
        let active = selection.cells().active?;
        let rows = view.rows.get();
        let (_, room, _) = rows.room(rows.row_of(&active)?)?;
        Some((room.name.clone(), room.low_at, active.night.date, drafts.shown(&active.night)?))
    });
    move || {
        let (room, low_at, date, cell) = night.get()?;
        let status = cell.status(low_at);
        let text = match cell.allotted {
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
        let word = match status {
            CellStatus::Open | CellStatus::NotLoaded => None,
            CellStatus::StopSell => Some("Sales are stopped."),
            CellStatus::Overcommitted => Some("More rooms are held and sold than are on sale."),
            CellStatus::SoldOut => Some("Sold out."),
            CellStatus::Low => Some("Few rooms are left."),
        };
        Some(view! {
            <b>{room}</b>
            <span class="faint">{date.named()}</span>
            <span class="sep"></span>
            {text}
            {word.map(|word| view! { <span class="label">{word}</span> })}
            <span class="push"></span>
            <button class="btn bare sm" type="button" on:click=move |_| view.open_history()>
                "History "<span class="kbd">"H"</span>
            </button>
        })
    }
}

/// The summary of several selected cells.
#[component]
fn SelectionSummary(view: ViewState) -> impl IntoView {
    let account = view.account;
    let stock = view.stock;
    let drafts = view.drafts;
    let selection = view.selection;
    let panels = view.panels;
    let keys = move || selection.cells().keys;
    let total = Memo::new(move |_| {
        stock.track();
        let rooms =
            |key: &CellKey| (key.field == Field::Allotment).then(|| drafts.shown(&key.night)?.allotted).flatten();
        keys().iter().filter_map(rooms).sum::<u32>()
    });
    let is_read_only = move || !account.may_write();
    view! {
        <b data-testid="bar-cells">{move || extent(keys().iter())}</b>
        <span class="sep"></span>
        <span class="label">"allotted "<b>{total}</b></span>
        <span class="push"></span>
        <button class="btn quiet sm" type="button" disabled=is_read_only on:click=move |_| panels.open(Panel::Bulk)>
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
                    view.select(active, false);
                }
            }
        >
            "Clear "<span class="kbd">"Esc"</span>
        </button>
    }
}

/// The summary of the drafts, with Apply and Discard.
#[component]
fn DraftSummary(view: ViewState) -> impl IntoView {
    let stock = view.stock;
    let change_sets = view.change_sets;
    let feed = view.feed;
    let drafts = Memo::new(move |_| {
        stock.track();
        view.drafts.all()
    });
    let totals = move || {
        drafts.with(|drafts| {
            let counts = drafts.iter().filter(|(key, _)| key.field == Field::Allotment);
            counts.fold((0, 0), |(now, after), (key, draft)| {
                let Some(stored) = stock.stored(&key.night) else { return (now, after) };
                let Value::Number(rooms) = draft.change.value(&stored) else { return (now, after) };
                (now + stored.allotted.unwrap_or(0), after + rooms.unwrap_or(0))
            })
        })
    };
    let cells = move || drafts.with(|drafts| extent(drafts.iter().map(|(key, _)| key)));
    let changes = move || {
        let (now, after) = totals();
        (now != after).then(|| view! { <span class="sep"></span><span class="label">"total "<b>{now}</b>" → "<b class="res">{after}</b></span> })
    };
    let is_offline = move || feed.freshness.get() == Freshness::Offline;
    let detail =
        move || drafts.with(|drafts| if let [draft] = drafts.as_slice() { draft_summary(view, draft) } else { None });
    view! {
        <b data-testid="bar-cells">{cells}</b>
        {changes}
        <span class="label">{detail}</span>
        <span class="push"></span>
        <Show when=is_offline>
            <span class="label">"Offline: kept as drafts"</span>
        </Show>
        <button class="btn quiet" type="button" data-testid="discard" on:click=move |_| view.drafts.discard()>"Discard"</button>
        <button class="btn pri" type="button" data-testid="apply" disabled=is_offline on:click=move |_| change_sets.apply()>
            "Apply "<span class="kbd">"Ctrl Enter"</span>
        </button>
    }
}

/// The room type, night and change of a draft.
fn draft_summary(view: ViewState, (key, draft): &(CellKey, Draft)) -> Option<String> {
    let stored = view.stock.stored(&key.night)?;
    let rows = view.rows.get_untracked();
    let (_, room, _) = rows.room(rows.row_of(key)?)?;
    let text = match draft.change.value(&stored) {
        Value::Number(Some(rooms)) if key.field == Field::Allotment => left_equation(rooms, stored.held, stored.sold),
        Value::Number(Some(nights)) => format!("{} {nights}", key.field.name()),
        Value::Flag(on) => format!("{} {}", key.field.name(), if on { "on" } else { "off" }),
        Value::Number(None) => format!("{} cleared", key.field.name()),
    };
    Some(format!("{}, {}: {text}", room.name, key.night.date.named()))
}

/// The conflicts, with the choice between the two values.
#[component]
fn Conflicts(view: ViewState) -> impl IntoView {
    let drafts = view.drafts;
    let change_sets = view.change_sets;
    let conflicts = Memo::new(move |_| drafts.conflicts());
    let others = move || drafts.count().saturating_sub(conflicts.with(Vec::len));
    let sentence = move || {
        conflicts.with(|conflicts| {
            let (key, draft, stored) = conflicts.first()?;
            let rows = view.rows.get();
            let (_, room, _) = rows.room(rows.row_of(key)?)?;
            let text = |value: Value| match value {
                Value::Number(Some(number)) => number.to_string(),
                Value::Number(None) => "not set".to_owned(),
                Value::Flag(on) => if on { "on" } else { "off" }.to_owned(),
            };
            let (mine, theirs) = (text(draft.change.value(stored)), text(stored.value(key.field)));
            let more = match conflicts.len() {
                1 => String::new(),
                count => format!(" And {} more.", count - 1),
            };
            Some(format!(
                "{}, {}: you typed {mine}, another user set {theirs}.{more}",
                room.name,
                key.night.date.named()
            ))
        })
    };
    let resolve = move |keep_mine: bool| {
        let keys: Vec<CellKey> =
            conflicts.with_untracked(|conflicts| conflicts.iter().map(|(key, ..)| key.clone()).collect());
        drafts.resolve_conflict(&keys, keep_mine);
        // The button disappears with the conflict and would take the focus with it.
        view.is_focus_requested.set(true);
    };
    view! {
        <span data-testid="conflict" role="status" class="conflict">{sentence}</span>
        <span class="push"></span>
        <button class="btn quiet" type="button" data-testid="keep-mine" on:click=move |_| resolve(true)>"Keep mine"</button>
        <button class="btn" type="button" data-testid="take-theirs" on:click=move |_| resolve(false)>"Take theirs"</button>
        <Show when=move || { others() > 0 }>
            <button class="btn pri" type="button" data-testid="apply-others" on:click=move |_| change_sets.apply_without_conflicts()>
                {move || format!("Apply the other {}", others())}
            </button>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{dates::Day, night_key::NightKey};

    #[test]
    fn an_extent_counts_room_types_and_nights_once() {
        let key = |room: &str, night| CellKey {
            night: NightKey {
                property: "h".into(),
                room_type: room.into(),
                date: Day::from_days_since_1970(20_000 + night),
            },
            field: Field::Allotment,
        };
        let keys = [key("a", 0), key("a", 1), key("b", 0), key("b", 1)];
        assert_eq!(extent(keys.iter()), "4 cells · 2 room types · 2 nights");
        assert_eq!(extent(keys[..1].iter()), "1 cell · 1 room type · 1 night");
    }
}
