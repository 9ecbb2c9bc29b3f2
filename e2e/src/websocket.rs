//! A client of the `graphql-transport-ws` protocol. It reads only when a test asks for the next message, so a test can
//! be a slow reader, and it can reset its connection.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue, protocol::Role},
};

use crate::{
    TIMEOUT,
    client::{GraphQlError, errors_of},
};

/// The reason why a websocket returned no message.
#[derive(Debug, thiserror::Error)]
pub enum WebSocketError {
    /// Nothing arrived in time.
    #[error("nothing arrived within {0:?}")]
    TimedOut(Duration),
    /// The gateway closed the websocket; 4403 is a bad token, 1013 a slow reader, 1012 a restart.
    #[error("closed with {code}: {reason}")]
    Closed {
        /// The close code; 1006 when the connection broke without one.
        code: u16,
        /// The reason.
        reason: String,
    },
    /// The connection was not made.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// A message that the protocol does not allow here.
    #[error("unexpected message: {0}")]
    Protocol(String),
}

impl WebSocketError {
    /// The close code, when the gateway closed the websocket.
    pub fn close_code(&self) -> Option<u16> {
        if let Self::Closed { code, .. } = self { Some(*code) } else { None }
    }
}

/// A message for one subscription.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// A result: its `data` and its errors.
    Next {
        /// The id of the operation.
        id: String,
        /// The `data` of the result.
        data: Value,
        /// The errors of the result; usually empty.
        errors: Vec<GraphQlError>,
    },
    /// The operation was refused or failed, and is over.
    Error {
        /// The id of the operation.
        id: String,
        /// The errors.
        errors: Vec<GraphQlError>,
    },
    /// The operation is over.
    Complete {
        /// The id of the operation.
        id: String,
    },
}

/// An open, initialised websocket for any number of operations.
#[derive(Debug)]
pub struct WebSocket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u32,
}

impl WebSocket {
    /// Connects to the gateway at `base_url` (`http://host:port`) and initialises with the bearer token.
    ///
    /// # Errors
    /// [`WebSocketError::Closed`] with the gateway's code when it refuses the token.
    pub async fn connect(base_url: &str, token: &str) -> Result<Self, WebSocketError> {
        Self::connect_with(base_url, &json!({ "authorization": format!("Bearer {token}") })).await
    }

    /// As [`connect`](Self::connect), with any payload of `connection_init`.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_with(base_url: &str, init: &Value) -> Result<Self, WebSocketError> {
        let mut socket = Self::open(base_url).await?;
        socket.send(&json!({ "type": "connection_init", "payload": init })).await?;
        let answer = socket.receive_protocol(TIMEOUT).await?;
        if answer["type"] == "connection_ack" { Ok(socket) } else { Err(WebSocketError::Protocol(answer.to_string())) }
    }

    /// Connects without `connection_init`, for tests of the protocol itself.
    ///
    /// # Errors
    /// [`WebSocketError::Connect`].
    pub async fn open(base_url: &str) -> Result<Self, WebSocketError> {
        let url = format!("{}/graphql/ws", base_url.trim_end_matches('/').replacen("http", "ws", 1));
        let mut request = url.into_client_request().map_err(connect_error)?;
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
        let (stream, _) = timeout(TIMEOUT, connect_async(request))
            .await
            .map_err(|_| WebSocketError::Connect("no response in time".to_owned()))?
            .map_err(connect_error)?;
        Ok(Self { stream, next_id: 1 })
    }

    /// As [`open`](Self::open), with these subprotocols, separated by commas. Also returns the subprotocol that the
    /// gateway chose, in lower case.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_with_protocols(
        base_url: &str,
        protocols: &str,
    ) -> Result<(Self, Option<String>), WebSocketError> {
        let address = base_url.trim_start_matches("http://");
        let offer =
            if protocols.is_empty() { String::new() } else { format!("sec-websocket-protocol: {protocols}\r\n") };
        let head = format!(
            "GET /graphql/ws HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{offer}\r\n"
        );
        let handshake = async {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(head.as_bytes()).await?;
            let mut answer = Vec::new();
            while !answer.ends_with(b"\r\n\r\n") {
                answer.push(stream.read_u8().await?);
            }
            Ok::<_, std::io::Error>((stream, String::from_utf8_lossy(&answer).to_ascii_lowercase()))
        };
        let response = timeout(TIMEOUT, handshake).await;
        let response = response.map_err(|_| WebSocketError::Connect("no response in time".to_owned()))?;
        let (stream, answer) = response.map_err(|error| WebSocketError::Connect(error.to_string()))?;
        if !answer.starts_with("http/1.1 101") {
            return Err(WebSocketError::Connect(answer));
        }
        let mut chosen = answer.lines().filter_map(|line| line.strip_prefix("sec-websocket-protocol:"));
        let chosen = chosen.next().map(|protocol| protocol.trim().to_owned());
        let stream = WebSocketStream::from_raw_socket(MaybeTlsStream::Plain(stream), Role::Client, None).await;
        Ok((Self { stream, next_id: 1 }, chosen))
    }

    /// Starts an operation and returns its id; [`next`](Self::next) returns its messages.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn subscribe(&mut self, document: &str, variables: &Value) -> Result<String, WebSocketError> {
        let id = self.next_id.to_string();
        self.next_id += 1;
        let payload = json!({ "query": document, "variables": variables });
        self.send(&json!({ "id": id, "type": "subscribe", "payload": payload })).await?;
        Ok(id)
    }

    /// Sends `complete` for one operation.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn complete(&mut self, id: &str) -> Result<(), WebSocketError> {
        self.send(&json!({ "id": id, "type": "complete" })).await
    }

    /// The next message of any operation; answers pings in between.
    ///
    /// # Errors
    /// [`WebSocketError::TimedOut`] when nothing arrived, [`WebSocketError::Closed`] when the gateway closed.
    pub async fn next(&mut self, within: Duration) -> Result<Incoming, WebSocketError> {
        let message = self.receive_protocol(within).await?;
        let id = message["id"].as_str().unwrap_or_default().to_owned();
        match message["type"].as_str() {
            Some("next") => {
                let payload = &message["payload"];
                Ok(Incoming::Next { id, data: payload["data"].clone(), errors: errors_of(payload) })
            }
            Some("error") => Ok(Incoming::Error { id, errors: errors_of(&json!({ "errors": message["payload"] })) }),
            Some("complete") => Ok(Incoming::Complete { id }),
            _ => Err(WebSocketError::Protocol(message.to_string())),
        }
    }

    /// The `data` of the next result, for websockets with one operation.
    ///
    /// # Errors
    /// As [`next`](Self::next); the end or failure of the operation is a [`WebSocketError::Protocol`].
    pub async fn next_data(&mut self, within: Duration) -> Result<Value, WebSocketError> {
        match self.next(within).await? {
            Incoming::Next { data, errors, .. } if errors.is_empty() => Ok(data),
            other => Err(WebSocketError::Protocol(format!("{other:?}"))),
        }
    }

    /// The results as a stream that ends with the first error, for websockets with one operation.
    pub fn into_stream(self, within: Duration) -> impl futures_util::Stream<Item = Result<Value, WebSocketError>> {
        futures_util::stream::unfold(Some(self), move |socket| async move {
            let mut socket = socket?;
            let item = socket.next_data(within).await;
            let rest = item.is_ok().then_some(socket);
            Some((item, rest))
        })
    }

    /// Closes in order.
    pub async fn close(mut self) {
        let _ = self.stream.close(None).await;
    }

    /// Resets the connection without a close frame, as a crashed client does.
    pub fn reset(self) {
        if let MaybeTlsStream::Plain(stream) = self.stream.get_ref() {
            let _ = stream.set_zero_linger();
        }
    }

    /// Sends any JSON value as a message.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, message: &Value) -> Result<(), WebSocketError> {
        self.send_text(&message.to_string()).await
    }

    /// Sends any text.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send_text(&mut self, text: &str) -> Result<(), WebSocketError> {
        self.send_frame(Message::text(text)).await
    }

    /// Sends any frame.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send_frame(&mut self, frame: Message) -> Result<(), WebSocketError> {
        self.stream.send(frame).await.map_err(|error| broken(&error))
    }

    /// The next message, including pings and pongs.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn receive(&mut self, within: Duration) -> Result<Value, WebSocketError> {
        let wait = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return serde_json::from_str(&text).map_err(|_| WebSocketError::Protocol(text.to_string()));
                    }
                    Some(Ok(Message::Close(frame))) => {
                        let (code, reason) = frame
                            .map_or((1005, String::new()), |frame| (u16::from(frame.code), frame.reason.to_string()));
                        return Err(WebSocketError::Closed { code, reason });
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(broken(&error)),
                    None => return Err(broken(&"the connection ended")),
                }
            }
        };
        timeout(within, wait).await.unwrap_or(Err(WebSocketError::TimedOut(within)))
    }

    /// The next message that is not a ping or pong; answers pings.
    async fn receive_protocol(&mut self, within: Duration) -> Result<Value, WebSocketError> {
        let wait = async {
            loop {
                let message = self.receive(within).await?;
                match message["type"].as_str() {
                    Some("ping") => self.send(&json!({ "type": "pong" })).await?,
                    Some("pong") => {}
                    _ => return Ok(message),
                }
            }
        };
        timeout(within, wait).await.unwrap_or(Err(WebSocketError::TimedOut(within)))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
fn connect_error(error: tokio_tungstenite::tungstenite::Error) -> WebSocketError {
    WebSocketError::Connect(error.to_string())
}

fn broken(error: &impl ToString) -> WebSocketError {
    WebSocketError::Closed { code: 1006, reason: error.to_string() }
}
