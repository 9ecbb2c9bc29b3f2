//! `lodgate audit` reports data that the journal and the reservations do not add up to.

use lodgate_e2e::{
    Gateway, postgres,
    stories::{night, stay},
};

/// Direct changes of the database, and their repair.
const CORRUPTIONS: [(&str, &str); 4] = [
    ("UPDATE allotments SET sold = sold + 1 WHERE sold > 0", "UPDATE allotments SET sold = sold - 1 WHERE sold > 0"),
    (
        "UPDATE room_nights SET min_stay_arrival = 5 WHERE min_stay_arrival = 2",
        "UPDATE room_nights SET min_stay_arrival = 2 WHERE min_stay_arrival = 5",
    ),
    (
        "UPDATE reservation_lines SET status = 'CANCELLED' WHERE status = 'CONFIRMED'",
        "UPDATE reservation_lines SET status = 'CONFIRMED' WHERE status = 'CANCELLED'",
    ),
    (
        "UPDATE stock_events SET seq = seq + 1000 WHERE cause = 'BOOK'",
        "UPDATE stock_events SET seq = seq - 1000 WHERE seq > 1000",
    ),
];

#[tokio::test]
async fn the_audit_detects_every_mismatch() {
    let server = postgres().await;
    let database = server.database().await;
    let name = database.rsplit('/').next().expect("a database").to_owned();
    let gateway = Gateway::builder().database_url(&database).start().await;
    let alpha = gateway.supplier("alpha").await;
    let property =
        alpha.property("Seaview").nights(night(0), night(20)).rooms("DBL", 5).opened_to("beta").create().await;
    alpha
        .restrict(&property, "DBL", (night(3), night(4)), &serde_json::json!({ "minStayArrival": 2 }))
        .await
        .accepted();
    gateway.partner("beta").await.book(&property, "DBL", stay(3, 2)).await.accepted();
    let succeeds = || gateway.cli().command("audit").output().expect("it runs").status.code();
    assert_eq!((gateway.audit().await.drift, succeeds()), (0, Some(0)));

    for (corruption, repair) in CORRUPTIONS {
        server.execute(&name, corruption).await.expect("done");
        let audit = gateway.audit().await;
        assert!(audit.drift > 0, "{corruption}: {}", audit.text);
        assert_eq!(succeeds(), Some(1), "{corruption}");
        server.execute(&name, repair).await.expect("done");
        assert_eq!(gateway.audit().await.drift, 0, "{repair}");
    }
}
