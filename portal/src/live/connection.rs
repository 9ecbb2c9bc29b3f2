//! The state machine of the websocket connection. It turns events into actions, and uses neither the browser nor a
//! clock.

#[cfg(test)]
mod tests;

use super::{
    change_stream::{ChangeStream, StreamUpdate},
    protocol,
    protocol::ServerMessage,
    subscriptions::Presence,
    token_expiry::Lifetime,
};
use crate::{
    domain::{cell_cache::FeedUpdate, ids::PropertyId, sort::sorted_distinct},
    state::{Collaborator, Freshness},
};

/// Maximum time from opening a socket to the gateway's first message, in milliseconds.
const CONNECT_TIMEOUT_MS: f64 = 10_000.0;
/// Maximum time to wait for a new token, in milliseconds.
const RENEWAL_TIMEOUT_MS: f64 = 20_000.0;
/// Time without a message after which a socket counts as dead, in milliseconds. Checkpoints come every 10 seconds.
const SILENCE_TIMEOUT_MS: f64 = 25_000.0;
/// Minimum and maximum wait before the next attempt, in milliseconds.
const MIN_RETRY_MS: f64 = 500.0;
const MAX_RETRY_MS: f64 = 15_000.0;
/// Minimum time between two renewals of the token, in milliseconds, even if the new token is rejected.
const MIN_RENEWAL_INTERVAL_MS: f64 = 5_000.0;
/// Maximum number of properties that one stream follows.
const MAX_PROPERTIES: usize = 200;
/// Close codes of the gateway for a token that is invalid or has expired.
const TOKEN_CLOSE_CODES: [u16; 2] = [4401, 4403];

/// An event.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// The pages show these properties.
    Properties(Vec<PropertyId>),
    /// Whether the browser has a network.
    Network(bool),
    /// The socket is open. Carries the access token to send.
    Opened(String),
    /// A message of the gateway arrived.
    Message(ServerMessage),
    /// The gateway closed the socket with this code, or the socket could not be opened.
    Closed(u16),
    /// Whether the renewal of the access token succeeded.
    Renewed(bool),
    /// The time of `wake_at` was reached.
    Tick,
}

/// An action. Actions are executed in order.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Open a socket in place of the current one.
    Open,
    /// Send a text message.
    Send(String),
    /// Drop the socket. This causes no [`Event::Closed`].
    Close,
    /// Renew the access token.
    Renew,
    /// Return to the sign-in form.
    Expire,
    /// Apply an update to the state.
    Update(FeedUpdate),
    /// Show the other users.
    Collaborators(Vec<Collaborator>),
    /// Show the freshness of the calendar.
    ShowFreshness(Freshness),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum ConnectionState {
    /// No property is shown, or the session is over.
    Idle,
    /// The browser has no network.
    Offline,
    /// The next attempt is at this time.
    Waiting { until: f64 },
    /// The token was rejected, and is being renewed since this time.
    Renewing { since: f64 },
    /// A socket is being opened since this time.
    Connecting { since: f64 },
    /// The gateway has acknowledged the connection.
    Open,
}

/// The connection. Times are milliseconds since 1970 by the page's clock.
#[derive(Debug)]
pub struct Connection {
    state: ConnectionState,
    now: f64,
    /// Identifier of this page in presence messages.
    page: String,
    random: fn() -> f64,
    is_online: bool,
    properties: Vec<PropertyId>,
    change_stream: ChangeStream,
    /// Numbers of the running subscriptions; 0 is none.
    stock_subscription: u32,
    presence_subscription: u32,
    last_id: u32,
    /// Failures since the stream was last live.
    failures: u32,
    /// Time of the last message.
    last_message_at: f64,
    /// The page's clock minus the gateway's, plus the shortest transit time of a message so far.
    skew: Option<f64>,
    lifetime: Option<Lifetime>,
    /// Time of the last renewal.
    renewed_at: f64,
    /// Whether the renewal under way replaces the token of an open connection.
    is_renewing_ahead: bool,
    /// Whether changes arrive. It stays true while a socket with a new token replaces the open one.
    is_live: bool,
}

impl Connection {
    /// A connection that follows no property. `random` returns numbers from 0 to below 1.
    pub fn new(page: String, is_online: bool, random: fn() -> f64) -> Self {
        Self {
            state: ConnectionState::Idle,
            now: 0.0,
            page,
            random,
            is_online,
            properties: Vec::new(),
            change_stream: ChangeStream::default(),
            stock_subscription: 0,
            presence_subscription: 0,
            last_id: 0,
            failures: 0,
            last_message_at: 0.0,
            skew: None,
            lifetime: None,
            renewed_at: f64::NEG_INFINITY,
            is_renewing_ahead: false,
            is_live: false,
        }
    }

    /// Handles an event at `now`, in milliseconds since 1970 by the page's clock.
    pub fn on(&mut self, now: f64, event: Event) -> Vec<Action> {
        self.now = now;
        let mut actions = Vec::new();
        match event {
            Event::Properties(properties) => self.set_properties(properties, &mut actions),
            Event::Network(is_online) => self.on_network(is_online, &mut actions),
            Event::Opened(token) => self.authenticate(&token, &mut actions),
            Event::Message(message) => self.message(message, &mut actions),
            Event::Closed(code) => self.on_closed(code, &mut actions),
            Event::Renewed(is_good) => self.on_renewed(is_good, &mut actions),
            Event::Tick => self.on_tick(&mut actions),
        }
        actions
    }

    /// The time of the next [`Event::Tick`], unless another event happens before.
    pub fn wake_at(&self) -> Option<f64> {
        match self.state {
            ConnectionState::Idle | ConnectionState::Offline => None,
            // Every second, because the page shows a countdown.
            ConnectionState::Waiting { until } => Some(until.min(self.now + 1_000.0)),
            ConnectionState::Renewing { since } => Some(since + RENEWAL_TIMEOUT_MS),
            ConnectionState::Connecting { since } => Some(since + CONNECT_TIMEOUT_MS),
            ConnectionState::Open => {
                Some((self.last_message_at + SILENCE_TIMEOUT_MS).min(self.renew_at().unwrap_or(f64::INFINITY)))
            }
        }
    }

    fn set_properties(&mut self, properties: Vec<PropertyId>, actions: &mut Vec<Action>) {
        let mut properties = sorted_distinct(properties);
        properties.truncate(MAX_PROPERTIES);
        if properties == self.properties {
            return;
        }
        self.properties = properties;
        // A cursor is valid only for the properties of its subscription.
        self.change_stream.forget();
        if self.properties.is_empty() {
            self.end(ConnectionState::Idle, Freshness::Paused, actions);
        } else if self.state == ConnectionState::Open {
            let ended = [std::mem::take(&mut self.stock_subscription), std::mem::take(&mut self.presence_subscription)];
            actions.extend(ended.into_iter().filter(|id| *id > 0).map(|id| Action::Send(protocol::complete(id))));
            actions.push(Action::Collaborators(Vec::new()));
            self.subscribe_stock(actions);
            self.subscribe_presence(actions);
        } else if self.state == ConnectionState::Idle {
            self.open(actions);
        }
    }

    fn on_network(&mut self, is_online: bool, actions: &mut Vec<Action>) {
        self.is_online = is_online;
        match (self.state, is_online) {
            (ConnectionState::Idle, _) => {}
            (ConnectionState::Offline | ConnectionState::Waiting { .. }, true) => {
                self.failures = 0;
                self.open(actions);
            }
            (_, true) => {}
            (_, false) => self.end(ConnectionState::Offline, Freshness::Offline, actions),
        }
    }

    /// Drops the socket in any state.
    fn end(&mut self, state: ConnectionState, shown: Freshness, actions: &mut Vec<Action>) {
        self.state = state;
        self.is_live = false;
        self.is_renewing_ahead = false;
        actions.extend([Action::Close, Action::Collaborators(Vec::new()), Action::ShowFreshness(shown)]);
    }

    /// Drops the socket and waits before the next attempt. The wait doubles with each failure, and is random so that
    /// pages do not reconnect at once. It is at least `at_least` milliseconds, which the gateway may ask for.
    fn wait(&mut self, at_least: u32, actions: &mut Vec<Action>) {
        let longest = MIN_RETRY_MS * 2_f64.powi(self.failures.min(10).cast_signed() + 1);
        let longest = longest.min(MAX_RETRY_MS);
        let wait = (longest / 2.0 * (1.0 + (self.random)())).max(f64::from(at_least));
        self.failures += 1;
        self.end(ConnectionState::Waiting { until: self.now + wait }, reconnecting(wait), actions);
    }

    fn open(&mut self, actions: &mut Vec<Action>) {
        if !self.is_online {
            return self.end(ConnectionState::Offline, Freshness::Offline, actions);
        }
        self.state = ConnectionState::Connecting { since: self.now };
        if !self.is_live {
            actions.push(Action::ShowFreshness(reconnecting(0.0)));
        }
        actions.push(Action::Open);
    }

    fn authenticate(&mut self, token: &str, actions: &mut Vec<Action>) {
        if !matches!(self.state, ConnectionState::Connecting { .. }) {
            return;
        }
        self.lifetime = Lifetime::parse(token);
        // Clocks may have been set since the last connection.
        self.skew = None;
        actions.push(Action::Send(protocol::connection_init(token)));
    }

    fn message(&mut self, message: ServerMessage, actions: &mut Vec<Action>) {
        self.last_message_at = self.now;
        match (self.state, message) {
            (ConnectionState::Connecting { .. }, ServerMessage::Ack) => {
                self.state = ConnectionState::Open;
                self.subscribe_stock(actions);
                self.subscribe_presence(actions);
            }
            (_, ServerMessage::Ping) => actions.push(Action::Send(protocol::pong())),
            (ConnectionState::Open, ServerMessage::StockChange(id, message)) if id == self.stock_subscription => {
                match self.change_stream.take(message) {
                    Ok(announcements) => self.apply_update(announcements, actions),
                    Err(_) => self.resubscribe_from_start(actions),
                }
            }
            (ConnectionState::Open, ServerMessage::Presence(id, everyone)) if id == self.presence_subscription => {
                actions.push(Action::Collaborators(self.collaborators(everyone)));
            }
            (ConnectionState::Open, ServerMessage::Failed(id, error)) if id == self.stock_subscription => {
                if error.retry_after_ms.is_none() {
                    // The cursor may be the cause, and would fail again on each attempt.
                    self.change_stream.forget();
                }
                self.wait(error.retry_after_ms.unwrap_or_default(), actions);
            }
            (ConnectionState::Open, ServerMessage::Complete(id)) if id == self.stock_subscription => {
                // The gateway ended the stream. The changes delivered so far are complete.
                self.wait(0, actions);
            }
            // Presence is optional, so its failure does not end the connection.
            (ConnectionState::Open, ServerMessage::Failed(id, _) | ServerMessage::Complete(id))
                if id == self.presence_subscription =>
            {
                self.presence_subscription = 0;
                actions.push(Action::Collaborators(Vec::new()));
            }
            // A message of an ended subscription, or one that needs no reaction.
            _ => {}
        }
    }

    fn apply_update(&mut self, announcements: StreamUpdate, actions: &mut Vec<Action>) {
        actions.extend(announcements.updates.into_iter().map(Action::Update));
        if let Some(server_ms) = announcements.server_ms {
            let skew = self.now - server_ms;
            self.skew = Some(self.skew.map_or(skew, |least| least.min(skew)));
            // The stream has caught up with all changes, and is live from now on.
            self.failures = 0;
            if !std::mem::replace(&mut self.is_live, true) {
                actions.push(Action::ShowFreshness(Freshness::Live { lag_ms: None }));
            }
        }
        if let (Some(committed_ms), Some(skew)) = (announcements.committed_ms, self.skew) {
            let lag_ms = Some(whole_ms(self.now - committed_ms - skew));
            actions.push(Action::ShowFreshness(Freshness::Live { lag_ms }));
        }
    }

    fn resubscribe_from_start(&mut self, actions: &mut Vec<Action>) {
        self.change_stream.forget();
        actions.push(Action::Send(protocol::complete(self.stock_subscription)));
        self.subscribe_stock(actions);
    }

    fn subscribe_stock(&mut self, actions: &mut Vec<Action>) {
        self.last_id += 1;
        self.stock_subscription = self.last_id;
        let after = self.change_stream.begin();
        actions.push(Action::Send(protocol::subscribe_stock(self.stock_subscription, &self.properties, after)));
    }

    /// Subscribes to presence. A presence subscription covers one property, so there is none for several.
    fn subscribe_presence(&mut self, actions: &mut Vec<Action>) {
        self.presence_subscription = 0;
        let [property] = &self.properties[..] else { return };
        self.last_id += 1;
        self.presence_subscription = self.last_id;
        actions.push(Action::Send(protocol::subscribe_presence(self.presence_subscription, property)));
    }

    fn collaborators(&self, everyone: Vec<Presence>) -> Vec<Collaborator> {
        let Some(property) = self.properties.first() else { return Vec::new() };
        let collaborators = everyone.into_iter().filter(|one| one.page_id != self.page);
        collaborators.map(|one| one.at(property)).collect()
    }

    fn on_closed(&mut self, code: u16, actions: &mut Vec<Action>) {
        if !matches!(self.state, ConnectionState::Connecting { .. } | ConnectionState::Open) {
            return;
        }
        let is_renewal_running = self.is_renewing_ahead;
        if TOKEN_CLOSE_CODES.contains(&code)
            && (is_renewal_running || self.now >= self.renewed_at + MIN_RENEWAL_INTERVAL_MS)
        {
            self.end(ConnectionState::Renewing { since: self.now }, reconnecting(0.0), actions);
            if !is_renewal_running {
                self.renewed_at = self.now;
                actions.push(Action::Renew);
            }
        } else {
            self.wait(0, actions);
        }
    }

    fn on_renewed(&mut self, is_good: bool, actions: &mut Vec<Action>) {
        let is_ahead = std::mem::take(&mut self.is_renewing_ahead);
        match (self.state, is_good) {
            (ConnectionState::Renewing { .. }, true) => self.open(actions),
            (ConnectionState::Renewing { .. }, false) => {
                self.end(ConnectionState::Idle, Freshness::Paused, actions);
                actions.push(Action::Expire);
            }
            // A socket is bound to the token that it was opened with.
            (ConnectionState::Open, true) if is_ahead => self.open(actions),
            // The gateway will close the connection when the token expires; that renews it again.
            (ConnectionState::Open, false) if is_ahead => self.lifetime = None,
            _ => {}
        }
    }

    fn on_tick(&mut self, actions: &mut Vec<Action>) {
        match self.state {
            ConnectionState::Waiting { until } if self.now >= until => self.open(actions),
            ConnectionState::Waiting { until } => actions.push(Action::ShowFreshness(reconnecting(until - self.now))),
            ConnectionState::Renewing { since } if self.now >= since + RENEWAL_TIMEOUT_MS => self.wait(0, actions),
            ConnectionState::Connecting { since } if self.now >= since + CONNECT_TIMEOUT_MS => self.wait(0, actions),
            ConnectionState::Open if self.now >= self.last_message_at + SILENCE_TIMEOUT_MS => self.wait(0, actions),
            ConnectionState::Open if self.renew_at().is_some_and(|at| self.now >= at) => {
                self.is_renewing_ahead = true;
                self.renewed_at = self.now;
                actions.push(Action::Renew);
            }
            _ => {}
        }
    }

    /// The time to renew the token of an open socket, by the page's clock.
    fn renew_at(&self) -> Option<f64> {
        let (lifetime, skew) = self.lifetime.zip(self.skew).filter(|_| !self.is_renewing_ahead)?;
        Some((lifetime.renew_at_ms() + skew).max(self.renewed_at + MIN_RENEWAL_INTERVAL_MS))
    }
}

fn reconnecting(wait_ms: f64) -> Freshness {
    Freshness::Reconnecting { next_try_ms: whole_ms(wait_ms) }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a number out of range saturates")]
fn whole_ms(ms: f64) -> u32 {
    ms.round() as u32
}
