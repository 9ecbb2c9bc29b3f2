//! Rotation and retirement of the gateway's signing keys.

use anyhow::{Context, Result};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lodgate_e2e::{
    Backend, Gateway, TIMEOUT, WebSocket, process,
    stories::{eventually, night},
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{VIEWER, api_client, is_closed_in_time, is_refused, published, token_of};

/// The output of `lodgate keys`.
fn keys(gateway: &Gateway, arguments: &[&str]) -> Result<String> {
    process::output(gateway.cli().command("keys").args(arguments))
}

/// The id of the key with which a node signs.
async fn signing_kid(gateway: &Gateway, api_client: (&str, &str)) -> String {
    let token = token_of(gateway, api_client).await;
    let header = token.split('.').next().expect("a header");
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).expect("base64");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["kid"].as_str().expect("a kid").to_owned()
}

#[tokio::test]
async fn signing_keys_are_rotated_and_retired_while_nodes_run() -> Result<()> {
    let backend = Backend::postgres().await;
    let node = || backend.gateway().start();
    let (a, b) = (node().await, node().await);
    let alpha = a.supplier("alpha").await;
    let property = alpha.property("Seaview").rooms("DBL", 5).create().await;
    let (_, name, secret) = api_client(&alpha.client).await;
    let credentials = (name.as_str(), secret.as_str());
    let old = signing_kid(&a, credentials).await;
    let cursor = alpha.set_allotments(&property, "DBL", (night(30), night(30)), 5).await.accepted()["cursor"].clone();
    let cursor = cursor.as_str().context("a cursor")?;

    let said = keys(&a, &["rotate", "--after", "1s"])?;
    let new = said.split_whitespace().next().context("the name of the new key")?.to_owned();
    for node in [&a, &b] {
        eventually("the new key is published", async || {
            (published(node).await == [old.clone(), new.clone()]).then_some(())
        })
        .await;
        eventually("the new key signs", async || (signing_kid(node, credentials).await == new).then_some(())).await;
    }
    let of_new = alpha.client.with_token(&token_of(&a, credentials).await);
    let of_old = alpha.at(&b);
    of_old.client.query(VIEWER, &json!({})).await.context("a token of the old key")?;
    of_new.at(b.base_url()).query(VIEWER, &json!({})).await.context("a token of the new key")?;
    let read = of_old.calendar(&property, "DBL", (night(30), night(30)), None, Some(cursor)).await;
    assert_eq!(read["sold"].as_array().map(Vec::len), Some(1), "a cursor from before the rotation");

    let listed = keys(&a, &["list"])?;
    assert!(listed.lines().any(|line| line.starts_with(&new) && line.contains("signing")), "{listed}");
    assert!(listed.lines().any(|line| line.starts_with(&old) && line.contains("accepted")), "{listed}");
    let mut sockets = Vec::new();
    for node in [&a, &b] {
        sockets.push(WebSocket::connect(node.base_url(), alpha.client.token()).await?);
    }
    let mut goes_on = WebSocket::connect(b.base_url(), of_new.token()).await?;
    let refused = keys(&a, &["retire", &new]).expect_err("the last key").to_string();
    assert!(refused.contains("rotate"), "{refused}");
    keys(&a, &["retire", &old])?;
    let since = Instant::now();
    for socket in sockets {
        is_closed_in_time(socket, since).await;
    }
    for node in [&a, &b] {
        is_refused(node, "a token of a retired key", alpha.client.token()).await;
        assert_eq!(published(node).await, std::slice::from_ref(&new));
    }
    goes_on.subscribe(VIEWER, &json!({})).await?;
    goes_on.next_data(TIMEOUT).await.context("a websocket with a token of the new key")?;

    // A node that starts now, and one that restarts, have the same keys.
    b.restart().await;
    of_new.at(b.base_url()).query(VIEWER, &json!({})).await?;
    let anew = a.supplier("alpha").await.at(&b);
    anew.calendar(&property, "DBL", (night(30), night(30)), None, Some(cursor)).await;
    Ok(())
}
