//! The table of the wallboard, and the figures below it.

use leptos::prelude::*;

use crate::{
    domain::{
        cell::{Cell, CellStatus},
        dates::{Day, Weekday},
        ids::RoomTypeId,
        night_key::NightKey,
        property::{Property, RoomType},
    },
    state::Drafts,
    ui::icon::{Glyph, Icon},
};

/// The nights of each room type, in the order of the property; `None` for nights that are not loaded.
pub fn cells_of(drafts: Drafts, property: &Property, from: Day, nights: i32) -> Vec<Vec<Option<Cell>>> {
    let shown = |room_type: &RoomTypeId, night| {
        drafts.shown(&NightKey { property: property.id.clone(), room_type: room_type.clone(), date: from.plus(night) })
    };
    property.room_types.iter().map(|room| (0..nights).map(|night| shown(&room.id, night)).collect()).collect()
}

/// The table: a row per room type, a column per night from `from` on, and the sums below.
pub fn board(property: &Property, from: Day, cells: Memo<Vec<Vec<Option<Cell>>>>) -> impl IntoView + use<> {
    let weekend = property.weekend_days.clone();
    let rows = (0_usize..)
        .zip(&property.room_types)
        .map(|(index, room)| row(index, room, from, weekend.clone(), cells))
        .collect_view();
    view! {
        <div class="wall-frame" tabindex="0" role="group" aria-label="Rooms left by night">
            <table class="wall-table">
                <thead>
                    <tr>
                        <th scope="col">"Room type"</th>
                        {move || column_heads(from, nights(cells), &weekend)}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">"All rooms"</th>
                        {move || sums(cells)}
                    </tr>
                </tfoot>
            </table>
        </div>
    }
}

/// Number of columns, at least one.
fn nights(cells: Memo<Vec<Vec<Option<Cell>>>>) -> usize {
    cells.with(|cells| cells.first().map_or(0, Vec::len)).max(1)
}

fn column_heads(from: Day, nights: usize, weekend: &[Weekday]) -> impl IntoView + use<> {
    let head = |night| {
        let day = from.plus(night);
        let name = if night == 0 { "Today" } else { day.weekday().short() };
        view! {
            <th scope="col" class:today=night == 0 class:weekend=weekend.contains(&day.weekday()) title=day.named()>
                <span>{name}</span>
                " "
                {day.of_month()}
            </th>
        }
    };
    (0_i32..).take(nights).map(head).collect_view()
}

fn row(
    index: usize,
    room: &RoomType,
    from: Day,
    weekend: Vec<Weekday>,
    cells: Memo<Vec<Vec<Option<Cell>>>>,
) -> impl IntoView + use<> {
    let low_at = room.low_at;
    // A memo per row, so that a change redraws only the rows with a changed night.
    let row = Memo::new(move |_| cells.with(|cells| cells.get(index).cloned().unwrap_or_default()));
    let numbers = move || {
        (0_i32..)
            .zip(row.get())
            .map(|(night, cell)| number(cell, low_at, weekend.contains(&from.plus(night).weekday())))
            .collect_view()
    };
    view! {
        <tr>
            <th scope="row">
                <span>{room.name.clone()}</span>
                <small>{room.physical_rooms}</small>
            </th>
            {numbers}
        </tr>
    }
}

/// Rooms left of all room types, per night.
fn sums(cells: Memo<Vec<Vec<Option<Cell>>>>) -> impl IntoView {
    let nights = nights(cells);
    cells.with(|cells| {
        (0..nights)
            .map(|night| {
                let known: Vec<Cell> = cells.iter().filter_map(|row| *row.get(night)?).collect();
                let left: u32 = known.iter().map(|cell| cell.left).sum();
                view! { <td>{if known.is_empty() { "·".to_owned() } else { left.to_string() }}</td> }
            })
            .collect_view()
    })
}

fn number(cell: Option<Cell>, low_at: u32, is_weekend: bool) -> impl IntoView {
    let Some(cell) = cell else {
        return view! { <td class="unknown">"·"</td> }.into_any();
    };
    let status = cell.status(low_at);
    let sign = match status {
        CellStatus::Overcommitted => view! { <Icon glyph=Glyph::Warning /> }.into_any(),
        CellStatus::Low => view! { <Icon glyph=Glyph::Triangle /> }.into_any(),
        CellStatus::SoldOut => view! { <Icon glyph=Glyph::Dot /> }.into_any(),
        CellStatus::StopSell => view! { <span class="stop-word">"STOP"</span> }.into_any(),
        CellStatus::NotLoaded | CellStatus::Open => ().into_any(),
    };
    let number = match cell.balance() {
        _ if status == CellStatus::NotLoaded => "·".to_owned(),
        below if below < 0 => format!("\u{2212}{}", below.unsigned_abs()),
        left => left.to_string(),
    };
    let text = if status == CellStatus::StopSell { "" } else { status.words() };
    view! {
        <td class="tone" class:weekend=is_weekend data-state=status.key()>
            <span class="wall-cell">
                {sign}
                <span class="unseen">{text}</span>
                <b>{number}</b>
            </span>
        </td>
    }
    .into_any()
}

/// Four figures over the same nights.
#[component]
pub fn Figures(
    /// The nights.
    cells: Memo<Vec<Vec<Option<Cell>>>>,
    /// Room nights sold minus room nights cancelled in the last 24 hours.
    pickup: Memo<Option<i32>>,
) -> impl IntoView {
    let count = move |value: fn(&Cell) -> u32| {
        cells.with(|cells| {
            let known: Vec<&Cell> = cells.iter().flatten().flatten().collect();
            if known.is_empty() { "·".to_owned() } else { known.into_iter().map(value).sum::<u32>().to_string() }
        })
    };
    let pickup = move || match pickup.get() {
        None => "·".to_owned(),
        Some(0) => "0".to_owned(),
        Some(net) if net < 0 => format!("\u{2212}{}", net.unsigned_abs()),
        Some(net) => format!("+{net}"),
    };
    view! {
        <dl class="wall-counts">
            <div>
                <dt>"rooms left, 7 nights"</dt>
                <dd>{move || count(|cell| cell.left)}</dd>
            </div>
            <div>
                <dt>"pickup, 24 h"</dt>
                <dd>{pickup}</dd>
            </div>
            <div>
                <dt>"overcommitted"</dt>
                <dd>{move || count(|cell| u32::from(cell.over > 0))}</dd>
            </div>
            <div>
                <dt>"stop sells"</dt>
                <dd>{move || count(|cell| u32::from(cell.stop_sell))}</dd>
            </div>
        </dl>
    }
}
