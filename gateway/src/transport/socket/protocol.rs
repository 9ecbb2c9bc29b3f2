//! The messages of `graphql-transport-ws` and the codes that sockets close with.

use async_graphql::{Response, ServerError};
use axum::extract::ws::CloseFrame;
use serde::Deserialize;
use serde_json::{Value, json};

/// The one subprotocol.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// Why a socket is closed. Clients take 4403, 1012 and 1013 as a reason to connect again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// The node restarts.
    Restart,
    /// The reader makes no progress.
    Overload,
    /// Not a message of the protocol.
    Malformed,
    /// An operation before the connection was acknowledged.
    TooEarly,
    /// The token is not good, or no longer.
    Forbidden,
    /// The client speaks another protocol.
    Protocol,
    /// No `connection_init` in time.
    InitTimeout,
    /// The id is in use.
    Duplicate,
    /// A second `connection_init`.
    SecondInit,
    /// The message is too large.
    TooLarge,
    /// The token can't be checked.
    Unavailable,
}

impl Close {
    /// The frame to send. Reasons have at most 123 bytes.
    pub(super) fn frame(self) -> CloseFrame {
        let (code, reason) = match self {
            Self::Restart => (1012, "Service restart"),
            Self::Overload => (1013, "Try again later: messages are not being read"),
            Self::Unavailable => (1013, "Try again later: the token can't be checked"),
            Self::TooLarge => (1009, "A message has at most 64 kB"),
            Self::Malformed => (4400, "Invalid message"),
            Self::TooEarly => (4401, "Unauthorized"),
            Self::Forbidden => (4403, "Forbidden"),
            Self::Protocol => (4406, "Subprotocol not acceptable"),
            Self::InitTimeout => (4408, "Connection initialisation timeout"),
            Self::Duplicate => (4409, "Subscriber for this id already exists"),
            Self::SecondInit => (4429, "Too many initialisation requests"),
        };
        CloseFrame { code, reason: reason.into() }
    }
}

/// What a client sends.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientMessage {
    /// Opens the conversation.
    ConnectionInit {
        /// Holds the token.
        #[serde(default)]
        payload: Option<Value>,
    },
    /// Are you there?
    Ping {
        /// Given back.
        #[serde(default)]
        payload: Option<Value>,
    },
    /// I am here.
    Pong {},
    /// Starts an operation.
    Subscribe {
        /// The client's name for it.
        id: String,
        /// The request.
        payload: Value,
    },
    /// Ends an operation.
    Complete {
        /// Which.
        id: String,
    },
}

/// Longest name that a client may give to an operation, in bytes.
const LONGEST_ID: usize = 128;

impl ClientMessage {
    /// Reads one message.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let message: Self = serde_json::from_str(text).ok()?;
        match &message {
            Self::Subscribe { id, .. } | Self::Complete { id } if id.is_empty() || id.len() > LONGEST_ID => None,
            Self::Subscribe { payload, .. } if !payload.is_object() => None,
            _ => Some(message),
        }
    }
}

/// The token of the first message: `{"authorization": "Bearer …"}`, or `{"token": "…"}`.
pub(super) fn authorization(payload: Option<&Value>) -> Option<String> {
    let fields = payload?.as_object()?;
    let text = |name: &str| {
        let found = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.as_str())
    };
    text("authorization").map(str::to_owned).or_else(|| text("token").map(|token| format!("Bearer {token}")))
}

pub(super) fn ack() -> String {
    json!({ "type": "connection_ack", "payload": {} }).to_string()
}

pub(super) fn ping() -> String {
    json!({ "type": "ping" }).to_string()
}

pub(super) fn pong(payload: Option<Value>) -> String {
    match payload {
        Some(payload) => json!({ "type": "pong", "payload": payload }).to_string(),
        None => json!({ "type": "pong" }).to_string(),
    }
}

pub(super) fn next(id: &str, response: &Response) -> String {
    json!({ "type": "next", "id": id, "payload": response }).to_string()
}

pub(super) fn error(id: &str, errors: &[ServerError]) -> String {
    json!({ "type": "error", "id": id, "payload": errors }).to_string()
}

pub(super) fn complete(id: &str) -> String {
    json!({ "type": "complete", "id": id }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_and_others_are_not() {
        assert!(matches!(
            ClientMessage::parse(r#"{"type":"connection_init"}"#),
            Some(ClientMessage::ConnectionInit { payload: None })
        ));
        assert!(matches!(ClientMessage::parse(r#"{"type":"pong","payload":{}}"#), Some(ClientMessage::Pong {})));
        let subscribe = r#"{"id":"1","type":"subscribe","payload":{"query":"{ a }"}}"#;
        assert!(matches!(ClientMessage::parse(subscribe), Some(ClientMessage::Subscribe { .. })));
        for bad in [
            "",
            "1",
            "{}",
            r#"{"type":"start"}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"complete","id":""}"#,
            r#"{"type":"subscribe","id":1,"payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":"x"}"#,
        ] {
            assert!(ClientMessage::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_token_is_found_under_either_name() {
        let of = |payload: Value| authorization(Some(&payload));
        assert_eq!(of(json!({ "authorization": "Bearer a" })).as_deref(), Some("Bearer a"));
        assert_eq!(of(json!({ "Authorization": "Bearer a" })).as_deref(), Some("Bearer a"));
        assert_eq!(of(json!({ "token": "a" })).as_deref(), Some("Bearer a"));
        assert_eq!(of(json!({})), None);
        assert_eq!(of(json!("a")), None);
    }

    #[test]
    fn reasons_fit_into_a_close_frame() {
        for close in [Close::Restart, Close::Overload, Close::Unavailable, Close::InitTimeout, Close::Duplicate] {
            assert!(close.frame().reason.len() <= 123);
        }
    }
}
