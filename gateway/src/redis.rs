//! The connection to Redis, with a circuit breaker: every wait is short, and after a failure a node does without Redis
//! for a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Pipeline, RedisError};

/// Maximum wait for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(250);
/// Time for which the breaker stays open after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// A connection that reconnects by itself, behind a circuit breaker. Cheap to clone.
#[derive(Clone)]
pub struct RedisClient {
    client: redis::Client,
    connection: Arc<tokio::sync::OnceCell<ConnectionManager>>,
    started: Instant,
    open_until_ms: Arc<AtomicU64>,
}

impl RedisClient {
    /// Connects at first use, so that a node starts without Redis.
    ///
    /// # Errors
    /// When the URL is not a Redis URL.
    pub fn new(url: &str) -> Result<Self, RedisError> {
        Ok(Self {
            client: redis::Client::open(url)?,
            connection: Arc::default(),
            started: Instant::now(),
            open_until_ms: Arc::default(),
        })
    }

    /// The client, for other kinds of connections.
    pub(crate) fn client(&self) -> &redis::Client {
        &self.client
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether the breaker is closed.
    pub fn is_up(&self) -> bool {
        self.open_until_ms.load(Ordering::Relaxed) <= self.elapsed_ms()
    }

    /// Runs one exchange within the time limit. A failure opens the breaker and gives `None`.
    pub(crate) async fn exchange<T>(
        &self,
        name: &'static str,
        command: impl AsyncFnOnce(ConnectionManager) -> Result<T, RedisError>,
    ) -> Option<T> {
        if !self.is_up() {
            return None;
        }
        let work = async {
            let connect = || async {
                let config = ConnectionManagerConfig::new()
                    .set_response_timeout(Some(ANSWER_TIMEOUT))
                    .set_connection_timeout(Some(ANSWER_TIMEOUT))
                    .set_number_of_retries(1);
                ConnectionManager::new_with_config(self.client.clone(), config).await
            };
            command(self.connection.get_or_try_init(connect).await?.clone()).await
        };
        let failure = match tokio::time::timeout(ANSWER_TIMEOUT * 2, work).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        let pause = u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX);
        self.open_until_ms.store(self.elapsed_ms() + pause, Ordering::Relaxed);
        tracing::warn!(command = name, failure, "redis failed; pausing");
        None
    }

    /// Whether Redis answers now; for readiness.
    pub async fn ping(&self) -> bool {
        let command =
            async |mut connection: ConnectionManager| redis::cmd("PING").query_async::<String>(&mut connection).await;
        self.exchange("ping", command).await.is_some()
    }

    /// A field of a hash.
    pub(crate) async fn field(&self, key: &str, field: &str) -> Option<Vec<u8>> {
        let command = async |mut connection: ConnectionManager| {
            redis::cmd("HGET").arg(key).arg(field).query_async::<Option<Vec<u8>>>(&mut connection).await
        };
        self.exchange("read a field", command).await.flatten()
    }

    /// Writes a field of a hash; the whole hash expires after `kept_seconds`.
    pub(crate) async fn set_field(&self, key: &str, field: &str, value: &[u8], kept_seconds: i64) {
        let mut pipeline = Pipeline::new();
        pipeline.hset(key, field, value).ignore().expire(key, kept_seconds).ignore();
        let command = async |mut connection: ConnectionManager| pipeline.query_async::<()>(&mut connection).await;
        self.exchange("write a field", command).await;
    }

    /// Publishes a message on a channel.
    pub(crate) async fn tell(&self, channel: &str, message: &str) {
        let command = async |mut connection: ConnectionManager| {
            redis::cmd("PUBLISH").arg(channel).arg(message).query_async::<i64>(&mut connection).await
        };
        self.exchange("publish a message", command).await;
    }
}
