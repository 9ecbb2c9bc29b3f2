//! Commands of one transaction see what those before them did.
#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

mod scene;

use lodgate::app::{App, TestHooks};
use lodgate::inventory::{Action, Cause};
use lodgate::journal::history;
use scene::{Hotel, config};
use uuid::Uuid;

/// A gesture, its undo and the undo of that, none of which waits for the one before.
async fn a_gesture_is_taken_back_in_the_batch_that_made_it(app: &App) {
    let hotel = Hotel::create(app).await;
    hotel.submit(app, None, hotel.rooms(5)).await.unwrap();
    let [gesture, undone, redone] = [1, 2, 3].map(|number| Some(Uuid::from_u128(number)));

    let (set, undo, redo) = tokio::join!(
        hotel.submit(app, gesture, hotel.rooms(8)),
        hotel.submit(app, undone, Action::Undo(gesture.unwrap())),
        hotel.submit(app, redone, Action::Undo(undone.unwrap())),
    );

    let seqs = [set, undo, redo].map(|outcome| outcome.unwrap().event.unwrap());
    assert!(seqs.is_sorted());
    let page = history::page(&app.database.read, hotel.property, None, i64::MAX, 3).await.unwrap();
    let told: Vec<_> = page.events.iter().map(|event| (event.cause, event.change_set)).collect();
    assert_eq!(told, [(Cause::Undo, redone), (Cause::Undo, undone), (Cause::SetAllotments, gesture)]);
    assert_eq!(page.events[0].at, page.events[2].at, "one transaction");
    assert_eq!(hotel.read(app).await.0, Some(8));
}

#[tokio::test]
async fn on_the_embedded_database() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&["--data-dir", folder.path().to_str().unwrap()]);
    a_gesture_is_taken_back_in_the_batch_that_made_it(&App::start(&config, TestHooks::default()).await.unwrap()).await;
}

#[tokio::test]
async fn on_postgres() {
    let url = lodgate_e2e::postgres().await.database().await;
    let config = config(&["--database-url", &url]);
    a_gesture_is_taken_back_in_the_batch_that_made_it(&App::start(&config, TestHooks::default()).await.unwrap()).await;
}
