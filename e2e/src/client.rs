//! A GraphQL client over HTTP. It distinguishes a refused call from a call with an unknown result.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::Rng;
use reqwest::{StatusCode, header::RETRY_AFTER};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// The gateway closes idle connections after 10 s.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The reason why a call returned no data.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No response: refused, reset or timed out. It is *unknown* whether the call took effect.
    #[error("no response: {0}")]
    Transport(String),
    /// A response with a status other than 200.
    #[error("HTTP {status}: {body}")]
    Http {
        /// The status code.
        status: u16,
        /// The wait that `Retry-After` (seconds) or `extensions.retryAfterMs` asks for.
        retry_after: Option<Duration>,
        /// The GraphQL errors of the body; empty when it has none.
        errors: Vec<GraphQlError>,
        /// The first 500 bytes of the body, for the message.
        body: String,
    },
    /// Top-level `errors` with status 200.
    #[error("{}", list(.0))]
    GraphQl(Vec<GraphQlError>),
}

/// One top-level error of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphQlError {
    /// A text for people.
    pub message: String,
    /// `extensions.code`, such as `RATE_LIMITED`; empty when absent.
    pub code: String,
    /// `extensions.field`: the part of the input at fault.
    pub field: Option<String>,
    /// `extensions.retryable`.
    pub retryable: bool,
    /// `extensions.retryAfterMs`.
    pub retry_after: Option<Duration>,
}

impl ClientError {
    /// The code of the first GraphQL error, or an empty text.
    pub fn code(&self) -> &str {
        self.errors().first().map_or("", |error| &error.code)
    }

    /// The HTTP status, when it was not 200.
    pub fn status(&self) -> Option<u16> {
        if let Self::Http { status, .. } = self { Some(*status) } else { None }
    }

    /// True when the same request may be sent again: without a response, or when the gateway says so.
    pub fn is_retryable(&self) -> bool {
        let invited = self
            .errors()
            .iter()
            .any(|error| error.retryable || matches!(&*error.code, "RATE_LIMITED" | "UNAVAILABLE" | "TIMEOUT"));
        match self {
            Self::Transport(_) => true,
            Self::Http { status, .. } => invited || matches!(status, 408 | 429 | 502 | 503 | 504),
            Self::GraphQl(_) => invited,
        }
    }

    /// True when the tenant's limit was the reason; the gateway itself is available.
    pub fn is_rate_limited(&self) -> bool {
        self.status() == Some(429) || self.code() == "RATE_LIMITED"
    }

    /// The wait that the gateway asks for.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Http { retry_after: Some(wait), .. } => Some(*wait),
            _ => self.errors().iter().filter_map(|error| error.retry_after).max(),
        }
    }

    /// The GraphQL errors of the response; empty without a response.
    pub fn errors(&self) -> &[GraphQlError] {
        match self {
            Self::Transport(_) => &[],
            Self::Http { errors, .. } | Self::GraphQl(errors) => errors,
        }
    }
}

/// One API client: an address, a token and a pool of kept-alive connections. Clones share the pool.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    endpoint: String,
    token: String,
    retries: Arc<AtomicU64>,
}

impl Client {
    /// A client of the gateway at `base_url` (`http://host:port`) with a bearer token; an empty token is not sent.
    pub fn new(base_url: &str, token: &str) -> Self {
        Self::over(&pool(), base_url, token)
    }

    /// A client with another token, over the same connections.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), retries: Arc::default(), ..self.clone() }
    }

    /// As [`new`](Self::new), over a given pool.
    pub fn over(http: &reqwest::Client, base_url: &str, token: &str) -> Self {
        let endpoint = format!("{}/graphql", base_url.trim_end_matches('/'));
        Self { http: http.clone(), endpoint, token: token.to_owned(), retries: Arc::default() }
    }

    /// The same client for another gateway, over the same pool.
    pub fn at(&self, base_url: &str) -> Self {
        Self::over(&self.http, base_url, &self.token)
    }

    /// The bearer token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The number of retries of [`retrying`](Self::retrying), over all clones of this client.
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Sends one operation and returns its `data`.
    ///
    /// # Errors
    /// See [`ClientError`]. `userErrors` are data, not errors.
    pub async fn query(&self, document: &str, variables: &Value) -> Result<Value, ClientError> {
        let mut request = self.http.post(&self.endpoint).json(&json!({ "query": document, "variables": variables }));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        let answer = request.send().await.map_err(transport)?;
        let (status, header) = (answer.status(), retry_after_header(&answer));
        let body = answer.bytes().await.map_err(transport)?;
        let parsed: Option<Value> = serde_json::from_slice(&body).ok();
        let errors = parsed.as_ref().map(errors_of).unwrap_or_default();

        if status != StatusCode::OK {
            let retry_after = errors.iter().filter_map(|error| error.retry_after).max().or(header);
            let body = String::from_utf8_lossy(&body[..body.len().min(500)]).into_owned();
            return Err(ClientError::Http { status: status.as_u16(), retry_after, errors, body });
        }
        if !errors.is_empty() {
            return Err(ClientError::GraphQl(errors));
        }
        match parsed {
            Some(Value::Object(mut answer)) => Ok(answer.remove("data").unwrap_or_default()),
            _ => Err(ClientError::Transport("the answer is no JSON object".to_owned())),
        }
    }

    /// As [`query`](Self::query), repeated while the error allows it. The pause between two attempts doubles from 50 ms
    /// to 2 s, is jittered, and is never shorter than the gateway asks for.
    ///
    /// `patience` is the time that the gateway may be unavailable. A `RATE_LIMITED` response shows that the gateway is
    /// available and restarts that time, up to ten times in all. Mutations need an idempotency key, or a retry may
    /// apply them twice.
    ///
    /// # Errors
    /// The last error, when it cannot be retried or the patience is used up.
    pub async fn retrying(&self, document: &str, variables: &Value, patience: Duration) -> Result<Value, ClientError> {
        let begun = Instant::now();
        let mut well_at = begun;
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.query(document, variables).await {
                Err(error) if error.is_retryable() => error,
                outcome => return outcome,
            };
            if error.is_rate_limited() {
                well_at = Instant::now();
            }
            let jittered = pause.mul_f64(rand::rng().random_range(0.5..1.0));
            let wait = jittered + error.retry_after().unwrap_or_default();
            if well_at.elapsed() + wait > patience || begun.elapsed() > patience * 10 {
                return Err(error);
            }
            self.retries.fetch_add(1, Ordering::Relaxed);
            sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// A pool without a limit of idle connections, each kept for 5 s; a request times out after 30 s.
pub fn pool() -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(ANSWER_WITHIN)
        .pool_max_idle_per_host(usize::MAX)
        // A request must not meet a connection that the gateway closes.
        .pool_idle_timeout(IDLE_TIMEOUT)
        // Traffic to loopback must not use a proxy that the environment names.
        .no_proxy()
        .build()
        .expect("a client without TLS can always be built")
}

/// The GraphQL errors of a response body.
pub(crate) fn errors_of(body: &Value) -> Vec<GraphQlError> {
    let errors = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors
        .iter()
        .map(|error| {
            let extensions = &error["extensions"];
            GraphQlError {
                message: error["message"].as_str().unwrap_or_default().to_owned(),
                code: extensions["code"].as_str().unwrap_or_default().to_owned(),
                field: extensions["field"].as_str().map(str::to_owned),
                retryable: extensions["retryable"].as_bool().unwrap_or_default(),
                retry_after: extensions["retryAfterMs"].as_u64().map(Duration::from_millis),
            }
        })
        .collect()
}

fn retry_after_header(answer: &reqwest::Response) -> Option<Duration> {
    answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

fn list(errors: &[GraphQlError]) -> String {
    errors.iter().map(|error| format!("{} ({})", error.message, error.code)).collect::<Vec<_>>().join("; ")
}

/// Includes the causes: reqwest's own text stops at "error sending request".
#[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
fn transport(error: reqwest::Error) -> ClientError {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    ClientError::Transport(text)
}
