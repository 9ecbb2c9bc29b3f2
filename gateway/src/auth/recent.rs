//! Recent answers of the database, so that not every request asks it who the caller is.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};
use sea_orm::DbErr;

/// More entries than this are not kept.
const MOST: usize = 10_000;
/// While the database is away an answer may be so old. Tokens of people live about as long.
const WHILE_AWAY: Duration = Duration::minutes(10);

/// Answers by key, each trusted for `fresh_for`.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    fresh_for: Duration,
    known: Mutex<Known<K, V>>,
}

#[derive(Debug)]
struct Known<K, V> {
    entries: HashMap<K, (V, DateTime<Utc>)>,
    /// How often something was forgotten: an answer that was asked for before is not kept after.
    forgotten: u64,
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    pub(crate) fn new(fresh_for: Duration) -> Self {
        Self { fresh_for, known: Mutex::new(Known { entries: HashMap::new(), forgotten: 0 }) }
    }

    /// The answer for `key`, from memory while it is fresh, else from `ask`. "There is none" is not remembered, as it
    /// may be made the next moment. When the database does not answer, an older answer is better than locking everybody
    /// out of what is still served from memory.
    pub(crate) async fn get<F>(&self, key: K, now: DateTime<Utc>, ask: F) -> Result<Option<V>, DbErr>
    where
        F: Future<Output = Result<Option<V>, DbErr>>,
    {
        let (known, forgotten) = {
            let all = self.lock();
            (all.entries.get(&key).cloned(), all.forgotten)
        };
        if let Some((value, at)) = &known
            && now.signed_duration_since(at) < self.fresh_for
        {
            return Ok(Some(value.clone()));
        }
        match ask.await {
            Ok(Some(value)) => {
                self.keep(key, value.clone(), now, forgotten);
                Ok(Some(value))
            }
            Ok(None) => {
                self.lock().entries.remove(&key);
                Ok(None)
            }
            Err(error) => match known {
                Some((value, at)) if now.signed_duration_since(at) < WHILE_AWAY => {
                    tracing::warn!(%error, "the database is away: trusting what was known of a caller");
                    Ok(Some(value))
                }
                _ => Err(error),
            },
        }
    }

    /// Forgets the answers for these keys, and those that are under way: the next one is asked for anew.
    pub(crate) fn forget(&self, which: impl Fn(&K) -> bool) {
        let mut known = self.lock();
        known.entries.retain(|key, _| !which(key));
        known.forgotten += 1;
    }

    fn keep(&self, key: K, value: V, now: DateTime<Utc>, forgotten: u64) {
        let mut known = self.lock();
        if known.forgotten != forgotten {
            return;
        }
        let entries = &mut known.entries;
        if entries.len() >= MOST {
            entries.retain(|_, (_, at)| now.signed_duration_since(*at) < self.fresh_for);
            if entries.len() >= MOST {
                entries.clear();
            }
        }
        entries.insert(key, (value, now));
    }

    fn lock(&self) -> MutexGuard<'_, Known<K, V>> {
        // Nothing panics while it is held, and a half-made map cannot exist.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away() -> DbErr {
        DbErr::Custom("away".to_owned())
    }

    #[tokio::test]
    async fn an_answer_is_asked_for_again_when_it_is_old() {
        let recent = Recent::new(Duration::seconds(5));
        let start = DateTime::from_timestamp(0, 0).unwrap();
        let at = |seconds| start + Duration::seconds(seconds);
        assert_eq!(recent.get("a", at(0), async { Ok(Some(1)) }).await.unwrap(), Some(1));
        assert_eq!(recent.get("a", at(4), async { Ok(Some(2)) }).await.unwrap(), Some(1));
        assert_eq!(recent.get("a", at(6), async { Ok(Some(2)) }).await.unwrap(), Some(2));
        assert_eq!(recent.get("a", at(60), async { Err(away()) }).await.unwrap(), Some(2));
        assert!(recent.get("a", at(606), async { Err(away()) }).await.is_err());
        assert_eq!(recent.get("a", at(607), async { Ok(None) }).await.unwrap(), None);
        assert_eq!(recent.get("a", at(607), async { Ok(Some(3)) }).await.unwrap(), Some(3));
    }

    #[tokio::test]
    async fn what_is_forgotten_is_asked_for_again_and_what_was_under_way_is_not_kept() {
        let recent = Recent::new(Duration::seconds(5));
        let now = DateTime::from_timestamp(0, 0).unwrap();
        for key in ["a", "b"] {
            recent.get(key, now, async { Ok(Some(1)) }).await.unwrap();
        }
        let overtaken = async {
            recent.forget(|key| *key == "a");
            Ok(Some(1))
        };
        recent.get("c", now, overtaken).await.unwrap();
        for (key, known) in [("a", 2), ("b", 1), ("c", 2)] {
            assert_eq!(recent.get(key, now, async { Ok(Some(2)) }).await.unwrap(), Some(known), "{key}");
        }
    }
}
