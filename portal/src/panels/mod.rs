//! The drawers beside the calendar.

mod bulk;
mod history;

pub use self::{bulk::Bulk, history::History};
