//! The state machine of the websocket connection. Events go in, actions come out; it has no browser and no clock of its
//! own.

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

/// The longest from opening a socket to the gateway's first word, in milliseconds.
const CONNECT_TIMEOUT_MS: f64 = 10_000.0;
/// The longest to wait for a new token, in milliseconds.
const RENEWAL_TIMEOUT_MS: f64 = 20_000.0;
/// Silence after which a socket is taken for dead: checkpoints come every 10 seconds.
const SILENCE_TIMEOUT_MS: f64 = 25_000.0;
/// The shortest and the longest wait before the next try.
const MIN_RETRY_MS: f64 = 500.0;
const MAX_RETRY_MS: f64 = 15_000.0;
/// A token is not renewed again within so long, whatever it says of itself and the gateway of it.
const MIN_RENEWAL_INTERVAL_MS: f64 = 5_000.0;
/// Most properties that one stream can follow.
const MAX_PROPERTIES: usize = 200;
/// The gateway's codes for a token that is not good, or no longer.
const TOKEN_CLOSE_CODES: [u16; 2] = [4401, 4403];

/// What happens.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// These properties are in sight.
    Properties(Vec<PropertyId>),
    /// The browser has a network, or has none.
    Network(bool),
    /// The socket is open; with the access token to speak with.
    Opened(String),
    /// The gateway says something.
    Message(ServerMessage),
    /// The socket was closed by the other end, with this code, or could not be opened.
    Closed(u16),
    /// A new access token was got, or could not be.
    Renewed(bool),
    /// Time went by.
    Tick,
}

/// What is to be done, in this order.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Open a socket in place of the one there is.
    Open,
    /// Send a text.
    Send(String),
    /// Drop the socket; its closing is no event.
    Close,
    /// Get a new access token.
    Renew,
    /// Return to the sign-in form.
    Expire,
    /// Apply an update to the state.
    Update(FeedUpdate),
    /// Show who else is there.
    Collaborators(Vec<Collaborator>),
    /// Show how fresh the calendar is.
    ShowFreshness(Freshness),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum ConnectionState {
    /// No property is in sight, or the session is over.
    Idle,
    /// There is no network.
    Offline,
    /// The next try is at this time.
    Waiting { until: f64 },
    /// The token is no longer good, and a new one is on its way.
    Renewing { since: f64 },
    /// A socket was opened, at this time.
    Connecting { since: f64 },
    /// Both sides have said hello.
    Open,
}

/// The conversation.
#[derive(Debug)]
pub struct Connection {
    state: ConnectionState,
    now: f64,
    /// Names this page among those that are present.
    page: String,
    random: fn() -> f64,
    is_online: bool,
    properties: Vec<PropertyId>,
    change_stream: ChangeStream,
    /// Numbers of the running subscriptions.
    stock_subscription: u32,
    presence_subscription: u32,
    last_id: u32,
    /// Failures since changes last arrived.
    failures: u32,
    /// Time of the last message.
    last_message_at: f64,
    /// The page's clock less the gateway's, with the shortest way of a message in it.
    skew: Option<f64>,
    lifetime: Option<Lifetime>,
    /// When a token was asked for last.
    renewed_at: f64,
    /// Whether the token on its way is for a connection that still stands.
    is_renewing_ahead: bool,
    /// Whether changes arrive, or would but for a change of sockets that nobody need hear of.
    is_live: bool,
}

impl Connection {
    /// A conversation that has not begun. `random` gives numbers from 0 to below 1.
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

    /// Takes in what happened at `now`, in milliseconds since 1970 by the page's clock.
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

    /// When to come with [`Event::Tick`] at the latest, if nothing happens before.
    pub fn wake_at(&self) -> Option<f64> {
        match self.state {
            ConnectionState::Idle | ConnectionState::Offline => None,
            // Each second, for whoever reads how long it is.
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
        // A cursor belongs to the properties it was given for.
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

    /// Drops the socket, whatever it was doing.
    fn end(&mut self, state: ConnectionState, shown: Freshness, actions: &mut Vec<Action>) {
        self.state = state;
        self.is_live = false;
        self.is_renewing_ahead = false;
        actions.extend([Action::Close, Action::Collaborators(Vec::new()), Action::ShowFreshness(shown)]);
    }

    /// Drops the socket and tries again later: after a failure sooner, after many of them later, never all pages at
    /// once. `at_least`: milliseconds that the gateway asks to be left alone.
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
                    // If it is the cursor that is at fault, it would be for ever.
                    self.change_stream.forget();
                }
                self.wait(error.retry_after_ms.unwrap_or_default(), actions);
            }
            (ConnectionState::Open, ServerMessage::Complete(id)) if id == self.stock_subscription => {
                // The gateway can't go on, and says so by ending: everything told so far stands.
                self.wait(0, actions);
            }
            // Who else is there is worth no trouble.
            (ConnectionState::Open, ServerMessage::Failed(id, _) | ServerMessage::Complete(id))
                if id == self.presence_subscription =>
            {
                self.presence_subscription = 0;
                actions.push(Action::Collaborators(Vec::new()));
            }
            // A subscription that was ended, or something that asks for nothing.
            _ => {}
        }
    }

    fn apply_update(&mut self, announcements: StreamUpdate, actions: &mut Vec<Action>) {
        actions.extend(announcements.updates.into_iter().map(Action::Update));
        if let Some(server_ms) = announcements.server_ms {
            let skew = self.now - server_ms;
            self.skew = Some(self.skew.map_or(skew, |least| least.min(skew)));
            // Everything that happened is told: from here on it is live.
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

    /// Who else is there can be asked of one property only.
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
            // The gateway will end the connection, and then it is tried again.
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

    /// When to renew the token while the socket stands, by the page's clock.
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
