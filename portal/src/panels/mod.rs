//! The drawers beside the calendar.

mod bulk;
pub mod formatting;
mod history;

use leptos::prelude::*;

pub use self::{bulk::Bulk, history::History};
use crate::{
    domain::{ids::HotelId, property::Hotel},
    state::AppState,
};

/// A hotel by its id; tracked.
fn hotel_of(state: AppState, id: &HotelId) -> Option<Hotel> {
    state.hotels.with(|hotels| hotels.as_ref()?.as_ref().ok()?.iter().find(|hotel| hotel.id == *id).cloned())
}
