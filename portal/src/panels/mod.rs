//! The drawers beside the calendar.

mod bulk;
mod drawer;
mod history;
mod icon;
mod words;

pub use self::{bulk::Bulk, history::History};
