//! The Developers page: API clients, usage and a first request.

mod api_clients;
mod create;
mod usage;

use leptos::prelude::*;

use self::{api_clients::Clients, usage::Usage};
use crate::{
    state::{Account, Loader},
    ui::{error_panel::ErrorPanel, skeleton::Skeleton},
};

/// The scope that the page needs; only owners have it.
const REQUIRED_SCOPE: &str = "tenant:admin";

/// The page at `/developers`.
#[component]
pub fn Developers() -> impl IntoView {
    let account = expect_context::<Account>();
    let loader = expect_context::<Loader>();
    let is_allowed =
        Memo::new(move |_| account.viewer.with(|viewer| viewer.as_ref().map(|viewer| viewer.may(REQUIRED_SCOPE))));
    // The viewer and the properties are read together, so they share a failure.
    let failure = Memo::new(move |_| {
        account
            .properties
            .with(|properties| properties.as_ref().and_then(|properties| properties.as_ref().err().cloned()))
    });
    let retry = Callback::new(move |()| leptos::task::spawn_local(loader.load()));
    view! {
        <div class="page developers">
            <header>
                <div>
                    <h1>"Developers"</h1>
                    <p>"API clients of your organisation, and their usage."</p>
                </div>
                <nav class="push links" aria-label="References">
                    // These pages belong to the gateway, so the portal's router must not handle the links.
                    <a href="/graphiql" rel="external">"API explorer"</a>
                    <a href="/schema.graphql" rel="external">"Schema"</a>
                </nav>
            </header>
            {move || match (is_allowed.get(), failure.get()) {
                (Some(true), _) => {
                    view! {
                        <Clients />
                        <Usage />
                        <FirstRequest />
                    }
                        .into_any()
                }
                (Some(false), _) => view! { <NotAllowed /> }.into_any(),
                (None, Some(failure)) => view! { <ErrorPanel failure=failure on_retry=retry /> }.into_any(),
                (None, None) => view! { <Skeleton lines=6 /> }.into_any(),
            }}
        </div>
    }
}

/// Shown to users without the scope.
#[component]
fn NotAllowed() -> impl IntoView {
    let account = expect_context::<Account>();
    let role = move || account.viewer.with(|viewer| viewer.as_ref().map(|viewer| viewer.role.to_lowercase()));
    view! {
        <div class="nothing" data-testid="error" role="alert">
            <h2>"This page is for owners"</h2>
            <p>
                "Your role is " {role} ". Only owners manage API clients and their secrets. Ask an owner of your "
                "organisation."
            </p>
        </div>
    }
}

/// Two commands: get an access token, then send a request.
#[component]
fn FirstRequest() -> impl IntoView {
    let origin = window().location().origin().unwrap_or_default();
    let token = format!(
        "curl -s {origin}/oauth/token \\\n  -d grant_type=client_credentials \\\n  -d client_id=$CLIENT_ID -d client_secret=$CLIENT_SECRET"
    );
    let request = format!(
        "curl -s {origin}/graphql \\\n  -H \"Authorization: Bearer $ACCESS_TOKEN\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{{\"query\":\"{{ viewer {{ __typename }} }}\"}}'"
    );
    view! {
        <section class="card first-request">
            <h2>"First request"</h2>
            <p>"Exchange the id and the secret of an API client for an access token:"</p>
            <pre tabindex="0" role="group" aria-label="Request a token"><code>{token}</code></pre>
            <p>"Then send a request with its " <code>"access_token"</code> ":"</p>
            <pre tabindex="0" role="group" aria-label="Send a request with the token"><code>{request}</code></pre>
        </section>
    }
}
