//! The form that creates an API client.

use leptos::{ev::SubmitEvent, html::Input, prelude::*, task::spawn_local};

use crate::api::{self, ApiClient, SCOPES, session::Session};

/// What each scope allows, in the order of [`SCOPES`].
const MEANINGS: [&str; 5] = [
    "Read hotels, allotments and availability",
    "Change allotments and restrictions",
    "Read reservations",
    "Hold, book and cancel",
    "Keep machines and their secrets",
];

/// The form: a name, what it may do, Enter.
#[component]
pub fn Create(
    /// Called with the API client and its secret.
    on_created: Callback<(ApiClient, String)>,
    /// Nothing is made.
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

    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if is_busy.get_untracked() {
            return;
        }
        let (name, wanted) = (label.get_untracked().trim().to_owned(), scopes.get_untracked());
        if name.is_empty() || wanted.is_empty() {
            let missing = if name.is_empty() { "Give it a name." } else { "Tick what it may do." };
            error.set(Some(missing.to_owned()));
            return;
        }
        is_busy.set(true);
        error.set(None);
        spawn_local(async move {
            let refusal = match api::create_api_client(session, &name, &wanted).await {
                Ok(Ok(created)) => {
                    // The form is gone if the page is.
                    if is_busy.try_set(false).is_none() {
                        on_created.run(created);
                    }
                    return;
                }
                Ok(Err(refusal)) => refusal,
                Err(failure) => failure.sentence(),
            };
            error.try_set(Some(refusal));
            is_busy.try_set(false);
        });
    };
    let boxes = SCOPES
        .into_iter()
        .zip(MEANINGS)
        .map(|(scope, meaning)| {
            let is_just_saved = move || scopes.with(|scopes| scopes.iter().any(|one| one == scope));
            let tick = move |_| {
                scopes.update(|scopes| match scopes.iter().position(|one| one == scope) {
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
                        prop:checked=is_just_saved
                        on:change=tick
                    />
                    <span>
                        <code>{scope}</code>
                        <small>{meaning}</small>
                    </span>
                </label>
            }
        })
        .collect_view();
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
                <legend class="label">"It may"</legend>
                {boxes}
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
