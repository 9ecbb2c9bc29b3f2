//! Tokens of external issuers.

use anyhow::Result;
use lodgate_e2e::{
    Client, Gateway, IdentityProvider, TenantKind,
    identity_provider::JwksResponse,
    jws::{Algorithm, unsigned},
    stories::eventually,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{close_code, is_refused, now, viewer};

/// Claims of an external issuer.
fn external_claims(issuer: &IdentityProvider, tenant: &str) -> Value {
    json!({
        "iss": issuer.issuer(), "aud": "lodgate", "sub": "jane@id.example", "tenant": tenant, "plan": "standard",
        "scope": "openid inventory:read inventory:write", "exp": now() + 3_600,
    })
}

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

#[tokio::test]
async fn an_external_issuer_is_trusted_for_its_tenants_only() -> Result<()> {
    let issuer = IdentityProvider::start().await;
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa] {
        issuer.add_key(algorithm.name(), algorithm);
    }
    let terms = json!([issuer.trust_policy(&["harbour"])]).to_string();
    let gateway = Gateway::builder().env("EXTERNAL_ISSUERS", &terms).start().await;
    for tenant in ["harbour", "meridian"] {
        gateway.token(tenant, TenantKind::Supplier, "inventory:read", "standard").await;
    }
    let claims = external_claims(&issuer, "harbour");
    for kid in ["RS256", "PS256", "ES256", "EdDSA"] {
        let token = issuer.token(kid, &claims);
        let viewer = viewer(&gateway, &token).await;
        let expected = json!({ "tenant": { "code": "harbour" }, "plan": "standard", "scopes": ["INVENTORY_READ"] });
        assert_eq!(viewer, Ok(expected), "{kid}");
        assert_eq!(close_code(&gateway, &token).await, None, "{kid}");
    }
    let header = json!({ "alg": "PS256", "typ": "JWT", "kid": "RS256" });
    for (what, token) in [
        ("another tenant", issuer.token("RS256", &external_claims(&issuer, "meridian"))),
        ("plan unmetered", issuer.token("RS256", &with(&claims, "plan", json!("unmetered")))),
        ("a plan outside the trust policy", issuer.token("RS256", &with(&claims, "plan", json!("premium")))),
        ("wrong audience", issuer.token("RS256", &with(&claims, "aud", json!("another")))),
        ("the gateway's own issuer", issuer.token("RS256", &with(&claims, "iss", json!("lodgate")))),
        ("an unknown issuer", issuer.token("RS256", &with(&claims, "iss", json!("https://evil.example")))),
        ("expired", issuer.token("RS256", &with(&claims, "exp", json!(now() - 60)))),
        ("valid for too long", issuer.token("RS256", &with(&claims, "exp", json!(now() + 900_000)))),
        ("not yet valid", issuer.token("RS256", &with(&claims, "nbf", json!(now() + 600)))),
        ("algorithm confusion", issuer.with_key("RS256", |key| key.confuse("RS256", &claims))),
        ("none", unsigned(&json!({ "alg": "none", "kid": "RS256" }), &claims)),
        ("another algorithm of the same key", issuer.with_key("PS256", |key| key.sign(&header, &claims))),
    ] {
        is_refused(&gateway, what, &token).await;
    }
    // The name of an internal subject gives an external token no rights.
    let owner = "mutation($input: CreateApiClientInput!) { createApiClient(input: $input) { secret } }";
    let tool = Client::new(gateway.base_url(), &issuer.token("EdDSA", &with(&claims, "sub", json!("tool"))));
    let refused = tool
        .query(owner, &json!({ "input": { "label": "x", "scopes": [] } }))
        .await
        .expect_err("no scope tenant:admin");
    assert_eq!(refused.code(), "FORBIDDEN");
    Ok(())
}

#[tokio::test]
async fn the_keys_of_an_external_issuer_are_refreshed_and_survive_its_outage() -> Result<()> {
    let issuer = IdentityProvider::start().await;
    issuer.add_key("first", Algorithm::Es256);
    let terms = json!([issuer.trust_policy(&["harbour"])]).to_string();
    // The limit per IP address is tested elsewhere.
    let gateway = Gateway::builder().env("EXTERNAL_ISSUERS", &terms).env("ADDRESS_RATE", "100000,100000").start().await;
    gateway.token("harbour", TenantKind::Supplier, "inventory:read", "standard").await;
    let claims = external_claims(&issuer, "harbour");
    let first = issuer.token("first", &claims);
    eventually("its keys are known", async || viewer(&gateway, &first).await.ok()).await;

    // After a rotation, the first token with the new key makes the gateway read the keys.
    issuer.add_key("second", Algorithm::EdDsa);
    let second = issuer.token("second", &claims);
    eventually("the new key is known", async || viewer(&gateway, &second).await.ok()).await;

    // While the issuer fails, the known keys stay valid.
    issuer.respond_with(JwksResponse::Other(500, "no".to_owned()));
    let unknown = issuer.with_key("second", |key| key.sign(&key.header("third"), &claims));
    let asked = issuer.request_count();
    eventually("the issuer gets another request", async || {
        assert_eq!(viewer(&gateway, &unknown).await, Err("UNAUTHENTICATED".to_owned()));
        (issuer.request_count() > asked).then_some(())
    })
    .await;
    for token in [&first, &second] {
        viewer(&gateway, token).await.map_err(|code| anyhow::anyhow!("while the issuer fails: {code}"))?;
    }

    // Unknown key ids do not cause a request each.
    issuer.respond_with(JwksResponse::Keys);
    let (asked, since) = (issuer.request_count(), Instant::now());
    let made_up = issuer.with_key("second", |key| {
        (0..300).map(|number| key.sign(&key.header(&format!("made up {number}")), &claims)).collect::<Vec<_>>()
    });
    let outcomes = futures_util::future::join_all(made_up.iter().map(|token| viewer(&gateway, token))).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Err("UNAUTHENTICATED".to_owned())));
    let (asked, allowed) = (issuer.request_count() - asked, 1 + since.elapsed().as_secs() / 10);
    assert!(u64::try_from(asked)? <= allowed, "{asked} requests for 300 unknown keys");
    viewer(&gateway, &second).await.map_err(|code| anyhow::anyhow!("after many unknown keys: {code}"))?;
    Ok(())
}

#[tokio::test]
async fn an_invalid_trust_policy_stops_the_start() {
    for (terms, why) in [
        (json!([{ "issuer": "https://id.example" }]).to_string(), "jwksUrl"),
        ("nonsense".to_owned(), "external-issuers"),
        (
            json!([{
                "issuer": "https://id.example", "jwksUrl": "http://id.example/jwks.json", "audience": "lodgate",
                "tenants": ["harbour"], "scopes": "inventory:read", "plans": ["standard"],
            }])
            .to_string(),
            "https",
        ),
    ] {
        let error = Gateway::builder().env("EXTERNAL_ISSUERS", &terms).try_start().await.expect_err("refused");
        let error = format!("{error:#}");
        assert!(error.contains(why), "{why} is not in: {error}");
    }
}
