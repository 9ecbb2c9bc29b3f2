//! The supplier's hotels, and the next two weeks of the one that is chosen.

use leptos::prelude::*;

use super::{Mark, Trouble, sheet::Sheet};
use crate::{
    api::{self, Failure, Property, RoomType},
    dates,
    session::Session,
};

/// Nights shown; the style sheet's phone layout counts on them.
pub const NIGHTS: i32 = 14;

/// Everything the signed-in see.
///
/// Resources are read with `try_get`, never awaited in the view: signing out takes this page away while an answer may
/// be on its way, and whatever that answer still wakes up must bear to find its resource gone.
#[component]
pub fn Calendar() -> impl IntoView {
    let session = expect_context::<Session>();
    let properties = LocalResource::new(move || api::properties(session));
    view! {
        <div class="shell">
            <header class="top">
                <div class="brand"><Mark /><span>"Lodgate"</span></div>
                <span class="who" data-testid="who">{move || session.email()}</span>
                <button class="button" type="button" data-testid="sign-out" on:click=move |_| session.sign_out()>
                    "Sign out"
                </button>
            </header>
            <Suspense fallback=|| view! { <p class="waiting" role="status">"Loading your hotels…"</p> }>
                {move || {
                    Some(match properties.try_get()?? {
                        Ok(found) if found.is_empty() => view! {
                            <p class="waiting" data-testid="no-properties">
                                "There are no hotels yet. Create the first one through the API."
                            </p>
                        }
                        .into_any(),
                        Ok(found) => view! { <Hotels properties=found /> }.into_any(),
                        Err(Failure::SignedOut) => ().into_any(),
                        Err(Failure::Told(message)) => {
                            let retry = Callback::new(move |()| properties.refetch());
                            view! { <Trouble message on_retry=retry /> }.into_any()
                        }
                    })
                }}
            </Suspense>
        </div>
    }
}

/// The list of hotels beside the chosen one's nights.
#[component]
fn Hotels(
    /// At least one.
    properties: Vec<Property>,
) -> impl IntoView {
    let chosen = RwSignal::new(0_usize);
    let items = properties.iter().cloned().enumerate().map(|(index, property)| {
        let code = property.code.clone();
        view! {
            <li>
                <button
                    class="hotel"
                    type="button"
                    data-testid="property"
                    data-code=code
                    aria-current=move || (chosen.get() == index).then_some("true")
                    on:click=move |_| chosen.set(index)
                >
                    <b>{property.name}</b>
                    <small>{property.place}" · "{property.code}</small>
                </button>
            </li>
        }
    });
    let list = view! {
        <nav class="hotels" aria-label="Hotels">
            <ul data-testid="property-list">{items.collect_view()}</ul>
        </nav>
    };
    let property = Memo::new(move |_| properties[chosen.get()].clone());
    view! {
        {list}
        <main class="main"><Nights property /></main>
    }
}

/// The chosen hotel's nights. They stay in sight while others are fetched.
#[component]
fn Nights(
    /// The chosen hotel.
    property: Memo<Property>,
) -> impl IntoView {
    let session = expect_context::<Session>();
    let calendar = LocalResource::new(move || fetch(session, property.get()));
    let is_fetching = RwSignal::new(false);
    view! {
        <Transition
            fallback=|| view! { <p class="waiting" role="status">"Loading the nights…"</p> }
            set_pending=is_fetching
        >
            {move || {
                Some(match calendar.try_get()?? {
                    Ok((property, rooms)) => {
                        view! { <Loaded property rooms is_fetching refetch=move || calendar.refetch() /> }.into_any()
                    }
                    Err(Failure::SignedOut) => ().into_any(),
                    Err(Failure::Told(message)) => {
                        let retry = Callback::new(move |()| calendar.refetch());
                        view! { <Trouble message on_retry=retry /> }.into_any()
                    }
                })
            }}
        </Transition>
    }
}

/// The hotel comes back with its rooms: the heading must belong to the nights below it, not to the latest click.
async fn fetch(session: Session, property: Property) -> Result<(Property, Vec<RoomType>), Failure> {
    let from = property.business_date;
    let rooms = api::calendar(session, &property.id, from, from.plus(NIGHTS - 1)).await?;
    Ok((property, rooms))
}

/// Heading and table.
#[component]
fn Loaded(
    /// The hotel the rooms are of.
    property: Property,
    /// Its room types with their nights.
    rooms: Vec<RoomType>,
    /// Whether newer nights are on their way.
    is_fetching: RwSignal<bool>,
    /// Fetches the nights again.
    refetch: impl Fn() + 'static,
) -> impl IntoView {
    let from = property.business_date;
    view! {
        <div class="bar">
            <div>
                <h1>{dates::range(from, from.plus(NIGHTS - 1))}</h1>
                <p class="where">{property.name.clone()}" · "{property.place.clone()}" · "{property.time_zone.clone()}</p>
            </div>
            <button class="button" type="button" data-testid="refresh" disabled=is_fetching on:click=move |_| refetch()>
                {move || if is_fetching.get() { "Refreshing…" } else { "Refresh" }}
            </button>
        </div>
        <Sheet property rooms />
    }
}
