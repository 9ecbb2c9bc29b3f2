use std::time::Duration;

use lodgate_e2e::IdentityProvider;
use lodgate_e2e::identity_provider::JwksResponse;
use lodgate_e2e::jws::{Algorithm, unsigned};
use serde_json::{Value, json};

use super::*;
use crate::auth::{Scopes, SubjectId};
use crate::limits::Plan;

/// An issuer with a grant for `harbour`, and a gateway that accepts its tokens.
struct Story {
    theirs: IdentityProvider,
    externals: Externals,
    clock: Clock,
}

impl Story {
    async fn new(algorithms: &[Algorithm]) -> Self {
        let theirs = IdentityProvider::start().await;
        for algorithm in algorithms {
            theirs.add_key(algorithm.name(), *algorithm);
        }
        let clock = Clock::default();
        let written = json!([theirs.trust_policy(&["harbour"])]).to_string().parse().unwrap();
        let externals = Externals::new(&written, "lodgate", clock.clone()).unwrap();
        Self { theirs, externals, clock }
    }

    fn claims(&self) -> Value {
        let now = self.clock.now().timestamp();
        json!({
            "iss": self.theirs.issuer(), "aud": "lodgate", "sub": "jane", "tenant": "harbour",
            "scope": "openid inventory:read inventory:write", "plan": "standard", "iat": now, "exp": now + 600,
        })
    }

    fn with(&self, change: impl FnOnce(&mut Value)) -> Value {
        let mut claims = self.claims();
        change(&mut claims);
        claims
    }

    async fn verify(&self, token: &str) -> Result<Claims, AuthError> {
        self.externals.verify(token).await.expect("a token of that issuer")
    }

    async fn fault(&self, token: &str) -> &'static str {
        match self.verify(token).await {
            Err(AuthError::Invalid(why)) => why,
            other => panic!("not refused as invalid: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_token_within_the_grant_is_accepted() {
    let story = Story::new(&[Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa]).await;
    for kid in ["RS256", "PS256", "ES256", "EdDSA"] {
        let claims = story.verify(&story.theirs.token(kid, &story.claims())).await.unwrap();
        assert_eq!(claims.tenant, "harbour");
        assert_eq!(claims.plan, Plan::Standard);
        assert_eq!(claims.scopes, "inventory:read".parse::<Scopes>().unwrap(), "no more than was granted");
        let issuer: Arc<str> = story.theirs.issuer().into();
        assert_eq!(claims.subject, SubjectId::External { issuer, subject: "jane".to_owned() });
    }
    assert_eq!(story.theirs.request_count(), 1);
    let listed = story.with(|claims| claims["aud"] = json!(["other", "lodgate"]));
    story.verify(&story.theirs.token("RS256", &listed)).await.unwrap();
}

#[tokio::test]
async fn a_token_outside_the_grant_is_refused() {
    let story = Story::new(&[Algorithm::EdDsa]).await;
    for name in ["tool", "user:1", "client:lgc_1"] {
        let token = story.theirs.token("EdDSA", &story.with(|claims| claims["sub"] = json!(name)));
        let subject = story.verify(&token).await.unwrap().subject;
        assert!(matches!(subject, SubjectId::External { subject, .. } if subject == name));
    }
    for (name, value, fault) in [
        ("tenant", json!("meridian"), "tenant"),
        ("tenant", json!("Harbour"), "tenant"),
        ("tenant", json!(""), "tenant"),
        ("plan", json!("unmetered"), "plan"),
        ("plan", json!("premium"), "plan"),
        ("plan", json!("gold"), "plan"),
        ("sub", json!(""), "subject"),
        ("sub", json!("a\nb"), "subject"),
        ("sub", json!("x".repeat(256)), "subject"),
        ("aud", json!("other"), "audience"),
        ("aud", json!(["other"]), "audience"),
        ("iss", json!([story.theirs.issuer()]), "issuer"),
    ] {
        let token = story.theirs.token("EdDSA", &story.with(|claims| claims[name] = value.clone()));
        match story.externals.verify(&token).await {
            // Not a token of this issuer, so the built-in issuer refuses it.
            None => assert_eq!(name, "iss"),
            Some(outcome) => match outcome {
                Err(AuthError::Invalid(why)) => assert_eq!(why, fault, "{name} = {value}"),
                other => panic!("{name} = {value}: {other:?}"),
            },
        }
    }
}

#[tokio::test]
async fn every_claim_but_nbf_is_required_and_typed_and_times_are_bounded() {
    let story = Story::new(&[Algorithm::EdDsa]).await;
    for name in ["aud", "sub", "tenant", "scope", "plan", "exp"] {
        let without = story.with(|claims| {
            claims.as_object_mut().unwrap().remove(name);
        });
        story.fault(&story.theirs.token("EdDSA", &without)).await;
        story.fault(&story.theirs.token("EdDSA", &story.with(|claims| claims[name] = json!(null)))).await;
    }
    let now = story.clock.now().timestamp();
    for (name, value) in [
        ("exp", json!((now + 600).to_string())),
        ("nbf", json!("0")),
        ("nbf", json!(now + 60)),
        ("exp", json!(now + 90_000)),
        ("exp", json!(i64::MAX)),
        ("tenant", json!(["harbour"])),
    ] {
        story.fault(&story.theirs.token("EdDSA", &story.with(|claims| claims[name] = value.clone()))).await;
    }
    let expired = story.theirs.token("EdDSA", &story.with(|claims| claims["exp"] = json!(now - 31)));
    assert!(matches!(story.verify(&expired).await, Err(AuthError::Expired)));
}

#[tokio::test]
async fn the_key_determines_the_algorithm() {
    let story = Story::new(&[Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256]).await;
    let claims = story.claims();
    let named = |alg: &str, kid: &str| json!({ "alg": alg, "typ": "JWT", "kid": kid });
    // Correctly signed by PS256 with a key for RS256, and vice versa.
    for (signer, kid) in [("PS256", "RS256"), ("RS256", "PS256"), ("ES256", "RS256")] {
        let token = story.theirs.with_key(signer, |key| key.sign(&named(signer, kid), &claims));
        assert_eq!(story.fault(&token).await, "algorithm");
    }
    for kid in ["RS256", "ES256"] {
        assert_eq!(story.fault(&story.theirs.with_key(kid, |key| key.confuse(kid, &claims))).await, "algorithm");
        story.fault(&unsigned(&named("none", kid), &claims)).await;
        assert_eq!(story.fault(&unsigned(&named(kid, kid), &claims)).await, "signature");
    }
    let mut header = named("RS256", "RS256");
    header["jwk"] = story.theirs.with_key("RS256", |key| key.jwk("RS256"));
    assert_eq!(story.fault(&story.theirs.with_key("RS256", |key| key.sign(&header, &claims))).await, "header");
    let other = Story::new(&[Algorithm::Rs256]).await;
    let forged = other.theirs.token("RS256", &claims);
    assert_eq!(story.fault(&forged).await, "signature", "another's key of the same name");
}

#[tokio::test]
async fn an_algorithm_outside_the_grant_is_refused() {
    let theirs = IdentityProvider::start().await;
    theirs.add_key("ES256", Algorithm::Es256);
    theirs.add_key("RS256", Algorithm::Rs256);
    let mut policy = theirs.trust_policy(&["harbour"]);
    policy["algorithms"] = json!(["ES256"]);
    let clock = Clock::default();
    let externals = Externals::new(&json!([policy]).to_string().parse().unwrap(), "lodgate", clock.clone()).unwrap();
    let story = Story { theirs, externals, clock };
    story.verify(&story.theirs.token("ES256", &story.claims())).await.unwrap();
    assert_eq!(story.fault(&story.theirs.token("RS256", &story.claims())).await, "key");
}

#[tokio::test]
async fn an_unknown_key_triggers_a_fetch_at_a_bounded_rate() {
    let story = Story::new(&[Algorithm::EdDsa]).await;
    story.verify(&story.theirs.token("EdDSA", &story.claims())).await.unwrap();
    story.theirs.add_key("next", Algorithm::EdDsa);
    let next = story.theirs.token("next", &story.claims());
    assert_eq!(story.fault(&next).await, "key", "it was asked a moment ago");
    story.clock.advance(chrono::Duration::seconds(11));
    story.verify(&next).await.unwrap();
    assert_eq!(story.theirs.request_count(), 2);

    story.clock.advance(chrono::Duration::seconds(11));
    let made_up = story.theirs.with_key("next", |key| {
        (0..500).map(|number| key.sign(&key.header(&format!("made up {number}")), &story.claims())).collect::<Vec<_>>()
    });
    let outcomes = join_all(made_up.iter().map(|token| story.verify(token))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(AuthError::Invalid("key")))));
    assert_eq!(story.theirs.request_count(), 3, "once for five hundred");
    story.verify(&next).await.unwrap();
}

#[tokio::test]
async fn the_last_valid_keys_stay_in_use_while_the_issuer_fails() {
    let story = Story::new(&[Algorithm::EdDsa]).await;
    let token = story.theirs.token("EdDSA", &story.claims());
    story.verify(&token).await.unwrap();
    let elsewhere = IdentityProvider::start().await;
    elsewhere.add_key("evil", Algorithm::EdDsa);
    let evil = elsewhere.token("evil", &story.claims());
    let large = json!({ "keys": [elsewhere.with_key("evil", |key| key.jwk("evil"))], "more": "x".repeat(300_000) });
    for answer in [
        JwksResponse::Other(503, large.to_string().replace(&"x".repeat(300_000), "")),
        JwksResponse::Other(200, "<html>".to_owned()),
        JwksResponse::Other(200, r#"{"keys":[]}"#.to_owned()),
        JwksResponse::Other(200, large.to_string()),
        JwksResponse::Redirect(elsewhere.jwks_url()),
        JwksResponse::NoResponse,
    ] {
        story.theirs.respond_with(answer.clone());
        story.clock.advance(chrono::Duration::seconds(11));
        let asked = story.theirs.request_count();
        assert_eq!(story.fault(&evil).await, "key", "{answer:?}");
        assert_eq!(story.theirs.request_count(), asked + 1, "{answer:?}");
        story.verify(&token).await.unwrap_or_else(|error| panic!("{answer:?}: {error}"));
    }
    assert_eq!(elsewhere.request_count(), 0, "no redirect is followed");
}

#[tokio::test]
async fn without_keys_a_token_is_neither_accepted_nor_refused() {
    let story = Story::new(&[Algorithm::EdDsa]).await;
    story.theirs.respond_with(JwksResponse::Other(500, String::new()));
    let token = story.theirs.token("EdDSA", &story.claims());
    assert!(matches!(story.verify(&token).await, Err(AuthError::Unavailable(_))));
    story.theirs.respond_with(JwksResponse::Keys);
    story.clock.advance(chrono::Duration::seconds(11));
    story.verify(&token).await.unwrap();
}

#[tokio::test]
async fn a_withdrawn_key_is_refused_after_the_next_fetch() {
    let story = Story::new(&[Algorithm::EdDsa, Algorithm::Es256]).await;
    let token = story.theirs.token("EdDSA", &story.claims());
    story.verify(&token).await.unwrap();
    assert!(story.externals.accepts(story.theirs.issuer(), "EdDSA"));
    story.theirs.withdraw_key("EdDSA");
    story.clock.advance(chrono::Duration::seconds(301));
    let refused = async {
        while story.externals.accepts(story.theirs.issuer(), "EdDSA") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = story.externals.keep_fresh() => unreachable!("it goes on"),
        outcome = tokio::time::timeout(Duration::from_secs(30), refused) => outcome.unwrap(),
    }
    assert_eq!(story.fault(&token).await, "key");
}

#[tokio::test]
async fn an_external_issuer_cannot_have_the_name_of_the_built_in_one() {
    let theirs = IdentityProvider::start().await;
    let written = json!([theirs.trust_policy(&["harbour"])]).to_string().parse().unwrap();
    let error = Externals::new(&written, theirs.issuer(), Clock::default()).unwrap_err();
    assert!(error.to_string().contains("built-in"), "{error}");
}
