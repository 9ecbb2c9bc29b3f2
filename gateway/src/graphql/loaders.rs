//! Loaders that batch the reads of one execution. Every query and every event of a subscription gets new loaders, so that
//! no answer comes from an earlier execution.

use std::collections::HashMap;
use std::sync::Arc;

use ::dataloader::BatchFn;
use ::dataloader::cached::Loader;
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::{Data, Response};
use lodgate_entities::ids::{PropertyId, TenantId};
use lodgate_entities::tenant;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::app::App;
use crate::auth::Viewer;
use crate::cache::{BlockKey, VersionedBlock};
use crate::inventory::{Event, Reservation};
use crate::journal::{self, PropertyStructure, events};

/// A failed batch fails each of its keys.
pub type Failure = Arc<sea_orm::DbErr>;
/// The answer for one key.
pub type Found<V> = Result<Option<V>, Failure>;
type Loaded<K, V> = Result<HashMap<K, V>, sea_orm::DbErr>;

/// Answers every key: the loader panics on a key without an answer.
fn answer<K: Copy + Eq + std::hash::Hash, V>(
    keys: &[K],
    loaded: Loaded<K, V>,
) -> HashMap<K, Result<Option<V>, Failure>> {
    match loaded {
        Ok(mut found) => keys.iter().map(|key| (*key, Ok(found.remove(key)))).collect(),
        Err(error) => {
            let failure = Arc::new(error);
            keys.iter().map(|key| (*key, Err(failure.clone()))).collect()
        }
    }
}

/// A block, and the latest event that it must include.
pub type StockKey = (BlockKey, i64);

/// Loads stock blocks.
pub struct Blocks(App, TenantId);
impl BatchFn<StockKey, Result<Option<VersionedBlock>, Failure>> for Blocks {
    async fn load(&mut self, keys: &[StockKey]) -> HashMap<StockKey, Result<Option<VersionedBlock>, Failure>> {
        let blocks: Vec<BlockKey> = keys.iter().map(|(key, _)| *key).collect();
        let mut at_least: HashMap<PropertyId, i64> = HashMap::new();
        for (key, seq) in keys {
            let least = at_least.entry(key.property).or_default();
            *least = (*least).max(*seq);
        }
        let loaded = match self.0.reader.blocks_at_hand(&blocks, &at_least) {
            Some(found) => Ok(found),
            None => self.0.read_for(self.1, self.0.reader.blocks(&blocks, &at_least)).await,
        };
        let by_key =
            loaded.map(|found| keys.iter().filter_map(|key| Some((*key, found.get(&key.0)?.clone()))).collect());
        answer(keys, by_key)
    }
}

/// A property, and the latest event that its structure must include.
pub type StructureKey = (PropertyId, i64);

/// Loads the structure of properties.
pub struct Structures(App, TenantId);
impl BatchFn<StructureKey, Result<Option<Arc<PropertyStructure>>, Failure>> for Structures {
    async fn load(
        &mut self,
        keys: &[StructureKey],
    ) -> HashMap<StructureKey, Result<Option<Arc<PropertyStructure>>, Failure>> {
        let ids: Vec<PropertyId> = keys.iter().map(|(id, _)| *id).collect();
        let at_least = keys.iter().copied().collect();
        let loaded = match self.0.reader.structures_at_hand(&ids, &at_least) {
            Some(found) => Ok(found),
            None => self.0.read_for(self.1, self.0.reader.structures(&ids, &at_least)).await,
        };
        let by_key =
            loaded.map(|found| keys.iter().filter_map(|key| Some((*key, found.get(&key.0)?.clone()))).collect());
        answer(keys, by_key)
    }
}

/// Loads reservations with lines and draws.
pub struct Reservations(App, TenantId);
impl BatchFn<(PropertyId, Uuid), Result<Option<Reservation>, Failure>> for Reservations {
    async fn load(
        &mut self,
        keys: &[(PropertyId, Uuid)],
    ) -> HashMap<(PropertyId, Uuid), Result<Option<Reservation>, Failure>> {
        let read = journal::reservations_by_id(&self.0.database.read, keys);
        let loaded = self.0.read_for(self.1, read).await;
        answer(
            keys,
            loaded.map(|found| found.into_iter().map(|(id, (property, found))| ((property, id), found)).collect()),
        )
    }
}

/// Loads single events of the journal.
pub struct Events(App, TenantId);
impl BatchFn<(PropertyId, i64), Result<Option<Arc<Event>>, Failure>> for Events {
    async fn load(
        &mut self,
        keys: &[(PropertyId, i64)],
    ) -> HashMap<(PropertyId, i64), Result<Option<Arc<Event>>, Failure>> {
        let loaded = self.0.read_for(self.1, events::events(&self.0.database.read, keys)).await;
        answer(
            keys,
            loaded.map(|found| found.into_iter().map(|event| ((event.property, event.seq), Arc::new(event))).collect()),
        )
    }
}

/// Loads tenants.
pub struct Tenants(App, TenantId);
impl BatchFn<TenantId, Result<Option<tenant::Model>, Failure>> for Tenants {
    async fn load(&mut self, keys: &[TenantId]) -> HashMap<TenantId, Result<Option<tenant::Model>, Failure>> {
        let wanted = tenant::Entity::find().filter(tenant::Column::Id.is_in(keys.to_vec()));
        let rows = self.0.read_for(self.1, wanted.all(&self.0.database.read)).await;
        answer(keys, rows.map(|rows| rows.into_iter().map(|row| (row.id, row)).collect()))
    }
}

/// The loaders of one execution.
pub struct Loaders {
    /// Stock blocks.
    pub blocks: Loader<StockKey, Found<VersionedBlock>, Blocks>,
    /// Structure.
    pub structures: Loader<StructureKey, Found<Arc<PropertyStructure>>, Structures>,
    /// Reservations.
    pub reservations: Loader<(PropertyId, Uuid), Found<Reservation>, Reservations>,
    /// Events.
    pub events: Loader<(PropertyId, i64), Found<Arc<Event>>, Events>,
    /// Tenants.
    pub tenants: Loader<TenantId, Found<tenant::Model>, Tenants>,
}

/// Most keys of one batch.
const BATCH: usize = 20_000;
/// Scheduler turns that a loader waits for more keys. Siblings arrive within two; more turns only add latency.
const YIELDS: usize = 2;

impl Loaders {
    /// Empty loaders, for a caller of this tenant.
    pub fn new(app: &App, caller: TenantId) -> Self {
        Self {
            blocks: Loader::new(Blocks(app.clone(), caller)).with_max_batch_size(BATCH).with_yield_count(YIELDS),
            structures: Loader::new(Structures(app.clone(), caller))
                .with_max_batch_size(BATCH)
                .with_yield_count(YIELDS),
            reservations: Loader::new(Reservations(app.clone(), caller))
                .with_max_batch_size(BATCH)
                .with_yield_count(YIELDS),
            events: Loader::new(Events(app.clone(), caller)).with_max_batch_size(BATCH).with_yield_count(YIELDS),
            tenants: Loader::new(Tenants(app.clone(), caller)).with_max_batch_size(BATCH).with_yield_count(YIELDS),
        }
    }
}

/// An extension that gives every execution its own loaders.
pub struct FreshLoaders(pub App);

impl ExtensionFactory for FreshLoaders {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Fresh(self.0.clone()))
    }
}

struct Fresh(App);

#[async_trait::async_trait]
impl Extension for Fresh {
    /// Runs once per query or mutation, and once per event of a subscription.
    async fn execute(&self, ctx: &ExtensionContext<'_>, operation: Option<&str>, next: NextExecute<'_>) -> Response {
        let mut data = Data::default();
        // Nothing is executed without a caller.
        let caller = ctx.data_opt::<Viewer>().map_or(TenantId(0), |viewer| viewer.tenant);
        data.insert(Loaders::new(&self.0, caller));
        next.run_with_data(ctx, operation, data).await
    }
}
