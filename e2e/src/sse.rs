//! A client of `/graphql/stream` (server-sent events). It reads only when a test asks for the next event.

use std::{collections::VecDeque, time::Duration};

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::TIMEOUT;

/// An event of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A result.
    Next {
        /// The `id`: where to resume; `Some("")` deletes the stored id.
        id: Option<String>,
        /// The result as JSON.
        data: String,
    },
    /// The operation is over.
    Complete,
    /// A comment line, which also keeps connections open.
    Comment(String),
}

/// The reason why a stream returned no event.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// Nothing arrived in time.
    #[error("nothing arrived within {0:?}")]
    TimedOut(Duration),
    /// The connection ended or was not made.
    #[error("the connection ended: {0}")]
    Ended(String),
    /// The gateway's response is not a stream.
    #[error("status {status}: {body}")]
    Refused {
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
    /// An event that the protocol does not allow.
    #[error("not allowed by the protocol: {0}")]
    Protocol(String),
}

/// An open event stream.
#[derive(Debug)]
pub struct EventStream {
    response: reqwest::Response,
    rest: Vec<u8>,
    events: VecDeque<Event>,
    /// The latest id, as a browser stores it.
    pub last_id: Option<String>,
}

impl EventStream {
    /// Starts an operation at the gateway at `base_url`, resuming after `last_id` if there is one.
    ///
    /// # Errors
    /// [`StreamError::Refused`] with the status of a response that is not a stream.
    pub async fn open(
        base_url: &str,
        token: &str,
        document: &str,
        variables: &Value,
        last_id: Option<&str>,
    ) -> Result<Self, StreamError> {
        let request = request(reqwest::Method::POST, base_url).bearer_auth(token);
        let request = request.json(&json!({ "query": document, "variables": variables }));
        Self::of(match last_id {
            Some(id) => request.header("last-event-id", id),
            None => request,
        })
        .await
    }

    /// Sends any request and reads the response as a stream.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn of(request: reqwest::RequestBuilder) -> Result<Self, StreamError> {
        let response = timeout(TIMEOUT, request.send()).await.map_err(|_| StreamError::TimedOut(TIMEOUT))?;
        let response = response.map_err(|error| ended(&error))?;
        let status = response.status().as_u16();
        let is_stream = response
            .headers()
            .get("content-type")
            .is_some_and(|media| media.as_bytes().starts_with(b"text/event-stream"));
        if status != 200 || !is_stream {
            return Err(StreamError::Refused { status, body: response.text().await.unwrap_or_default() });
        }
        Ok(Self { response, rest: Vec::new(), events: VecDeque::new(), last_id: None })
    }

    /// A header of the response.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The next event, including comments.
    ///
    /// # Errors
    /// [`StreamError::TimedOut`] when nothing arrived, [`StreamError::Ended`] at the end.
    pub async fn receive(&mut self, within: Duration) -> Result<Event, StreamError> {
        let wait = async {
            loop {
                if let Some(event) = self.events.pop_front() {
                    if let Event::Next { id: Some(id), .. } = &event {
                        self.last_id = Some(id.clone()).filter(|id| !id.is_empty());
                    }
                    return Ok(event);
                }
                match self.response.chunk().await {
                    Ok(Some(bytes)) => self.take(&bytes)?,
                    Ok(None) => return Err(StreamError::Ended("in order".to_owned())),
                    Err(error) => return Err(ended(&error)),
                }
            }
        };
        timeout(within, wait).await.unwrap_or(Err(StreamError::TimedOut(within)))
    }

    /// The next event that is not a comment.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    pub async fn next(&mut self, within: Duration) -> Result<Event, StreamError> {
        let wait = async {
            loop {
                match self.receive(within).await? {
                    Event::Comment(_) => {}
                    event => return Ok(event),
                }
            }
        };
        timeout(within, wait).await.unwrap_or(Err(StreamError::TimedOut(within)))
    }

    /// The next result.
    ///
    /// # Errors
    /// As [`receive`](Self::receive); the end of the operation is a [`StreamError::Protocol`].
    pub async fn next_result(&mut self, within: Duration) -> Result<Value, StreamError> {
        match self.next(within).await? {
            Event::Next { data, .. } => serde_json::from_str(&data).map_err(|_| StreamError::Protocol(data)),
            other => Err(StreamError::Protocol(format!("{other:?}"))),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<u8> = self.rest.drain(..end + 2).collect();
            let block = String::from_utf8(block).map_err(|error| StreamError::Protocol(error.to_string()))?;
            self.events.push_back(read(block.trim_end_matches('\n'))?);
        }
        Ok(())
    }
}

/// A request to `/graphql/stream` that accepts event streams, without a time limit.
///
/// # Panics
/// Never: a client without TLS can always be built.
pub fn request(method: reqwest::Method, base_url: &str) -> reqwest::RequestBuilder {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client without TLS can always be built");
    client.request(method, format!("{base_url}/graphql/stream")).header("accept", "text/event-stream")
}

fn read(block: &str) -> Result<Event, StreamError> {
    let (mut event, mut id, mut data, mut comment) = (None, None, None, None);
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
        let known = match field {
            "" => &mut comment,
            "event" => &mut event,
            "id" => &mut id,
            "data" => &mut data,
            _ => return Err(StreamError::Protocol(block.to_owned())),
        };
        if known.replace(value).is_some() {
            return Err(StreamError::Protocol(format!("twice the same field: {block}")));
        }
    }
    match (event.as_deref(), data, comment) {
        (Some("next"), Some(data), None) => Ok(Event::Next { id, data }),
        // A browser skips an event without data.
        (Some("complete"), Some(_), None) if id.is_none() => Ok(Event::Complete),
        (None, None, Some(comment)) if id.is_none() => Ok(Event::Comment(comment)),
        _ => Err(StreamError::Protocol(block.to_owned())),
    }
}

fn ended(error: &reqwest::Error) -> StreamError {
    StreamError::Ended(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_events_of_the_protocol_are_accepted() {
        let next = Event::Next { id: Some("a".to_owned()), data: "{}".to_owned() };
        assert_eq!(read("id: a\nevent: next\ndata: {}").expect("an event"), next);
        assert_eq!(read("event: complete\ndata: ").expect("an event"), Event::Complete);
        assert_eq!(read(":").expect("an event"), Event::Comment(String::new()));
        for bad in ["event: complete", "data: {}", "event: next\ndata: 1\ndata: 2", "event: other\ndata: 1"] {
            read(bad).expect_err(bad);
        }
    }
}
