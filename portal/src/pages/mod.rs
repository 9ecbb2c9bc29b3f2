//! The pages.

pub mod activity;
pub mod calendar;
pub mod developers;
mod event_summary;
pub mod not_found;
mod property_page;
mod resource;
pub mod sign_in;
pub mod today;
pub mod wallboard;
