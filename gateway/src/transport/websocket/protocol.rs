//! The messages of `graphql-transport-ws` and the close codes.

use async_graphql::{Response, ServerError};
use axum::extract::ws::CloseFrame;
use serde_json::{Map, Value, json};

use crate::limits::TooManyOpen;

/// The only subprotocol.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// Maximum length of the reason in a close frame, in bytes.
const MAX_REASON: usize = 123;

/// The reason for closing a socket. Clients reconnect after 4403, 1012 and 1013.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// The node restarts.
    Restart,
    /// The reader makes no progress.
    Overload,
    /// The client does not answer pings.
    Silent,
    /// The message is invalid, with the reason.
    Malformed(&'static str),
    /// An operation was sent before the connection was acknowledged.
    TooEarly,
    /// The token is not or no longer valid, with the reason.
    Forbidden(&'static str),
    /// The client speaks another protocol.
    Protocol,
    /// `connection_init` did not arrive in time.
    InitTimeout,
    /// The id is in use.
    Duplicate(String),
    /// `connection_init` was sent twice.
    SecondInit,
    /// The message is too large.
    TooLarge,
    /// The text is not UTF-8.
    NoText,
    /// The token cannot be checked.
    Unavailable,
    /// The tenant has the plan's maximum of sockets.
    TooMany(TooManyOpen),
}

impl Close {
    /// The frame to send.
    pub(super) fn frame(&self) -> CloseFrame {
        let (code, mut reason) = match self {
            Self::Restart => (1012, "Service restart".to_owned()),
            Self::Overload => (1013, "Try again later: messages are not being read".to_owned()),
            Self::Silent => (1013, "Try again later: pings are not answered".to_owned()),
            Self::Unavailable => (1013, "Try again later: the token can't be checked".to_owned()),
            Self::TooMany(error) => (1013, format!("Try again later: {error}")),
            Self::TooLarge => (1009, "A message has at most 64 kB".to_owned()),
            Self::NoText => (1007, "Text is UTF-8".to_owned()),
            Self::Malformed(fault) => (4400, format!("Invalid message: {fault}")),
            Self::TooEarly => (4401, "Unauthorized".to_owned()),
            Self::Forbidden(fault) => (4403, format!("Forbidden: {fault}")),
            Self::Protocol => (4406, "Subprotocol not acceptable".to_owned()),
            Self::InitTimeout => (4408, "Connection initialisation timeout".to_owned()),
            Self::Duplicate(id) => (4409, format!("Subscriber for {id} already exists")),
            Self::SecondInit => (4429, "Too many initialisation requests".to_owned()),
        };
        reason.truncate(reason.floor_char_boundary(MAX_REASON));
        CloseFrame { code, reason: reason.into() }
    }
}

/// A message of the client.
#[derive(Debug, PartialEq)]
pub(super) enum ClientMessage {
    /// Starts the connection; the payload contains the token.
    ConnectionInit { payload: Option<Value> },
    /// A ping; its payload is returned.
    Ping { payload: Option<Value> },
    /// A pong.
    Pong,
    /// Starts an operation under an id of the client; the payload is a request.
    Subscribe { id: String, payload: Value },
    /// Cancels an operation.
    Complete { id: String },
}

/// Maximum length of an operation id, in bytes.
const MAX_ID: usize = 128;

impl ClientMessage {
    /// Parses a message, or returns the error. Fields outside the protocol are ignored.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return Err("a message is a JSON object");
        };
        let Some(Value::String(kind)) = message.remove("type") else { return Err("the field type is missing") };
        match kind.as_str() {
            "connection_init" => Ok(Self::ConnectionInit { payload: object(&mut message)? }),
            "ping" => Ok(Self::Ping { payload: object(&mut message)? }),
            "pong" => object(&mut message).map(|_| Self::Pong),
            "complete" => Ok(Self::Complete { id: id(&mut message)? }),
            "subscribe" => Ok(Self::Subscribe { id: id(&mut message)?, payload: request(&mut message)? }),
            _ => Err("no such type"),
        }
    }
}

fn id(message: &mut Map<String, Value>) -> Result<String, &'static str> {
    match message.remove("id") {
        Some(Value::String(id)) if (1..=MAX_ID).contains(&id.len()) => Ok(id),
        _ => Err("the field id is a string of 1 to 128 bytes"),
    }
}

fn object(message: &mut Map<String, Value>) -> Result<Option<Value>, &'static str> {
    match message.remove("payload") {
        None | Some(Value::Null) => Ok(None),
        Some(payload @ Value::Object(_)) => Ok(Some(payload)),
        Some(_) => Err("the field payload is an object"),
    }
}

fn request(message: &mut Map<String, Value>) -> Result<Value, &'static str> {
    let Some(payload @ Value::Object(_)) = message.remove("payload") else {
        return Err("the field payload is an object");
    };
    let optional = |field: &str| payload.get(field).filter(|value| !value.is_null());
    if !payload.get("query").is_some_and(Value::is_string) {
        Err("payload.query is a string")
    } else if optional("operationName").is_some_and(|name| !name.is_string()) {
        Err("payload.operationName is a string")
    } else if optional("variables").is_some_and(|variables| !variables.is_object()) {
        Err("payload.variables is an object")
    } else if optional("extensions").is_some_and(|extensions| !extensions.is_object()) {
        Err("payload.extensions is an object")
    } else {
        Ok(payload)
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

pub(super) fn ack(payload: &Value) -> String {
    json!({ "type": "connection_ack", "payload": payload }).to_string()
}

pub(super) fn ping(payload: Option<Value>) -> String {
    with_payload("ping", payload)
}

pub(super) fn pong(payload: Option<Value>) -> String {
    with_payload("pong", payload)
}

fn with_payload(kind: &str, payload: Option<Value>) -> String {
    match payload {
        Some(payload) => json!({ "type": kind, "payload": payload }).to_string(),
        None => json!({ "type": kind }).to_string(),
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
        let init = ClientMessage::parse(r#"{"type":"connection_init","more":1}"#);
        assert_eq!(init, Ok(ClientMessage::ConnectionInit { payload: None }));
        assert_eq!(ClientMessage::parse(r#"{"type":"pong","payload":{}}"#), Ok(ClientMessage::Pong));
        let subscribe = r#"{"id":"1","type":"subscribe","payload":{"query":"{ a }","variables":null}}"#;
        assert!(matches!(ClientMessage::parse(subscribe), Ok(ClientMessage::Subscribe { .. })));
        for (bad, fault) in [
            ("", "a message is"),
            ("1", "a message is"),
            ("{}", "type"),
            (r#"{"type":"start"}"#, "type"),
            (r#"{"type":"ping","payload":[]}"#, "payload"),
            (r#"{"type":"subscribe","id":"1"}"#, "payload"),
            (r#"{"type":"complete","id":""}"#, "id"),
            (r#"{"type":"subscribe","id":1,"payload":{}}"#, "id"),
            (r#"{"type":"subscribe","id":"1","payload":"x"}"#, "payload"),
            (r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#, "payload.query"),
            (r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#, "payload.variables"),
        ] {
            assert!(ClientMessage::parse(bad).unwrap_err().contains(fault), "{bad}");
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
        let long = Close::Duplicate("\u{1F3E8}".repeat(32)).frame();
        assert!((120..=123).contains(&long.reason.len()), "{long:?}");
        assert_eq!(Close::Duplicate("a".to_owned()).frame().reason.as_str(), "Subscriber for a already exists");
    }
}
