//! The race of a cache fill with a write: what was read before a commit must not be stored after it.
#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

mod scene;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lodgate::app::{App, TestHooks};
use lodgate::cache::{BlockKey, Month, Source, SyncPoint};
use scene::{Hotel, config};
use tokio::sync::Semaphore;

/// Holds reads at a place while it is shut, and says when one has arrived.
#[derive(Clone)]
struct Gate {
    shut: Arc<AtomicBool>,
    arrived: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self { shut: Arc::default(), arrived: Arc::new(Semaphore::new(0)), open: Arc::new(Semaphore::new(0)) }
    }

    fn sync_point(&self) -> SyncPoint {
        let gate = self.clone();
        SyncPoint::new(Arc::new(move |place| {
            let gate = gate.clone();
            Box::pin(async move {
                if place == "between read and fill" && gate.shut.load(Ordering::SeqCst) {
                    gate.arrived.add_permits(1);
                    gate.open.acquire().await.unwrap().forget();
                }
            })
        }))
    }
}

/// A read is held after it saw 5 rooms; 7 are committed and announced meanwhile; then it goes on.
async fn a_fill_that_was_overtaken_is_not_kept(app: &App, gate: &Gate) -> Hotel {
    let hotel = Hotel::create(app).await;
    hotel.submit(app, None, hotel.rooms(5)).await.unwrap();
    // The feed must have been heard once, or the cache is not used at all.
    while !app.freshness.is_fresh() {
        tokio::task::yield_now().await;
    }
    gate.shut.store(true, Ordering::SeqCst);
    let overtaken = {
        let (app, key) = (
            app.clone(),
            BlockKey { property: hotel.property, room_type: hotel.room_type, month: Month::of(hotel.night) },
        );
        tokio::spawn(async move { app.reader.blocks(&[key], &HashMap::new()).await })
    };
    gate.arrived.acquire().await.unwrap().forget();
    gate.shut.store(false, Ordering::SeqCst);
    hotel.submit(app, None, hotel.rooms(7)).await.unwrap();
    gate.open.add_permits(1);
    tokio::time::timeout(Duration::from_secs(10), overtaken).await.unwrap().unwrap().unwrap();
    assert_eq!(hotel.read(app).await.0, Some(7), "the overtaken read left its old block behind");
    hotel
}

#[tokio::test]
async fn in_process_on_the_embedded_database() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Gate::new();
    let config = config(&["--data-dir", folder.path().to_str().unwrap()]);
    let app = App::start(&config, TestHooks { sync: gate.sync_point(), ..TestHooks::default() }).await.unwrap();
    let hotel = a_fill_that_was_overtaken_is_not_kept(&app, &gate).await;
    assert_eq!(hotel.read(&app).await, (Some(7), Source::Process), "a fill that was not overtaken is kept");
}

#[tokio::test]
async fn in_redis_and_on_another_node() {
    let url = lodgate_e2e::postgres().await.database().await;
    let redis = lodgate_e2e::Redis::start_own().await;
    let redis_url = redis.url();
    let config = config(&["--database-url", &url, "--redis-url", &redis_url]);
    let gate = Gate::new();
    let one = App::start(&config, TestHooks { sync: gate.sync_point(), ..TestHooks::default() }).await.unwrap();
    let other = App::start(&config, TestHooks::default()).await.unwrap();
    let hotel = a_fill_that_was_overtaken_is_not_kept(&one, &gate).await;
    while !other.freshness.is_fresh() {
        tokio::task::yield_now().await;
    }
    assert_eq!(hotel.read(&other).await.0, Some(7), "Redis kept what the overtaken read had seen");
}
