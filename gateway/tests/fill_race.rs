//! The race of a cache fill with a write: a block that was read before a commit must not be stored after it.
#![allow(clippy::unwrap_used, reason = "a test states its expectations")]

mod scene;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lodgate::app::{App, TestHooks};
use lodgate::cache::{BlockKey, Month, Source, SyncPoint};
use scene::{Hotel, config};
use tokio::sync::Semaphore;

/// Suspends reads between read and fill while it is shut, and signals when one has arrived.
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
        SyncPoint::new(Arc::new(move |point| {
            let gate = gate.clone();
            Box::pin(async move {
                if point == "between read and fill" && gate.shut.load(Ordering::SeqCst) {
                    gate.arrived.add_permits(1);
                    gate.open.acquire().await.unwrap().forget();
                }
            })
        }))
    }
}

/// A read is suspended after it read 5 rooms; meanwhile 7 are committed and announced; then it continues.
async fn an_outdated_fill_is_not_stored(app: &App, gate: &Gate) -> Hotel {
    let hotel = Hotel::create(app).await;
    hotel.submit(app, None, hotel.rooms(5)).await.unwrap();
    // Before the first comparison with the journal the cache is not used.
    while !app.freshness.is_fresh() {
        tokio::task::yield_now().await;
    }
    gate.shut.store(true, Ordering::SeqCst);
    let outdated = {
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
    tokio::time::timeout(Duration::from_secs(10), outdated).await.unwrap().unwrap().unwrap();
    assert_eq!(hotel.read(app).await.0, Some(7), "the outdated read stored its block");
    hotel
}

#[tokio::test]
async fn in_process_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Gate::new();
    let config = config(&["--data-dir", folder.path().to_str().unwrap()]);
    let app = App::start(&config, TestHooks { sync: gate.sync_point(), ..TestHooks::default() }).await.unwrap();
    let hotel = an_outdated_fill_is_not_stored(&app, &gate).await;
    assert_eq!(hotel.read(&app).await, (Some(7), Source::Process), "a current fill is stored");
}

#[tokio::test]
async fn in_redis_and_on_a_second_node() {
    let url = lodgate_e2e::postgres().await.database().await;
    let redis = lodgate_e2e::Redis::start_own().await;
    let redis_url = redis.url();
    let config = config(&["--database-url", &url, "--redis-url", &redis_url]);
    let gate = Gate::new();
    let first = App::start(&config, TestHooks { sync: gate.sync_point(), ..TestHooks::default() }).await.unwrap();
    let second = App::start(&config, TestHooks::default()).await.unwrap();
    let hotel = an_outdated_fill_is_not_stored(&first, &gate).await;
    while !second.freshness.is_fresh() {
        tokio::task::yield_now().await;
    }
    assert_eq!(hotel.read(&second).await.0, Some(7), "Redis stored the block of the outdated read");
}
