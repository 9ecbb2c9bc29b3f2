//! Expired, damaged and forged tokens, and tokens without the scope that an operation needs.

use lodgate_e2e::{
    TenantKind, process,
    stories::{documents, eventually, night, stay},
};
use serde_json::json;

use crate::two_suppliers::Fixture;

#[tokio::test]
async fn invalid_tokens_and_missing_scopes_are_refused() {
    let fixture = Fixture::new().await;
    let seq = fixture.seq().await;
    let input = fixture.beta.claim(&fixture.property, "DBL", stay(1, 2), 1, "once");

    let mut command = fixture.gateway.cli().command("token");
    command.args(["--tenant", "beta", "--plan", "unmetered", "--ttl", "1s"]);
    let token = process::output(&mut command).expect("a token");
    let passing = fixture.beta.client.with_token(token.trim());
    let probe = || async { passing.query("{ viewer { __typename } }", &json!({})).await.err() };
    // The gateway allows for clocks that differ by 30 seconds.
    eventually("the token expires", probe).await;

    let good = fixture.beta.client.token();
    let (rest, signature) = good.rsplit_once('.').expect("a signature");
    let (head, _) = rest.split_once('.').expect("a payload");
    let forged: String = signature.chars().rev().collect();
    let unsigned = "eyJhbGciOiJub25lIn0.eyJ0ZW5hbnQiOiJiZXRhIn0.".to_owned();
    let bad =
        ["".to_owned(), "garbage".to_owned(), format!("{rest}.{forged}"), format!("{head}.e30.{signature}"), unsigned];
    for token in bad.iter().map(String::as_str).chain([token.trim()]) {
        let refused = fixture.beta.client.with_token(token).query(documents::BOOK, &json!({ "input": input })).await;
        let refused = refused.expect_err("a bad token");
        assert_eq!((refused.status(), refused.code()), (Some(401), "UNAUTHENTICATED"), "{token}: {refused}");
    }

    let reader = fixture.gateway.token("beta", TenantKind::Partner, "inventory:read", "unmetered").await;
    let refused = fixture.beta.client.with_token(&reader).query(documents::BOOK, &json!({ "input": input })).await;
    let refused = refused.expect_err("a missing scope");
    assert_eq!(refused.code(), "FORBIDDEN");
    assert!(refused.to_string().contains("reservations:write"), "{refused}");
    let counts =
        json!({ "input": { "propertyId": fixture.property.id, "changes": [fixture.count((night(1), night(2)), 3)] } });
    let refused = fixture
        .beta
        .client
        .query(documents::SET_ALLOTMENTS, &counts)
        .await
        .expect_err("a partner may not set allotments");
    assert_eq!(refused.code(), "FORBIDDEN");
    fixture.nothing_was_written_since(seq).await;
}
