//! The sign-in form.

use leptos::{ev::SubmitEvent, html::Input, prelude::*, task::spawn_local};

use crate::{api::session::Session, ui::logo::Logo};

/// Email and password. An error is shown below the fields and leaves them as they are.
#[component]
pub fn SignIn() -> impl IntoView {
    let session = expect_context::<Session>();
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let is_busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);

    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        // A second Enter during the request would count as a second attempt.
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        error.set(None);
        spawn_local(async move {
            // On success this form is unmounted before the call returns, so its signals must not be used.
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
                <Credentials email password />
                <div class="message" role="alert" data-testid="sign-in-error">{move || error.get()}</div>
                <button class="button primary" type="submit" data-testid="submit" disabled=move || is_busy.get()>
                    {move || if is_busy.get() { "Signing in…" } else { "Sign in" }}
                </button>
            </form>
        </main>
    }
}

/// The fields for email and password. Email takes the focus.
#[component]
fn Credentials(email: RwSignal<String>, password: RwSignal<String>) -> impl IntoView {
    // The browser honours the `autofocus` attribute only while it loads the document.
    let first_field = NodeRef::<Input>::new();
    first_field.on_load(|input| {
        // The form works without focus as well.
        let _ = input.focus();
    });
    view! {
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
    }
}
