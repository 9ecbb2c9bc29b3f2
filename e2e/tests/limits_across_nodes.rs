//! The budgets of a tenant are shared by all nodes, and stay bounded while Redis is away.

use std::{
    cell::Cell,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use lodgate_e2e::{
    Backend, Client, Gateway, TIMEOUT, TenantKind,
    stories::{eventually, eventually_within},
};
use serde_json::json;
use tokio::time::{Instant, sleep};

/// Callers per node.
const CALLERS: usize = 3;
/// Between two requests of a caller, so that all callers together are far above the rate.
const PAUSE: Duration = Duration::from_millis(4);
/// Between two requests of the tenant whose latency is measured.
const MEASURED_PAUSE: Duration = Duration::from_millis(20);
const MEASURED_ALONE: usize = 200;
/// Requests per second of the plan.
const RATE: u32 = 40;
const BURST: u32 = 80;
const CHEAP: &str = "{ __typename }";
const SHARED: &str = "{ rateLimit { shared nodes } }";

/// The time that the plan needs for the grants of a test: 20 seconds, or `LODGATE_HAMMER`.
fn load_seconds() -> u32 {
    let set = std::env::var_os("LODGATE_HAMMER");
    set.and_then(|text| text.to_str()?.parse().ok()).unwrap_or(20)
}

/// Two nodes with a Redis.
struct Fixture {
    nodes: [Gateway; 2],
    backend: Backend,
    alpha: [Client; 2],
    omega: Client,
}

impl Fixture {
    async fn new() -> Self {
        Self::with_plan(&format!("{RATE},{BURST}")).await
    }

    async fn with_plan(plan: &str) -> Self {
        let backend = Backend::postgres_and_redis().await;
        let node = || backend.gateway().env("PLAN_STARTER", plan).env("RUST_LOG", "off,lodgate::limits=info").start();
        let nodes = [node().await, node().await];
        let token = nodes[0].token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "starter").await;
        let alpha = [0, 1].map(|node: usize| Client::new(nodes[node].base_url(), &token));
        let omega = nodes[0].client("omega", TenantKind::Partner).await;
        let fixture = Self { nodes, backend, alpha, omega };
        fixture.wait_until_shared(true).await;
        fixture
    }

    /// Waits until both nodes report shared or separate budgets, and know each other.
    async fn wait_until_shared(&self, shared: bool) {
        for node in &self.nodes {
            let omega = self.omega.at(node.base_url());
            let look = || async {
                let found = omega.query(SHARED, &json!({})).await.ok()?["rateLimit"].clone();
                (found == json!({ "shared": shared, "nodes": 2 })).then_some(())
            };
            eventually("the node reports whether its budgets are shared", look).await;
            let metric = node.metrics().await.sum("lodgate_limits_shared", &[]);
            assert_eq!(metric, f64::from(u8::from(shared)), "the metric agrees");
        }
    }

    /// Sends requests of one tenant to both nodes until the load is stopped.
    async fn run(&self, load: &Load) -> Duration {
        let started = Instant::now();
        let calls = (0..CALLERS * 2).map(|number| {
            let client = &self.alpha[number % 2];
            async move {
                while !load.stop.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    let response = client.query(CHEAP, &json!({})).await;
                    load.longest_response_ms.fetch_max(ms(asked.elapsed()), Ordering::Relaxed);
                    match response {
                        Ok(_) => {
                            load.granted.fetch_add(1, Ordering::Relaxed);
                            let now = ms(started.elapsed());
                            let before = load.last_grant_ms.swap(now, Ordering::Relaxed);
                            load.longest_gap_ms.fetch_max(now.saturating_sub(before), Ordering::Relaxed);
                        }
                        Err(error) => {
                            assert!(error.is_rate_limited() && error.retry_after().is_some(), "{error}");
                            load.refused.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    sleep(PAUSE).await;
                }
            }
        });
        join_all(calls).await;
        started.elapsed()
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A load far above the plan of a tenant, and its results so far.
#[derive(Debug, Default)]
struct Load {
    stop: AtomicBool,
    granted: AtomicU64,
    refused: AtomicU64,
    longest_response_ms: AtomicU64,
    last_grant_ms: AtomicU64,
    /// Between two grants.
    longest_gap_ms: AtomicU64,
}

impl Load {
    /// Waits until as many requests were granted as the plan grants in `seconds` at its rate.
    async fn grants_for(&self, seconds: u32) {
        let target = self.granted.load(Ordering::Relaxed) + u64::from(RATE * seconds);
        eventually_within("requests are granted", TIMEOUT + Duration::from_secs(seconds.into()), || async {
            (self.granted.load(Ordering::Relaxed) >= target).then_some(())
        })
        .await;
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The granted requests as a share of what the plan grants in that time, from a full budget on.
    fn share_of_plan(&self, time: Duration) -> f64 {
        let granted = u32::try_from(self.granted.load(Ordering::Relaxed)).expect("few");
        f64::from(granted) / (f64::from(BURST) + f64::from(RATE) * time.as_secs_f64())
    }

    fn is_above_plan(&self) -> bool {
        self.refused.load(Ordering::Relaxed) > self.granted.load(Ordering::Relaxed)
    }
}

/// Sorted latencies of a tenant within its plan: `count` of them, or until the load stops.
async fn latencies(client: &Client, count: usize, load: &Load) -> Vec<Duration> {
    let mut all = Vec::new();
    while all.len() < count && !load.stop.load(Ordering::Relaxed) {
        let asked = Instant::now();
        client.query("{ viewer { tenant { code } } }", &json!({})).await.expect("never refused");
        all.push(asked.elapsed());
        sleep(MEASURED_PAUSE).await;
    }
    all.sort_unstable();
    all
}

fn quantile(latencies: &[Duration], percent: usize) -> Duration {
    latencies[(latencies.len() * percent / 100).min(latencies.len() - 1)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_grant_one_plan_together_and_do_not_slow_other_tenants() {
    let fixture = Fixture::new().await;
    let load = Load::default();
    let alone = latencies(&fixture.omega, MEASURED_ALONE, &load).await;

    let grants = async {
        load.grants_for(load_seconds() + BURST / RATE).await;
        load.stop();
    };
    let (time, beside, ()) = tokio::join!(fixture.run(&load), latencies(&fixture.omega, usize::MAX, &load), grants);
    let refused = loop {
        match fixture.alpha[0].query(CHEAP, &json!({})).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    // The promise of `Retry-After` is tested: this wait is as long as the response says.
    sleep(Duration::from_secs(refused.retry_after().expect("a wait").as_secs().max(1))).await;
    for client in &fixture.alpha {
        client.query(CHEAP, &json!({})).await.expect("granted after the wait of Retry-After");
    }

    let share = load.share_of_plan(time);
    println!("load for {time:?}: {:.2} % of the plan, {load:?}", share * 100.0);
    for percent in [50, 90, 99] {
        println!(
            "another tenant's p{percent}: {:?} alone, {:?} beside",
            quantile(&alone, percent),
            quantile(&beside, percent)
        );
    }
    assert!((0.98..=1.02).contains(&share), "{:.2} % of the plan: {load:?}", share * 100.0);
    assert!(load.is_above_plan(), "the load was within the plan: {load:?}");
    let bound = quantile(&alone, 50) * 10 + Duration::from_millis(50);
    assert!(quantile(&beside, 50) < bound, "{:?} beside, {:?} alone", quantile(&beside, 50), quantile(&alone, 50));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_node_returns_its_part_of_the_budget() {
    let fixture = Fixture::with_plan("1,80").await;
    let [idle, busy] = &fixture.alpha;
    idle.query(CHEAP, &json!({})).await.expect("granted");
    // The idle node holds half of the budget until it returns it. The plan adds one request per second, which does not
    // count here.
    let (started, granted) = (Instant::now(), Cell::new(0.0));
    eventually("70 of the 80 requests of the burst are granted by the other node", || async {
        granted.set(granted.get() + f64::from(u8::from(busy.query(CHEAP, &json!({})).await.is_ok())));
        (granted.get() - started.elapsed().as_secs_f64() >= 70.0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_a_tenant_is_neither_unlimited_nor_locked_out() {
    let fixture = Fixture::new().await;
    let (load, redis) = (Load::default(), fixture.backend.redis());
    let faults = async {
        load.grants_for(2 + BURST / RATE).await;
        redis.pause();
        fixture.wait_until_shared(false).await;
        load.grants_for(4).await;
        redis.resume();
        fixture.wait_until_shared(true).await;
        load.grants_for(3).await;
        redis.kill();
        fixture.wait_until_shared(false).await;
        load.grants_for(4).await;
        redis.restart().await;
        fixture.wait_until_shared(true).await;
        load.grants_for(3).await;
        load.stop();
    };
    let (time, ()) = tokio::join!(fixture.run(&load), faults);
    let share = load.share_of_plan(time);
    println!("Redis frozen, killed and restarted: {:.2} % of the plan, {load:?}", share * 100.0);
    // A restarted Redis must not grant again what each node granted alone.
    assert!(share < 1.02, "unlimited for a while: {load:?}");
    assert!(share > 0.8, "locked out for a while: {load:?}");
    let longest = |ms: &AtomicU64| Duration::from_millis(ms.load(Ordering::Relaxed));
    assert!(longest(&load.longest_gap_ms) < Duration::from_secs(4), "locked out: {load:?}");
    assert!(longest(&load.longest_response_ms) < Duration::from_secs(4), "a request waited for Redis: {load:?}");
    assert!(load.is_above_plan(), "the load was within the plan: {load:?}");
    for node in &fixture.nodes {
        let logged = node.log_tail().matches("budgets are not shared").count();
        assert_eq!(logged, 2, "once per outage: {}", node.log_tail());
    }
}
