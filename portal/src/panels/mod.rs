//! The panels beside the calendar.

mod bulk;
pub mod formatting;
mod history;

use leptos::prelude::*;

pub use self::{bulk::Bulk, history::History};
use crate::{
    domain::{ids::PropertyId, property::Property},
    state::Account,
};

/// The property with an id, if it is loaded; tracked.
fn property_by_id(account: Account, id: &PropertyId) -> Option<Property> {
    account
        .properties
        .with(|properties| properties.as_ref()?.as_ref().ok()?.iter().find(|property| property.id == *id).cloned())
}
