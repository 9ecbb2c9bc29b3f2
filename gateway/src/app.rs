//! The node: its database, caches, writer, feed and limits, shared by all requests.

use std::ops::Deref;
use std::sync::Arc;

use lodgate_entities::ids::TenantId;
use sea_orm::{ConnAcquireErr, DbErr};

use crate::auth::{Bearer, Externals, Issuer, Viewer};
use crate::cache::freshness::Freshness;
use crate::cache::property_list::{self, ListArgs, PropertyList};
use crate::cache::{ProcessCache, Reader, SyncPoint};
use crate::clock::Clock;
use crate::config::Config;
use crate::database::{ACQUIRE_TIMEOUT, Database};
use crate::fair_semaphore::FairSemaphore;
use crate::feed::{CursorKey, Feed, Hub};
use crate::inventory;
use crate::limits::{Limits, Plans};
use crate::persisted_documents::{PersistedQueries, TrustedDocuments};
use crate::presence::Presence;
use crate::redis::RedisClient;
use crate::writer::{Writer, WriterConfig};

/// Blocks in the process cache: up to 5 kB each with many contracts, so at most about 500 MB.
const MAX_BLOCKS: usize = 100_000;

/// The parts of the node.
pub struct Inner {
    /// The database.
    pub database: Database,
    /// Redis, when configured.
    pub redis: Option<RedisClient>,
    /// Reads of stock through the caches.
    pub reader: Reader,
    property_list: PropertyList,
    cache: Arc<ProcessCache>,
    /// The writer.
    pub writer: Writer,
    /// Subscribers of this node.
    pub hub: Arc<Hub>,
    /// Permits for the read connections, fair across tenants. A few connections are left to the node itself.
    read_permits: FairSemaphore,
    /// Permits for the reads of new subscribers, which could otherwise take every connection when many reconnect.
    pub catch_up_permits: FairSemaphore,
    /// Whether this node receives changes.
    pub freshness: Freshness,
    /// Open calendars of users.
    pub presence: Presence,
    /// The clock.
    pub clock: Clock,
    /// Signs and verifies tokens.
    pub issuer: Issuer,
    /// Authenticates callers.
    pub bearer: Bearer,
    /// Budgets by plan.
    pub limits: Limits,
    /// Automatic persisted queries.
    pub persisted_queries: PersistedQueries,
    /// Trusted documents.
    pub trusted_documents: TrustedDocuments,
    /// Signs cursors.
    pub cursor_key: CursorKey,
    /// Parameters of the inventory rules.
    pub rules: inventory::Limits,
    /// Maximum age of a cursor to resume from.
    pub resume_window: chrono::Duration,
}

/// The node, shared by all requests. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Inner {
    /// Runs `read` with a permit of that tenant for the read connections.
    ///
    /// # Errors
    /// The error of `read`, and a timeout when no permit is free in time.
    pub async fn read_for<T>(
        &self,
        tenant: TenantId,
        read: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, self.read_permits.acquire(tenant)).await;
        let _permit = permit.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        read.await
    }

    /// One page of the properties that the viewer may see.
    ///
    /// # Errors
    /// Any error of the database, and a timeout when no connection is free in time.
    pub async fn properties(&self, viewer: &Viewer, args: ListArgs) -> Result<Arc<property_list::Page>, DbErr> {
        // Before the read: a change of structure meanwhile makes the page stale, not current.
        let epoch = self.cache.structure_epoch();
        let key = (viewer.tenant, args);
        if let Some(page) = self.property_list.get(&key, epoch) {
            return Ok(page);
        }
        let page = self.read_for(viewer.tenant, property_list::load(&self.database, viewer, &key.1)).await?;
        let page = Arc::new(page);
        self.property_list.insert(key, epoch, Arc::clone(&page));
        Ok(page)
    }
}

/// Parts that tests replace.
#[derive(Clone, Default)]
pub struct TestHooks {
    /// The clock.
    pub clock: Clock,
    /// A point at which reads can be held.
    pub sync: SyncPoint,
}

impl App {
    /// Opens and migrates the database and starts the node's tasks.
    ///
    /// # Errors
    /// When the database cannot be reached or migrated, or a URL or key is unusable.
    pub async fn start(config: &Config, hooks: TestHooks) -> anyhow::Result<Self> {
        let TestHooks { clock, sync } = hooks;
        let database = Database::open(&config.database).await?;
        lodgate_migrations::migrate(&database.write).await?;
        let redis = config.redis.redis_url.as_ref().and_then(|url| url.get()).map(RedisClient::new).transpose()?;
        let issuer = Issuer::configured(
            &database.read,
            &database.write,
            &config.issuer.token_issuer,
            &config.issuer.signing_key_file,
            clock.clone(),
        )
        .await?;
        let externals = Externals::new(&config.externals.external_issuers, issuer.name(), clock.clone())?;
        let process = Arc::new(ProcessCache::new(MAX_BLOCKS));
        let freshness = Freshness::default();
        let presence = Presence::start(redis.clone());
        let (feed, hub) =
            Feed::start(database.read.clone(), process.clone(), redis.clone(), freshness.clone(), presence.clone());
        let rules = inventory::Limits {
            hold_minutes: config.inventory.hold_minutes,
            hold_minutes_max: config.inventory.hold_minutes_max,
            max_held_rooms: config.inventory.max_held_rooms,
            ..inventory::Limits::default()
        };
        let connections = usize::try_from(config.database.pool_size).unwrap_or(1);
        let lanes = usize::try_from(config.database.lanes).unwrap_or(1);
        let writer_config = WriterConfig { lanes, limits: rules, ..WriterConfig::default() };
        let writer = Writer::start(&database, clock.clone(), writer_config, feed).await?;
        let limits = Limits::start(Plans::from(&config.plans), clock.clone(), redis.clone());
        Ok(Self(Arc::new(Inner {
            cache: process.clone(),
            reader: Reader::new(database.read.clone(), process, redis.clone(), freshness.clone(), sync),
            property_list: PropertyList::new(freshness.clone()),
            writer,
            hub,
            read_permits: FairSemaphore::new(connections - connections / 5, connections / 2),
            catch_up_permits: FairSemaphore::new(connections / 3, connections / 6),
            freshness,
            presence,
            cursor_key: CursorKey::new(&issuer.cursor_key()),
            bearer: Bearer::new(database.read.clone(), issuer.clone(), externals, clock.clone()),
            issuer,
            limits,
            persisted_queries: PersistedQueries::new(redis.clone()),
            trusted_documents: TrustedDocuments::new(database.read.clone(), clock.clone()),
            clock,
            rules,
            resume_window: chrono::Duration::days(i64::from(config.inventory.resume_window_days)),
            redis,
            database,
        })))
    }
}
