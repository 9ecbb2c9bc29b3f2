//! Whose tokens open the door, for how long, and that everybody else's do not: over HTTP and over the websocket, on every
//! node.

use std::time::Duration;

use anyhow::{Context, Result};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lodgate_e2e::{
    Client, Gateway, IdentityProvider, Kind, Socket,
    identity_provider::Answer,
    jws::{Algorithm, SigningKey, unsigned},
    postgres, process,
    stories::{eventually, night},
};
use serde_json::{Value, json};
use tokio::time::Instant;

const WHO: &str = "{ viewer { tenant { code } plan scopes } }";
/// The promise is 5 seconds; a busy machine has three times that.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);
/// Nodes ask for keys every few seconds; an issuer is asked every 10 at most.
const LEARNT_WITHIN: Duration = Duration::from_secs(30);

#[expect(clippy::disallowed_methods, reason = "the gateway on this machine reads the same clock")]
fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

/// Asks who the token is of; else the code of the error.
async fn who(gateway: &Gateway, token: &str) -> Result<Value, String> {
    let asked = Client::new(gateway.base_url(), token).query(WHO, &json!({})).await;
    asked.map(|data| data["viewer"].clone()).map_err(|error| error.code().to_owned())
}

/// The code with which the socket of this token is closed; `None` when it is let in.
async fn close_code(gateway: &Gateway, token: &str) -> Option<u16> {
    Socket::connect(gateway.base_url(), token)
        .await
        .err()
        .map(|error| error.close_code().unwrap_or_else(|| panic!("neither let in nor closed: {error}")))
}

/// That it opens nothing, by either door.
async fn is_refused(gateway: &Gateway, what: &str, token: &str) {
    assert_eq!(who(gateway, token).await, Err("UNAUTHENTICATED".to_owned()), "{what}, by HTTP");
    assert_eq!(close_code(gateway, token).await, Some(4403), "{what}, over the websocket");
}

/// Runs `lodgate keys` and gives what it prints.
fn keys(gateway: &Gateway, arguments: &[&str]) -> Result<String> {
    process::output(gateway.mint().command("keys").args(arguments))
}

async fn published(gateway: &Gateway) -> Vec<String> {
    let text = gateway.get("/.well-known/jwks.json").await.expect("the public keys");
    let set: Value = serde_json::from_str(&text).expect("JSON");
    let kids =
        set["keys"].as_array().expect("a list").iter().map(|key| key["kid"].as_str().expect("a name").to_owned());
    kids.collect()
}

/// What somebody who has the gateway's own key could make, and everybody else.
#[tokio::test]
async fn every_token_that_is_not_quite_right_is_refused_by_both_doors() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ours, other) = (SigningKey::generate(Algorithm::EdDsa), SigningKey::generate(Algorithm::EdDsa));
    let rsa = SigningKey::generate(Algorithm::Rs256);
    let file = folder.path().join("key.pem");
    std::fs::write(&file, ours.pem()).expect("a file");
    let gateway = Gateway::builder().env("SIGNING_KEY_FILE", file.to_str().expect("a path")).start().await;
    gateway.token("harbour", Kind::Supplier, "inventory:read", "standard").await;
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
    assert_eq!(who(&gateway, &right).await.expect("let in")["tenant"]["code"], "harbour");
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
        ("another's key under our name", other.sign(&header, &good)),
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
        ("kid that is no text", headed("kid", json!({ "$ne": 1 }))),
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
        ("unknown person", by_us("sub", json!("user:4711"))),
        ("unknown machine", by_us("sub", json!("client:lgc_unknown"))),
    ];
    for (what, token) in &refused {
        is_refused(&gateway, what, token).await;
    }
    let anonymous = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/graphql", gateway.base_url());
    let answer = anonymous.post(&url).bearer_auth(&refused[0].1).json(&json!({ "query": WHO })).send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 401);
    let challenge = answer.headers()["www-authenticate"].to_str().expect("text");
    assert!(challenge.starts_with("Bearer ") && challenge.contains("invalid_token"), "{challenge}");
    let body = answer.text().await.expect("a body");
    assert!(!body.contains("signature") && !body.contains("algorithm"), "the reason is for the log: {body}");
    assert_eq!(who(&gateway, &right).await.expect("let in")["plan"], "standard");
}

/// A machine of the tenant: its id, its name and its secret.
async fn machine(admin: &Client) -> (Value, String, String) {
    let made = admin
        .query(
            "mutation($input: CreateApiClientInput!) { createApiClient(input: $input) { client { id clientId } secret } }",
            &json!({ "input": { "label": "PMS", "scopes": ["INVENTORY_READ"] } }),
        )
        .await
        .unwrap_or_else(|error| panic!("no machine: {error}"));
    let (client, secret) = (&made["createApiClient"]["client"], &made["createApiClient"]["secret"]);
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (client["id"].clone(), text(&client["clientId"]), text(secret))
}

async fn post(gateway: &Gateway, path: &str, form: &[(&str, &str)], as_machine: (&str, &str)) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = client.post(format!("{}{path}", gateway.base_url())).form(form);
    let answer = request.basic_auth(as_machine.0, Some(as_machine.1)).send().await.expect("an answer");
    let status = answer.status();
    assert!(status.is_success(), "{path}: {status}");
    answer.json().await.unwrap_or_default()
}

async fn token_of(gateway: &Gateway, machine: (&str, &str)) -> String {
    let answer = post(gateway, "/oauth/token", &[("grant_type", "client_credentials")], machine).await;
    answer["access_token"].as_str().expect("a token").to_owned()
}

async fn is_closed_in_time(mut socket: Socket, since: Instant) {
    let closed = socket.next(REVOKED_WITHIN * 4).await.expect_err("the socket closes");
    assert_eq!(closed.close_code(), Some(4403), "{closed}");
    assert!(since.elapsed() < REVOKED_WITHIN * 3, "after {:?}", since.elapsed());
}

#[tokio::test]
async fn what_is_revoked_on_one_node_is_closed_on_the_other_within_seconds() {
    let database = postgres().await.database().await;
    let node = || Gateway::builder().database_url(&database).start();
    let (here, there) = (node().await, node().await);
    let admin = here.supplier("harbour").await.client;
    let (id, name, secret) = machine(&admin).await;
    let (given, kept) = (token_of(&here, (&name, &secret)).await, token_of(&there, (&name, &secret)).await);
    let socket = async |node: &Gateway, token: &str| Socket::connect(node.base_url(), token).await.expect("let in");

    // One token, by RFC 7009.
    let (first, second) = (socket(&there, &given).await, socket(&there, &kept).await);
    let since = Instant::now();
    post(&here, "/oauth/revoke", &[("token", &given)], (&name, &secret)).await;
    is_refused(&here, "handed back here", &given).await;
    is_closed_in_time(first, since).await;
    is_refused(&there, "handed back there", &given).await;
    who(&there, &kept).await.expect("the other one goes on");

    // The machine with all that it has.
    let since = Instant::now();
    let revoke = "mutation($input: RevokeApiClientInput!) { revokeApiClient(input: $input) { client { revokedAt } } }";
    admin.query(revoke, &json!({ "input": { "id": id } })).await.unwrap_or_else(|error| panic!("{error}"));
    is_closed_in_time(second, since).await;
    is_refused(&there, "shut out", &kept).await;
}

/// The name of the key that signs what a node serves.
async fn signs(gateway: &Gateway, machine: (&str, &str)) -> String {
    let token = token_of(gateway, machine).await;
    let header = token.split('.').next().expect("a header");
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).expect("base64");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["kid"].as_str().expect("a kid").to_owned()
}

#[tokio::test]
async fn keys_are_rotated_and_retired_under_running_nodes() -> Result<()> {
    let database = postgres().await.database().await;
    let node = || Gateway::builder().database_url(&database).start();
    let (a, b) = (node().await, node().await);
    let alpha = a.supplier("alpha").await;
    let hotel = alpha.property("Seaview").rooms("DBL", 5).create().await;
    let (_, name, secret) = machine(&alpha.client).await;
    let as_machine = (name.as_str(), secret.as_str());
    let old = signs(&a, as_machine).await;
    let cursor = alpha.set_allotments(&hotel, "DBL", (night(30), night(30)), 5).await.accepted()["cursor"].clone();
    let cursor = cursor.as_str().context("a cursor")?;

    let said = keys(&a, &["rotate", "--after", "1s"])?;
    let new = said.split_whitespace().next().context("the name of the new key")?.to_owned();
    for node in [&a, &b] {
        eventually("the new key is published", LEARNT_WITHIN, async || {
            (published(node).await == [old.clone(), new.clone()]).then_some(())
        })
        .await;
        eventually("the new key signs", LEARNT_WITHIN, async || (signs(node, as_machine).await == new).then_some(()))
            .await;
    }
    let of_new = alpha.client.with_token(&token_of(&a, as_machine).await);
    let of_old = alpha.at(&b);
    of_old.client.query(WHO, &json!({})).await.context("a token of the old key")?;
    of_new.at(b.base_url()).query(WHO, &json!({})).await.context("a token of the new key")?;
    let read = of_old.calendar(&hotel, "DBL", (night(30), night(30)), None, Some(cursor)).await;
    assert_eq!(read["sold"].as_array().map(Vec::len), Some(1), "a cursor from before the rotation");

    let listed = keys(&a, &["list"])?;
    assert!(listed.lines().any(|line| line.starts_with(&new) && line.contains("signing")), "{listed}");
    assert!(listed.lines().any(|line| line.starts_with(&old) && line.contains("accepted")), "{listed}");
    let mut sockets = Vec::new();
    for node in [&a, &b] {
        sockets.push(Socket::connect(node.base_url(), alpha.client.token()).await?);
    }
    let mut goes_on = Socket::connect(b.base_url(), of_new.token()).await?;
    let refused = keys(&a, &["retire", &new]).expect_err("the last one").to_string();
    assert!(refused.contains("rotate"), "{refused}");
    keys(&a, &["retire", &old])?;
    let since = Instant::now();
    for socket in sockets {
        is_closed_in_time(socket, since).await;
    }
    for node in [&a, &b] {
        is_refused(node, "of a retired key", alpha.client.token()).await;
        assert_eq!(published(node).await, std::slice::from_ref(&new));
    }
    goes_on.subscribe(WHO, &json!({})).await?;
    goes_on.next_data(LEARNT_WITHIN).await.context("a socket of the new key")?;

    // A node that starts now, and one that comes back, know the same.
    b.restart().await;
    of_new.at(b.base_url()).query(WHO, &json!({})).await?;
    let anew = a.supplier("alpha").await.at(&b);
    anew.calendar(&hotel, "DBL", (night(30), night(30)), None, Some(cursor)).await;
    Ok(())
}

/// Claims of somebody else's issuer.
fn theirs(issuer: &IdentityProvider, tenant: &str) -> Value {
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
async fn another_issuer_speaks_for_its_tenants_and_for_nobody_else() -> Result<()> {
    let issuer = IdentityProvider::start().await;
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa] {
        issuer.add_key(algorithm.name(), algorithm);
    }
    let terms = json!([issuer.terms(&["harbour"])]).to_string();
    let gateway = Gateway::builder().env("EXTERNAL_ISSUERS", &terms).start().await;
    for tenant in ["harbour", "meridian"] {
        gateway.token(tenant, Kind::Supplier, "inventory:read", "standard").await;
    }
    let claims = theirs(&issuer, "harbour");
    for kid in ["RS256", "PS256", "ES256", "EdDSA"] {
        let token = issuer.token(kid, &claims);
        let viewer = who(&gateway, &token).await;
        let expected = json!({ "tenant": { "code": "harbour" }, "plan": "standard", "scopes": ["INVENTORY_READ"] });
        assert_eq!(viewer, Ok(expected), "{kid}");
        assert_eq!(close_code(&gateway, &token).await, None, "{kid}");
    }
    let header = json!({ "alg": "PS256", "typ": "JWT", "kid": "RS256" });
    for (what, token) in [
        ("another tenant", issuer.token("RS256", &theirs(&issuer, "meridian"))),
        ("plan unmetered", issuer.token("RS256", &with(&claims, "plan", json!("unmetered")))),
        ("a plan that was not granted", issuer.token("RS256", &with(&claims, "plan", json!("premium")))),
        ("wrong audience", issuer.token("RS256", &with(&claims, "aud", json!("another")))),
        ("our name", issuer.token("RS256", &with(&claims, "iss", json!("lodgate")))),
        ("nobody's name", issuer.token("RS256", &with(&claims, "iss", json!("https://evil.example")))),
        ("expired", issuer.token("RS256", &with(&claims, "exp", json!(now() - 60)))),
        ("good for too long", issuer.token("RS256", &with(&claims, "exp", json!(now() + 900_000)))),
        ("not yet valid", issuer.token("RS256", &with(&claims, "nbf", json!(now() + 600)))),
        ("algorithm confusion", issuer.with("RS256", |key| key.confuse("RS256", &claims))),
        ("none", unsigned(&json!({ "alg": "none", "kid": "RS256" }), &claims)),
        ("another algorithm of the same key", issuer.with("PS256", |key| key.sign(&header, &claims))),
    ] {
        is_refused(&gateway, what, &token).await;
    }
    // Called like one of ours, it is none.
    let owner = "mutation($input: CreateApiClientInput!) { createApiClient(input: $input) { secret } }";
    let tool = Client::new(gateway.base_url(), &issuer.token("EdDSA", &with(&claims, "sub", json!("tool"))));
    let refused = tool.query(owner, &json!({ "input": { "label": "x", "scopes": [] } })).await.expect_err("no admin");
    assert_eq!(refused.code(), "FORBIDDEN");
    Ok(())
}

#[tokio::test]
async fn the_keys_of_another_issuer_are_followed_and_outlive_its_failures() -> Result<()> {
    let issuer = IdentityProvider::start().await;
    issuer.add_key("first", Algorithm::Es256);
    let terms = json!([issuer.terms(&["harbour"])]).to_string();
    // What an address may ask without a good token is another story.
    let gateway = Gateway::builder().env("EXTERNAL_ISSUERS", &terms).env("ADDRESS_RATE", "100000,100000").start().await;
    gateway.token("harbour", Kind::Supplier, "inventory:read", "standard").await;
    let claims = theirs(&issuer, "harbour");
    let first = issuer.token("first", &claims);
    eventually("its keys are known", LEARNT_WITHIN, async || who(&gateway, &first).await.ok()).await;

    // It rotates: the first token of the new key brings it in.
    issuer.add_key("second", Algorithm::EdDsa);
    let second = issuer.token("second", &claims);
    eventually("the new key is known", LEARNT_WITHIN, async || who(&gateway, &second).await.ok()).await;

    // It fails: what is known holds.
    issuer.answer(Answer::Other(500, "no".to_owned()));
    let unknown = issuer.with("second", |key| key.sign(&key.header("third"), &claims));
    let asked = issuer.asked();
    eventually("it is asked in vain", LEARNT_WITHIN, async || {
        assert_eq!(who(&gateway, &unknown).await, Err("UNAUTHENTICATED".to_owned()));
        (issuer.asked() > asked).then_some(())
    })
    .await;
    for token in [&first, &second] {
        who(&gateway, token).await.map_err(|code| anyhow::anyhow!("while the issuer fails: {code}"))?;
    }

    // Names that are made up do not become requests to the issuer.
    issuer.answer(Answer::Keys);
    let (asked, since) = (issuer.asked(), Instant::now());
    let made_up = issuer.with("second", |key| {
        (0..300).map(|number| key.sign(&key.header(&format!("made up {number}")), &claims)).collect::<Vec<_>>()
    });
    let outcomes = futures_util::future::join_all(made_up.iter().map(|token| who(&gateway, token))).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Err("UNAUTHENTICATED".to_owned())));
    let (asked, allowed) = (issuer.asked() - asked, 1 + since.elapsed().as_secs() / 10);
    assert!(u64::try_from(asked)? <= allowed, "asked {asked} times for 300 names");
    who(&gateway, &second).await.map_err(|code| anyhow::anyhow!("after the flood: {code}"))?;
    Ok(())
}

#[tokio::test]
async fn terms_that_cannot_be_granted_stop_the_start() {
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
