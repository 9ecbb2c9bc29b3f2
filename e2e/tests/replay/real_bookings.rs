//! The replay against the real gateway, on both databases.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use lodgate_e2e::{
    Gateway, Redis, TenantKind, postgres,
    replay::{self, Options, Progress, Report},
    stories::night,
};
use tempfile::TempDir;

const ROWS: u32 = 1_500;

/// The made-up rows, or the first real ones where the real file is at hand.
fn bookings() -> (PathBuf, Option<u32>) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("LODGATE_BOOKINGS").map(PathBuf::from);
    let real = named.unwrap_or_else(|| here.join("../../shared/data/hotel_bookings.csv.gz"));
    if real.is_file() { (real, Some(ROWS)) } else { (sample(), None) }
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
async fn the_made_up_bookings_on_the_embedded_database() {
    let (gateway, folder) = (Gateway::builder().start().await, folder());

    let report = replay(&options(&gateway, &folder, (sample(), None)).await).await;

    assert!(report.is_sound(), "{report}");
    assert_eq!((report.rows, report.day_use, report.bookings, report.refusals), (36, 3, 33, 0), "{report}");
    assert_eq!(gateway.audit().await.drift, 0);
}

#[tokio::test]
async fn real_bookings_on_the_embedded_database() {
    let (gateway, folder) = (Gateway::builder().start().await, folder());

    let report = replay(&options(&gateway, &folder, bookings()).await).await;

    assert!(report.is_sound() && report.refusals == 0, "{report}");
    assert_eq!(report.bookings, u64::from(report.rows - report.day_use), "{report}");
    assert_eq!(gateway.audit().await.drift, 0);
}

#[tokio::test]
async fn real_bookings_on_postgres_with_redis() {
    let (database, redis) = (postgres().await.database().await, Redis::start_own().await);
    let gateway = Gateway::builder().database_url(&database).redis_url(&redis.url()).start().await;
    let folder = folder();

    let report = replay(&options(&gateway, &folder, bookings()).await).await;

    assert!(report.is_sound() && report.refusals == 0, "{report}");
    assert_eq!(report.bookings, u64::from(report.rows - report.day_use), "{report}");
    assert_eq!(gateway.audit().await.drift, 0);
}

#[tokio::test]
async fn with_too_few_rooms_every_refusal_names_a_full_night() {
    let database = postgres().await.database().await;
    let gateway = Gateway::builder().database_url(&database).start().await;
    let folder = folder();
    let options = Options { allotted: Some(2), ..options(&gateway, &folder, bookings()).await };

    let report = replay(&options).await;

    assert!(report.is_sound(), "{report}");
    assert!(report.refusals > 0, "{report}");
    assert_eq!(gateway.audit().await.drift, 0);
}

#[tokio::test]
async fn an_embedded_gateway_killed_in_the_middle_loses_and_doubles_nothing() {
    killed_in_the_middle(Gateway::builder().start().await).await;
}

#[tokio::test]
async fn a_clustered_gateway_killed_in_the_middle_loses_and_doubles_nothing() {
    let (database, redis) = (postgres().await.database().await, Redis::start_own().await);
    killed_in_the_middle(Gateway::builder().database_url(&database).redis_url(&redis.url()).start().await).await;
}

async fn killed_in_the_middle(gateway: Gateway) {
    let folder = folder();
    let options = options(&gateway, &folder, bookings()).await;
    let progress = Arc::new(Progress::default());

    let kill = async {
        while progress.total.load(Ordering::Relaxed) == 0
            || progress.done.load(Ordering::Relaxed) < progress.total.load(Ordering::Relaxed) / 3
        {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        gateway.kill();
        gateway.restart().await;
    };
    let (report, ()) = tokio::join!(replay::run(&options, &progress), kill);
    let report = report.unwrap_or_else(|error| panic!("no report: {error:#}"));

    assert!(report.is_sound() && report.refusals == 0 && report.retries > 0, "{report}");
    assert_eq!(gateway.audit().await.drift, 0);
}

#[tokio::test]
async fn a_replay_killed_in_the_middle_goes_on() {
    let (gateway, folder) = (Gateway::builder().start().await, folder());
    let options = options(&gateway, &folder, bookings()).await;
    let progress = Arc::new(Progress::default());
    let half_way = async {
        while progress.total.load(Ordering::Relaxed) == 0
            || progress.done.load(Ordering::Relaxed) < progress.total.load(Ordering::Relaxed) / 2
        {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        report = replay::run(&options, &progress) => panic!("not cut off: {report:?}"),
        () = half_way => {}
    }

    let report = replay(&options).await;

    assert!(report.is_sound() && report.resumed && report.replayed > 0, "{report}");
    assert_eq!(gateway.audit().await.drift, 0);
}
