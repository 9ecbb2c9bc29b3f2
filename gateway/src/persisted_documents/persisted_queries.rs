//! Automatic persisted queries: a document that a client sent once with its hash, so that it need not send it again.
//!
//! A cache and nothing else: what is forgotten is answered `PERSISTED_QUERY_NOT_FOUND`, and the client sends it anew.
//! Each tenant has its own, so that nobody learns what another one asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use lodgate_entities::ids::TenantId;

use super::Hash;
use crate::redis::RedisCache;

/// Documents kept in process, of all tenants.
const MOST: usize = 2_000;
/// Longer documents are not kept, in bytes.
const LONGEST: usize = 16 * 1_024;
/// Places of one tenant in Redis, 32 MB when all are full. A document goes to the place that its hash says, whatever was
/// there, which bounds them without counting.
const PLACES: u16 = 2_048;
/// How long Redis keeps a tenant's documents after the last one was added.
const KEPT_SECONDS: i64 = 24 * 3_600;

/// The documents of this process, and the way to those of the others. Cheap to clone.
#[derive(Clone)]
pub struct PersistedQueries {
    known: Arc<Mutex<Known>>,
    redis: Option<RedisCache>,
}

#[derive(Default)]
struct Known {
    documents: HashMap<(TenantId, Hash), (Arc<str>, u64)>,
    /// Grows with each use: the smallest was used longest ago.
    uses: u64,
}

impl Known {
    fn get(&mut self, key: &(TenantId, Hash)) -> Option<Arc<str>> {
        self.uses += 1;
        let (text, used) = self.documents.get_mut(key)?;
        *used = self.uses;
        Some(text.clone())
    }

    fn put(&mut self, key: (TenantId, Hash), text: Arc<str>) {
        self.uses += 1;
        if self.documents.len() >= MOST && !self.documents.contains_key(&key) {
            let oldest = self.documents.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key);
            oldest.map(|key| self.documents.remove(&key));
        }
        self.documents.insert(key, (text, self.uses));
    }
}

fn redis_key(tenant: TenantId) -> String {
    format!("lodgate:{{t{tenant}}}:documents")
}

fn place(hash: &Hash) -> u16 {
    let bytes = hash.bytes();
    u16::from_be_bytes([bytes[0], bytes[1]]) % PLACES
}

impl PersistedQueries {
    /// Shared with other nodes over `redis`, if there is one.
    pub fn new(redis: Option<RedisCache>) -> Self {
        Self { known: Arc::default(), redis }
    }

    /// The document of this hash, if this tenant sent it.
    pub async fn recall(&self, tenant: TenantId, hash: Hash) -> Option<Arc<str>> {
        if let Some(text) = self.lock().get(&(tenant, hash)) {
            return Some(text);
        }
        let value = self.redis.as_ref()?.field(&redis_key(tenant), &place(&hash).to_string()).await?;
        // The place may hold another document, or what somebody else wrote there.
        let text: Arc<str> = String::from_utf8(value).ok().filter(|text| Hash::of(text) == hash)?.into();
        self.lock().put((tenant, hash), text.clone());
        Some(text)
    }

    /// Keeps a document whose hash was checked.
    pub async fn keep(&self, tenant: TenantId, hash: Hash, text: &str) {
        if text.len() > LONGEST || self.lock().get(&(tenant, hash)).is_some() {
            return;
        }
        self.lock().put((tenant, hash), text.into());
        if let Some(redis) = &self.redis {
            redis.set_field(&redis_key(tenant), &place(&hash).to_string(), text.as_bytes(), KEPT_SECONDS).await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        // Nothing panics while it is held.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_document_is_recalled_by_the_tenant_that_sent_it() {
        let persisted_queries = PersistedQueries::new(None);
        let (text, hash) = ("{ viewer { plan } }", Hash::of("{ viewer { plan } }"));
        assert_eq!(persisted_queries.recall(TenantId(1), hash).await, None);
        persisted_queries.keep(TenantId(1), hash, text).await;
        assert_eq!(persisted_queries.recall(TenantId(1), hash).await.as_deref(), Some(text));
        assert_eq!(persisted_queries.recall(TenantId(2), hash).await, None);
    }

    #[tokio::test]
    async fn what_was_used_longest_ago_goes_first_and_what_is_long_is_not_kept() {
        let persisted_queries = PersistedQueries::new(None);
        let hash = |number: usize| Hash::of(&number.to_string());
        for number in 0..MOST {
            persisted_queries.keep(TenantId(1), hash(number), &number.to_string()).await;
        }
        assert!(persisted_queries.recall(TenantId(1), hash(0)).await.is_some());
        persisted_queries.keep(TenantId(1), hash(MOST), &MOST.to_string()).await;
        assert!(persisted_queries.recall(TenantId(1), hash(0)).await.is_some(), "just used");
        assert!(persisted_queries.recall(TenantId(1), hash(1)).await.is_none());
        let long = "x".repeat(LONGEST + 1);
        persisted_queries.keep(TenantId(1), Hash::of(&long), &long).await;
        assert!(persisted_queries.recall(TenantId(1), Hash::of(&long)).await.is_none());
    }
}
