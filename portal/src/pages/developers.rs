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

/// What only an owner may do.
const REQUIRED_SCOPE: &str = "tenant:admin";

/// The page at `/developers`.
#[component]
pub fn Developers() -> impl IntoView {
    let account = expect_context::<Account>();
    let loader = expect_context::<Loader>();
    let is_allowed =
        Memo::new(move |_| account.viewer.with(|viewer| viewer.as_ref().map(|viewer| viewer.may(REQUIRED_SCOPE))));
    // Who is signed in and the properties are read together; if that failed, so it is said here.
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
                    <p>"Machines that work for your organisation, and how much they may ask."</p>
                </div>
                <nav class="push links" aria-label="References">
                    // Pages of the gateway itself: the browser goes there.
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

#[component]
fn NotAllowed() -> impl IntoView {
    let account = expect_context::<Account>();
    let role = move || account.viewer.with(|viewer| viewer.as_ref().map(|viewer| viewer.role.to_lowercase()));
    view! {
        <div class="nothing" data-testid="error" role="alert">
            <h2>"This page is for owners"</h2>
            <p>
                "Your role is " {role} ". Machines and their secrets are kept by those with the role owner: ask one of "
                "your organisation."
            </p>
        </div>
    }
}

/// From a secret to the first answer, in two commands.
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
            <p>"Trade the id and the secret of a machine for an access token:"</p>
            <pre tabindex="0" role="group" aria-label="Ask for a token"><code>{token}</code></pre>
            <p>"Then ask with its " <code>"access_token"</code> ":"</p>
            <pre tabindex="0" role="group" aria-label="Ask with the token"><code>{request}</code></pre>
        </section>
    }
}
