//! Drafts outlive the page: in the browser's storage, apart for each account.

use crate::browser;

fn key(email: &str) -> String {
    format!("lodgate.drafts.{email}")
}

/// The drafts that were kept for somebody.
pub fn read(email: &str) -> Option<String> {
    browser::storage()?.get_item(&key(email)).ok()?
}

/// Keeps drafts; none takes what was kept away. A full or forbidden storage only means that a reload forgets them.
pub fn write(email: &str, drafts: Option<&str>) {
    let Some(storage) = browser::storage() else { return };
    let _ = match drafts {
        Some(text) => storage.set_item(&key(email), text),
        None => storage.remove_item(&key(email)),
    };
}
