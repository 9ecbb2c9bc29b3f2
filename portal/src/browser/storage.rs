//! Values in the browser's local storage. None of them is a secret, and the portal works without them.

use leptos::{prelude::window, web_sys::Storage};

/// Set while there may be a session to resume. It holds no credential.
pub const SESSION: &str = "lodgate.session";
/// Code of the property that was shown last.
pub const PROPERTY: &str = "lodgate.hotel";
/// `system`, `light` or `dark`. The page's own script reads it too.
pub const THEME: &str = "lodgate.theme";
/// `comfortable` or `compact`. The page's own script reads it too.
pub const DENSITY: &str = "lodgate.density";

/// Restrictions that the calendar shows for every room type, by name.
pub const ROWS: &str = "lodgate.rows";

/// The value stored under a name.
pub fn recall(name: &str) -> Option<String> {
    storage()?.get_item(name).ok()?
}

/// Stores a text under a name. A browser that refuses is not an error.
pub fn remember(name: &str, text: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(name, text);
    }
}

/// Removes the value under a name.
pub fn forget(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(name);
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}
