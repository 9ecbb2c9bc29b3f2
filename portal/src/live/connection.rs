//! Keeping the conversation with the gateway up: what happens goes in, what is to be done comes out. No browser, no
//! clock of its own.

#[cfg(test)]
mod tests;

use super::{
    change_stream::{News, Stock},
    protocol,
    protocol::Said,
    subscriptions::Presence,
    token_expiry::Lifetime,
};
use crate::{
    domain::{cell_cache::Heard, ids::HotelId, sort::distinct},
    state::{Freshness, Other},
};

/// The longest from opening a socket to the gateway's first word, in milliseconds.
const GREETING: f64 = 10_000.0;
/// The longest to wait for a new token, in milliseconds.
const TOKEN: f64 = 20_000.0;
/// Silence after which a socket is taken for dead: checkpoints come every 10 seconds.
const SILENCE: f64 = 25_000.0;
/// The shortest and the longest wait before the next try.
const SHORTEST_WAIT: f64 = 500.0;
const LONGEST_WAIT: f64 = 15_000.0;
/// A token is not renewed again within so long, whatever it says of itself and the gateway of it.
const RENEWAL: f64 = 5_000.0;
/// Most hotels that one stream can follow.
const MOST_HOTELS: usize = 200;
/// The gateway's codes for a token that is not good, or no longer.
const BAD_TOKEN: [u16; 2] = [4401, 4403];

/// What happens.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// These hotels are in sight.
    Hotels(Vec<HotelId>),
    /// The browser has a network, or has none.
    Network(bool),
    /// The socket is open; with the access token to speak with.
    Opened(String),
    /// The gateway says something.
    Said(Said),
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
    /// Tell the desk.
    Tell(Heard),
    /// Show who else is there.
    Others(Vec<Other>),
    /// Show how fresh the calendar is.
    Show(Freshness),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// No hotel is in sight, or the session is over.
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
pub struct Link {
    state: State,
    now: f64,
    /// Names this page among those that are present.
    page: String,
    random: fn() -> f64,
    is_online: bool,
    hotels: Vec<HotelId>,
    stock: Stock,
    /// Numbers of the running subscriptions.
    stock_id: u32,
    presence_id: u32,
    last_id: u32,
    /// Failures since changes last arrived.
    failures: u32,
    /// When the gateway was heard last.
    heard_at: f64,
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

impl Link {
    /// A conversation that has not begun. `random` gives numbers from 0 to below 1.
    pub fn new(page: String, is_online: bool, random: fn() -> f64) -> Self {
        Self {
            state: State::Idle,
            now: 0.0,
            page,
            random,
            is_online,
            hotels: Vec::new(),
            stock: Stock::default(),
            stock_id: 0,
            presence_id: 0,
            last_id: 0,
            failures: 0,
            heard_at: 0.0,
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
        let mut todo = Vec::new();
        match event {
            Event::Hotels(hotels) => self.watch(hotels, &mut todo),
            Event::Network(is_online) => self.network(is_online, &mut todo),
            Event::Opened(token) => self.greet(&token, &mut todo),
            Event::Said(said) => self.said(said, &mut todo),
            Event::Closed(code) => self.closed(code, &mut todo),
            Event::Renewed(is_good) => self.renewed(is_good, &mut todo),
            Event::Tick => self.tick(&mut todo),
        }
        todo
    }

    /// When to come with [`Event::Tick`] at the latest, if nothing happens before.
    pub fn wake_at(&self) -> Option<f64> {
        match self.state {
            State::Idle | State::Offline => None,
            // Each second, for whoever reads how long it is.
            State::Waiting { until } => Some(until.min(self.now + 1_000.0)),
            State::Renewing { since } => Some(since + TOKEN),
            State::Connecting { since } => Some(since + GREETING),
            State::Open => Some((self.heard_at + SILENCE).min(self.renew_at().unwrap_or(f64::INFINITY))),
        }
    }

    fn watch(&mut self, hotels: Vec<HotelId>, todo: &mut Vec<Action>) {
        let mut hotels = distinct(hotels);
        hotels.truncate(MOST_HOTELS);
        if hotels == self.hotels {
            return;
        }
        self.hotels = hotels;
        // A cursor belongs to the hotels it was given for.
        self.stock.forget();
        if self.hotels.is_empty() {
            self.end(State::Idle, Freshness::Paused, todo);
        } else if self.state == State::Open {
            let ended = [std::mem::take(&mut self.stock_id), std::mem::take(&mut self.presence_id)];
            todo.extend(ended.into_iter().filter(|id| *id > 0).map(|id| Action::Send(protocol::complete(id))));
            todo.push(Action::Others(Vec::new()));
            self.subscribe_stock(todo);
            self.subscribe_presence(todo);
        } else if self.state == State::Idle {
            self.open(todo);
        }
    }

    fn network(&mut self, is_online: bool, todo: &mut Vec<Action>) {
        self.is_online = is_online;
        match (self.state, is_online) {
            (State::Idle, _) => {}
            (State::Offline | State::Waiting { .. }, true) => {
                self.failures = 0;
                self.open(todo);
            }
            (_, true) => {}
            (_, false) => self.end(State::Offline, Freshness::Offline, todo),
        }
    }

    /// Drops the socket, whatever it was doing.
    fn end(&mut self, state: State, shown: Freshness, todo: &mut Vec<Action>) {
        self.state = state;
        self.is_live = false;
        self.is_renewing_ahead = false;
        todo.extend([Action::Close, Action::Others(Vec::new()), Action::Show(shown)]);
    }

    /// Drops the socket and tries again later: after a failure sooner, after many of them later, never all pages at
    /// once. `at_least`: milliseconds that the gateway asks to be left alone.
    fn wait(&mut self, at_least: u32, todo: &mut Vec<Action>) {
        let longest = SHORTEST_WAIT * 2_f64.powi(self.failures.min(10).cast_signed() + 1);
        let longest = longest.min(LONGEST_WAIT);
        let wait = (longest / 2.0 * (1.0 + (self.random)())).max(f64::from(at_least));
        self.failures += 1;
        self.end(State::Waiting { until: self.now + wait }, reconnecting(wait), todo);
    }

    fn open(&mut self, todo: &mut Vec<Action>) {
        if !self.is_online {
            return self.end(State::Offline, Freshness::Offline, todo);
        }
        self.state = State::Connecting { since: self.now };
        if !self.is_live {
            todo.push(Action::Show(reconnecting(0.0)));
        }
        todo.push(Action::Open);
    }

    fn greet(&mut self, token: &str, todo: &mut Vec<Action>) {
        if !matches!(self.state, State::Connecting { .. }) {
            return;
        }
        self.lifetime = Lifetime::of(token);
        // Clocks may have been set since the last connection.
        self.skew = None;
        todo.push(Action::Send(protocol::greeting(token)));
    }

    fn said(&mut self, said: Said, todo: &mut Vec<Action>) {
        self.heard_at = self.now;
        match (self.state, said) {
            (State::Connecting { .. }, Said::Ack) => {
                self.state = State::Open;
                self.subscribe_stock(todo);
                self.subscribe_presence(todo);
            }
            (_, Said::Ping) => todo.push(Action::Send(protocol::pong())),
            (State::Open, Said::Stock(id, message)) if id == self.stock_id => match self.stock.take(message) {
                Ok(news) => self.tell(news, todo),
                Err(_) => self.begin_afresh(todo),
            },
            (State::Open, Said::Presence(id, everybody)) if id == self.presence_id => {
                todo.push(Action::Others(self.others(everybody)));
            }
            (State::Open, Said::Failed(id, fault)) if id == self.stock_id => {
                if fault.retry_after_ms.is_none() {
                    // If it is the cursor that is at fault, it would be for ever.
                    self.stock.forget();
                }
                self.wait(fault.retry_after_ms.unwrap_or_default(), todo);
            }
            (State::Open, Said::Complete(id)) if id == self.stock_id => {
                // The gateway can't go on, and says so by ending: everything told so far stands.
                self.wait(0, todo);
            }
            // Who else is there is worth no trouble.
            (State::Open, Said::Failed(id, _) | Said::Complete(id)) if id == self.presence_id => {
                self.presence_id = 0;
                todo.push(Action::Others(Vec::new()));
            }
            // A subscription that was ended, or something that asks for nothing.
            _ => {}
        }
    }

    fn tell(&mut self, news: News, todo: &mut Vec<Action>) {
        todo.extend(news.heard.into_iter().map(Action::Tell));
        if let Some(server_ms) = news.server_ms {
            let skew = self.now - server_ms;
            self.skew = Some(self.skew.map_or(skew, |least| least.min(skew)));
            // Everything that happened is told: from here on it is live.
            self.failures = 0;
            if !std::mem::replace(&mut self.is_live, true) {
                todo.push(Action::Show(Freshness::Live { lag_ms: None }));
            }
        }
        if let (Some(committed_ms), Some(skew)) = (news.committed_ms, self.skew) {
            let lag_ms = Some(whole_ms(self.now - committed_ms - skew));
            todo.push(Action::Show(Freshness::Live { lag_ms }));
        }
    }

    fn begin_afresh(&mut self, todo: &mut Vec<Action>) {
        self.stock.forget();
        todo.push(Action::Send(protocol::complete(self.stock_id)));
        self.subscribe_stock(todo);
    }

    fn subscribe_stock(&mut self, todo: &mut Vec<Action>) {
        self.last_id += 1;
        self.stock_id = self.last_id;
        let after = self.stock.begin();
        todo.push(Action::Send(protocol::subscribe_stock(self.stock_id, &self.hotels, after)));
    }

    /// Who else is there can be asked of one hotel only.
    fn subscribe_presence(&mut self, todo: &mut Vec<Action>) {
        self.presence_id = 0;
        let [hotel] = &self.hotels[..] else { return };
        self.last_id += 1;
        self.presence_id = self.last_id;
        todo.push(Action::Send(protocol::subscribe_presence(self.presence_id, hotel)));
    }

    fn others(&self, everybody: Vec<Presence>) -> Vec<Other> {
        let Some(hotel) = self.hotels.first() else { return Vec::new() };
        let others = everybody.into_iter().filter(|one| one.page_id != self.page);
        others.map(|one| one.at(hotel)).collect()
    }

    fn closed(&mut self, code: u16, todo: &mut Vec<Action>) {
        if !matches!(self.state, State::Connecting { .. } | State::Open) {
            return;
        }
        let is_on_its_way = self.is_renewing_ahead;
        if BAD_TOKEN.contains(&code) && (is_on_its_way || self.now >= self.renewed_at + RENEWAL) {
            self.end(State::Renewing { since: self.now }, reconnecting(0.0), todo);
            if !is_on_its_way {
                self.renewed_at = self.now;
                todo.push(Action::Renew);
            }
        } else {
            self.wait(0, todo);
        }
    }

    fn renewed(&mut self, is_good: bool, todo: &mut Vec<Action>) {
        let is_ahead = std::mem::take(&mut self.is_renewing_ahead);
        match (self.state, is_good) {
            (State::Renewing { .. }, true) => self.open(todo),
            (State::Renewing { .. }, false) => {
                self.end(State::Idle, Freshness::Paused, todo);
                todo.push(Action::Expire);
            }
            // A socket is bound to the token that it was opened with.
            (State::Open, true) if is_ahead => self.open(todo),
            // The gateway will end the connection, and then it is tried again.
            (State::Open, false) if is_ahead => self.lifetime = None,
            _ => {}
        }
    }

    fn tick(&mut self, todo: &mut Vec<Action>) {
        match self.state {
            State::Waiting { until } if self.now >= until => self.open(todo),
            State::Waiting { until } => todo.push(Action::Show(reconnecting(until - self.now))),
            State::Renewing { since } if self.now >= since + TOKEN => self.wait(0, todo),
            State::Connecting { since } if self.now >= since + GREETING => self.wait(0, todo),
            State::Open if self.now >= self.heard_at + SILENCE => self.wait(0, todo),
            State::Open if self.renew_at().is_some_and(|at| self.now >= at) => {
                self.is_renewing_ahead = true;
                self.renewed_at = self.now;
                todo.push(Action::Renew);
            }
            _ => {}
        }
    }

    /// When to renew the token while the socket stands, by the page's clock.
    fn renew_at(&self) -> Option<f64> {
        let (lifetime, skew) = self.lifetime.zip(self.skew).filter(|_| !self.is_renewing_ahead)?;
        Some((lifetime.renew_at_ms() + skew).max(self.renewed_at + RENEWAL))
    }
}

fn reconnecting(wait_ms: f64) -> Freshness {
    Freshness::Reconnecting { next_try_ms: whole_ms(wait_ms) }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a number out of range saturates")]
fn whole_ms(ms: f64) -> u32 {
    ms.round() as u32
}
