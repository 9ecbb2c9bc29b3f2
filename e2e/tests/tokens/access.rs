//! Expired, damaged and forged tokens, and tokens without the scope that an operation needs.

use std::time::Duration;

use lodgate_e2e::{
    Kind, process,
    stories::{documents as ask, eventually, night, stay},
};
use serde_json::json;

use crate::two_suppliers::Scene;

#[tokio::test]
async fn bad_tokens_open_nothing() {
    let scene = Scene::new().await;
    let seq = scene.seq().await;
    let input = scene.beta.claim(&scene.hotel, "DBL", stay(1, 2), 1, "once");

    let mut command = scene.gateway.mint().command("token");
    command.args(["--tenant", "beta", "--plan", "unmetered", "--ttl", "1s"]);
    let token = process::output(&mut command).expect("a token");
    let passing = scene.beta.client.with_token(token.trim());
    let probe = || async { passing.query("{ viewer { __typename } }", &json!({})).await.err() };
    // Half a minute of clocks that differ is allowed for.
    eventually("the token expires", Duration::from_secs(60), probe).await;

    let good = scene.beta.client.token();
    let (rest, signature) = good.rsplit_once('.').expect("a signature");
    let (head, _) = rest.split_once('.').expect("a payload");
    let forged: String = signature.chars().rev().collect();
    let unsigned = "eyJhbGciOiJub25lIn0.eyJ0ZW5hbnQiOiJiZXRhIn0.".to_owned();
    let bad =
        ["".to_owned(), "garbage".to_owned(), format!("{rest}.{forged}"), format!("{head}.e30.{signature}"), unsigned];
    for token in bad.iter().map(String::as_str).chain([token.trim()]) {
        let refused = scene.beta.client.with_token(token).query(ask::BOOK, &json!({ "input": input })).await;
        let refused = refused.expect_err("a bad token");
        assert_eq!((refused.status(), refused.code()), (Some(401), "UNAUTHENTICATED"), "{token}: {refused}");
    }

    let reader = scene.gateway.token("beta", Kind::Partner, "inventory:read", "unmetered").await;
    let refused = scene.beta.client.with_token(&reader).query(ask::BOOK, &json!({ "input": input })).await;
    let refused = refused.expect_err("a missing scope");
    assert_eq!(refused.code(), "FORBIDDEN");
    assert!(refused.to_string().contains("reservations:write"), "{refused}");
    let counts =
        json!({ "input": { "propertyId": scene.hotel.id, "changes": [scene.count((night(1), night(2)), 3)] } });
    let refused = scene.beta.client.query(ask::SET_ALLOTMENTS, &counts).await.expect_err("a partner sets no counts");
    assert_eq!(refused.code(), "FORBIDDEN");
    scene.nothing_was_written_since(seq).await;
}
