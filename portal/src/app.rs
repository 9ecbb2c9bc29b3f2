//! Which page is shown.

use leptos::prelude::*;

use crate::{
    desk::Desk,
    pages::{calendar::Calendar, sign_in::SignIn},
    session::Session,
};

/// The whole portal: the sign-in form, or the pages for whoever has signed in.
#[component]
pub fn App() -> impl IntoView {
    let session = Session::signed_out();
    provide_context(session);
    provide_context(Desk::empty(session));
    view! {
        <Show when=move || session.is_signed_in() fallback=|| view! { <SignIn /> }>
            <Calendar />
        </Show>
    }
}
