use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use lodgate_entities::tenant::TenantKind;
use serde_json::{Value, json};

use super::*;
use crate::auth::{Scopes, SubjectId};
use crate::database::tests::embedded;
use crate::limits::Plan;

struct Attack {
    issuer: Issuer,
    private: Vec<u8>,
    public: Vec<u8>,
    clock: Clock,
    _folder: tempfile::TempDir,
}

impl Attack {
    async fn new() -> Self {
        let (database, folder) = embedded().await;
        let clock = Clock::default();
        let issuer = Issuer::open(&database.read, &database.write, "lodgate", clock.clone()).await.unwrap();
        let key = keys::in_use(&database.read, clock.now()).await.unwrap().remove(0);
        Self { issuer, private: key.private_key, public: key.public_key, clock, _folder: folder }
    }

    fn claims(&self) -> Value {
        let now = self.clock.now().timestamp();
        json!({
            "iss": "lodgate", "aud": "lodgate", "sub": "tool", "tenant": "harbour", "kind": "SUPPLIER",
            "scope": "inventory:read", "plan": "standard", "iat": now, "nbf": now, "exp": now + 600,
            "jti": "00000000-0000-7000-8000-000000000000",
        })
    }

    fn header(&self) -> Header {
        let mut header = Header::new(ALGORITHM);
        header.kid = Some(keys::FIRST_KEY.to_owned());
        header
    }

    fn signed(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &EncodingKey::from_ed_der(&self.private)).unwrap()
    }

    /// A rightly signed token whose claims were changed.
    fn with(&self, change: impl FnOnce(&mut Value)) -> Result<Claims, AuthError> {
        let mut claims = self.claims();
        change(&mut claims);
        self.issuer.verify(&self.signed(&self.header(), &claims))
    }
}

fn refused(outcome: &Result<Claims, AuthError>) -> &'static str {
    match outcome {
        Err(AuthError::Invalid(why)) => why,
        other => panic!("not refused as invalid: {other:?}"),
    }
}

#[tokio::test]
async fn a_token_says_what_was_granted() {
    let attack = Attack::new().await;
    let grant = Grant {
        tenant: "harbour".to_owned(),
        kind: TenantKind::Supplier,
        subject: SubjectId::Client("lgc_1".to_owned()),
        scopes: "inventory:read reservations:write".parse().unwrap(),
        plan: Plan::Premium,
        lifetime: Duration::from_secs(600),
        session: None,
    };
    let claims = attack.issuer.verify(&attack.issuer.sign(&grant).unwrap()).unwrap();
    assert_eq!(claims.tenant, "harbour");
    assert_eq!(claims.subject, grant.subject);
    assert_eq!(claims.scopes, grant.scopes);
    assert_eq!(claims.plan, Plan::Premium);
    let in_ten_minutes: DateTime<Utc> = attack.clock.now() + chrono::Duration::seconds(600);
    assert!((claims.expires_at - in_ten_minutes).abs() <= chrono::Duration::seconds(1));
}

#[tokio::test]
async fn only_the_one_algorithm_is_accepted() {
    let attack = Attack::new().await;
    let claims = attack.claims();
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    for algorithm in ["none", "None", "HS256", "RS256", "ES256"] {
        let header = json!({ "alg": algorithm, "typ": "JWT", "kid": keys::FIRST_KEY });
        let unsigned = format!("{}.{}.", part(&header), part(&claims));
        refused(&attack.issuer.verify(&unsigned));
    }
    // The public key as the secret of a symmetric algorithm.
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(keys::FIRST_KEY.to_owned());
    let confused = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&attack.public)).unwrap();
    assert_eq!(refused(&attack.issuer.verify(&confused)), "algorithm");
}

#[tokio::test]
async fn only_keys_that_are_known_by_name_are_accepted() {
    let attack = Attack::new().await;
    for kid in [None, Some("2"), Some(""), Some("../1"), Some("1' OR '1'='1")] {
        let mut header = attack.header();
        header.kid = kid.map(str::to_owned);
        assert_eq!(refused(&attack.issuer.verify(&attack.signed(&header, &attack.claims()))), "key");
    }
    let other = Attack::new().await;
    assert_eq!(refused(&attack.issuer.verify(&other.signed(&other.header(), &other.claims()))), "signature");
}

#[tokio::test]
async fn a_token_brings_no_key_and_demands_nothing() {
    let attack = Attack::new().await;
    let own = json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64_URL_SAFE_NO_PAD.encode(&attack.public) });
    let refuse = |change: &dyn Fn(&mut Header)| {
        let mut header = attack.header();
        change(&mut header);
        assert_eq!(refused(&attack.issuer.verify(&attack.signed(&header, &attack.claims()))), "header");
    };
    refuse(&|header| header.jku = Some("https://evil.example/jwks.json".to_owned()));
    refuse(&|header| header.jwk = Some(serde_json::from_value(own.clone()).unwrap()));
    refuse(&|header| header.x5u = Some("https://evil.example/cert.pem".to_owned()));
    refuse(&|header| header.x5c = Some(vec!["MIIB".to_owned()]));
    refuse(&|header| header.crit = Some(vec!["exp".to_owned()]));
    refuse(&|header| header.crit = Some(Vec::new()));
    refuse(&|header| header.zip = Some(serde_json::from_value(json!("DEF")).unwrap()));
    let mut header = attack.header();
    for (typ, fault) in [(None, None), (Some("at+jwt"), None), (Some("logout+jwt"), Some("type"))] {
        header.typ = typ.map(str::to_owned);
        let outcome = attack.issuer.verify(&attack.signed(&header, &attack.claims()));
        assert_eq!(outcome.is_err().then(|| refused(&outcome)), fault);
    }
}

#[tokio::test]
async fn times_are_checked_with_half_a_minute_of_leeway() {
    let attack = Attack::new().await;
    let now = attack.clock.now().timestamp();
    assert!(attack.with(|claims| claims["exp"] = json!(now - 20)).is_ok());
    assert!(matches!(attack.with(|claims| claims["exp"] = json!(now - 31)), Err(AuthError::Expired)));
    assert!(attack.with(|claims| claims["nbf"] = json!(now + 20)).is_ok());
    assert_eq!(refused(&attack.with(|claims| claims["nbf"] = json!(now + 40))), "not before");
    refused(&attack.with(|claims| claims["exp"] = json!(i64::MAX)));

    let token = attack.signed(&attack.header(), &attack.claims());
    assert!(attack.issuer.verify(&token).is_ok());
    attack.clock.advance(chrono::Duration::seconds(631));
    assert!(matches!(attack.issuer.verify(&token), Err(AuthError::Expired)));
}

#[tokio::test]
async fn every_claim_is_required_and_typed() {
    let attack = Attack::new().await;
    let names: Vec<String> = attack.claims().as_object().unwrap().keys().cloned().collect();
    for name in names {
        let missing = attack.with(|claims| {
            claims.as_object_mut().unwrap().remove(&name);
        });
        refused(&missing);
        refused(&attack.with(|claims| claims[&name] = json!(null)));
    }
    let in_ten_minutes = (attack.clock.now().timestamp() + 600).to_string();
    refused(&attack.with(|claims| claims["exp"] = json!(in_ten_minutes)));
    refused(&attack.with(|claims| claims["nbf"] = json!("0")));
}

#[tokio::test]
async fn issuer_audience_and_tenant_must_be_right() {
    let attack = Attack::new().await;
    assert_eq!(refused(&attack.with(|claims| claims["iss"] = json!("other"))), "issuer");
    assert_eq!(refused(&attack.with(|claims| claims["aud"] = json!("other"))), "audience");
    for tenant in ["", "Harbour", "har bour", "harbour'--", "{0}", "hårbour", &"a".repeat(65)] {
        assert_eq!(refused(&attack.with(|claims| claims["tenant"] = json!(tenant))), "tenant");
    }
    assert_eq!(refused(&attack.with(|claims| claims["scope"] = json!("everything"))), "scope");
    assert_eq!(refused(&attack.with(|claims| claims["plan"] = json!("gold"))), "plan");
    assert_eq!(refused(&attack.with(|claims| claims["sub"] = json!("root"))), "subject");
}

#[tokio::test]
async fn a_token_cannot_be_changed() {
    let attack = Attack::new().await;
    let token = attack.signed(&attack.header(), &attack.claims());
    let parts: Vec<&str> = token.split('.').collect();
    let mut claims = attack.claims();
    claims["tenant"] = json!("meridian");
    let forged = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    assert_eq!(refused(&attack.issuer.verify(&format!("{}.{forged}.{}", parts[0], parts[2]))), "signature");
    for broken in ["", ".", "..", "a.b.c", parts[0], &format!("{}.{}", parts[0], parts[1]), &format!("{token}.x")] {
        refused(&attack.issuer.verify(broken));
    }
    assert_eq!(refused(&attack.issuer.verify(&format!("{token}{}", "A".repeat(8_192)))), "length");
}

#[tokio::test]
async fn all_nodes_share_one_key() {
    let (database, _folder) = embedded().await;
    let clock = Clock::default();
    let open = || Issuer::open(&database.read, &database.write, "lodgate", clock.clone());
    let (a, b) = tokio::join!(open(), open());
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a.cursor_key(), b.cursor_key());
    assert_eq!(a.jwks(), b.jwks());
    assert_eq!(a.jwks()["keys"][0]["crv"], "Ed25519");
    let grant = Grant {
        tenant: "harbour".to_owned(),
        kind: TenantKind::Supplier,
        subject: SubjectId::Tool,
        scopes: Scopes::NONE,
        plan: Plan::Standard,
        lifetime: Duration::from_secs(60),
        session: None,
    };
    assert!(b.verify(&a.sign(&grant).unwrap()).is_ok());
}
