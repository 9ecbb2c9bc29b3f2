//! The form that creates an API client.

use leptos::{ev::SubmitEvent, html::Input, prelude::*, task::spawn_local};

use crate::api::{self, ApiClient, SCOPES, session::Session};

/// Meaning of each scope, in the order of [`SCOPES`].
const MEANINGS: [&str; 5] = [
    "Read hotels, allotments and availability",
    "Change allotments and restrictions",
    "Read reservations",
    "Hold, book and cancel",
    "Manage API clients and their secrets",
];

/// The form for the name and the scopes of a new API client.
#[component]
pub fn Create(
    /// Called with the API client and its secret.
    on_created: Callback<(ApiClient, String)>,
    /// Called when the form is closed without creating an API client.
    on_cancel: Callback<()>,
) -> impl IntoView {
    let session = expect_context::<Session>();
    let label = RwSignal::new(String::new());
    let scopes = RwSignal::new(vec![SCOPES[0].to_owned()]);
    let error = RwSignal::new(None::<String>);
    let is_busy = RwSignal::new(false);
    let first_field = NodeRef::<Input>::new();
    first_field.on_load(|input| {
        let _ = input.focus();
    });
    let submit = submit_handler(session, label, scopes, error, is_busy, on_created);
    view! {
        <form class="create" on:submit=submit>
            <label class="label" for="client-label">"Name in the journal"</label>
            <input
                class="input-field"
                id="client-label"
                data-testid="client-label"
                type="text"
                maxlength="100"
                placeholder="Channel manager"
                autocomplete="off"
                node_ref=first_field
                bind:value=label
            />
            <fieldset>
                <legend class="label">"Scopes"</legend>
                {SCOPES
                    .into_iter()
                    .zip(MEANINGS)
                    .map(|(scope, meaning)| view! { <ScopeBox scope meaning scopes /> })
                    .collect_view()}
            </fieldset>
            <div class="message" role="alert" data-testid="client-error">{move || error.get()}</div>
            <div class="pair">
                <button class="button primary" type="submit" disabled=move || is_busy.get()>
                    {move || if is_busy.get() { "Creating…" } else { "Create client" }}
                </button>
                <button class="button quiet" type="button" on:click=move |_| on_cancel.run(())>
                    "Cancel"
                </button>
            </div>
        </form>
    }
}

/// Checks the fields, creates the API client and shows what went wrong.
fn submit_handler(
    session: Session,
    label: RwSignal<String>,
    scopes: RwSignal<Vec<String>>,
    error: RwSignal<Option<String>>,
    is_busy: RwSignal<bool>,
    on_created: Callback<(ApiClient, String)>,
) -> impl Fn(SubmitEvent) {
    move |event| {
        event.prevent_default();
        if is_busy.get_untracked() {
            return;
        }
        let (name, chosen) = (label.get_untracked().trim().to_owned(), scopes.get_untracked());
        if name.is_empty() || chosen.is_empty() {
            let missing = if name.is_empty() { "Enter a name." } else { "Choose at least one scope." };
            error.set(Some(missing.to_owned()));
            return;
        }
        is_busy.set(true);
        error.set(None);
        spawn_local(async move {
            let message = match api::create_api_client(session, &name, &chosen).await {
                Ok(Ok(created)) => {
                    // Nothing is left to update when the page was closed meanwhile.
                    if is_busy.try_set(false).is_none() {
                        on_created.run(created);
                    }
                    return;
                }
                Ok(Err(message)) => message,
                Err(failure) => failure.sentence(),
            };
            error.try_set(Some(message));
            is_busy.try_set(false);
        });
    }
}

/// A checkbox for one scope.
#[component]
fn ScopeBox(scope: &'static str, meaning: &'static str, scopes: RwSignal<Vec<String>>) -> impl IntoView {
    let is_chosen = move || scopes.with(|scopes| scopes.iter().any(|chosen| chosen == scope));
    let toggle = move |_| {
        scopes.update(|scopes| match scopes.iter().position(|chosen| chosen == scope) {
            Some(index) => {
                scopes.remove(index);
            }
            None => scopes.push(scope.to_owned()),
        });
    };
    view! {
        <label class="tick">
            <input
                type="checkbox"
                data-testid="client-scope"
                data-scope=scope
                prop:checked=is_chosen
                on:change=toggle
            />
            <span>
                <code>{scope}</code>
                <small>{meaning}</small>
            </span>
        </label>
    }
}
