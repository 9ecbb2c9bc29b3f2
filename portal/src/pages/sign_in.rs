//! The sign-in form.

use leptos::{ev::SubmitEvent, html::Input, prelude::*, task::spawn_local};

use crate::{api::session::Session, ui::logo::Logo};

/// Email and password. What is wrong with them is said below the fields, and what was typed stays.
#[component]
pub fn SignIn() -> impl IntoView {
    let session = expect_context::<Session>();
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let is_busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);

    // The attribute `autofocus` works only for what a page was loaded with.
    let first_field = NodeRef::<Input>::new();
    first_field.on_load(|input| {
        // Without focus the form works as well.
        let _ = input.focus();
    });

    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        // A second Enter while the first is on its way would count as a second try.
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        error.set(None);
        spawn_local(async move {
            // On success this form is gone before the call returns: its signals must not be touched any more.
            if let Err(message) =
                session.sign_in(email.get_untracked().trim().to_owned(), password.get_untracked()).await
            {
                error.set(Some(message));
                is_busy.set(false);
            }
        });
    };

    view! {
        <main class="sign-in">
            <form class="card" data-testid="sign-in" on:submit=submit>
                <div class="brand"><Logo /><span>"Lodgate"</span></div>
                <h1>"Sign in"</h1>
                <p class="lead">"Allotments and live availability for your hotels."</p>
                <Show when=move || session.has_expired() && error.with(Option::is_none)>
                    <p class="notice" role="status" data-testid="notice">"Your session has ended. Please sign in again."</p>
                </Show>
                <label for="email">"Email"</label>
                <input
                    id="email"
                    data-testid="email"
                    type="email"
                    name="username"
                    autocomplete="username"
                    required
                    node_ref=first_field
                    bind:value=email
                />
                <label for="password">"Password"</label>
                <input
                    id="password"
                    data-testid="password"
                    type="password"
                    name="password"
                    autocomplete="current-password"
                    required
                    bind:value=password
                />
                <div class="message" role="alert" data-testid="sign-in-error">{move || error.get()}</div>
                <button class="button primary" type="submit" data-testid="submit" disabled=move || is_busy.get()>
                    {move || if is_busy.get() { "Signing in…" } else { "Sign in" }}
                </button>
            </form>
        </main>
    }
}
