//! Callbacks that outlive the component in which they are made.

use leptos::prelude::*;

/// What a button of a question or a message does. What is made while an event is handled belongs to the component that
/// listened, and would be gone with it before anybody answers; this lives as long as the portal.
pub fn root_callback(act: impl Fn() + Send + Sync + 'static) -> Callback<()> {
    let make = move || Callback::new(move |()| act());
    let mut owner = Owner::current();
    while let Some(parent) = owner.as_ref().and_then(Owner::parent) {
        owner = Some(parent);
    }
    match owner {
        Some(root) => root.with(make),
        None => make(),
    }
}
