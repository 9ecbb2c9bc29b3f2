//! The header of the mobile calendar.

use leptos::prelude::*;

use super::RoomChoice;
use crate::domain::property::RoomType;

/// The name of the room type, with a button to either side.
#[component]
pub fn RoomHeader(
    /// The room types to choose from.
    choice: RoomChoice,
    /// The shown room type.
    room: RoomType,
    /// The number of room types.
    count: usize,
    /// The index of the shown one.
    index: usize,
) -> impl IntoView {
    let dots = (0..count).map(|dot| view! { <i class:on={dot == index}></i> }).collect_view();
    view! {
        <div class="rt">
            <button type="button" aria-label="Previous room type" data-testid="previous-room" disabled={index == 0} on:click=move |_| choice.turn(-1)>
                <svg class="i md" viewBox="0 0 24 24" aria-hidden="true"><path d="m14.5 6-6 6 6 6" /></svg>
            </button>
            <div>
                <h1>{room.name}</h1>
                <small>{format!("{} of {count} · {} rooms · shared pool", index + 1, room.physical_rooms)}</small>
                <span class="dots" aria-hidden="true">{dots}</span>
            </div>
            <button type="button" aria-label="Next room type" data-testid="next-room" disabled={index + 1 == count} on:click=move |_| choice.turn(1)>
                <svg class="i md" viewBox="0 0 24 24" aria-hidden="true"><path d="m9.5 6 6 6-6 6" /></svg>
            </button>
        </div>
    }
}
