//! The limit per client IP address for requests without a valid token; only trusted proxies may set the address.

use lodgate_e2e::{Gateway, TenantKind};
use reqwest::Response;
use serde_json::{Value, json};

/// Sends a request with a token, through a proxy that sends `forwarded`.
async fn ask(gateway: &Gateway, token: &str, forwarded: &str) -> Response {
    let request = lodgate_e2e::client::pool().post(format!("{}/graphql", gateway.base_url()));
    let request = request.bearer_auth(token).header("x-forwarded-for", forwarded);
    request.json(&json!({ "query": "{ __typename }" })).send().await.expect("a response")
}

async fn status(gateway: &Gateway, token: &str, forwarded: &str) -> u16 {
    ask(gateway, token, forwarded).await.status().as_u16()
}

#[tokio::test]
async fn the_limit_of_an_address_does_not_affect_other_addresses() {
    let builder = Gateway::builder().env("ADDRESS_RATE", "1,5").env("TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8");
    let gateway = builder.start().await;
    let token = gateway.token("alpha", TenantKind::Supplier, "inventory:read", "standard").await;
    for _ in 0..5 {
        assert_eq!(status(&gateway, "bad", "1.1.1.1").await, 401);
    }
    // On a busy computer the budget may grow by one or two meanwhile.
    let refused = loop {
        let answer = ask(&gateway, "bad", "1.1.1.1").await;
        if answer.status() != 401 {
            break answer;
        }
    };
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!(wait >= 1);
    let body: Value = refused.json().await.expect("JSON");
    let extensions = &body["errors"][0]["extensions"];
    assert_eq!(extensions["code"], "RATE_LIMITED", "{body}");
    assert!(extensions["retryAfterMs"].as_u64().is_some_and(|ms| ms >= 1) && extensions["requestId"].is_string());

    assert_eq!(status(&gateway, "bad", "2.2.2.2").await, 401, "another address");
    let mut spoofed = Vec::new();
    for n in 0..8 {
        spoofed.push(status(&gateway, "bad", &format!("9.9.9.{n}, 1.1.1.1, 10.7.7.7")).await);
    }
    assert!(spoofed.contains(&429), "addresses further left are not trusted: {spoofed:?}");
    assert_eq!(status(&gateway, &token, "1.1.1.1").await, 200, "a valid token is limited by its tenant's plan only");
}

#[tokio::test]
async fn forwarded_addresses_are_ignored_without_a_trusted_proxy() {
    let gateway = Gateway::builder().env("ADDRESS_RATE", "1,5").start().await;
    let mut statuses = Vec::new();
    for n in 0..20 {
        statuses.push(status(&gateway, "bad", &format!("1.1.1.{n}")).await);
    }
    assert!(statuses.contains(&401) && statuses.contains(&429), "{statuses:?}");
    for (option, bad) in [("TRUSTED_PROXIES", "10.0.0.0/40"), ("ADDRESS_RATE", "0,1")] {
        assert!(Gateway::builder().env(option, bad).try_start().await.is_err(), "{option}={bad}");
    }
}
