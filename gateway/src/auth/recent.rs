//! A cache of database lookups, so that not every request reads the account of its caller.

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Duration, Utc};
use moka::sync::Cache;
use sea_orm::DbErr;

/// Entries per cache.
const MAX_ENTRIES: u64 = 10_000;
/// While the database fails, entries up to this age are served. It equals the lifetime of a user's token.
const MAX_STALE: Duration = Duration::minutes(10);

/// Lookups by key, each fresh for `fresh_for`.
pub(crate) struct Recent<K, V> {
    fresh_for: Duration,
    /// Each value with the time of its lookup, by the node's clock.
    entries: Cache<K, (V, DateTime<Utc>)>,
    /// Number of invalidations. A lookup that began before one may have read the old row, and is not kept.
    invalidations: AtomicU64,
}

impl<K, V> fmt::Debug for Recent<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent").field("fresh_for", &self.fresh_for).finish_non_exhaustive()
    }
}

impl<K, V> Recent<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new(fresh_for: Duration) -> Self {
        let max_age = MAX_STALE.to_std().unwrap_or_default();
        let entries = Cache::builder().max_capacity(MAX_ENTRIES).time_to_live(max_age).build();
        Self { fresh_for, entries, invalidations: AtomicU64::new(0) }
    }

    /// The value of `key`: the cached one while it is fresh, else the result of `lookup`. An absent row is not cached,
    /// because it may be created at any time. When the lookup fails, a value of up to [`MAX_STALE`] is returned, so that
    /// callers still reach what is served from memory.
    pub(crate) async fn get<F>(&self, key: K, now: DateTime<Utc>, lookup: F) -> Result<Option<V>, DbErr>
    where
        F: Future<Output = Result<Option<V>, DbErr>>,
    {
        let invalidations = self.invalidations();
        let cached = self.entries.get(&key);
        if let Some((value, at)) = &cached
            && now.signed_duration_since(at) < self.fresh_for
        {
            return Ok(Some(value.clone()));
        }
        match lookup.await {
            Ok(Some(value)) => {
                self.insert(&key, value.clone(), now, invalidations);
                Ok(Some(value))
            }
            Ok(None) => {
                self.entries.invalidate(&key);
                Ok(None)
            }
            Err(error) => match cached {
                Some((value, at)) if now.signed_duration_since(at) < MAX_STALE => {
                    tracing::warn!(%error, "the database is unavailable: using the last known state of a caller");
                    Ok(Some(value))
                }
                _ => Err(error),
            },
        }
    }

    /// Removes the entries of these keys, and discards the lookups in progress.
    pub(crate) fn invalidate(&self, matches: impl Fn(&K) -> bool) {
        // Before the scan: a lookup that inserts after the scan sees the new number and removes its entry.
        self.invalidations.fetch_add(1, Ordering::SeqCst);
        for (key, _) in self.entries.iter().filter(|(key, _)| matches(key)) {
            self.entries.invalidate(&*key);
        }
    }

    fn insert(&self, key: &K, value: V, now: DateTime<Utc>, invalidations: u64) {
        if self.invalidations() != invalidations {
            return;
        }
        self.entries.insert(key.clone(), (value, now));
        // An invalidation between the check and the insert may have missed the entry.
        if self.invalidations() != invalidations {
            self.entries.invalidate(key);
        }
    }

    fn invalidations(&self) -> u64 {
        self.invalidations.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unavailable() -> DbErr {
        DbErr::Custom("unavailable".to_owned())
    }

    #[tokio::test]
    async fn a_lookup_is_repeated_when_it_is_no_longer_fresh() {
        let recent = Recent::new(Duration::seconds(5));
        let start = DateTime::from_timestamp(0, 0).unwrap();
        let at = |seconds| start + Duration::seconds(seconds);
        assert_eq!(recent.get("a", at(0), async { Ok(Some(1)) }).await.unwrap(), Some(1));
        assert_eq!(recent.get("a", at(4), async { Ok(Some(2)) }).await.unwrap(), Some(1));
        assert_eq!(recent.get("a", at(6), async { Ok(Some(2)) }).await.unwrap(), Some(2));
        assert_eq!(recent.get("a", at(60), async { Err(unavailable()) }).await.unwrap(), Some(2));
        assert!(recent.get("a", at(606), async { Err(unavailable()) }).await.is_err());
        assert_eq!(recent.get("a", at(607), async { Ok(None) }).await.unwrap(), None);
        assert_eq!(recent.get("a", at(607), async { Ok(Some(3)) }).await.unwrap(), Some(3));
    }

    #[tokio::test]
    async fn an_invalidation_removes_entries_and_discards_lookups_in_progress() {
        let recent = Recent::new(Duration::seconds(5));
        let now = DateTime::from_timestamp(0, 0).unwrap();
        for key in ["a", "b"] {
            recent.get(key, now, async { Ok(Some(1)) }).await.unwrap();
        }
        let overtaken = async {
            recent.invalidate(|key| *key == "a");
            Ok(Some(1))
        };
        recent.get("c", now, overtaken).await.unwrap();
        for (key, known) in [("a", 2), ("b", 1), ("c", 2)] {
            assert_eq!(recent.get(key, now, async { Ok(Some(2)) }).await.unwrap(), Some(known), "{key}");
        }
    }
}
