//! The caches save SQL statements, and a cached answer is never wrong, whatever happens to Redis.

use lodgate_e2e::{
    Backend, Client, Gateway, TenantKind,
    metrics::Metrics,
    stories::{eventually, night, numbers},
};
use serde_json::{Value, json};

const HOTELS: usize = 20;

/// 20 properties with two room types each, over 14 nights.
const GRID: &str = "query($from: Date!, $through: Date!) {
  properties(first: 50) { edges { node { code contracts { edges { node { code } } } roomTypes {
    code availableNights(from: $from, through: $through) { date leftToSell restrictions { stopSell } asOfSeq source }
  } } } } }";

fn reads(metrics: &Metrics) -> f64 {
    metrics.sum("lodgate_sql_statements_total", &[("kind", "read")])
}

fn cached(metrics: &Metrics, level: &str, outcome: &str) -> f64 {
    metrics.sum("lodgate_cache_total", &[("level", level), ("outcome", outcome)])
}

/// The answer to the grid, and the metrics before and after it.
async fn measured(gateway: &Gateway, client: &Client) -> (Value, Metrics, Metrics) {
    let before = gateway.metrics().await;
    let variables = json!({ "from": night(1), "through": night(14) });
    let data = client.query(GRID, &variables).await.unwrap_or_else(|error| panic!("no grid: {error}"));
    (data, before, gateway.metrics().await)
}

/// All values of a field of the nights of a grid.
fn nights<'a>(grid: &'a Value, field: &'a str) -> Vec<&'a Value> {
    let list = |value: &'a Value| value.as_array().map(Vec::as_slice).unwrap_or_default();
    let properties = list(&grid["properties"]["edges"]).iter();
    let rooms = properties.flat_map(|edge| list(&edge["node"]["roomTypes"]));
    rooms.flat_map(|room| list(&room["availableNights"])).map(|night| &night[field]).collect()
}

#[tokio::test]
async fn twenty_properties_need_no_sql_statement_warm_and_four_cold() {
    let backend = Backend::postgres_and_redis().await;
    let gateway = backend.gateway().start().await;
    let alpha = gateway.supplier("alpha").await;
    for number in 0..HOTELS {
        let property = alpha.property(&format!("Property {number}")).nights(night(0), night(20));
        property.rooms("DBL", 5).rooms("SGL", 3).opened_to("beta").create().await;
    }
    let beta = gateway.client("beta", TenantKind::Partner).await;

    // The node polls the journal once a second and verifies the caller again every few seconds, so the minimum of
    // several attempts is the cost of the answer itself.
    let (mut warm, mut cold) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..8 {
        let (grid, before, after) = measured(&gateway, &beta).await;
        assert_eq!(nights(&grid, "leftToSell").len(), HOTELS * 2 * 14);
        warm = warm.min(reads(&after) - reads(&before));
    }
    for _ in 0..4 {
        gateway.restart().await;
        backend.redis().flush();
        // The verification of the caller and the node's first poll of the journal are not part of the answer.
        beta.query("{ viewer { __typename } }", &json!({})).await.expect("a response");
        let (grid, before, after) = measured(&gateway, &beta).await;
        assert_eq!(nights(&grid, "leftToSell").len(), HOTELS * 2 * 14);
        cold = cold.min(reads(&after) - reads(&before));
    }

    assert_eq!(warm, 0.0, "SQL statements with warm caches");
    assert!((1.0..=4.0).contains(&cold), "{cold} SQL statements with cold caches");
}

#[tokio::test]
async fn each_cache_level_answers_in_order() {
    let backend = Backend::postgres_and_redis().await;
    let gateway = backend.gateway().start().await;
    let alpha = gateway.supplier("alpha").await;
    let property =
        alpha.property("Seaview").nights(night(0), night(20)).rooms("DBL", 5).opened_to("beta").create().await;
    let beta = gateway.client("beta", TenantKind::Partner).await;
    let answered_by = |source: &'static str| {
        let (gateway, beta) = (&gateway, &beta);
        move || async move {
            let (grid, before, after) = measured(gateway, beta).await;
            let sources = nights(&grid, "source");
            let is_all = !sources.is_empty() && sources.iter().all(|found| **found == source);
            is_all.then_some((before, after))
        }
    };

    let (before, after) = eventually("the cache of this node", answered_by("PROCESS_CACHE")).await;
    assert!(cached(&after, "process", "hit") > cached(&before, "process", "hit"));
    assert_eq!(cached(&after, "process", "miss"), cached(&before, "process", "miss"));

    // A restarted node uses the blocks in Redis once it receives the feed again.
    let restarted = || async {
        gateway.restart().await;
        let metrics = |source| answered_by(source)();
        metrics("REDIS_CACHE").await
    };
    let (before, after) = eventually("Redis", restarted).await;
    assert!(cached(&after, "redis", "hit") > cached(&before, "redis", "hit"));
    assert_eq!(cached(&after, "primary", "hit"), cached(&before, "primary", "hit"));

    // A write removes its block from the caches, and the next answer is right.
    let written = alpha.set_allotments(&property, "DBL", (night(1), night(14)), 9).await.accepted();
    let read = alpha.calendar(&property, "DBL", (night(1), night(14)), None, written["cursor"].as_str()).await;
    assert_eq!(numbers(&read["allotted"]), [9; 14]);

    gateway.restart().await;
    backend.redis().flush();
    let (grid, before, after) = measured(&gateway, &beta).await;
    assert_eq!(nights(&grid, "leftToSell"), [9; 14]);
    assert!(nights(&grid, "source").iter().all(|source| **source == "PRIMARY"));
    assert!(cached(&after, "primary", "hit") > cached(&before, "primary", "hit"));
}
