//! Callbacks that outlive the component that creates them.

use leptos::prelude::*;

/// A callback for a button of a confirmation or a toast. It lives as long as the portal: a callback that belongs to the
/// component of the event handler would be disposed with it before the user answers.
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
