//! `/graphql/ws`: operations over one websocket, by the protocol `graphql-transport-ws`.
//!
//! A loop of our own: it closes with the codes that clients act on, checks the token for as long as the socket lives,
//! and never waits for a reader that does not read.

mod operations;
mod outbox;
mod protocol;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, sleep_until, timeout};

use self::operations::{Operations, Runner};
use self::outbox::Outbox;
use self::protocol::{ClientMessage, Close, PROTOCOL};
use super::Transport;
use crate::auth::{AuthError, Viewer};

/// Largest message of a client, in bytes.
const LARGEST_MESSAGE: usize = 64 * 1_024;
/// Time for `connection_init`.
const INIT: Duration = Duration::from_secs(3);
/// Between two pings: well below what proxies take for silence.
const PING: Duration = Duration::from_secs(20);
/// Between two looks at the token. The answer is remembered for a few seconds, so that this is cheap.
const RECHECK: Duration = Duration::from_secs(1);
/// How long to read on after the last frame, so that it is not lost with what the client still sends.
const LINGER: Duration = Duration::from_secs(2);
/// Sockets of a stopping node close within so long, not all at once: their clients come back elsewhere.
const LONGEST_STAGGER: Duration = Duration::from_secs(8);

/// `GET /graphql/ws`.
pub async fn upgrade(State(transport): State<Transport>, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(LARGEST_MESSAGE).max_frame_size(LARGEST_MESSAGE);
    let speaks = upgrade.selected_protocol().is_some();
    upgrade.on_upgrade(move |socket| async move {
        let _counted = Counted::new(&transport);
        let (sink, mut stream) = socket.split();
        let outbox = Outbox::start(sink);
        if speaks {
            Session { transport, outbox, viewer: None, operations: Operations::new() }.serve(&mut stream).await;
        } else {
            outbox.close(Close::Protocol).await;
        }
        // The client answers the last frame; a connection dropped with unread data would take the frame along.
        let _ = timeout(LINGER, until_closed(&mut stream)).await;
    })
}

/// Counts a socket for as long as it exists.
struct Counted(Transport);

impl Counted {
    fn new(transport: &Transport) -> Self {
        transport.sockets.send_modify(|sockets| *sockets += 1);
        metrics::gauge!("lodgate_sockets").increment(1.0);
        Self(transport.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.sockets.send_modify(|sockets| *sockets = sockets.saturating_sub(1));
        metrics::gauge!("lodgate_sockets").decrement(1.0);
    }
}

struct Session {
    transport: Transport,
    outbox: Outbox,
    /// The caller, once it said who it is.
    viewer: Option<Arc<Viewer>>,
    operations: Operations,
}

impl Session {
    async fn serve(mut self, stream: &mut SplitStream<WebSocket>) {
        let close = self.converse(stream).await;
        // First of all nothing more may be sent on behalf of this caller.
        drop(self.operations);
        if let Some(close) = close {
            tracing::debug!(?close, "closing a socket");
            self.outbox.close(close).await;
        }
    }

    /// Until somebody ends it; gives our reason, if it is ours.
    async fn converse(&mut self, stream: &mut SplitStream<WebSocket>) -> Option<Close> {
        let init_until = Instant::now() + INIT;
        let mut ping = interval_at(Instant::now() + PING, PING);
        let mut recheck = interval(RECHECK);
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut draining = self.transport.draining.clone();
        let mut restart_at: Option<Instant> = None;
        loop {
            let step = tokio::select! {
                message = stream.next() => match message {
                    Some(Ok(message)) => self.take(message).await,
                    Some(Err(error)) => Err(read_fault(&error)),
                    None => Err(None),
                },
                () = self.outbox.ended() => Err(None),
                () = sleep_until(init_until), if self.viewer.is_none() => Err(Some(Close::InitTimeout)),
                _ = ping.tick(), if self.viewer.is_some() => self.outbox.reply(protocol::ping()).map_err(Some),
                _ = recheck.tick(), if self.viewer.is_some() => self.recheck().await,
                () = stopping(&mut draining), if restart_at.is_none() => {
                    restart_at = Some(Instant::now() + self.stagger());
                    Ok(())
                }
                () = sleep_until(restart_at.unwrap_or(init_until)), if restart_at.is_some() => Err(Some(Close::Restart)),
            };
            if let Err(close) = step {
                return close;
            }
        }
    }

    /// A random moment of a span that grows with the number of sockets.
    fn stagger(&self) -> Duration {
        let sockets = u32::try_from(*self.transport.sockets.borrow()).unwrap_or(u32::MAX);
        let span = Duration::from_millis(5).saturating_mul(sockets).min(LONGEST_STAGGER);
        span.mul_f64(rand::random())
    }

    async fn take(&mut self, message: Message) -> Result<(), Option<Close>> {
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return Err(Some(Close::Malformed)),
            Message::Close(_) => return Err(None),
            // Frames of the websocket itself; the library answers them.
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
        };
        let message = ClientMessage::parse(&text).ok_or(Some(Close::Malformed))?;
        self.obey(message).await.map_err(Some)
    }

    async fn obey(&mut self, message: ClientMessage) -> Result<(), Close> {
        match message {
            ClientMessage::ConnectionInit { .. } if self.viewer.is_some() => Err(Close::SecondInit),
            ClientMessage::ConnectionInit { payload } => {
                self.viewer = Some(Arc::new(self.authenticate(payload.as_ref()).await?));
                self.outbox.reply(protocol::ack())
            }
            ClientMessage::Ping { payload } => self.outbox.reply(protocol::pong(payload)),
            ClientMessage::Pong {} => Ok(()),
            ClientMessage::Complete { id } => {
                self.operations.stop(&id);
                Ok(())
            }
            ClientMessage::Subscribe { id, payload } => {
                let viewer = self.viewer.clone().ok_or(Close::TooEarly)?;
                if self.operations.contains(&id) {
                    return Err(Close::Duplicate);
                }
                let runner = Runner { transport: self.transport.clone(), viewer, results: self.outbox.results() };
                match self.operations.start(runner, id.clone(), payload) {
                    Ok(()) => Ok(()),
                    Err(refused) => self.outbox.reply(protocol::error(&id, &refused.errors)),
                }
            }
        }
    }

    async fn authenticate(&self, payload: Option<&Value>) -> Result<Viewer, Close> {
        let authorization = protocol::authorization(payload).ok_or(Close::Forbidden)?;
        self.transport.app.bearer.from_authorization(&authorization).await.map_err(|error| {
            tracing::debug!(%error, "a socket was not let in");
            match error {
                AuthError::Unavailable(_) => Close::Unavailable,
                _ => Close::Forbidden,
            }
        })
    }

    async fn recheck(&self) -> Result<(), Option<Close>> {
        let Some(viewer) = &self.viewer else { return Ok(()) };
        match self.transport.app.bearer.recheck(viewer).await {
            // No verdict: the next one will come.
            Ok(()) | Err(AuthError::Unavailable(_)) => Ok(()),
            Err(error) => {
                tracing::debug!(%error, "a socket's token is no longer good");
                Err(Some(Close::Forbidden))
            }
        }
    }
}

/// Resolves when the client has answered the last frame, or is gone.
async fn until_closed(stream: &mut SplitStream<WebSocket>) {
    while let Some(Ok(message)) = stream.next().await {
        if matches!(message, Message::Close(_)) {
            return;
        }
    }
}

/// Resolves when the node is about to stop.
async fn stopping(draining: &mut watch::Receiver<bool>) {
    while !*draining.borrow_and_update() {
        if draining.changed().await.is_err() {
            // The server is gone, which is the same.
            return;
        }
    }
}

/// What a fault of reading means: too large a message has a code of its own, everything else is the end.
fn read_fault(error: &axum::Error) -> Option<Close> {
    error.to_string().to_ascii_lowercase().contains("too long").then_some(Close::TooLarge)
}
