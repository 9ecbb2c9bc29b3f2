//! The allotment calendar as pure functions over data, tested on the host.
//!
//! `cell_cache` holds the cells read from the gateway, `draft` the entered values that are not sent yet. `batching`
//! groups drafts into ranges to send, and `bulk` plans one change of many nights. Nothing here depends on Leptos, the
//! browser or the network.

pub mod batching;
pub mod bulk;
pub mod cell;
pub mod cell_cache;
pub mod clipboard;
pub mod dates;
pub mod draft;
pub mod ids;
pub mod input_parser;
pub mod night_key;
pub mod property;
pub mod sanity_checks;
pub mod selected_property;
pub mod sort;
pub mod undo;
