//! The usage of a tenant's budgets, minute by minute.

use std::cell::Cell;

use lodgate_e2e::{Client, ClientError, Gateway, TIMEOUT, TenantKind, WebSocket, stories::eventually};
use serde_json::{Value, json};

const MINUTES: &str = "{ rateLimit { minutes { from allowed refused } } }";
const VIEWER: &str = "{ viewer { tenant { code } } }";

/// The allowed and the refused requests of the last hour, of which this request is one.
async fn usage(client: &Client) -> Result<(i64, i64), ClientError> {
    let minutes = client.query(MINUTES, &json!({})).await?["rateLimit"]["minutes"].clone();
    let minutes = minutes.as_array().cloned().unwrap_or_default();
    assert_eq!(minutes.len(), 60);
    let start = |minute: &Value| minute["from"].as_str().unwrap_or_default().parse().expect("a time");
    let starts: Vec<chrono::DateTime<chrono::Utc>> = minutes.iter().map(start).collect();
    assert!(starts.is_sorted_by(|one, next| *next - *one == chrono::Duration::minutes(1)), "{starts:?}");
    let sum = |field: &str| minutes.iter().filter_map(|minute| minute[field].as_i64()).sum::<i64>();
    Ok((sum("allowed"), sum("refused")))
}

#[tokio::test]
async fn requests_over_http_and_websocket_are_counted_per_minute() {
    let gateway = Gateway::builder().env("PLAN_STARTER", "1,20").start().await;
    let token = gateway.token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "starter").await;
    let alpha = Client::new(gateway.base_url(), &token);
    let omega = gateway.supplier("omega").await.client;
    assert_eq!(usage(&alpha).await.expect("allowed"), (1, 0), "this request is counted");

    let mut socket = WebSocket::connect(gateway.base_url(), &token).await.expect("connected");
    for _ in 0..3 {
        socket.subscribe(VIEWER, &json!({})).await.expect("sent");
        socket.next(TIMEOUT).await.expect("a result");
        socket.next(TIMEOUT).await.expect("the end of the operation");
    }
    assert_eq!(usage(&alpha).await.expect("allowed"), (5, 0), "over the websocket too");
    let refused = Cell::new(0);
    while refused.get() < 3 {
        let response = alpha.query(VIEWER, &json!({})).await;
        refused.set(refused.get() + i64::from(response.is_err_and(|error| error.is_rate_limited())));
    }
    // The budget grows by one request per second. Until then this request is refused too, and counted.
    let (allowed, counted) = eventually("the budget allows a request", || async {
        match usage(&alpha).await {
            Ok(usage) => Some(usage),
            Err(error) => {
                assert!(error.is_rate_limited(), "{error}");
                refused.set(refused.get() + 1);
                None
            }
        }
    })
    .await;
    assert!(allowed >= 20 && counted == refused.get(), "{allowed} allowed, {counted} refused");
    assert_eq!(usage(&omega).await.expect("allowed"), (1, 0), "another tenant has its own counts");
}
