//! Automatic persisted queries: a client sends a document once with its hash, and then only the hash.
//!
//! This is a cache only: an unknown hash is answered `PERSISTED_QUERY_NOT_FOUND`, and the client sends the document
//! again. Each tenant has its own entries, so that no tenant learns the documents of another.

use std::sync::Arc;

use lodgate_entities::ids::TenantId;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::Hash;
use crate::redis::RedisClient;

/// Documents kept in process, over all tenants.
const MAX_DOCUMENTS: u64 = 2_000;
/// Longer documents are not kept, in bytes.
const MAX_LENGTH: usize = 16 * 1_024;
/// Slots per tenant in Redis, 32 MB when all are full. The hash of a document determines its slot and replaces what is
/// there, which bounds the number of documents without counting them.
const SLOTS: u16 = 2_048;
/// Time in seconds for which Redis keeps a tenant's documents after the last insert.
const KEPT_SECONDS: i64 = 24 * 3_600;

/// The documents of this process, with Redis behind them. Cheap to clone.
#[derive(Clone)]
pub struct PersistedQueries {
    documents: Cache<(TenantId, Hash), Arc<str>>,
    redis: Option<RedisClient>,
}

fn redis_key(tenant: TenantId) -> String {
    format!("lodgate:{{t{tenant}}}:documents")
}

fn slot(hash: &Hash) -> String {
    let bytes = hash.bytes();
    (u16::from_be_bytes([bytes[0], bytes[1]]) % SLOTS).to_string()
}

impl PersistedQueries {
    /// An empty cache, shared with other nodes over `redis` if there is one.
    pub fn new(redis: Option<RedisClient>) -> Self {
        let documents = Cache::builder().max_capacity(MAX_DOCUMENTS).eviction_policy(EvictionPolicy::lru()).build();
        Self { documents, redis }
    }

    /// The document with this hash, if this tenant sent it.
    pub async fn get(&self, tenant: TenantId, hash: Hash) -> Option<Arc<str>> {
        if let Some(text) = self.documents.get(&(tenant, hash)) {
            return Some(text);
        }
        let value = self.redis.as_ref()?.field(&redis_key(tenant), &slot(&hash)).await?;
        // The slot may hold another document, or data that another program wrote.
        let text: Arc<str> = String::from_utf8(value).ok().filter(|text| Hash::of(text) == hash)?.into();
        self.documents.insert((tenant, hash), text.clone());
        Some(text)
    }

    /// Keeps a document whose hash was checked.
    pub async fn insert(&self, tenant: TenantId, hash: Hash, text: &str) {
        if text.len() > MAX_LENGTH || self.documents.get(&(tenant, hash)).is_some() {
            return;
        }
        self.documents.insert((tenant, hash), text.into());
        if let Some(redis) = &self.redis {
            redis.set_field(&redis_key(tenant), &slot(&hash), text.as_bytes(), KEPT_SECONDS).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_document_is_returned_to_the_tenant_that_sent_it() {
        let queries = PersistedQueries::new(None);
        let (text, hash) = ("{ viewer { plan } }", Hash::of("{ viewer { plan } }"));
        assert_eq!(queries.get(TenantId(1), hash).await, None);
        queries.insert(TenantId(1), hash, text).await;
        assert_eq!(queries.get(TenantId(1), hash).await.as_deref(), Some(text));
        assert_eq!(queries.get(TenantId(2), hash).await, None);
    }

    #[tokio::test]
    async fn the_least_recently_used_document_is_evicted_and_a_long_one_is_not_kept() {
        let queries = PersistedQueries::new(None);
        let hash = |number: u64| Hash::of(&number.to_string());
        for number in 0..MAX_DOCUMENTS {
            queries.insert(TenantId(1), hash(number), &number.to_string()).await;
        }
        queries.documents.run_pending_tasks();
        assert!(queries.get(TenantId(1), hash(0)).await.is_some());
        queries.documents.run_pending_tasks();
        queries.insert(TenantId(1), hash(MAX_DOCUMENTS), &MAX_DOCUMENTS.to_string()).await;
        queries.documents.run_pending_tasks();
        assert!(queries.get(TenantId(1), hash(0)).await.is_some(), "recently used");
        assert!(queries.get(TenantId(1), hash(1)).await.is_none());
        let long = "x".repeat(MAX_LENGTH + 1);
        queries.insert(TenantId(1), Hash::of(&long), &long).await;
        assert!(queries.get(TenantId(1), Hash::of(&long)).await.is_none());
    }
}
