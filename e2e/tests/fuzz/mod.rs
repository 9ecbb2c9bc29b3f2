//! Ten thousand random requests, generated from the schema or damaged: each gets a valid response in time, none stops
//! the gateway, and no response has internal details.
//!
//! `LODGATE_FUZZ` is the number of requests and `LODGATE_FUZZ_SEED` the seed. The seed is printed, and repeats the same
//! requests.

mod operations;
mod requests;
mod schema;

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use self::requests::{Sent, Source};
use self::schema::{INTROSPECTION, Schema};
use futures_util::future::join_all;
use lodgate_e2e::{
    Gateway, Redis, TIMEOUT, postgres,
    stories::{eventually, night, stay},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

const CALLERS: usize = 8;
/// Words that no response may contain: of the database, of libraries, of files, of internal errors.
const INTERNALS: [&str; 14] = [
    "sqlx",
    "sea_orm",
    "sea-orm",
    "panicked",
    "backtrace",
    ".rs:",
    "/src/",
    "relation \"",
    "at or near",
    "no such table",
    "violates",
    "serde",
    "thread '",
    "internal",
];
/// The maximum growth of the process after the first tenth of the requests, in kB.
const GROWTH: u64 = 256 * 1_024;

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var_os(name)?.to_str()?.parse().ok()
}

/// The results of the requests.
#[derive(Default)]
struct Tally {
    by_status: BTreeMap<u16, usize>,
    by_code: BTreeMap<String, usize>,
    with_data: usize,
    cut: usize,
    times: Vec<Duration>,
    faults: Vec<String>,
}

impl Tally {
    fn take(&mut self, number: usize, sent: &Sent, received: Option<Vec<u8>>, took: Duration) {
        self.times.push(took);
        let fault = match received {
            None => Some("no answer within the time".to_owned()),
            Some(bytes) if bytes.is_empty() => {
                self.cut += 1;
                (!sent.may_be_cut).then(|| "cut without an answer".to_owned())
            }
            Some(bytes) => self.judge(&bytes, sent),
        };
        if let Some(fault) = fault {
            let request = String::from_utf8_lossy(&sent.bytes[..sent.bytes.len().min(3_000)]).into_owned();
            self.faults.push(format!("request {number}: {fault}\n{request}\n"));
        }
    }

    fn judge(&mut self, bytes: &[u8], sent: &Sent) -> Option<String> {
        let text = String::from_utf8_lossy(bytes);
        let lower = text.to_lowercase();
        let status: u16 = text.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
        *self.by_status.entry(status).or_default() += 1;
        if let Some(word) = INTERNALS.iter().find(|word| lower.contains(**word)) {
            return Some(format!("the response contains {word:?}: {text}"));
        }
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let answers = body.as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
        self.with_data += answers.iter().filter(|answer| answer["data"].is_object()).count();
        let errors: Vec<&Value> = answers.iter().filter_map(|answer| answer["errors"].as_array()).flatten().collect();
        for error in &errors {
            let Some(code) = error["extensions"]["code"].as_str() else { return Some(format!("no code: {error}")) };
            *self.by_code.entry(code.to_owned()).or_default() += 1;
        }
        let deliberate = status == 503 && errors.iter().all(|error| error["extensions"]["code"] == "UNAVAILABLE");
        if !(100..500).contains(&status) && !deliberate {
            return Some(format!("status {status}: {text}"));
        }
        // Requests that the HTTP parser itself refuses get no headers of the gateway.
        let is_ours = head.contains("x-request-id: ") && head.contains("x-content-type-options: nosniff");
        (!is_ours && !matches!(status, 400 | 414 | 431) && !sent.may_be_cut)
            .then(|| format!("a response without the gateway's headers: {text}"))
    }

    /// The given quantile of the response times, in thousandths.
    fn per_mille(&mut self, share: usize) -> Duration {
        self.times.sort_unstable();
        self.times[(self.times.len() * share / 1_000).min(self.times.len() - 1)]
    }
}

/// Sends the request and reads to the end of the connection; `None` after [`TIMEOUT`].
async fn exchange(address: &str, sent: &Sent) -> Option<Vec<u8>> {
    let work = async {
        let mut stream = TcpStream::connect(address).await.expect("the gateway listens");
        let (mut listening, mut speaking) = stream.split();
        let mut received = Vec::new();
        // The gateway may close before everything is sent.
        let send = async {
            let _ = speaking.write_all(&sent.bytes).await;
        };
        let receive = async {
            let _ = listening.read_to_end(&mut received).await;
        };
        tokio::join!(send, receive);
        received
    };
    timeout(TIMEOUT, work).await.ok()
}

fn memory(gateway: &Gateway) -> u64 {
    let pid = gateway.pid().expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a size in kB")
}

fn files(gateway: &Gateway) -> usize {
    let pid = gateway.pid().expect("it runs");
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_requests_get_valid_responses_without_internal_details() {
    let count: usize = setting("LODGATE_FUZZ").unwrap_or(10_000);
    let seed: u64 = setting("LODGATE_FUZZ_SEED").unwrap_or_else(|| rand::rng().random());
    println!("LODGATE_FUZZ={count} LODGATE_FUZZ_SEED={seed}");
    let (server, redis) = (postgres().await, Redis::start_own().await);
    let database = server.database().await;
    let gateway = Gateway::builder().database_url(&database).redis_url(&redis.url());
    let gateway = gateway.env("BODY_TIMEOUT", "1s").start().await;
    let alpha = gateway.supplier("alpha").await;
    let property = alpha
        .property("Seaview")
        .nights(night(0), night(60))
        .rooms("DBL", 100)
        .rooms("SGL", 50)
        .opened_to("beta")
        .create()
        .await;
    let quiet =
        alpha.property("Hideaway").nights(night(0), night(60)).rooms("DBL", 9).opened_to("gamma").create().await;
    let beta = gateway.partner("beta").await;
    let gamma = gateway.partner("gamma").await;
    let booked = beta.book(&property, "DBL", stay(3, 2)).await.reservation();
    let schema = Schema::read(&alpha.client.query(INTROSPECTION, &json!({})).await.expect("the schema"));
    // Without the ids of the other property, so that no request changes it.
    let known = [
        property.id.clone(),
        property.room_type("DBL").to_owned(),
        property.room_type("SGL").to_owned(),
        property.contract("beta").to_owned(),
        booked,
        property.code.clone(),
        "DBL".to_owned(),
        "beta".to_owned(),
    ];
    let source = Source { schema: &schema, tokens: [alpha.client.token(), beta.client.token()], known: &known };
    let address = gateway.base_url().trim_start_matches("http://").to_owned();

    let (next, tally, early) = (AtomicUsize::new(0), Mutex::new(Tally::default()), Mutex::new(None));
    let started = Instant::now();
    let calls = (0..CALLERS).map(|_| async {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            // Each request has its own seed, so that one request can be repeated alone.
            let mut random = StdRng::seed_from_u64(seed.wrapping_add(number as u64));
            let sent = source.request(&mut random);
            let begun = Instant::now();
            let received = exchange(&address, &sent).await;
            tally.lock().expect("no panic").take(number, &sent, received, begun.elapsed());
            if number == count / 10 {
                *early.lock().expect("no panic") = Some(memory(&gateway));
            }
        }
    });
    join_all(calls).await;
    let took = started.elapsed();
    let mut tally = tally.into_inner().expect("no panic");
    let (p50, p99, longest) = (tally.per_mille(500), tally.per_mille(990), tally.per_mille(1_000));
    let (before, after) = (early.into_inner().expect("no panic").expect("measured"), memory(&gateway));
    println!("{count} requests in {took:.1?}: p50 {p50:.1?}, p99 {p99:.1?}, longest {longest:.1?}, {} cut", tally.cut);
    println!("memory {before} kB after a tenth, {after} kB at the end; {} files open", files(&gateway));
    println!("by status {:?}\nby code {:?}, {} with data", tally.by_status, tally.by_code, tally.with_data);

    let faults = &tally.faults;
    assert!(faults.is_empty(), "{} faults, seed {seed}:\n{}", faults.len(), faults[..faults.len().min(5)].join("\n"));
    let done = tally.with_data;
    assert!(done * 8 > count, "only {done} were executed: too few valid operations");
    assert!(after < before + GROWTH, "grew from {before} to {after} kB");

    let name = database.rsplit('/').next().expect("a name");
    let settled = || async {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND application_name = 'lodgate' AND state <> 'idle'";
        let busy = server.execute(name, sql).await.expect("a count");
        (busy == "0" && files(&gateway) < 100).then_some(())
    };
    eventually("no session is busy and no connection open", settled).await;
    assert_eq!(gamma.left(&quiet, "DBL", (night(1), night(2))).await, [9, 9]);
    gamma.book(&quiet, "DBL", stay(1, 1)).await.accepted();
    assert_eq!(gamma.left(&quiet, "DBL", (night(1), night(2))).await, [8, 9]);
    let audit = gateway.audit().await;
    assert_eq!(audit.drift, 0, "{}", audit.text);
}
