//! The allotment calendar without a screen: functions over data, tested on the host.
//!
//! `ledger` holds what the gateway told, `draft` what was typed and not yet sent, `wire` turns drafts into the fewest
//! ranges to send, `bulk` turns one wish for many nights into drafts. Nothing here knows of Leptos or the browser.

pub mod bulk;
pub mod cell;
pub mod clipboard;
pub mod draft;
pub mod guard;
pub mod ledger;
pub mod place;
pub mod typing;
pub mod undo;
pub mod wire;
