//! One gesture in the list: who, when, what, and a way back.

use leptos::{prelude::*, task::spawn_local};

use super::super::today::BeforeAfter;
use crate::{
    api::ValueChange,
    app::{root_callback::lasting, time_format},
    domain::{ids::RoomTypeId, property::Hotel, sort::ordered},
    pages::{
        event_summary,
        event_summary::{Gesture, Summary, room_name, summary},
    },
    state::{Desk, Question},
    ui::icon::Icon,
};

/// The line, with what lies behind it.
pub fn entry(desk: Desk, gesture: &Gesture, hotel: &Hotel) -> Option<impl IntoView + use<>> {
    let head = gesture.head().cloned()?;
    let summary = summary(gesture.changes(), hotel);
    let what = told(summary.as_ref(), gesture);
    let values = summary.as_ref().and_then(|summary| summary.values.clone());
    let count = summary.as_ref().map_or(0, |summary| summary.cells);
    let cells = match count {
        0 => None,
        1 => Some("1 cell".to_owned()),
        count => Some(format!("{count} cells")),
    };
    let when = time_format::moment(head.at_ms, &hotel.time_zone);
    let details = details(gesture, hotel);
    let revert = gesture.change_set().map(|change_set| {
        let (change_set, what, hotel) = (change_set.to_owned(), what.clone(), hotel.id.clone());
        let ask = move |_| ask_to_revert(desk, &hotel, &change_set, &what);
        view! {
            <Show when=move || desk.may_write()>
                <button class="button small quiet" type="button" data-testid="revert" on:click=ask.clone()>
                    "Revert"
                </button>
            </Show>
        }
    });
    let is_gesture = revert.is_some();
    Some(view! {
        <li
            class="change-set"
            class:quieter=!is_gesture
            data-testid="change-set"
            data-seq=head.seq.to_string()
        >
            <time>{when}</time>
            <Icon glyph=event_summary::glyph(&head) />
            <div class="what">
                <b>{what.clone()}</b>
                <p>
                    {event_summary::cause_name(head.cause)}
                    " by "
                    {head.actor.clone()}
                    {cells.map(|cells| format!(" · {cells}"))}
                    {head.locator.clone().map(|locator| format!(" · {locator}"))}
                </p>
                {head.reason.clone().map(|reason| view! { <p class="reason">"“" {reason} "”"</p> })}
                {(details.len() > 1)
                    .then(|| {
                        let lines = details
                            .into_iter()
                            .map(|(place, values)| {
                                view! {
                                    <li>
                                        <span>{place}</span>
                                        <BeforeAfter values=values />
                                    </li>
                                }
                            })
                            .collect_view();
                        view! {
                            <details>
                                <summary>"What changed"</summary>
                                <ul class="details">{lines}</ul>
                            </details>
                        }
                    })}
            </div>
            <BeforeAfter values=values />
            <span class="act">{revert}</span>
        </li>
    })
}

fn told(summary: Option<&Summary>, gesture: &Gesture) -> String {
    match summary {
        Some(Summary { place, measure: "", .. }) => place.clone(),
        Some(Summary { place, measure, .. }) => format!("{place}, {measure}"),
        None => gesture.head().map_or("", |head| event_summary::cause_name(head.cause)).to_owned(),
    }
}

/// Each room type and measure on its own, in the order of the hotel.
fn details(gesture: &Gesture, hotel: &Hotel) -> Vec<(String, Option<(String, String)>)> {
    let place = |room: &RoomTypeId| hotel.room_types.iter().position(|one| one.id == *room).unwrap_or(usize::MAX);
    let key = |change: &ValueChange| (place(&change.room_type), change.room_type.clone(), change.measure.clone());
    ordered(gesture.changes(), |one, other| key(one).cmp(&key(other)))
        .chunk_by(|one, other| key(one) == key(other))
        .filter_map(|changes| {
            let room = &changes.first()?.room_type;
            let summary = summary(changes.iter().copied(), hotel)?;
            let place = if summary.measure.is_empty() {
                summary.place
            } else {
                format!("{}, {}", summary.place, summary.measure)
            };
            Some((if place.is_empty() { room_name(room, hotel) } else { place }, summary.values))
        })
        .collect()
}

fn ask_to_revert(desk: Desk, hotel: &crate::domain::ids::HotelId, change_set: &str, what: &str) {
    let (hotel, change_set) = (hotel.clone(), change_set.to_owned());
    let name = format!("Revert {what}");
    desk.ask(Question {
        title: format!("Revert “{what}”?"),
        lines: vec![
            "Every cell of it gets back the value that it had before.".to_owned(),
            "If one of them was changed again since, nothing is reverted. A revert can itself be undone.".to_owned(),
        ],
        yes: "Revert".to_owned(),
        is_grave: false,
        on_yes: lasting(move || {
            let (hotel, change_set, name) = (hotel.clone(), change_set.clone(), name.clone());
            spawn_local(async move {
                desk.take_back(hotel, change_set, name).await;
            });
        }),
    });
}
