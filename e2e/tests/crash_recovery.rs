//! Crash recovery: the gateway is killed several times during bookings; every acknowledged booking exists exactly once.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use lodgate_e2e::{
    Backend, on_backends,
    stories::{eventually, night, stay},
};
use serde_json::json;

const CALLERS: usize = 16;
const BOOKINGS: usize = 480;
const KILLS: usize = 5;
const NIGHTS: usize = 20;

on_backends!(acknowledged_bookings_survive_kills on sqlite, durable_postgres);

async fn acknowledged_bookings_survive_kills(backend: Backend) {
    let gateway = backend.gateway().start().await;
    let alpha = gateway.supplier("alpha").await;
    let property =
        alpha.property("Seaview").nights(night(1), night(30)).rooms("DBL", 100).opened_to("beta").create().await;
    let beta = gateway.partner("beta").await.retrying_for(Duration::from_secs(60));

    let (next, done) = (AtomicUsize::default(), AtomicUsize::default());
    let book = (0..CALLERS).map(|_| async {
        let mut own = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= BOOKINGS {
                return own;
            }
            let from = u64::try_from(number % NIGHTS).unwrap_or_default() + 1;
            let key = format!("key-{number}");
            let payload = beta.book_with_key(&property, "DBL", stay(from, 1), &key).await.accepted();
            done.fetch_add(1, Ordering::Relaxed);
            own.push((key, payload["reservation"]["locator"].clone(), payload["replayed"] == json!(true)));
        }
    });
    let kill = async {
        for kill in 1..=KILLS {
            let enough = || async { (done.load(Ordering::Relaxed) >= BOOKINGS * kill / (KILLS + 1)).then_some(()) };
            eventually("bookings continue", enough).await;
            gateway.kill();
            gateway.restart().await;
        }
    };
    let (booked, ()) = tokio::join!(join_all(book), kill);
    let booked: Vec<_> = booked.into_iter().flatten().collect();

    assert_eq!(booked.len(), BOOKINGS);
    assert!(beta.client.retries() > 0, "no call was interrupted");
    let sold: i64 = alpha.sold(&property, "DBL", (night(1), night(30))).await.iter().sum();
    assert_eq!(usize::try_from(sold).ok(), Some(BOOKINGS), "every key sold one room");
    for (key, locator, _) in &booked {
        let stored = beta.reservations(key).await;
        let locators: Vec<_> = stored.iter().map(|reservation| &reservation["locator"]).collect();
        assert_eq!(locators, [locator], "{key}");
    }
    let audit = gateway.audit().await;
    assert_eq!(audit.drift, 0, "{}", audit.text);
}
