//! Replays against the real gateway.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use lodgate_e2e::{
    Backend, Gateway, TenantKind, on_backends,
    replay::{self, Options, Progress, Report},
    stories::{eventually, night},
};
use tempfile::TempDir;

const ROWS: u32 = 1_500;

/// The file that `LODGATE_BOOKINGS` names, up to 1,500 rows; without that variable the invented rows.
fn bookings() -> (PathBuf, Option<u32>) {
    match std::env::var_os("LODGATE_BOOKINGS") {
        Some(file) => (file.into(), Some(ROWS)),
        None => (sample(), None),
    }
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/bookings.csv")
}

async fn options(gateway: &Gateway, folder: &TempDir, (file, rows): (PathBuf, Option<u32>)) -> Options {
    let mut partner_tokens = Vec::new();
    for code in ["beta", "gamma", "delta"] {
        partner_tokens.push(gateway.token(code, TenantKind::Partner, TenantKind::Partner.scopes(), "unmetered").await);
    }
    Options {
        url: gateway.base_url().to_owned(),
        file,
        rows,
        allotted: None,
        in_flight: 64,
        state: folder.path().join("state.json"),
        patience: Duration::from_secs(60),
        supplier_token: gateway.token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "unmetered").await,
        partner_tokens,
        today: night(0),
    }
}

async fn replay(options: &Options) -> Report {
    replay::run(options, &Arc::default()).await.unwrap_or_else(|error| panic!("no report: {error:#}"))
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[tokio::test]
async fn a_replay_of_the_invented_bookings_is_sound() {
    let (gateway, folder) = (Gateway::builder().start().await, folder());

    let report = replay(&options(&gateway, &folder, (sample(), None)).await).await;

    assert!(report.is_sound(), "{report}");
    assert_eq!((report.rows, report.day_use, report.bookings, report.refusals), (36, 3, 33, 0), "{report}");
    assert_eq!(gateway.audit().await.drift, 0);
}

on_backends!(a_replay_of_real_bookings_is_sound on sqlite, postgres_and_redis);

async fn a_replay_of_real_bookings_is_sound(backend: Backend) {
    let (gateway, folder) = (backend.gateway().start().await, folder());

    let report = replay(&options(&gateway, &folder, bookings()).await).await;

    assert!(report.is_sound() && report.refusals == 0, "{report}");
    assert_eq!(report.bookings, u64::from(report.rows - report.day_use), "{report}");
    assert_eq!(gateway.audit().await.drift, 0);
}

#[tokio::test]
async fn with_too_few_rooms_every_refusal_names_a_full_night() {
    let backend = Backend::postgres().await;
    let (gateway, folder) = (backend.gateway().start().await, folder());
    let options = Options { allotted: Some(2), ..options(&gateway, &folder, bookings()).await };

    let report = replay(&options).await;

    assert!(report.is_sound(), "{report}");
    assert!(report.refusals > 0, "{report}");
    assert_eq!(gateway.audit().await.drift, 0);
}

/// Waits until this share of the calls is done.
async fn is_done(progress: &Progress, percent: u64) {
    eventually("the replay proceeds", || async {
        let (done, total) = (progress.done.load(Ordering::Relaxed), progress.total.load(Ordering::Relaxed));
        (total > 0 && done * 100 >= total * percent).then_some(())
    })
    .await;
}

on_backends!(a_kill_of_the_gateway_loses_and_doubles_no_booking on sqlite, durable_postgres_and_redis);

async fn a_kill_of_the_gateway_loses_and_doubles_no_booking(backend: Backend) {
    let (gateway, folder) = (backend.gateway().start().await, folder());
    let options = options(&gateway, &folder, bookings()).await;
    let progress = Arc::new(Progress::default());

    let kill = async {
        is_done(&progress, 33).await;
        gateway.kill();
        gateway.restart().await;
    };
    let (report, ()) = tokio::join!(replay::run(&options, &progress), kill);
    let report = report.unwrap_or_else(|error| panic!("no report: {error:#}"));

    assert!(report.is_sound() && report.refusals == 0 && report.retries > 0, "{report}");
    assert_eq!(gateway.audit().await.drift, 0);
}

#[tokio::test]
async fn an_interrupted_replay_resumes() {
    let (gateway, folder) = (Gateway::builder().start().await, folder());
    let options = options(&gateway, &folder, bookings()).await;
    let progress = Arc::new(Progress::default());
    tokio::select! {
        report = replay::run(&options, &progress) => panic!("not interrupted: {report:?}"),
        () = is_done(&progress, 50) => {}
    }

    let report = replay(&options).await;

    assert!(report.is_sound() && report.resumed && report.replayed > 0, "{report}");
    assert_eq!(gateway.audit().await.drift, 0);
}
