//! Live changes of the properties in sight: one websocket for the whole page, which resumes where it was cut.
//!
//! `wire` and `subscriptions` are what is said, `change_stream` follows the stream of changes without a gap, `connection` keeps the
//! conversation up: when to connect, to wait, to renew the token. These know no browser and are tested on the host.
//! `socket` and `supervisor` are the browser's end, and `presence` tells the others what one has chosen.

mod change_stream;
mod connection;
mod presence;
mod protocol;
mod socket;
mod subscriptions;
mod supervisor;
mod token_expiry;

use leptos::prelude::*;

use self::supervisor::Supervisor;
use crate::{app::browser, domain::ids::PropertyId, state::AppState};

/// Keeps the desk told of every change of these properties, for as long as the component that calls lives. The properties may
/// change; none at all closes the socket. The first 200 are followed, as many as one stream can have.
pub fn follow(state: AppState, properties: Signal<Vec<PropertyId>>) {
    let page = browser::uuid();
    let supervisor = StoredValue::new_local(Supervisor::start(state, page.clone()));
    let online = window_event_listener(leptos::ev::online, move |_| {
        supervisor.try_with_value(|supervisor| supervisor.on_network(true));
    });
    let offline = window_event_listener(leptos::ev::offline, move |_| {
        supervisor.try_with_value(|supervisor| supervisor.on_network(false));
    });
    Effect::new(move |_| {
        let properties = properties.get();
        supervisor.with_value(|supervisor| supervisor.properties(properties));
    });
    on_cleanup(move || {
        online.remove();
        offline.remove();
        supervisor.try_with_value(Supervisor::stop);
    });
    presence::show(state, page);
}
