//! Limits of a tenant over all nodes: what two nodes grant together, what becomes of it without Redis, and what is said.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use lodgate_e2e::{Client, Gateway, Redis, TenantKind, postgres, stories::eventually};
use serde_json::json;
use tokio::time::{Instant, sleep};

const CALLERS: usize = 3;
/// Each caller tries this often; all of them together far above the rate.
const PAUSE: Duration = Duration::from_millis(4);
const RATE: f64 = 40.0;
const BURST: f64 = 80.0;
const CHEAP: &str = "{ __typename }";
const SHARED: &str = "{ rateLimit { shared nodes } }";

/// 20 seconds, or what `LODGATE_HAMMER` says.
fn hammered_for() -> Duration {
    let set = std::env::var_os("LODGATE_HAMMER");
    Duration::from_secs(set.and_then(|text| text.to_str()?.parse().ok()).unwrap_or(20))
}

/// Two nodes with a Redis of their own.
struct Fixture {
    nodes: [Gateway; 2],
    redis: Redis,
    alpha: [Client; 2],
    omega: Client,
}

impl Fixture {
    async fn new() -> Self {
        Self::with_plan(&format!("{RATE},{BURST}")).await
    }

    async fn with_plan(plan: &str) -> Self {
        let (database, redis) = (postgres().await.database().await, Redis::start_own().await);
        let node = || {
            let builder = Gateway::builder().database_url(&database).redis_url(&redis.url());
            builder.env("PLAN_STARTER", plan).env("RUST_LOG", "off,lodgate::limits=info").start()
        };
        let nodes = [node().await, node().await];
        let token = nodes[0].token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "starter").await;
        let alpha = [0, 1].map(|node: usize| Client::new(nodes[node].base_url(), &token));
        let omega = nodes[0].client("omega", TenantKind::Partner).await;
        let fixture = Self { nodes, redis, alpha, omega };
        fixture.until_shared(true).await;
        fixture
    }

    /// Until both nodes say so of themselves and know of each other.
    async fn until_shared(&self, shared: bool) {
        for node in &self.nodes {
            let omega = self.omega.at(node.base_url());
            let look = || async {
                let found = omega.query(SHARED, &json!({})).await.ok()?["rateLimit"].clone();
                (found == json!({ "shared": shared, "nodes": 2 })).then_some(())
            };
            eventually("the node knows how it stands to the other", look).await;
            let metric = node.metrics().await.sum("lodgate_limits_shared", &[]);
            assert_eq!(metric, f64::from(u8::from(shared)), "and its metric says the same");
        }
    }

    /// Hammers both nodes as one tenant until `stop`.
    async fn hammer(&self, stop: &AtomicBool) -> Granted {
        let started = Instant::now();
        let (granted, refused, longest_ms) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        let last_ms = AtomicU64::new(0);
        let longest_wait_ms = AtomicU64::new(0);
        let calls = (0..CALLERS * 2).map(|number| {
            let client = &self.alpha[number % 2];
            let (granted, refused, longest_ms) = (&granted, &refused, &longest_ms);
            let (last_ms, longest_wait_ms) = (&last_ms, &longest_wait_ms);
            async move {
                while !stop.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    let answer = client.query(CHEAP, &json!({})).await;
                    longest_ms.fetch_max(ms(asked.elapsed()), Ordering::Relaxed);
                    match answer {
                        Ok(_) => {
                            granted.fetch_add(1, Ordering::Relaxed);
                            let now = ms(started.elapsed());
                            let before = last_ms.swap(now, Ordering::Relaxed);
                            longest_wait_ms.fetch_max(now.saturating_sub(before), Ordering::Relaxed);
                        }
                        Err(error) => {
                            assert!(error.is_rate_limited() && error.retry_after().is_some(), "{error}");
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    sleep(PAUSE).await;
                }
            }
        });
        join_all(calls).await;
        Granted {
            granted: granted.into_inner(),
            refused: refused.into_inner(),
            longest_answer: Duration::from_millis(longest_ms.into_inner()),
            longest_wait: Duration::from_millis(longest_wait_ms.into_inner()),
            time: started.elapsed(),
        }
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What became of hammering.
#[derive(Debug)]
struct Granted {
    granted: u64,
    refused: u64,
    longest_answer: Duration,
    /// Between two grants.
    longest_wait: Duration,
    time: Duration,
}

impl Granted {
    /// What was granted, of what the plan grants in that time from a full budget on.
    fn part(&self) -> f64 {
        f64::from(u32::try_from(self.granted).expect("few")) / (BURST + RATE * self.time.as_secs_f64())
    }
}

/// Latencies of a well-behaved tenant, sorted.
async fn latencies(client: &Client, stop: &AtomicBool) -> Vec<Duration> {
    let mut all = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let asked = Instant::now();
        client.query("{ viewer { tenant { code } } }", &json!({})).await.expect("never refused");
        all.push(asked.elapsed());
        sleep(Duration::from_millis(20)).await;
    }
    all.sort_unstable();
    all
}

fn at(latencies: &[Duration], percent: usize) -> Duration {
    latencies[(latencies.len() * percent / 100).min(latencies.len() - 1)]
}

async fn after(time: Duration, stop: &AtomicBool) {
    sleep(time).await;
    stop.store(true, Ordering::Relaxed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_grant_one_plan_between_them_and_leave_others_alone() {
    let fixture = Fixture::new().await;
    let stop = AtomicBool::new(false);
    let (quiet, ()) = tokio::join!(latencies(&fixture.omega, &stop), after(Duration::from_secs(5), &stop));

    let stop = AtomicBool::new(false);
    let (hammered, loud, ()) =
        tokio::join!(fixture.hammer(&stop), latencies(&fixture.omega, &stop), after(hammered_for(), &stop));
    // Not a moment earlier than it says, and then at once, at either node.
    let refused = loop {
        match fixture.alpha[0].query(CHEAP, &json!({})).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    sleep(Duration::from_secs(refused.retry_after().expect("it says when").as_secs().max(1))).await;
    for client in &fixture.alpha {
        client.query(CHEAP, &json!({})).await.expect("granted when Retry-After says");
    }

    let part = hammered.part();
    println!("hammered for {:?}: {:.2} % of the plan, {hammered:?}", hammered.time, part * 100.0);
    for percent in [50, 90, 99] {
        println!("another tenant's p{percent}: {:?} alone, {:?} beside", at(&quiet, percent), at(&loud, percent));
    }
    assert!((0.98..=1.02).contains(&part), "{:.2} % of the plan: {hammered:?}", part * 100.0);
    assert!(hammered.refused > hammered.granted, "it was no hammering: {hammered:?}");
    let bound = at(&quiet, 50) * 10 + Duration::from_millis(50);
    assert!(at(&loud, 50) < bound, "{:?} beside, {:?} alone", at(&loud, 50), at(&quiet, 50));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_idle_node_held_is_there_for_the_other() {
    let fixture = Fixture::with_plan("1,80").await;
    let [idle, busy] = &fixture.alpha;
    idle.query(CHEAP, &json!({})).await.expect("granted");
    // It holds half of what is left for now, and gives it back when nothing more is asked of it.
    sleep(Duration::from_secs(4)).await;
    let mut granted = 0;
    for _ in 0..90 {
        granted += usize::from(busy.query(CHEAP, &json!({})).await.is_ok());
        // Until the next slice of it comes.
        sleep(PAUSE * 5).await;
    }
    assert!(granted >= 70, "{granted} of 80: the other node keeps the rest");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_a_tenant_is_neither_unlimited_nor_locked_out() {
    let fixture = Fixture::new().await;
    let stop = AtomicBool::new(false);
    let faults = async {
        sleep(Duration::from_secs(2)).await;
        fixture.redis.pause();
        fixture.until_shared(false).await;
        sleep(Duration::from_secs(4)).await;
        fixture.redis.resume();
        fixture.until_shared(true).await;
        sleep(Duration::from_secs(3)).await;
        fixture.redis.kill();
        fixture.until_shared(false).await;
        sleep(Duration::from_secs(4)).await;
        fixture.redis.restart().await;
        fixture.until_shared(true).await;
        sleep(Duration::from_secs(3)).await;
        stop.store(true, Ordering::Relaxed);
    };
    let (hammered, ()) = tokio::join!(fixture.hammer(&stop), faults);
    let part = hammered.part();
    println!("Redis frozen, killed and back: {:.2} % of the plan, {hammered:?}", part * 100.0);
    // A Redis that is back must not give out once more what each node granted alone.
    assert!(part < 1.02, "unlimited for a while: {hammered:?}");
    assert!(part > 0.8, "locked out for a while: {hammered:?}");
    assert!(hammered.longest_wait < Duration::from_secs(4), "{hammered:?}");
    assert!(hammered.longest_answer < Duration::from_secs(4), "a request waited for Redis: {hammered:?}");
    assert!(hammered.refused > hammered.granted, "it was no hammering: {hammered:?}");
    for node in &fixture.nodes {
        let told = node.log_tail().matches("budgets are not shared").count();
        assert_eq!(told, 2, "once each time: {}", node.log_tail());
    }
}
