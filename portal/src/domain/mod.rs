//! The allotment calendar without a screen: functions over data, tested on the host.
//!
//! `ledger` holds what the gateway told, `draft` what was typed and not yet sent, `wire` turns drafts into the fewest
//! ranges to send, `bulk` turns one wish for many nights into drafts. Nothing here knows of Leptos or the browser.

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
pub mod sort;
pub mod undo;
