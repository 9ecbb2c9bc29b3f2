//! The replay survives network faults, and its checks detect a faulty inventory.

use std::{path::Path, sync::Arc, time::Duration};

use lodgate_e2e::{
    Client, ClientError,
    replay::{self, Options, Report},
    stories::night,
};
use serde_json::json;
use tempfile::TempDir;

use super::fake_gateway::{FakeGateway, Faults};

fn options(gateway: &FakeGateway, folder: &TempDir) -> Options {
    Options {
        url: gateway.url.clone(),
        file: Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/bookings.csv"),
        rows: None,
        allotted: None,
        in_flight: 16,
        state: folder.path().join("state.json"),
        patience: Duration::from_secs(20),
        supplier_token: "SUPPLIER:alpha".into(),
        partner_tokens: vec!["PARTNER:beta".into(), "PARTNER:gamma".into()],
        today: night(0),
    }
}

async fn replayed(faults: Faults, allotted: Option<u32>) -> (Report, FakeGateway) {
    let (gateway, folder) = (FakeGateway::start(faults).await, tempfile::tempdir().expect("a folder"));
    let options = Options { allotted, ..options(&gateway, &folder) };
    let report = replay::run(&options, &Arc::default()).await.expect("a report");
    (report, gateway)
}

#[tokio::test]
async fn a_correct_inventory_has_no_differences() {
    let (report, gateway) = replayed(Faults::default(), None).await;

    assert!(report.is_sound(), "{report}");
    assert_eq!((report.rows, report.day_use, report.bookings, report.refusals), (36, 3, 33, 0));
    assert!(report.cancellations >= 4 && report.to_string().contains("\ndifferences: 0\n"), "{report}");
    assert_eq!(gateway.bookings_made(), 33);
}

#[tokio::test]
async fn lost_responses_and_rate_limits_double_no_booking() {
    let faults = Faults { lose_answer_every: Some(3), limit_every: Some(4), ..Faults::default() };

    let (report, gateway) = replayed(faults, None).await;

    assert!(report.is_sound(), "{report}");
    assert!(report.retries > 10 && report.replayed > 0, "{report}");
    assert_eq!(gateway.bookings_made(), 33);
}

#[tokio::test]
async fn a_repeated_replay_changes_nothing() {
    let (gateway, folder) = (FakeGateway::start(Faults::default()).await, tempfile::tempdir().expect("a folder"));
    let options = options(&gateway, &folder);
    replay::run(&options, &Arc::default()).await.expect("a report");

    let again = replay::run(&options, &Arc::default()).await.expect("a report");

    assert!(again.is_sound() && again.resumed, "{again}");
    assert_eq!((again.bookings, again.replayed), (33, 33 + again.cancellations), "{again}");
    assert_eq!(gateway.bookings_made(), 33);
}

#[tokio::test]
async fn an_interrupted_replay_resumes() {
    let (gateway, folder) = (FakeGateway::start(Faults::default()).await, tempfile::tempdir().expect("a folder"));
    let options = Options { allotted: Some(2), in_flight: 4, ..options(&gateway, &folder) };
    let cut = async {
        while gateway.bookings_made() < 15 {
            tokio::task::yield_now().await;
        }
    };
    let progress = Arc::default();
    tokio::select! {
        report = replay::run(&options, &progress) => panic!("not interrupted: {report:?}"),
        () = cut => {}
    }

    let report = replay::run(&options, &Arc::default()).await.expect("a report");

    assert!(report.is_sound() && report.resumed, "{report}");
    assert!(report.replayed > 0 && report.replayed < report.bookings + report.cancellations, "{report}");
}

#[tokio::test]
async fn too_few_rooms_are_refused_and_explained() {
    let (report, _) = replayed(Faults::default(), Some(1)).await;

    assert!(report.is_sound(), "{report}");
    assert!(report.refusals > 0 && report.bookings > 0, "{report}");
}

#[tokio::test]
async fn a_doubled_booking_is_detected() {
    let faults = Faults { lose_answer_every: Some(5), forgets_keys: true, ..Faults::default() };

    let (report, _) = replayed(faults, None).await;

    assert!(!report.differences.is_empty() && !report.is_sound(), "{report}");
}

#[tokio::test]
async fn a_lost_cancellation_is_detected() {
    let (report, _) = replayed(Faults { drops_cancellations: true, ..Faults::default() }, None).await;

    assert!(!report.differences.is_empty() && !report.is_sound(), "{report}");
}

#[tokio::test]
async fn an_oversold_night_is_detected() {
    let (report, _) = replayed(Faults { oversells: true, ..Faults::default() }, Some(1)).await;

    assert!(report.oversold > 0 && report.differences.is_empty() && !report.is_sound(), "{report}");
}

#[tokio::test]
async fn an_unexplained_refusal_is_detected() {
    for allotted in [None, Some(50)] {
        let (report, _) = replayed(Faults { lies_every: Some(7), ..Faults::default() }, allotted).await;

        assert!(report.unexplained >= 4 && !report.is_sound(), "{report}");
        assert!(report.samples[0].contains("SOLD_OUT"), "{report}");
    }
}

#[tokio::test]
async fn client_errors_say_whether_a_retry_is_useful() {
    let gateway = FakeGateway::start(Faults { lose_answer_every: Some(1), ..Faults::default() }).await;
    let book = "mutation($input: X!) { createProperty(input: $input) { userErrors } }";

    let unknown = Client::new(&gateway.url, "SUPPLIER:alpha").query(book, &json!({ "input": { "code": "A" } })).await;
    let stranger = Client::new(&gateway.url, "").query("{ viewer }", &json!({})).await.expect_err("no token");
    gateway.set_faults(Faults { limit_every: Some(1), ..Faults::default() });
    let limited =
        Client::new(&gateway.url, "SUPPLIER:alpha").query(book, &json!({ "input": {} })).await.expect_err("limited");

    assert!(matches!(&unknown, Err(ClientError::Transport(_))), "{unknown:?}");
    assert_eq!((stranger.code(), stranger.status(), stranger.is_retryable()), ("UNAUTHENTICATED", Some(401), false));
    assert_eq!((limited.code(), limited.is_retryable()), ("RATE_LIMITED", true));
    assert_eq!(limited.retry_after(), Some(Duration::from_millis(5)));
}

#[tokio::test]
async fn retries_end_when_the_gateway_stays_unavailable() {
    let client = Client::new("http://127.0.0.1:9", "any");

    let error = client.retrying("{ viewer }", &json!({}), Duration::from_millis(300)).await.expect_err("no server");

    assert!(error.is_retryable() && client.retries() > 0, "{error}");
}
