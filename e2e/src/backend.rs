//! The databases that a gateway can run on, and tests that run on several of them.

use crate::{
    gateway::{Gateway, GatewayBuilder},
    postgres::{Postgres, postgres},
    redis::Redis,
};

/// A database, and Redis if the gateways use it. All gateways of one backend but SQLite share their data.
#[derive(Debug)]
pub struct Backend {
    database_url: Option<String>,
    redis: Option<Redis>,
    /// Ends with the backend; `None` for the shared server.
    _own_postgres: Option<Postgres>,
}

impl Backend {
    /// The embedded database. Each gateway has its own.
    pub async fn sqlite() -> Self {
        Self { database_url: None, redis: None, _own_postgres: None }
    }

    /// A new database on the shared PostgreSQL server, without Redis.
    pub async fn postgres() -> Self {
        Self { database_url: Some(postgres().await.database().await), redis: None, _own_postgres: None }
    }

    /// A new database on the shared PostgreSQL server, and a Redis server.
    pub async fn postgres_and_redis() -> Self {
        Self { redis: Some(Redis::start_own().await), ..Self::postgres().await }
    }

    /// A PostgreSQL server with durable writes, without Redis.
    pub async fn durable_postgres() -> Self {
        let server = Postgres::start_own().await;
        Self { database_url: Some(server.database().await), redis: None, _own_postgres: Some(server) }
    }

    /// A PostgreSQL server with durable writes, and a Redis server.
    pub async fn durable_postgres_and_redis() -> Self {
        Self { redis: Some(Redis::start_own().await), ..Self::durable_postgres().await }
    }

    /// A gateway on this backend.
    pub fn gateway(&self) -> GatewayBuilder {
        let mut builder = Gateway::builder();
        if let Some(url) = &self.database_url {
            builder = builder.database_url(url);
        }
        if let Some(redis) = &self.redis {
            builder = builder.redis_url(&redis.url());
        }
        builder
    }

    /// The Redis server.
    ///
    /// # Panics
    /// When the backend has none.
    pub fn redis(&self) -> &Redis {
        self.redis.as_ref().unwrap_or_else(|| panic!("this backend has no Redis"))
    }

    /// True when the gateways use Redis.
    pub fn has_redis(&self) -> bool {
        self.redis.is_some()
    }
}

/// Runs a test on several backends: `on_backends!(holds_expire on sqlite, postgres_and_redis);` calls the function
/// `holds_expire(backend: Backend)` from the tests `holds_expire::sqlite` and `holds_expire::postgres_and_redis`.
#[macro_export]
macro_rules! on_backends {
    ($test:ident on $($backend:ident),+) => {
        mod $test {
            $(
                #[tokio::test]
                async fn $backend() {
                    super::$test($crate::Backend::$backend().await).await;
                }
            )+
        }
    };
}
