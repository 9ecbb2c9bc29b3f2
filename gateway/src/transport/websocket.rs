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
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout};

use self::operations::{Operations, Runner};
use self::outbox::Outbox;
use self::protocol::{ClientMessage, Close, PROTOCOL};
use super::Transport;
use super::connection_lifetime::{ConnectionLifetime, Counted, End, LifetimeEvent, Notice, stopping};
use crate::auth::{AuthError, Viewer};
use crate::limits::Opened;

/// Largest message of a client, in bytes.
const MAX_MESSAGE: usize = 64 * 1_024;
/// Time for `connection_init`.
const INIT: Duration = Duration::from_secs(3);
/// Time to check its token.
const AUTHENTICATION: Duration = Duration::from_secs(10);
/// Pings in a row that a client may leave without any sign of life.
const MAX_UNANSWERED: u32 = 3;
/// How long to read on after the last frame, so that it is not lost with what the client still sends.
const LINGER: Duration = Duration::from_secs(2);

/// `GET /graphql/ws`.
pub async fn upgrade(State(transport): State<Transport>, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE);
    let speaks = upgrade.selected_protocol().is_some();
    upgrade.on_upgrade(move |socket| async move {
        let _counted = Counted::new(&transport, "lodgate_sockets");
        let (sink, mut stream) = socket.split();
        let outbox = Outbox::start(sink);
        if speaks {
            Session::new(transport, outbox).serve(&mut stream).await;
        } else {
            outbox.close(Close::Protocol).await;
        }
        // The client answers the last frame; a connection dropped with unread data would take the frame along.
        let _ = timeout(LINGER, until_closed(&mut stream)).await;
    })
}

struct Session {
    transport: Transport,
    outbox: Outbox,
    /// The caller's, once it said who it is.
    lifetime: Option<ConnectionLifetime>,
    /// Counts the socket as one of its tenant's.
    opened: Option<Opened>,
    operations: Operations,
    ping: Interval,
    /// Pings since the client's latest sign of life.
    unanswered: u32,
}

impl Session {
    fn new(transport: Transport, outbox: Outbox) -> Self {
        let period = transport.live.ping();
        let mut ping = interval_at(Instant::now() + period, period);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { transport, outbox, lifetime: None, opened: None, operations: Operations::new(), ping, unanswered: 0 }
    }

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
        let mut draining = self.transport.draining.clone();
        loop {
            let is_known = self.lifetime.is_some();
            let step = tokio::select! {
                message = stream.next() => match message {
                    Some(Ok(message)) => self.take(message).await,
                    Some(Err(error)) => Err(read_fault(&error)),
                    None => Err(None),
                },
                () = self.outbox.ended() => Err(None),
                () = sleep_until(init_until), if !is_known => Err(Some(Close::InitTimeout)),
                // Whoever has not begun yet has nothing to be told.
                () = stopping(&mut draining), if !is_known => Err(Some(Close::Restart)),
                due = due(&mut self.lifetime), if is_known => self.settle(due).await,
                _ = self.ping.tick(), if is_known => self.ping(),
            };
            if let Err(close) = step {
                return close;
            }
        }
    }

    fn ping(&mut self) -> Result<(), Option<Close>> {
        if self.unanswered >= MAX_UNANSWERED {
            return Err(Some(Close::Silent));
        }
        self.unanswered += 1;
        self.outbox.reply(protocol::ping(None)).map_err(Some)
    }

    async fn settle(&mut self, due: LifetimeEvent) -> Result<(), Option<Close>> {
        let Some(lifetime) = &mut self.lifetime else { return Ok(()) };
        match lifetime.settle(due).await {
            Ok(None) => Ok(()),
            Ok(Some(notice)) => self.outbox.reply(protocol::ping(Some(notice.payload()))).map_err(Some),
            Err(End::Expired) => Err(Some(Close::Forbidden("the token has expired"))),
            Err(End::Revoked) => Err(Some(Close::Forbidden("access was withdrawn"))),
            Err(End::Restart) => Err(Some(Close::Restart)),
        }
    }

    async fn take(&mut self, message: Message) -> Result<(), Option<Close>> {
        self.unanswered = 0;
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return Err(Some(Close::Malformed("messages are text"))),
            Message::Close(_) => return Err(None),
            // Frames of the websocket itself; the library answers them.
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
        };
        match ClientMessage::parse(&text) {
            Ok(message) => self.obey(message).await.map_err(Some),
            Err(fault) => Err(Some(Close::Malformed(fault))),
        }
    }

    async fn obey(&mut self, message: ClientMessage) -> Result<(), Close> {
        match message {
            ClientMessage::ConnectionInit { .. } if self.lifetime.is_some() => Err(Close::SecondInit),
            ClientMessage::ConnectionInit { payload } => {
                let viewer = timeout(AUTHENTICATION, self.authenticate(payload.as_ref()));
                let viewer = viewer.await.unwrap_or(Err(Close::Unavailable))?;
                let opened = self.transport.app.limits.open_socket(viewer.tenant, viewer.plan);
                self.opened = Some(opened.map_err(Close::TooMany)?);
                let lifetime = ConnectionLifetime::begin(self.transport.clone(), Arc::new(viewer));
                let ack = protocol::ack(&Notice::TokenExpires(lifetime.left()).payload());
                self.lifetime = Some(lifetime);
                self.ping.reset();
                self.outbox.reply(ack)
            }
            ClientMessage::Ping { payload } => self.outbox.reply(protocol::pong(payload)),
            ClientMessage::Pong => Ok(()),
            ClientMessage::Complete { id } => {
                self.operations.stop(&id);
                Ok(())
            }
            ClientMessage::Subscribe { id, payload } => {
                let viewer = self.lifetime.as_ref().ok_or(Close::TooEarly)?.viewer().clone();
                if self.operations.contains(&id) {
                    return Err(Close::Duplicate(id));
                }
                let runner = Runner { transport: self.transport.clone(), viewer, results: self.outbox.results() };
                match self.operations.start(runner, id.clone(), payload).await {
                    Ok(()) => Ok(()),
                    Err(refused) => self.outbox.reply(protocol::error(&id, &refused.errors)),
                }
            }
        }
    }

    async fn authenticate(&self, payload: Option<&Value>) -> Result<Viewer, Close> {
        let missing = Close::Forbidden("connection_init has no payload with authorization");
        let authorization = protocol::authorization(payload).ok_or(missing)?;
        let app = &self.transport.app;
        let viewer = match app.bearer.from_authorization(&authorization).await {
            // A moment of leeway is for clocks that differ, and too little for a socket.
            Ok(viewer) if !viewer.is_current(app.clock.now()) => Err(AuthError::Expired),
            other => other,
        };
        viewer.map_err(|error| {
            tracing::debug!(%error, "a socket was not let in");
            match error {
                AuthError::Unavailable(_) => Close::Unavailable,
                AuthError::Expired => Close::Forbidden("the token has expired"),
                AuthError::Revoked => Close::Forbidden("access was withdrawn"),
                _ => Close::Forbidden("the token is not valid"),
            }
        })
    }
}

/// Resolves when something is due; never for one who did not say yet who it is.
async fn due(lifetime: &mut Option<ConnectionLifetime>) -> LifetimeEvent {
    match lifetime {
        Some(lifetime) => lifetime.due().await,
        None => std::future::pending().await,
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

/// What a fault of reading means: too large a message and text that is none have codes of their own, everything else is
/// the end.
fn read_fault(error: &axum::Error) -> Option<Close> {
    let text = error.to_string().to_ascii_lowercase();
    if text.contains("too long") {
        Some(Close::TooLarge)
    } else if text.contains("utf-8") {
        Some(Close::NoText)
    } else {
        None
    }
}
