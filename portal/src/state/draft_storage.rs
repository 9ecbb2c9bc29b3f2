//! Drafts outlive the page: in the browser's storage, apart for each account.

use crate::app::storage;

fn key(email: &str) -> String {
    format!("lodgate.drafts.{email}")
}

/// The drafts that were kept for somebody.
pub fn read(email: &str) -> Option<String> {
    storage::recall(&key(email))
}

/// Keeps drafts; none takes what was kept away. A full or forbidden storage only means that a reload forgets them.
pub fn write(email: &str, drafts: Option<&str>) {
    match drafts {
        Some(text) => storage::remember(&key(email), text),
        None => storage::forget(&key(email)),
    }
}
