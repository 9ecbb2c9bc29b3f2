//! The table of API clients, with a button to revoke each.

use leptos::{prelude::*, task::spawn_local};

use super::create::Create;
use crate::{
    api,
    api::ApiClient,
    api::session::Session,
    app::time_format,
    browser::root_callback::root_callback,
    pages::resource::Resource,
    state::{Confirmation, Notifications, ToastKind},
    ui::skeleton::Skeleton,
};

/// The table of API clients, and the form that creates one.
#[component]
pub fn Clients() -> impl IntoView {
    let notifications = expect_context::<Notifications>();
    let session = expect_context::<Session>();
    let resource = Resource::new(move || api::api_clients(session));
    let is_creating = RwSignal::new(false);
    let created = RwSignal::new(None::<(ApiClient, String)>);
    let on_created = Callback::new(move |(client, secret): (ApiClient, String)| {
        // The new client is the first row; the answer contains it, so no refetch is needed.
        resource.value.update(|clients| clients.get_or_insert_default().insert(0, client.clone()));
        is_creating.set(false);
        created.set(Some((client, secret)));
    });
    let rows = move || {
        resource.value.with(|clients| {
            let clients = clients.as_ref()?;
            if clients.is_empty() {
                return Some(
                    view! { <p class="quiet-note">"No API client yet. Create one to use the API."</p> }.into_any(),
                );
            }
            let rows = clients.iter().map(|client| row(session, notifications, resource, client)).collect_view();
            let table = view! {
                <div class="table-frame" tabindex="0" role="group" aria-label="Table of API clients">
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col">"Name"</th>
                                <th scope="col">"Client id"</th>
                                <th scope="col">"Scopes"</th>
                                <th scope="col">"Created"</th>
                                <th scope="col">"Status"</th>
                                <th scope="col"><span class="unseen">"Actions"</span></th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            };
            Some(table.into_any())
        })
    };
    let is_waiting = move || resource.value.with(Option::is_none) && resource.failure.with(Option::is_none);
    view! {
        <section class="card clients">
            <h2>
                "API clients"
                <button
                    class="button primary push"
                    type="button"
                    data-testid="create-client"
                    aria-expanded=move || is_creating.get().to_string()
                    on:click=move |_| is_creating.update(|is_creating| *is_creating = !*is_creating)
                >
                    "Create"
                </button>
            </h2>
            <Show when=move || is_creating.get()>
                <Create on_created=on_created on_cancel=Callback::new(move |()| is_creating.set(false)) />
            </Show>
            {move || created.get().map(|(client, secret)| view! { <Secret client secret created /> })}
            {move || resource.error_view()}
            <Show when=is_waiting>
                <Skeleton lines=3 />
            </Show>
            {rows}
        </section>
    }
}

/// The secret of a new API client. It is shown only once.
#[component]
fn Secret(client: ApiClient, secret: String, created: RwSignal<Option<(ApiClient, String)>>) -> impl IntoView {
    let notifications = expect_context::<Notifications>();
    let copied = secret.clone();
    let copy = move |_| {
        let written = window().navigator().clipboard().write_text(&copied);
        notifications.toast(ToastKind::Done, "The secret is copied.", None);
        // If the browser refuses, the secret is still shown and can be copied by hand.
        drop(written);
    };
    view! {
        <div class="secret" role="status">
            <p>
                <b>"The secret of " {client.label} "."</b>
                " Copy it now. It is shown only once."
            </p>
            <div class="pair">
                <code data-testid="client-secret">{secret}</code>
                <button class="button small" type="button" data-testid="copy-secret" on:click=copy>
                    "Copy"
                </button>
                <button class="button small quiet" type="button" on:click=move |_| created.set(None)>
                    "Done"
                </button>
            </div>
            <p class="quiet-note">"Client id: " <code>{client.client_id}</code></p>
        </div>
    }
}

fn row(
    session: Session,
    notifications: Notifications,
    resource: Resource<Vec<ApiClient>>,
    client: &ApiClient,
) -> impl IntoView + use<> {
    let is_revoked = client.revoked_ms.is_some();
    let scopes = client.scopes.iter().map(|scope| view! { <code class="scope">{scope.clone()}</code> }).collect_view();
    let status = match client.revoked_ms {
        Some(at_ms) => format!("Revoked {}", day(at_ms)),
        None => "Active".to_owned(),
    };
    let revoke = (!is_revoked).then(|| {
        let client = client.clone();
        let name = format!("Revoke {}", client.label);
        view! {
            <button
                class="button small quiet"
                type="button"
                data-testid="revoke"
                aria-label=name
                on:click=move |_| confirm_revoke(session, notifications, resource, &client)
            >
                "Revoke"
            </button>
        }
    });
    view! {
        <tr data-testid="api-client" data-client=client.client_id.clone() class:revoked=is_revoked>
            <th scope="row">{client.label.clone()} <small>{client.plan.clone()}</small></th>
            <td><code>{client.client_id.clone()}</code></td>
            <td class="scopes">{scopes}</td>
            <td>{day(client.created_ms)}</td>
            <td><span class="state" class:off=is_revoked>{status}</span></td>
            <td class="act">{revoke}</td>
        </tr>
    }
}

/// The date in the browser's zone, because API clients belong to no property.
fn day(at_ms: f64) -> String {
    time_format::day(at_ms, "").map(|day| format!("{} {}", day.brief(), day.year())).unwrap_or_default()
}

fn confirm_revoke(
    session: Session,
    notifications: Notifications,
    resource: Resource<Vec<ApiClient>>,
    client: &ApiClient,
) {
    let (id, label) = (client.id.clone(), client.label.clone());
    notifications.ask(Confirmation {
        title: format!("Revoke {label}?"),
        lines: vec![
            "Its tokens stop working within seconds, and it gets no new ones.".to_owned(),
            "This cannot be undone. To restore access, create a new API client.".to_owned(),
        ],
        confirm_label: "Revoke".to_owned(),
        is_destructive: true,
        on_confirm: root_callback(move || {
            let (id, label) = (id.clone(), label.clone());
            spawn_local(async move {
                match api::revoke_api_client(session, &id).await {
                    Ok(Ok(())) => {
                        resource.refetch();
                        notifications.toast(ToastKind::Done, format!("{label} is revoked."), None);
                    }
                    Ok(Err(message)) => notifications.toast(ToastKind::Failed, message, None),
                    Err(failure) => notifications.toast(ToastKind::Failed, failure.sentence(), None),
                }
            });
        }),
    });
}
