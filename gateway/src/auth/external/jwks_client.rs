//! The client for the public keys of an external issuer, with a cache.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::header::ACCEPT;
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::{Mutex, Semaphore};

use super::jwks::{self, Keys, PublicKey};
use super::trust_policy::TrustPolicy;
use crate::auth::AuthError;
use crate::clock::Clock;

/// Age at which keys are fetched again; a withdrawn key is refused within this time.
const MAX_AGE: TimeDelta = TimeDelta::minutes(5);
/// Minimum time between two fetches. Anybody can send a token with an unknown key name.
const MIN_INTERVAL: TimeDelta = TimeDelta::seconds(10);
/// Interval at which the age is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// Time limit of a fetch.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum size of a response, in bytes.
const MAX_SIZE: usize = 256 * 1_024;
/// Maximum number of callers that wait for a fetch; further ones are refused immediately.
const MAX_WAITING: usize = 64;

pub(super) type Http = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// The HTTP client of all issuers. It does not follow redirects, so only configured URLs are requested.
///
/// # Errors
/// When the host has no root certificates.
pub(super) fn client() -> std::io::Result<Http> {
    let connector = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
    Ok(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector))
}

/// The keys of one issuer.
pub(super) struct JwksClient {
    policy: Arc<TrustPolicy>,
    http: Http,
    clock: Clock,
    /// The last valid keys, with the time of their fetch. They stay in use while the issuer does not respond.
    known: RwLock<Option<(Arc<Keys>, DateTime<Utc>)>>,
    /// Time of the last fetch, successful or not.
    tried_at: Mutex<Option<DateTime<Utc>>>,
    waiting: Semaphore,
}

impl JwksClient {
    pub(super) fn new(policy: Arc<TrustPolicy>, http: Http, clock: Clock) -> Self {
        let (known, tried_at, waiting) = (RwLock::new(None), Mutex::new(None), Semaphore::new(MAX_WAITING));
        Self { policy, http, clock, known, tried_at, waiting }
    }

    /// The key of this name; an unknown key triggers a fetch.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] when the issuer has no such key; [`AuthError::Unavailable`] when it has never responded.
    pub(super) async fn find(&self, kid: &str) -> Result<PublicKey, AuthError> {
        if let Some(key) = self.get(kid) {
            return Ok(key);
        }
        if let Ok(_permit) = self.waiting.try_acquire() {
            self.fetch().await;
        }
        match (self.get(kid), self.is_known()) {
            (Some(key), _) => Ok(key),
            (None, true) => Err(AuthError::Invalid("key")),
            (None, false) => Err(AuthError::Unavailable(sea_orm::DbErr::Custom(
                "the keys of the issuer are not fetched yet".to_owned(),
            ))),
        }
    }

    /// The key of this name, if it is cached.
    pub(super) fn get(&self, kid: &str) -> Option<PublicKey> {
        self.known().as_ref().and_then(|(keys, _)| keys.get(kid).cloned())
    }

    /// Fetches the keys when they are old. Never returns.
    pub(super) async fn keep_fresh(&self) {
        let mut tick = tokio::time::interval(CHECK_INTERVAL);
        loop {
            tick.tick().await;
            let since = self.known().as_ref().map(|(_, since)| *since);
            if since.is_none_or(|since| self.clock.now() - since >= MAX_AGE) {
                self.fetch().await;
            }
        }
    }

    /// Fetches the keys unless that was just tried.
    async fn fetch(&self) {
        // Tasks that waited for the lock find that the fetch was just done.
        let mut tried_at = self.tried_at.lock().await;
        let now = self.clock.now();
        if tried_at.is_some_and(|at| (TimeDelta::zero()..MIN_INTERVAL).contains(&(now - at))) {
            return;
        }
        *tried_at = Some(now);
        let fetched = tokio::time::timeout(TIMEOUT, get(&self.http, &self.policy.jwks_url)).await;
        let read = fetched.unwrap_or_else(|_| Err("no response in time".to_owned()));
        let read = read.and_then(|text| jwks::read(&text, &self.policy.algorithms).map_err(str::to_owned));
        let outcome = if read.is_ok() { "ok" } else { "failed" };
        metrics::counter!("lodgate_jwks_fetches_total", "outcome" => outcome).increment(1);
        match read {
            Ok(keys) => {
                tracing::debug!(issuer = %self.policy.issuer, keys = keys.len(), "fetched the keys of an issuer");
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some((Arc::new(keys), now));
            }
            Err(error) => {
                tracing::warn!(issuer = %self.policy.issuer, error, "cannot fetch the keys of an issuer: the last valid ones stay in use");
            }
        }
    }

    fn is_known(&self) -> bool {
        self.known().is_some()
    }

    fn known(&self) -> Option<(Arc<Keys>, DateTime<Utc>)> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn get(http: &Http, url: &Uri) -> Result<Bytes, String> {
    let request = Request::get(url.clone()).header(ACCEPT, "application/jwk-set+json, application/json");
    let request = request.body(Empty::new()).map_err(|error| error.to_string())?;
    let answer = http.request(request).await.map_err(|error| causes(&error))?;
    if answer.status() != StatusCode::OK {
        return Err(format!("the response is {}", answer.status()));
    }
    let body = Limited::new(answer.into_body(), MAX_SIZE).collect().await.map_err(|error| error.to_string())?;
    Ok(body.to_bytes())
}

/// The error with its causes. The library's own text is only "client error".
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
