//! The table of room types and nights, and the key to its marks.

use leptos::prelude::*;

use crate::{
    api::{Property, RoomType},
    dates::{Day, Weekday},
    night::{Night, State, is_weekend, nights},
    pages::calendar::NIGHTS,
};

/// Room types down, nights across; on a phone the style sheet turns it over.
///
/// The roles are spelled out because the style sheet lays the table out as a grid, which takes the native ones away.
#[component]
pub fn Sheet(
    /// The hotel, for its dates and its weekend.
    property: Property,
    /// Its room types with their nights.
    rooms: Vec<RoomType>,
) -> impl IntoView {
    let from = property.business_date;
    let weekend = property.weekend_days;
    if rooms.is_empty() {
        return view! { <p class="waiting" data-testid="no-rooms">"This hotel has no room types yet."</p> }.into_any();
    }
    let rows: Vec<(RoomType, Vec<Night>)> = rooms
        .into_iter()
        .map(|room| {
            let nights = nights(&room, from);
            (room, nights)
        })
        .collect();
    let dates = (0..NIGHTS).map(|offset| from.plus(offset));
    let heads = dates.map(|date| head(date, from, &weekend, &rows)).collect_view();
    let body = rows.iter().map(|(room, nights)| row(room, nights, &weekend)).collect_view();
    view! {
        <div class="frame" tabindex="0" role="region" aria-label="Nights">
            <table class="sheet" role="table" data-testid="grid" data-property=property.code>
                <caption class="unseen">"Rooms left to sell in the shared pool of "{property.name}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th class="corner" role="columnheader" scope="col">
                            "Room type" <small>"Left to sell · sold/allotted"</small>
                        </th>
                        {heads}
                    </tr>
                </thead>
                <tbody role="rowgroup">{body}</tbody>
            </table>
        </div>
        <Key />
    }
    .into_any()
}

fn head(date: Day, today: Day, weekend: &[Weekday], rows: &[(RoomType, Vec<Night>)]) -> impl IntoView + use<> {
    let tonight = rows.iter().flat_map(|(_, nights)| nights).filter(|night| night.date == date);
    // What is stopped or overcommitted cannot be sold, so it is not "left" for the house.
    let left: i64 =
        tonight.filter(|night| matches!(night.state, State::Open | State::Low)).map(|night| night.left).sum();
    // The heading names the month the nights begin in.
    let month = (date.of_month() == 1).then(|| &date.month_name()[..3]);
    view! {
        <th
            class="head"
            class:weekend=is_weekend(date, weekend)
            class:today=date == today
            role="columnheader"
            scope="col"
            data-date=date.to_string()
            aria-label=format!("{}, {left} left in the house", date.spoken())
        >
            <span class="weekday">{date.weekday().short()}</span>
            <span class="day">{date.of_month()}</span>
            <span class="month">{month}</span>
            <span class="house" class:none=left == 0>{left}" left"</span>
        </th>
    }
}

fn row(room: &RoomType, nights: &[Night], weekend: &[Weekday]) -> impl IntoView + use<> {
    let cells = nights.iter().map(|night| cell(room, night, is_weekend(night.date, weekend))).collect_view();
    view! {
        <tr role="row">
            <th class="room" role="rowheader" scope="row" data-room=room.code.clone()>
                <b>{room.name.clone()}</b>
                <small>
                    {room.code.clone()} <span class="facts">{format!(" · {} rooms · sleeps {}", room.physical_rooms, room.max_occupancy)}</span>
                </small>
            </th>
            {cells}
        </tr>
    }
}

fn cell(room: &RoomType, night: &Night, is_weekend: bool) -> impl IntoView + use<> {
    let (number, detail) = match night.allotted {
        // A true minus sign is as wide as a digit.
        Some(allotted) => (night.left.to_string().replace('-', "−"), format!("{}/{allotted}", night.sold)),
        None => ("·".to_owned(), "not loaded".to_owned()),
    };
    view! {
        <td
            class="cell"
            class:weekend=is_weekend
            role="cell"
            data-testid="cell"
            data-date=night.date.to_string()
            data-room=room.code.clone()
            data-state=night.state.key()
            data-sold=night.sold_tenths()
            aria-label=night.spoken(&room.name)
        >
            <span class="glyph">{glyph(night.state)}{night.state.mark()}</span>
            <span class="left">{number}</span>
            <span class="detail">{detail}</span>
        </td>
    }
}

/// Shapes rather than characters: they look alike in every font.
fn glyph(state: State) -> impl IntoView + use<> {
    let path = match state {
        State::Low => "M1 3.5h8L5 8z",
        State::SoldOut => "M5 2.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5z",
        State::Overcommitted => "M5 1 9.5 9h-9z",
        State::StopSell | State::NotLoaded | State::Open => return None,
    };
    Some(
        view! { <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true"><path fill="currentColor" d=path /></svg> },
    )
}

#[component]
fn Key() -> impl IntoView {
    let entries = [
        (State::Low, "Low"),
        (State::SoldOut, "Sold out"),
        (State::StopSell, "Stop-sell"),
        (State::Overcommitted, "Overcommitted"),
    ];
    let entries = entries.map(|(state, name)| {
        view! {
            <li><span class="swatch" data-state=state.key()>{glyph(state)}</span>{name}</li>
        }
    });
    view! { <ul class="key" aria-label="Key">{entries.into_iter().collect_view()}</ul> }
}
