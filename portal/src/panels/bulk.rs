//! Many nights at once.

use leptos::prelude::*;

/// The drawer; shown while [`Panel::Bulk`](crate::desk::Panel::Bulk) is open.
#[component]
pub fn Bulk() -> impl IntoView {}
