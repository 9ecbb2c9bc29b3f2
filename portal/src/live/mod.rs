//! Live changes of the shown properties over one websocket, which resumes after a lost connection.
//!
//! `protocol` and `subscriptions` define the messages, `change_stream` follows the stream of changes without a gap, and
//! `connection` decides when to connect, to wait and to renew the token. These are tested on the host. `socket` and
//! `supervisor` are the browser's side, and `presence` sends the selection of this page to the other users.

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
use crate::{
    api::session::Session,
    browser,
    domain::ids::PropertyId,
    state::{FeedStatus, Selection, Stock},
};

/// Applies every change of these properties to the state, as long as the calling component lives. The properties may
/// change; an empty list closes the socket. Of more than 200 properties the first 200 are followed.
pub fn follow(
    stock: Stock,
    feed: FeedStatus,
    selection: Selection,
    session: Session,
    properties: Signal<Vec<PropertyId>>,
) {
    let page = browser::uuid();
    let supervisor = StoredValue::new_local(Supervisor::start(session, stock, feed, page.clone()));
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
    presence::show(feed, selection, session, page);
}
