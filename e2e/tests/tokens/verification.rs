//! Verification of tokens.

use lodgate_e2e::{
    Gateway, TenantKind,
    jws::{Algorithm, SigningKey, unsigned},
};
use serde_json::{Value, json};

use super::{VIEWER, close_code, is_refused, now, published, viewer};

/// Tokens that an attacker could make, with and without the gateway's own key.
#[tokio::test]
async fn every_invalid_token_is_refused_over_http_and_websocket() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ours, other) = (SigningKey::generate(Algorithm::EdDsa), SigningKey::generate(Algorithm::EdDsa));
    let rsa = SigningKey::generate(Algorithm::Rs256);
    let file = folder.path().join("key.pem");
    std::fs::write(&file, ours.pem()).expect("a file");
    let gateway = Gateway::builder().env("SIGNING_KEY_FILE", file.to_str().expect("a path")).start().await;
    gateway.token("harbour", TenantKind::Supplier, "inventory:read", "standard").await;
    let kid = published(&gateway).await.remove(0);

    let good = json!({
        "iss": "lodgate", "aud": "lodgate", "sub": "tool", "tenant": "harbour", "kind": "SUPPLIER",
        "scope": "inventory:read", "plan": "standard", "iat": now(), "nbf": now(), "exp": now() + 3_600,
        "jti": "00000000-0000-7000-8000-000000000000",
    });
    let header = ours.header(&kid);
    let by_us = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        ours.sign(&header, &claims)
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().expect("an object").remove(name);
        ours.sign(&header, &claims)
    };
    let headed = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        ours.sign(&header, &good)
    };
    let right = ours.sign(&header, &good);
    assert_eq!(viewer(&gateway, &right).await.expect("accepted")["tenant"]["code"], "harbour");
    assert_eq!(close_code(&gateway, &right).await, None);

    let parts: Vec<&str> = right.split('.').collect();
    let elsewhere = by_us("tenant", json!("meridian"));
    let tampered = format!("{}.{}.{}", parts[0], elsewhere.split('.').nth(1).expect("claims"), parts[2]);
    let refused = [
        ("algorithm confusion", ours.confuse(&kid, &good)),
        ("none", unsigned(&json!({ "alg": "none", "typ": "JWT", "kid": kid }), &good)),
        ("None", unsigned(&json!({ "alg": "None", "typ": "JWT", "kid": kid }), &good)),
        ("no signature", unsigned(&header, &good)),
        ("another algorithm", rsa.sign(&rsa.header(&kid), &good)),
        ("another key under the same key id", other.sign(&header, &good)),
        ("tampered", tampered),
        ("truncated", right[..right.len() - 4].to_owned()),
        ("no token", "nonsense".to_owned()),
        ("wrong issuer", by_us("iss", json!("https://evil.example"))),
        ("wrong audience", by_us("aud", json!("another"))),
        ("expired", by_us("exp", json!(now() - 60))),
        ("not yet valid", by_us("nbf", json!(now() + 600))),
        ("exp as a string", by_us("exp", json!((now() + 600).to_string()))),
        ("nbf as a string", by_us("nbf", json!("0"))),
        ("oversized", by_us("more", json!("x".repeat(9_000)))),
        ("unknown kid", headed("kid", json!("unknown"))),
        ("odd kid", headed("kid", json!("../../etc/passwd"))),
        ("kid that is not a text", headed("kid", json!({ "$ne": 1 }))),
        ("no kid", headed("kid", json!(null))),
        ("jku", headed("jku", json!("http://127.0.0.1:9/jwks.json"))),
        ("jwk", headed("jwk", other.jwk(&kid))),
        ("x5u", headed("x5u", json!("http://127.0.0.1:9/cert.pem"))),
        ("x5c", headed("x5c", json!(["MIIB"]))),
        ("crit", headed("crit", json!(["exp"]))),
        ("a token of another type", headed("typ", json!("logout+jwt"))),
        ("no tenant", without("tenant")),
        ("no plan", without("plan")),
        ("no scope", without("scope")),
        ("no exp", without("exp")),
        ("no nbf", without("nbf")),
        ("no sub", without("sub")),
        ("unknown tenant", by_us("tenant", json!("nowhere"))),
        ("tenant of another pattern", by_us("tenant", json!("Harbour' OR 1=1"))),
        ("a tenant of another kind", by_us("kind", json!("OPERATOR"))),
        ("unknown plan", by_us("plan", json!("gold"))),
        ("unknown scope", by_us("scope", json!("inventory:read everything"))),
        ("unknown user", by_us("sub", json!("user:4711"))),
        ("unknown API client", by_us("sub", json!("client:lgc_unknown"))),
    ];
    for (what, token) in &refused {
        is_refused(&gateway, what, token).await;
    }
    let anonymous = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/graphql", gateway.base_url());
    let answer = anonymous.post(&url).bearer_auth(&refused[0].1).json(&json!({ "query": VIEWER })).send().await;
    let answer = answer.expect("a response");
    assert_eq!(answer.status(), 401);
    let challenge = answer.headers()["www-authenticate"].to_str().expect("text");
    assert!(challenge.starts_with("Bearer ") && challenge.contains("invalid_token"), "{challenge}");
    let body = answer.text().await.expect("a body");
    assert!(!body.contains("signature") && !body.contains("algorithm"), "the response has no reason: {body}");
    assert_eq!(viewer(&gateway, &right).await.expect("accepted")["plan"], "standard");
}
