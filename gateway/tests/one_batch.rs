//! Each command of a transaction sees the effects of the commands before it.
#![allow(clippy::unwrap_used, reason = "a test states its expectations")]

mod scene;

use lodgate::app::{App, TestHooks};
use lodgate::inventory::{Action, Cause};
use lodgate::journal::history;
use scene::{Hotel, config};
use uuid::Uuid;

/// A change set, its undo and the undo of that, submitted together.
async fn a_change_set_is_undone_in_its_own_batch(app: &App) {
    let hotel = Hotel::create(app).await;
    hotel.submit(app, None, hotel.rooms(5)).await.unwrap();
    let [edit, undo_edit, undo_undo] = [1, 2, 3].map(|number| Some(Uuid::from_u128(number)));

    let (set, undo, redo) = tokio::join!(
        hotel.submit(app, edit, hotel.rooms(8)),
        hotel.submit(app, undo_edit, Action::Undo(edit.unwrap())),
        hotel.submit(app, undo_undo, Action::Undo(undo_edit.unwrap())),
    );

    let seqs = [set, undo, redo].map(|result| result.unwrap().event.unwrap());
    assert!(seqs.is_sorted());
    let page = history::page(&app.database.read, hotel.property, None, i64::MAX, 3).await.unwrap();
    let entries: Vec<_> = page.events.iter().map(|event| (event.cause, event.change_set)).collect();
    assert_eq!(entries, [(Cause::Undo, undo_undo), (Cause::Undo, undo_edit), (Cause::SetAllotments, edit)]);
    assert_eq!(page.events[0].at, page.events[2].at, "one transaction");
    assert_eq!(hotel.read(app).await.0, Some(8));
}

#[tokio::test]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&["--data-dir", folder.path().to_str().unwrap()]);
    a_change_set_is_undone_in_its_own_batch(&App::start(&config, TestHooks::default()).await.unwrap()).await;
}

#[tokio::test]
async fn on_postgres() {
    let url = lodgate_e2e::postgres().await.database().await;
    let config = config(&["--database-url", &url]);
    a_change_set_is_undone_in_its_own_batch(&App::start(&config, TestHooks::default()).await.unwrap()).await;
}
