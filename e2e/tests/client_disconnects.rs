//! Clients disconnect while they book: acknowledged bookings are kept, none is doubled, and no database session is left
//! open.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use lodgate_e2e::{
    Gateway, postgres,
    stories::{Partner, documents::BOOK, eventually_within, night, stay},
};
use rand::Rng;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout_at},
};

const CALLERS: usize = 24;
const NIGHTS: usize = 30;

/// 2,000, or `LODGATE_DISCONNECTS`.
fn disconnects() -> usize {
    let set = std::env::var_os("LODGATE_DISCONNECTS");
    set.and_then(|text| text.to_str()?.parse().ok()).unwrap_or(2_000)
}

/// The time after which each caller disconnects. Most disconnect within 20 ms of sending. On a busy computer that may
/// be before any request is read, so every tenth caller waits for its response, and every fifth disconnects at a random
/// moment of the last response time.
struct Patience {
    answered_in_us: AtomicU64,
}

impl Patience {
    fn of(&self, number: usize) -> Duration {
        let longest = match number % 10 {
            0 => return Duration::from_secs(20),
            1 | 6 => self.answered_in_us.load(Ordering::Relaxed),
            _ => 20_000,
        };
        Duration::from_micros(rand::rng().random_range(0..=longest))
    }

    fn answered_in(&self, time: Duration) {
        self.answered_in_us.store(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// Sends a request on a new connection, reads until `patience` is over, and resets the connection. Returns the body of
/// a complete response.
async fn send_and_disconnect(address: &str, token: &str, body: &Value, patience: Duration) -> Option<Value> {
    let body = body.to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.expect("the gateway listens");
    stream.set_zero_linger().expect("a reset instead of a close");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let (deadline, mut received) = (Instant::now() + patience, Vec::new());
    while let Ok(Ok(1..)) = timeout_at(deadline, stream.read_buf(&mut received)).await {
        if let Some(answer) = whole_answer(&received) {
            return Some(answer);
        }
    }
    None
}

fn whole_answer(received: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(received).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    serde_json::from_str(body).ok()
}

#[tokio::test]
async fn disconnecting_clients_lose_and_double_no_booking() {
    let server = postgres().await;
    let database = server.database().await;
    let gateway = Gateway::builder().database_url(&database).start().await;
    let name = database.rsplit('/').next().expect("a database").to_owned();
    let (count, rooms) = (disconnects(), u32::try_from(disconnects() / NIGHTS + 1).expect("a number of rooms"));
    let alpha = gateway.supplier("alpha").await;
    let property =
        alpha.property("Seaview").nights(night(1), night(30)).rooms("DBL", rooms).opened_to("beta").create().await;
    let beta = gateway.partner("beta").await;
    let address = gateway.base_url().trim_start_matches("http://").to_owned();

    let nights = |number: usize| stay(u64::try_from(number % NIGHTS).unwrap_or_default() + 1, 1);
    let claim = |number: usize| beta.claim(&property, "DBL", nights(number), 1, &format!("key-{number}"));
    let (next, patience) = (AtomicUsize::default(), Patience { answered_in_us: AtomicU64::new(20_000) });
    let calls = (0..CALLERS).map(|_| async {
        let mut received = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return received;
            }
            let body = json!({ "query": BOOK, "variables": { "input": claim(number) } });
            let start = Instant::now();
            if let Some(answer) = send_and_disconnect(&address, beta.client.token(), &body, patience.of(number)).await {
                patience.answered_in(start.elapsed());
                let reservation = answer["data"]["bookRooms"]["reservation"].clone();
                assert!(reservation["id"].is_string(), "a refused booking: {answer}");
                received.push((number, reservation));
            }
        }
    });
    let acknowledged: Vec<(usize, Value)> = join_all(calls).await.into_iter().flatten().collect();

    let lingering = || async {
        let state = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        let sessions = server.execute(&name, state).await.expect("a count");
        (sessions == "0").then_some(())
    };
    eventually_within("no session is idle in a transaction", Duration::from_secs(5), lingering).await;

    let outcomes = repeat_all(&beta, count, &claim).await;
    for (number, reservation) in &acknowledged {
        let (again, is_replayed) = &outcomes[*number];
        assert!(is_replayed, "an acknowledged booking is lost: key-{number}");
        assert_eq!(again["locator"], reservation["locator"], "key-{number}");
    }
    let received: HashSet<usize> = acknowledged.iter().map(|(number, _)| *number).collect();
    let unanswered = outcomes.iter().enumerate().filter(|(number, _)| !received.contains(number));
    let done_unanswered = unanswered.filter(|(_, (_, is_replayed))| *is_replayed).count();
    assert!(done_unanswered > 0, "no booking of a disconnected client took effect");

    let sold: i64 = alpha.sold(&property, "DBL", (night(1), night(30))).await.iter().sum();
    assert_eq!(usize::try_from(sold).ok(), Some(count), "every key sold one room");
    let rows =
        server.execute(&name, "SELECT count(*), count(DISTINCT locator), count(DISTINCT reference) FROM reservations");
    assert_eq!(rows.await.expect("a count"), format!("{count}|{count}|{count}"));
    let audit = gateway.audit().await;
    assert_eq!(audit.drift, 0, "{}", audit.text);
}

/// Sends every key again; returns each reservation and whether it was replayed.
async fn repeat_all(beta: &Partner, count: usize, claim: &impl Fn(usize) -> Value) -> Vec<(Value, bool)> {
    let next = AtomicUsize::default();
    let calls = (0..CALLERS).map(|_| async {
        let mut own = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return own;
            }
            let payload = beta.book_as(&claim(number)).await.accepted();
            own.push((number, (payload["reservation"].clone(), payload["replayed"] == json!(true))));
        }
    });
    let mut all: Vec<_> = join_all(calls).await.into_iter().flatten().collect();
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, outcome)| outcome).collect()
}
