//! One of two nodes is restarted several times; clients with kept-alive connections lose no request.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use lodgate_e2e::{
    Backend, Gateway,
    stories::{eventually, night},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

const CALLERS: usize = 16;
const RESTARTS: usize = 3;
const PAUSE: Duration = Duration::from_millis(10);
/// Between two readiness checks: well below the grace period of a stopping node.
const LOOK: Duration = Duration::from_millis(100);

/// Two nodes, and a readiness check as of a load balancer.
struct Fixture {
    nodes: [Gateway; 2],
    ready: [AtomicBool; 2],
    done: [AtomicUsize; 2],
    stop: AtomicBool,
}

impl Fixture {
    async fn look(&self) {
        while !self.stop.load(Ordering::Relaxed) {
            for (node, ready) in self.nodes.iter().zip(&self.ready) {
                ready.store(node.get("/readyz").await.is_ok(), Ordering::Relaxed);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Sends one request after another over kept-alive connections, to the favourite node while it is ready, otherwise
    /// to the other one. A refused connection is not a failure, because the request was never sent.
    async fn call_on(&self, token: &str, favourite: usize) -> Vec<String> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().expect("a client");
        let body = json!({ "query": "{ properties(first: 1) { edges { node { id stockSeq } } } }" });
        let mut failures = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            let turn = if self.ready[favourite].load(Ordering::Relaxed) { favourite } else { 1 - favourite };
            let url = format!("{}/graphql", self.nodes[turn].base_url());
            match http.post(url).bearer_auth(token).json(&body).send().await {
                Ok(answer) if answer.status() == StatusCode::OK => match answer.json::<Value>().await {
                    Ok(answer) if answer["data"]["properties"]["edges"][0]["node"]["id"].is_string() => {
                        self.done[turn].fetch_add(1, Ordering::Relaxed);
                    }
                    other => failures.push(format!("{other:?}")),
                },
                Ok(answer) => failures.push(format!("{}", answer.status())),
                Err(error) if error.is_connect() => {}
                Err(error) => failures.push(format!("{error:?}")),
            }
            tokio::time::sleep(PAUSE).await;
        }
        failures
    }

    fn answered_by(&self, node: usize) -> usize {
        self.done[node].load(Ordering::Relaxed)
    }

    async fn until_busy(&self, node: usize) {
        let before = self.answered_by(node);
        let busy = || async { (self.answered_by(node) >= before + 50).then_some(()) };
        eventually("the node responds", busy).await;
    }
}

#[tokio::test]
async fn a_restart_loses_no_request() {
    let backend = Backend::postgres().await;
    let node = || backend.gateway().start();
    let fixture = Fixture {
        nodes: [node().await, node().await],
        ready: [AtomicBool::new(true), AtomicBool::new(true)],
        done: Default::default(),
        stop: AtomicBool::new(false),
    };
    let alpha = fixture.nodes[0].supplier("alpha").await;
    alpha.property("Seaview").nights(night(0), night(5)).rooms("DBL", 5).create().await;
    let token = alpha.client.token();
    let callers = join_all((0..CALLERS).map(|number| fixture.call_on(token, number % 2)));
    let restarts = async {
        for _ in 0..RESTARTS {
            fixture.until_busy(1).await;
            assert_eq!(fixture.nodes[1].terminate().await.expect("it stops in time"), Some(0));
            fixture.nodes[1].restart().await;
        }
        fixture.until_busy(1).await;
        fixture.stop.store(true, Ordering::Relaxed);
    };
    let (failures, (), ()) = tokio::join!(callers, restarts, fixture.look());
    let failures: Vec<_> = failures.into_iter().flatten().collect();
    println!("{} and {} responses during {RESTARTS} restarts", fixture.answered_by(0), fixture.answered_by(1));
    assert!(failures.is_empty(), "{} failed: {:?}", failures.len(), &failures[..failures.len().min(5)]);
}
