//! The calendar as a plain table in words, for reading and for screen readers.

use leptos::prelude::*;

use super::view_state::ViewState;
use crate::domain::{
    cell::{Cell, CellStatus},
    dates::Day,
    night_key::NightKey,
    property::RoomType,
};

/// A table per property: a row per night, a column per room type.
#[component]
pub fn List(
    /// The view state of the calendar.
    view: ViewState,
) -> impl IntoView {
    let stock = view.stock;
    let drafts = view.drafts;
    let tables = move || {
        stock.track();
        let rows = view.rows.get();
        let (from, nights) = (view.from.get(), view.nights());
        let table = |property: &crate::domain::property::Property| {
            let header = property
                .room_types
                .iter()
                .map(|room| view! { <th scope="col">{room.name.clone()}</th> })
                .collect_view();
            let row = |night| {
                let date = from.plus(night);
                let cell = |room: &RoomType| {
                    let night = NightKey { property: property.id.clone(), room_type: room.id.clone(), date };
                    view! { <td>{drafts.shown(&night).map_or_else(|| "…".to_owned(), |cell| sentence(&cell, room.low_at))}</td> }
                };
                let cells = property.room_types.iter().map(cell).collect_view();
                view! { <tr><th scope="row">{named(date, property.business_date)}</th>{cells}</tr> }
            };
            view! {
                <table class="listing" data-testid="list">
                    <caption>{format!("{}, shared pool", property.name)}</caption>
                    <thead><tr><th scope="col">"Night"</th>{header}</tr></thead>
                    <tbody>{(0..nights).map(row).collect_view()}</tbody>
                </table>
            }
        };
        rows.properties().iter().map(table).collect_view()
    };
    view! { <div class="frame list" tabindex="0" role="region" aria-label="Nights as a table">{tables}</div> }
}

/// The name of a night, marked if it is the business date.
fn named(date: Day, today: Day) -> String {
    if date == today { format!("{}, today", date.named()) } else { date.named() }
}

/// A night in words: `4 left of 11, 7 sold, low, min stay 2`.
fn sentence(cell: &Cell, low_at: u32) -> String {
    let status = cell.status(low_at);
    let Some(allotted) = cell.allotted else { return "not loaded".to_owned() };
    let mut text = format!("{} left of {allotted}, {} sold", crate::domain::cell::signed(cell.balance()), cell.sold);
    if cell.held > 0 {
        text.push_str(&format!(", {} held", cell.held));
    }
    if status != CellStatus::Open {
        text.push_str(&format!(", {}", status.words()));
    }
    if let Some(nights) = cell.min_stay_arrival.max(cell.min_stay_through) {
        text.push_str(&format!(", min stay {nights}"));
    }
    if let Some(nights) = cell.max_stay_arrival.or(cell.max_stay_through) {
        text.push_str(&format!(", max stay {nights}"));
    }
    for (is_on, words) in [(cell.closed_to_arrival, "no arrival"), (cell.closed_to_departure, "no departure")] {
        if is_on {
            text.push_str(&format!(", {words}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{cell::Value, night_key::Field};

    #[test]
    fn a_night_is_described_in_one_line() {
        let cell = Cell { held: 1, sold: 13, min_stay_arrival: Some(2), closed_to_arrival: true, ..Cell::default() }
            .with(Field::Allotment, Value::Number(Some(16)));
        assert_eq!(sentence(&cell, 2), "2 left of 16, 13 sold, 1 held, low, min stay 2, no arrival");
        assert_eq!(sentence(&Cell::default(), 2), "not loaded");
    }
}
