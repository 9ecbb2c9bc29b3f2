//! A stalled database: a read times out, and a write that the writer has accepted is still completed.

use std::{process::Stdio, time::Duration};

use lodgate_e2e::{
    Gateway, Postgres, TIMEOUT, postgres, process,
    stories::{Partner, Property, eventually, night, stay},
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    time::Instant,
};

/// The request timeout of the nodes.
const REQUEST_TIMEOUT: &str = "1s";
/// Well above [`REQUEST_TIMEOUT`], because the computer may be busy, and well below the waits of the database.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// A database session that holds a lock until it is released.
struct Lock(Child);

impl Lock {
    async fn take(server: &Postgres, database: &str, statement: &str) -> Self {
        let psql = process::require("psql").expect("psql");
        let mut command = Command::new(psql);
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        command.arg(server.url(database)).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("psql runs");
        let mut input = child.stdin.take().expect("its input");
        let text = format!("BEGIN; {statement}; SELECT 'locked';\n");
        input.write_all(text.as_bytes()).await.expect("sent");
        child.stdin = Some(input);
        let mut lines = BufReader::new(child.stdout.as_mut().expect("its output")).lines();
        while lines.next_line().await.expect("psql runs").expect("psql runs") != "locked" {}
        Self(child)
    }

    /// The session ends with its input.
    async fn release(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().await.expect("psql ended");
    }
}

struct Fixture {
    gateway: Gateway,
    database: String,
    property: Property,
    beta: Partner,
}

impl Fixture {
    async fn over(server: &Postgres) -> Self {
        let database = server.database().await;
        let gateway = Gateway::builder().database_url(&database).env("REQUEST_TIMEOUT", REQUEST_TIMEOUT).start().await;
        let alpha = gateway.supplier("alpha").await;
        let property =
            alpha.property("Seaview").nights(night(1), night(30)).rooms("DBL", 10).opened_to("beta").create().await;
        let beta = gateway.partner("beta").await;
        Self { gateway, database: database.rsplit('/').next().expect("a name").to_owned(), property, beta }
    }
}

#[tokio::test]
async fn a_slow_read_times_out_and_frees_its_connection() {
    let server = Postgres::start_own().await;
    let fixture = Fixture::over(&server).await;
    let none = json!({});
    let read = || fixture.beta.client.query("{ reservations(first: 5) { edges { node { id } } } }", &none);
    read().await.expect("the database responds");

    // More reads than the node has connections, so timed-out reads must free their connections.
    server.pause();
    let started = Instant::now();
    let answers = futures_util::future::join_all((0..40).map(|_| read())).await;
    let waited = started.elapsed();
    server.resume();
    for answer in answers {
        let error = answer.expect_err("the database does not answer");
        assert!(matches!(error.code(), "TIMEOUT" | "UNAVAILABLE"), "{error}");
    }
    assert!(waited < ANSWERED_WITHIN, "{waited:?}");

    let well = || async { read().await.ok().map(|_| ()) };
    eventually("reads are answered again", well).await;
    let idle = || async {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND application_name = 'lodgate' AND state <> 'idle'";
        let busy = server.execute(&fixture.database, sql).await.expect("a count");
        (busy == "0").then_some(())
    };
    eventually("no statement is still running", idle).await;
}

#[tokio::test]
async fn an_accepted_write_is_completed_after_its_caller_timed_out() {
    let server = postgres().await;
    let fixture = Fixture::over(server).await;
    // The writer waits for the lock of the property; the reads before it do not.
    let lock = Lock::take(server, &fixture.database, "SELECT 1 FROM property_stock FOR UPDATE").await;
    let claim = fixture.beta.claim(&fixture.property, "DBL", stay(2, 1), 1, "key-1");
    let started = Instant::now();
    let error = fixture.beta.book_as(&claim).await.0.expect_err("the writer waits");
    assert_eq!(error.code(), "TIMEOUT", "{error}");
    assert!(error.errors()[0].message.contains("idempotencyKey"), "{error}");
    assert!(started.elapsed() < ANSWERED_WITHIN, "{:?}", started.elapsed());
    lock.release().await;

    let booked = || async { fixture.beta.reservations("key-1").await.pop() };
    let reservation = eventually("the booking is done", booked).await;
    let again = fixture.beta.retrying_for(TIMEOUT).book_as(&claim).await.accepted();
    assert_eq!((&again["replayed"], &again["reservation"]["id"]), (&json!(true), &reservation["id"]));
    assert_eq!(fixture.beta.left_to_sell(&fixture.property, "DBL", night(2)).await, 9);
    assert_eq!(fixture.gateway.audit().await.drift, 0);
}
