//! Who has which hotel's calendar open, for colleagues to see.
//!
//! It lives in memory and is no authority on anything: every page says again and again where it is, and one that has
//! fallen silent is gone. Through Redis the nodes repeat each other's pages; without it each knows its own.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use lodgate_entities::ids::{PropertyId, RoomTypeId, UserId};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};

use crate::redis::RedisCache;

/// A page that said nothing for so long has gone. Pages say something every 15 s, so that one word may be lost.
const SILENCE: Duration = Duration::from_secs(40);
/// Pages that are shown at a property.
const MAX_PAGES: usize = 50;
/// Words that wait to be published; one that is dropped is said again.
const PUBLISH_QUEUE: usize = 1_000;
/// Where nodes tell each other.
pub(crate) const CHANNEL: &str = "lodgate:presence";

/// A page that somebody has open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Made by the page.
    pub id: String,
    /// Whose it is.
    pub person: UserId,
    /// The person, for people to read.
    pub actor: String,
    /// The room types that it looks at.
    pub room_types: Vec<RoomTypeId>,
    /// First night that it looks at.
    pub from: Option<NaiveDate>,
    /// Last night that it looks at, included.
    pub through: Option<NaiveDate>,
}

/// Two people's pages may have the same id and are two pages all the same.
type PageKey = (UserId, String);

/// What a page says, as nodes repeat it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Word {
    /// The node that was told.
    node: u64,
    page: Page,
    /// The property whose calendar it shows; `None`: it has gone.
    property: Option<PropertyId>,
}

/// The pages at one property.
#[derive(Default)]
struct Board {
    pages: BTreeMap<PageKey, (Page, Instant)>,
    /// The same, as those who watch are told.
    told: watch::Sender<Arc<[Page]>>,
}

#[derive(Default)]
struct Boards {
    by_property: HashMap<PropertyId, Board>,
    /// Where each page is: at one property at a time.
    places: HashMap<PageKey, PropertyId>,
}

/// Who has which calendar open. Cheap to clone; one a node.
#[derive(Clone)]
pub struct Presence {
    node: u64,
    boards: Arc<Mutex<Boards>>,
    publish: Option<mpsc::Sender<Word>>,
}

/// The property shows as many pages as it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Presence {
    /// Starts the tasks that forget the silent and, with Redis, tell the other nodes.
    pub fn start(redis: Option<RedisCache>) -> Self {
        let publish = redis.map(|redis| {
            let (sender, queue) = mpsc::channel(PUBLISH_QUEUE);
            tokio::spawn(publish(redis, queue));
            sender
        });
        let presence = Self { node: rand::random(), boards: Arc::default(), publish };
        tokio::spawn(presence.clone().forget_the_silent());
        presence
    }

    /// A page says that it shows the calendar of a property, or that it has gone.
    ///
    /// # Errors
    /// When no more pages are shown at the property.
    pub fn say(&self, page: Page, property: Option<PropertyId>) -> Result<(), Full> {
        let word = Word { node: self.node, page, property };
        self.lock().take(&word, Instant::now())?;
        if let Some(publish) = &self.publish
            && publish.try_send(word).is_err()
        {
            metrics::counter!("lodgate_hints_dropped_total").increment(1);
        }
        Ok(())
    }

    /// Takes what a node published.
    pub(crate) fn apply_remote(&self, message: &[u8]) {
        match serde_json::from_slice::<Word>(message) {
            // Its own words come back to it, maybe after it has heard newer ones.
            Ok(word) if word.node == self.node => {}
            // At a full property the page is not shown here either.
            Ok(word) => drop(self.lock().take(&word, Instant::now())),
            Err(error) => tracing::warn!(%error, "another node's presence can't be read"),
        }
    }

    /// The pages at a property as they are, and whenever they change; by actor.
    pub fn watch(&self, property: PropertyId) -> watch::Receiver<Arc<[Page]>> {
        self.lock().by_property.entry(property).or_default().told.subscribe()
    }

    async fn forget_the_silent(self) {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        loop {
            tick.tick().await;
            self.lock().forget_the_silent(Instant::now());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Boards> {
        // Nothing panics while it is held.
        self.boards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Boards {
    fn take(&mut self, word: &Word, now: Instant) -> Result<(), Full> {
        let key = (word.page.person, word.page.id.clone());
        if let Some(before) = self.places.get(&key).copied().filter(|before| Some(*before) != word.property) {
            self.places.remove(&key);
            if let Some(board) = self.by_property.get_mut(&before) {
                board.pages.remove(&key);
                board.tell();
            }
        }
        let Some(property) = word.property else { return Ok(()) };
        let board = self.by_property.entry(property).or_default();
        if board.pages.len() >= MAX_PAGES && !board.pages.contains_key(&key) {
            return Err(Full);
        }
        let before = board.pages.insert(key.clone(), (word.page.clone(), now));
        if before.is_none_or(|(before, _)| before != word.page) {
            board.tell();
        }
        self.places.insert(key, property);
        Ok(())
    }

    fn forget_the_silent(&mut self, now: Instant) {
        let Self { by_property, places } = self;
        by_property.retain(|_, board| {
            let before = board.pages.len();
            board.pages.retain(|key, (_, heard)| {
                let stays = now.saturating_duration_since(*heard) < SILENCE;
                if !stays {
                    places.remove(key);
                }
                stays
            });
            if board.pages.len() < before {
                board.tell();
            }
            !board.pages.is_empty() || board.told.receiver_count() > 0
        });
    }
}

impl Board {
    fn tell(&self) {
        let mut pages: Vec<Page> = self.pages.values().map(|(page, _)| page.clone()).collect();
        pages.sort_by(|one, other| (&one.actor, &one.id).cmp(&(&other.actor, &other.id)));
        self.told.send_replace(pages.into());
    }
}

async fn publish(redis: RedisCache, mut queue: mpsc::Receiver<Word>) {
    while let Some(word) = queue.recv().await {
        if let Ok(message) = serde_json::to_string(&word) {
            redis.tell(CHANNEL, &message).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: PropertyId = PropertyId(1);
    const THERE: PropertyId = PropertyId(2);

    fn page(person: i64, id: &str) -> Page {
        Page {
            id: id.to_owned(),
            person: UserId(person),
            actor: format!("person {person}"),
            room_types: vec![RoomTypeId(7)],
            from: None,
            through: None,
        }
    }

    fn word(page: Page, property: Option<PropertyId>) -> Word {
        Word { node: 1, page, property }
    }

    /// A node without tasks.
    fn node() -> Presence {
        Presence { node: rand::random(), boards: Arc::default(), publish: None }
    }

    fn ids(told: &mut watch::Receiver<Arc<[Page]>>) -> Vec<String> {
        told.borrow_and_update().iter().map(|page| page.id.clone()).collect()
    }

    #[test]
    fn a_page_comes_looks_elsewhere_and_goes() {
        let node = node();
        let (mut here, mut there) = (node.watch(HERE), node.watch(THERE));
        node.say(page(2, "b"), Some(HERE)).unwrap();
        node.say(page(1, "a"), Some(HERE)).unwrap();
        assert_eq!(ids(&mut here), ["a", "b"]);
        node.say(page(1, "a"), Some(HERE)).unwrap();
        assert!(!here.has_changed().unwrap(), "the same again is no news");
        node.say(Page { room_types: vec![], ..page(1, "a") }, Some(HERE)).unwrap();
        assert!(here.has_changed().unwrap());
        node.say(page(1, "a"), Some(THERE)).unwrap();
        assert_eq!((ids(&mut here), ids(&mut there)), (vec!["b".to_owned()], vec!["a".to_owned()]));
        node.say(page(1, "a"), None).unwrap();
        node.say(page(1, "a"), None).unwrap();
        assert_eq!(ids(&mut there), [""; 0]);
    }

    #[test]
    fn nobody_takes_anothers_page_away() {
        let node = node();
        let mut here = node.watch(HERE);
        node.say(page(1, "same"), Some(HERE)).unwrap();
        node.say(page(2, "same"), Some(HERE)).unwrap();
        node.say(page(3, "same"), None).unwrap();
        node.say(page(2, "same"), Some(THERE)).unwrap();
        assert_eq!(here.borrow_and_update()[..], [page(1, "same")]);
    }

    #[test]
    fn who_falls_silent_has_gone_and_empty_boards_go_with_the_last_watcher() {
        let node = node();
        let mut here = node.watch(HERE);
        let begun = Instant::now();
        let mut boards = node.lock();
        boards.take(&word(page(1, "a"), Some(HERE)), begun).unwrap();
        boards.take(&word(page(2, "b"), Some(HERE)), begun).unwrap();
        boards.take(&word(page(1, "a"), Some(HERE)), begun + Duration::from_secs(15)).unwrap();
        boards.forget_the_silent(begun + Duration::from_secs(39));
        assert_eq!(ids(&mut here), ["a", "b"]);
        boards.forget_the_silent(begun + SILENCE);
        assert_eq!(ids(&mut here), ["a"]);
        boards.forget_the_silent(begun + SILENCE * 2);
        assert_eq!((ids(&mut here).len(), boards.places.len(), boards.by_property.len()), (0, 0, 1));
        drop(here);
        boards.forget_the_silent(begun + SILENCE * 2);
        assert_eq!(boards.by_property.len(), 0);
    }

    #[test]
    fn no_more_pages_are_shown_than_fit() {
        let node = node();
        for person in 0..50 {
            node.say(page(person, "a"), Some(HERE)).unwrap();
        }
        assert_eq!(node.say(page(50, "a"), Some(HERE)), Err(Full));
        node.say(page(49, "a"), Some(HERE)).unwrap();
        node.say(page(50, "a"), Some(THERE)).unwrap();
        node.say(page(3, "a"), None).unwrap();
        node.say(page(50, "a"), Some(HERE)).unwrap();
        assert_eq!((node.watch(HERE).borrow().len(), node.watch(THERE).borrow().len()), (50, 0));
    }

    #[test]
    fn another_nodes_words_count_and_ones_own_echo_does_not() {
        let node = node();
        let said = |node: u64, property| serde_json::to_vec(&Word { node, ..word(page(1, "a"), property) }).unwrap();
        node.apply_remote(&said(node.node.wrapping_add(1), Some(HERE)));
        assert_eq!(ids(&mut node.watch(HERE)), ["a"]);
        node.say(page(1, "a"), None).unwrap();
        node.apply_remote(&said(node.node, Some(HERE)));
        node.apply_remote(b"rubbish");
        assert_eq!(ids(&mut node.watch(HERE)), [""; 0]);
    }
}
