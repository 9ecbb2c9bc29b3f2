//! `/graphql/ws`: operations over one websocket, by the protocol `graphql-transport-ws`.
//!
//! The loop closes with the codes that clients act on, checks the token as long as the socket is open, and never waits for
//! a client that does not read.

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

/// Maximum size of a client's message, in bytes.
const MAX_MESSAGE: usize = 64 * 1_024;
/// Time limit of `connection_init`.
const INIT: Duration = Duration::from_secs(3);
/// Time limit of authentication.
const AUTHENTICATION: Duration = Duration::from_secs(10);
/// Number of unanswered pings after which the socket is closed.
const MAX_UNANSWERED: u32 = 3;
/// Time for which to keep reading after the close frame, so that unread data does not reset the connection.
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
        // The client answers the close frame. Dropping the connection with unread data could lose the frame.
        let _ = timeout(LINGER, until_closed(&mut stream)).await;
    })
}

struct Session {
    transport: Transport,
    outbox: Outbox,
    /// The lifetime, once the caller is authenticated.
    lifetime: Option<ConnectionLifetime>,
    /// Counts the socket for its tenant.
    opened: Option<Opened>,
    operations: Operations,
    ping: Interval,
    /// Pings since the client's last message.
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
        // First, so that nothing more is sent for this caller.
        drop(self.operations);
        if let Some(close) = close {
            tracing::debug!(?close, "closing a socket");
            self.outbox.close(close).await;
        }
    }

    /// Runs until either side closes. Returns the reason if this side does.
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
                // An unauthenticated client gets no notices.
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
        match lifetime.handle(due).await {
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
            // Control frames, answered by the library.
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
            // A token within the clock leeway has too little time left for a socket.
            Ok(viewer) if !viewer.is_current(app.clock.now()) => Err(AuthError::Expired),
            other => other,
        };
        viewer.map_err(|error| {
            tracing::debug!(%error, "authentication failed");
            match error {
                AuthError::Unavailable(_) => Close::Unavailable,
                AuthError::Expired => Close::Forbidden("the token has expired"),
                AuthError::Revoked => Close::Forbidden("access was withdrawn"),
                _ => Close::Forbidden("the token is not valid"),
            }
        })
    }
}

/// Resolves at the next lifetime event; never before authentication.
async fn due(lifetime: &mut Option<ConnectionLifetime>) -> LifetimeEvent {
    match lifetime {
        Some(lifetime) => lifetime.due().await,
        None => std::future::pending().await,
    }
}

/// Resolves when the client has answered the close frame or has disconnected.
async fn until_closed(stream: &mut SplitStream<WebSocket>) {
    while let Some(Ok(message)) = stream.next().await {
        if matches!(message, Message::Close(_)) {
            return;
        }
    }
}

/// The close code of a read error: a message that is too large and invalid UTF-8 have codes of their own; any other error
/// ends the connection.
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
