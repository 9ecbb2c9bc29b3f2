//! Where the keys of an issuer come from: fetched, kept, and fetched again when there is reason to.

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

/// Keys are fetched again when they are so old: a key that was withdrawn is refused here within this time.
const FRESH: TimeDelta = TimeDelta::minutes(5);
/// Two fetches are so far apart whatever happens, as anybody can make up the name of a key.
const APART: TimeDelta = TimeDelta::seconds(10);
/// How often to look whether it is time.
const LOOK: Duration = Duration::from_secs(5);
/// Longest wait for the whole answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Largest answer, in bytes.
const LARGEST: usize = 256 * 1_024;
/// So many callers wait for a fetch; more are refused at once.
const WAITING: usize = 64;

pub(super) type Http = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// The client for all of them. It follows no redirect: what was configured is what is asked.
///
/// # Errors
/// When this machine has no certificates to trust.
pub(super) fn client() -> std::io::Result<Http> {
    let connector = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
    Ok(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector))
}

/// The keys of one issuer.
pub(super) struct JwksClient {
    policy: Arc<TrustPolicy>,
    http: Http,
    clock: Clock,
    /// The last good ones, and since when. They hold for as long as the issuer does not answer.
    known: RwLock<Option<(Arc<Keys>, DateTime<Utc>)>>,
    /// When it was last asked, whatever came of it.
    asked_at: Mutex<Option<DateTime<Utc>>>,
    waiting: Semaphore,
}

impl JwksClient {
    pub(super) fn new(policy: Arc<TrustPolicy>, http: Http, clock: Clock) -> Self {
        let (known, asked_at, waiting) = (RwLock::new(None), Mutex::new(None), Semaphore::new(WAITING));
        Self { policy, http, clock, known, asked_at, waiting }
    }

    /// The key of this name, after a look for it when it is not known.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] when the issuer has none; [`AuthError::Unavailable`] when it has never answered.
    pub(super) async fn find(&self, kid: &str) -> Result<PublicKey, AuthError> {
        if let Some(key) = self.get(kid) {
            return Ok(key);
        }
        if let Ok(_place) = self.waiting.try_acquire() {
            self.fetch().await;
        }
        match (self.get(kid), self.is_known()) {
            (Some(key), _) => Ok(key),
            (None, true) => Err(AuthError::Invalid("key")),
            (None, false) => {
                Err(AuthError::Unavailable(sea_orm::DbErr::Custom("no keys of the issuer yet".to_owned())))
            }
        }
    }

    /// The key of this name, if it is known.
    pub(super) fn get(&self, kid: &str) -> Option<PublicKey> {
        self.known().as_ref().and_then(|(keys, _)| keys.get(kid).cloned())
    }

    /// Fetches the keys when they are old, for as long as it is polled.
    pub(super) async fn keep_fresh(&self) {
        let mut tick = tokio::time::interval(LOOK);
        loop {
            tick.tick().await;
            let since = self.known().as_ref().map(|(_, since)| *since);
            if since.is_none_or(|since| self.clock.now() - since >= FRESH) {
                self.fetch().await;
            }
        }
    }

    /// Fetches the keys, unless that was just tried.
    async fn fetch(&self) {
        // Whoever waits here finds that it was just done.
        let mut asked_at = self.asked_at.lock().await;
        let now = self.clock.now();
        if asked_at.is_some_and(|at| (TimeDelta::zero()..APART).contains(&(now - at))) {
            return;
        }
        *asked_at = Some(now);
        let fetched = tokio::time::timeout(TIMEOUT, get(&self.http, &self.policy.jwks_url)).await;
        let read = fetched.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        let read = read.and_then(|text| jwks::read(&text, &self.policy.algorithms).map_err(str::to_owned));
        let outcome = if read.is_ok() { "ok" } else { "failed" };
        metrics::counter!("lodgate_jwks_fetches_total", "outcome" => outcome).increment(1);
        match read {
            Ok(keys) => {
                tracing::debug!(issuer = %self.policy.issuer, keys = keys.len(), "keys of an issuer");
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some((Arc::new(keys), now));
            }
            Err(error) => {
                tracing::warn!(issuer = %self.policy.issuer, error, "no keys of an issuer: the last good ones hold");
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
        return Err(format!("the answer is {}", answer.status()));
    }
    let body = Limited::new(answer.into_body(), LARGEST).collect().await.map_err(|error| error.to_string())?;
    Ok(body.to_bytes())
}

/// The library's own text stops at "client error".
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
