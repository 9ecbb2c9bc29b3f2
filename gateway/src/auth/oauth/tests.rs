use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE as COOKIE_HEADER, HOST, ORIGIN, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, Request, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use lodgate_entities::ids::{TenantId, UserId};
use lodgate_entities::tenant::TenantKind;
use lodgate_entities::user::UserRole;
use lodgate_entities::{api_client, tenant, user};
use sea_orm::{ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::auth::api_clients::{self, NewApiClient};
use crate::auth::{Externals, Grant, Scope, Scopes, Secret, Subject, keys};
use crate::database::Database;
use crate::database::tests::{embedded, served};
use crate::limits::Plan;

const FORM: &str = "application/x-www-form-urlencoded";

/// The endpoints over a database with one supplier, its owner and one API client.
struct Endpoints {
    state: AuthState,
    app: Router,
    clock: Clock,
    database: Database,
    tenant: TenantId,
    user: UserId,
    client: (api_client::Model, Secret),
    _folder: tempfile::TempDir,
}

struct Answer {
    status: u16,
    body: Value,
    cookie: Option<String>,
    set_cookie: String,
    retry_after: Option<u64>,
}

impl Answer {
    async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let header = |name| parts.headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap());
        let set_cookie = header(SET_COOKIE).unwrap_or_default().to_owned();
        let cookie = set_cookie.split(';').next().filter(|pair| !pair.is_empty() && !pair.ends_with('='));
        let body = axum::body::to_bytes(body, 100_000).await.unwrap();
        Self {
            status: parts.status.as_u16(),
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            cookie: cookie.map(str::to_owned),
            retry_after: header(RETRY_AFTER).map(|value| value.parse().unwrap()),
            set_cookie,
        }
    }

    fn token(&self) -> &str {
        self.body["access_token"].as_str().unwrap_or_else(|| panic!("no token: {} {}", self.status, self.body))
    }

    fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_else(|| panic!("no error: {} {}", self.status, self.body))
    }
}

impl Endpoints {
    async fn open() -> Self {
        Self::with_database(embedded().await).await
    }

    async fn with_database((database, folder): (Database, tempfile::TempDir)) -> Self {
        let clock = Clock::default();
        let issuer = Issuer::open(&database.read, &database.write, "lodgate", clock.clone()).await.unwrap();
        let bearer = Bearer::new(database.read.clone(), issuer.clone(), Externals::default(), clock.clone());
        let state = AuthState::open(database.write.clone(), issuer, bearer, None, clock.clone()).await.unwrap();
        let now = clock.now();
        let tenant = tenant::ActiveModel {
            id: NotSet,
            code: Set("harbour".to_owned()),
            kind: Set(TenantKind::Supplier),
            name: Set("Harbour & Heath".to_owned()),
            plan: Set("premium".to_owned()),
            created_at: Set(now),
        };
        let tenant = tenant.insert(&database.write).await.unwrap().id;
        let user = user::ActiveModel {
            id: NotSet,
            tenant_id: Set(tenant),
            email: Set("manager@harbour.example".to_owned()),
            name: Set("M".to_owned()),
            role: Set(UserRole::Manager),
            password_hash: Set(state.passwords().hash("correct horse").await.unwrap()),
            disabled_at: Set(None),
            created_at: Set(now),
        };
        let user = user.insert(&database.write).await.unwrap().id;
        let new = NewApiClient {
            tenant,
            label: "Front desk".to_owned(),
            scopes: "inventory:read inventory:write".parse().unwrap(),
            plan: Plan::Starter,
        };
        let client = api_clients::create(&database.write, new, now).await.unwrap();
        let app = Router::new()
            .route("/oauth/token", post(token))
            .route("/oauth/revoke", post(revoke))
            .route("/.well-known/jwks.json", get(jwks))
            .with_state(state.clone());
        Self { state, app, clock, database, tenant, user, client, _folder: folder }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        Answer::of(self.app.clone().oneshot(request).await.unwrap()).await
    }

    async fn post(&self, form: &str) -> Answer {
        let request = Request::post("/oauth/token").header(CONTENT_TYPE, FORM);
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.post(&format!("grant_type=password&username={email}&password={password}")).await
    }

    async fn refresh(&self, cookie: &str) -> Answer {
        let request = Request::post("/oauth/token").header(CONTENT_TYPE, FORM).header(COOKIE_HEADER, cookie);
        self.send(request.body(Body::from("grant_type=refresh_token")).unwrap()).await
    }

    async fn sign_out(&self, cookie: &str, form: &'static str) -> Answer {
        let request = Request::post("/oauth/revoke").header(CONTENT_TYPE, FORM).header(COOKIE_HEADER, cookie);
        self.send(request.body(Body::from(form)).unwrap()).await
    }

    async fn client_token(&self) -> Answer {
        let (id, secret) = (&self.client.0.client_id, self.client.1.reveal());
        self.post(&format!("grant_type=client_credentials&client_id={id}&client_secret={secret}")).await
    }
}

#[tokio::test]
async fn an_api_client_gets_a_token_for_its_credentials() {
    let endpoints = Endpoints::open().await;
    let answer = endpoints.client_token().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.body["expires_in"], 3_600);
    assert_eq!(answer.body["scope"], "inventory:read inventory:write");
    assert_eq!(answer.cookie, None);

    let viewer = endpoints.state.bearer().from_authorization(&format!("Bearer {}", answer.token())).await.unwrap();
    assert_eq!(viewer.tenant, endpoints.tenant);
    assert_eq!(viewer.actor(), "Front desk");
    assert_eq!(viewer.plan, Plan::Starter);
    assert!(viewer.require(Scope::InventoryWrite).is_ok() && viewer.require(Scope::TenantAdmin).is_err());
}

#[tokio::test]
async fn credentials_may_be_in_the_header() {
    let endpoints = Endpoints::open().await;
    let ask = async |id: &str, secret: &str| {
        let credentials = BASE64_STANDARD.encode(format!("{id}:{secret}"));
        let request = Request::post("/oauth/token").header(CONTENT_TYPE, FORM);
        let request = request.header(AUTHORIZATION, format!("Basic {credentials}"));
        endpoints.send(request.body(Body::from("grant_type=client_credentials&scope=inventory:read")).unwrap()).await
    };
    let (id, secret) = (&endpoints.client.0.client_id, endpoints.client.1.reveal());
    assert_eq!(ask(id, secret).await.body["scope"], "inventory:read");
    let refused = ask(id, "wrong").await;
    assert_eq!((refused.status, refused.error()), (401, "invalid_client"));
    assert_eq!(ask("nobody", secret).await.body, refused.body, "unknown and wrong look the same");
}

#[tokio::test]
async fn invalid_requests_and_excessive_scopes_are_refused() {
    let endpoints = Endpoints::open().await;
    let (id, secret) = (&endpoints.client.0.client_id, endpoints.client.1.reveal());
    let credentials = format!("client_id={id}&client_secret={secret}");
    for (form, error) in [
        (format!("grant_type=client_credentials&{credentials}&scope=tenant:admin"), "invalid_scope"),
        (format!("grant_type=client_credentials&{credentials}&scope=everything"), "invalid_scope"),
        (format!("grant_type=implicit&{credentials}"), "unsupported_grant_type"),
        (credentials.clone(), "invalid_request"),
        ("grant_type=client_credentials".to_owned(), "invalid_client"),
        ("grant_type=password&username=a".to_owned(), "invalid_request"),
        ("grant_type=refresh_token".to_owned(), "invalid_grant"),
        ("grant_type=password&grant_type=client_credentials".to_owned(), "invalid_request"),
    ] {
        assert_eq!(endpoints.post(&form).await.error(), error, "{form}");
    }
    let json = Request::post("/oauth/token").header(CONTENT_TYPE, "application/json").body(Body::from("{}")).unwrap();
    assert_eq!(endpoints.send(json).await.error(), "invalid_request");
}

#[tokio::test]
async fn responses_are_never_stored_and_empty_fields_count_as_absent() {
    let endpoints = Endpoints::open().await;
    let (id, secret) = (&endpoints.client.0.client_id, endpoints.client.1.reveal());
    let ask = async |form: &str, basic: Option<&str>| {
        let mut request = Request::post("/oauth/token").header(CONTENT_TYPE, FORM);
        if let Some(pair) = basic {
            request = request.header(AUTHORIZATION, format!("Basic {}", BASE64_STANDARD.encode(pair)));
        }
        endpoints.app.clone().oneshot(request.body(Body::from(form.to_owned())).unwrap()).await.unwrap()
    };
    let pair = format!("{id}:{secret}");
    let grant = "grant_type=client_credentials";
    for (form, basic, status, error) in [
        (format!("{grant}&client_id={id}&client_secret={secret}&scope=&unknown=1&unknown=2"), None, 200, ""),
        (grant.to_owned(), Some(pair.as_str()), 200, ""),
        (format!("{grant}&client_id={id}"), Some(pair.as_str()), 200, ""),
        (format!("{grant}&client_id=&client_secret="), Some(pair.as_str()), 200, ""),
        (format!("{grant}&client_id=another"), Some(pair.as_str()), 400, "invalid_request"),
        (format!("{grant}&client_secret={secret}"), Some(pair.as_str()), 400, "invalid_request"),
        (format!("{grant}&client_id={id}"), None, 401, "invalid_client"),
        (format!("{grant}&client_id={id}&client_secret="), None, 401, "invalid_client"),
        (format!("{grant}&client_id={id}&client_id={id}&client_secret={secret}"), None, 400, "invalid_request"),
        ("grant_type=".to_owned(), Some(pair.as_str()), 400, "invalid_request"),
        ("grant_type=authorization_code".to_owned(), Some(pair.as_str()), 400, "unsupported_grant_type"),
    ] {
        let response = ask(&form, basic).await;
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store", "{form}");
        assert_eq!(response.headers()["pragma"], "no-cache", "{form}");
        assert_eq!(response.headers().contains_key("www-authenticate"), status == 401, "{form}");
        let answer = Answer::of(response).await;
        assert_eq!(answer.status, status, "{form}: {}", answer.body);
        if error.is_empty() {
            answer.token();
        } else {
            assert_eq!(answer.error(), error, "{form}");
            // RFC 6749 section 5.2 allows no other characters.
            let description = answer.body["error_description"].as_str().unwrap();
            assert!(description.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)));
        }
    }
}

#[tokio::test]
async fn an_api_client_revokes_one_of_its_tokens() {
    let endpoints = Endpoints::open().await;
    let (kept, given) = (endpoints.client_token().await, endpoints.client_token().await);
    let (kept, given) = (kept.token(), given.token());
    let bearer = endpoints.state.bearer();
    let viewer = bearer.from_token(given).await.unwrap();
    let (id, secret) = (&endpoints.client.0.client_id, endpoints.client.1.reveal());
    let revoke_own = async |form: String| {
        let request = Request::post("/oauth/revoke").header(CONTENT_TYPE, FORM);
        endpoints.send(request.body(Body::from(form)).unwrap()).await
    };
    let credentials = format!("client_id={id}&client_secret={secret}");
    assert_eq!(revoke_own(format!("token={given}")).await.error(), "invalid_client");
    assert_eq!(revoke_own(format!("token={given}&client_id={id}&client_secret=x")).await.error(), "invalid_client");
    assert_eq!(revoke_own(format!("token={given}&token={given}&{credentials}")).await.error(), "invalid_request");
    bearer.from_token(given).await.unwrap();

    let new =
        NewApiClient { tenant: endpoints.tenant, label: "Other".to_owned(), scopes: Scopes::NONE, plan: Plan::Starter };
    let (other, other_secret) =
        api_clients::create(&endpoints.database.write, new, endpoints.clock.now()).await.unwrap();
    let others = format!("client_id={}&client_secret={}", other.client_id, other_secret.reveal());
    assert_eq!(revoke_own(format!("token={given}&{others}")).await.error(), "unauthorized_client");

    let form = format!("token={given}&token_type_hint=access_token&{credentials}");
    assert_eq!((revoke_own(form.clone()).await.status, revoke_own(form).await.status), (200, 200), "twice is no error");
    assert!(matches!(bearer.from_token(given).await, Err(AuthError::Revoked)), "at once on this node");
    assert!(matches!(bearer.recheck(&viewer).await, Err(AuthError::Revoked)));
    bearer.from_token(kept).await.unwrap();
    assert_eq!(revoke_own(format!("token=nonsense&{credentials}")).await.status, 200);

    endpoints.clock.advance(chrono::Duration::hours(3));
    endpoints.state.sweep().await;
    let left = lodgate_entities::revoked_token::Entity::find().all(&endpoints.database.read).await.unwrap();
    assert_eq!(left, [], "what is over is not kept");
}

#[tokio::test]
async fn the_public_keys_may_be_cached_for_five_minutes() {
    let endpoints = Endpoints::open().await;
    let request = Request::get("/.well-known/jwks.json").body(Body::empty()).unwrap();
    let response = endpoints.app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=300");
    let body = Answer::of(response).await.body;
    assert_eq!(body["keys"].as_array().unwrap().len(), 1);
    assert!(body["keys"][0].get("d").is_none(), "the private part");
}

#[tokio::test]
async fn a_token_of_a_retired_key_is_refused_and_its_sockets_are_closed() {
    let endpoints = Endpoints::open().await;
    let answer = endpoints.client_token().await;
    let bearer = endpoints.state.bearer();
    let viewer = bearer.from_token(answer.token()).await.unwrap();
    let (db, now) = (&endpoints.database.write, endpoints.clock.now());
    keys::rotate(db, now, Duration::from_secs(1)).await.unwrap();
    keys::retire(db, &viewer.token.kid, now).await.unwrap();
    endpoints.clock.advance(chrono::Duration::seconds(2));
    endpoints.state.issuer().reload().await;
    assert!(matches!(bearer.recheck(&viewer).await, Err(AuthError::Revoked)));
    assert!(matches!(bearer.from_token(answer.token()).await, Err(AuthError::Invalid("key"))));
    let anew = endpoints.client_token().await;
    bearer.from_token(anew.token()).await.unwrap();
}

#[tokio::test]
async fn a_token_of_another_issuer_cannot_impersonate_a_user_or_client() {
    let theirs = lodgate_e2e::IdentityProvider::start().await;
    theirs.add_key("k", lodgate_e2e::jws::Algorithm::EdDsa);
    let endpoints = Endpoints::open().await;
    let issuers = serde_json::json!([theirs.trust_policy(&["harbour", "nowhere"])]).to_string().parse().unwrap();
    let externals = Externals::new(&issuers, "lodgate", endpoints.clock.clone()).unwrap();
    let (db, issuer) = (endpoints.database.read.clone(), endpoints.state.issuer().clone());
    let bearer = Bearer::new(db, issuer, externals, endpoints.clock.clone());
    let user = format!("user:{}", endpoints.user);
    let token = |tenant: &str| {
        let exp = endpoints.clock.now().timestamp() + 60;
        let claims = serde_json::json!({
            "iss": theirs.issuer(), "aud": "lodgate", "sub": user, "tenant": tenant, "exp": exp,
            "scope": "inventory:read tenant:admin", "plan": "standard",
        });
        theirs.token("k", &claims)
    };
    let viewer = bearer.from_token(&token("harbour")).await.unwrap();
    let host = theirs.issuer().trim_start_matches("http://");
    assert_eq!(viewer.actor(), format!("{user} ({host})"));
    assert!(matches!(&viewer.subject, Subject::External { issuer, .. } if &**issuer == theirs.issuer()));
    assert_eq!((viewer.tenant, viewer.plan), (endpoints.tenant, Plan::Standard));
    assert!(viewer.require(Scope::InventoryRead).is_ok() && viewer.require(Scope::TenantAdmin).is_err());
    bearer.recheck(&viewer).await.unwrap();
    assert!(matches!(bearer.from_token(&token("nowhere")).await, Err(AuthError::Invalid("unknown tenant"))));
    // Ours go on beside them.
    bearer.from_token(endpoints.client_token().await.token()).await.unwrap();
    endpoints.clock.advance(chrono::Duration::seconds(61));
    assert!(matches!(bearer.recheck(&viewer).await, Err(AuthError::Expired)));
    assert!(
        endpoints.state.bearer().from_token(&token("harbour")).await.is_err(),
        "not taken where it is not configured"
    );
}

#[tokio::test]
async fn concurrent_password_guesses_are_throttled_too() {
    let endpoints = Endpoints::open().await;
    let guesses = (0..12).map(|_| endpoints.sign_in("manager@harbour.example", "wrong"));
    let answers = futures_util::future::join_all(guesses).await;
    let refused = answers.iter().filter(|answer| answer.error() == "invalid_grant").count();
    assert!(refused <= 7, "{refused} passwords were tried where 5 are free");
}

#[tokio::test]
async fn tokens_of_a_revoked_client_are_refused_within_five_seconds() {
    let endpoints = Endpoints::open().await;
    let answer = endpoints.client_token().await;
    let bearer = endpoints.state.bearer();
    let viewer = bearer.from_token(answer.token()).await.unwrap();
    let other =
        api_clients::revoke(&endpoints.database.write, TenantId(99), endpoints.client.0.id, endpoints.clock.now())
            .await;
    assert_eq!(other.unwrap(), None, "another tenant's client is as unknown");
    assert_eq!(endpoints.client_token().await.status, 200);
    let revoked =
        api_clients::revoke(&endpoints.database.write, endpoints.tenant, endpoints.client.0.id, endpoints.clock.now())
            .await;
    assert!(revoked.unwrap().unwrap().revoked_at.is_some());
    assert_eq!(endpoints.client_token().await.error(), "invalid_client");
    endpoints.clock.advance(chrono::Duration::seconds(6));
    assert!(matches!(bearer.recheck(&viewer).await, Err(AuthError::Revoked)));
    assert!(matches!(bearer.from_token(answer.token()).await, Err(AuthError::Revoked)));
}

#[tokio::test]
async fn a_user_signs_in_and_the_session_stays_in_its_cookie() {
    let endpoints = Endpoints::open().await;
    let answer = endpoints.sign_in("Manager@Harbour.example", "correct+horse").await;
    assert_eq!(answer.body["expires_in"], 600);
    assert!(answer.body.get("refresh_token").is_none());
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/oauth", "Max-Age=1209600"] {
        assert!(answer.set_cookie.contains(attribute), "{}", answer.set_cookie);
    }
    let viewer = endpoints.state.bearer().from_token(answer.token()).await.unwrap();
    assert_eq!(viewer.actor(), "manager@harbour.example");
    assert_eq!(viewer.plan, Plan::Premium);
    assert_eq!(viewer.scopes, Scopes::of_role(UserRole::Manager));
    assert!(matches!(viewer.subject, Subject::User { role: UserRole::Manager, .. }));
}

#[tokio::test]
async fn accounts_cannot_be_enumerated_and_guessing_is_slow() {
    let endpoints = Endpoints::open().await;
    let wrong = endpoints.sign_in("manager@harbour.example", "wrong").await;
    let unknown = endpoints.sign_in("nobody@harbour.example", "wrong").await;
    assert_eq!((wrong.status, wrong.error()), (400, "invalid_grant"));
    assert_eq!(wrong.body, unknown.body);
    for _ in 0..5 {
        endpoints.sign_in("manager@harbour.example", "wrong").await;
    }
    let slowed = endpoints.sign_in("manager@harbour.example", "correct+horse").await;
    assert_eq!((slowed.status, slowed.error()), (429, "slow_down"));
    assert!(slowed.retry_after.unwrap() >= 1);
    endpoints.clock.advance(chrono::Duration::seconds(11));
    assert_eq!(endpoints.sign_in("manager@harbour.example", "correct+horse").await.status, 200);
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_at_each_use() {
    let endpoints = Endpoints::open().await;
    let first = endpoints.sign_in("manager@harbour.example", "correct+horse").await.cookie.unwrap();
    let second = endpoints.refresh(&first).await.cookie.unwrap();
    assert_ne!(first, second);
    endpoints.clock.advance(chrono::Duration::seconds(60));
    let third = endpoints.refresh(&second).await;
    assert_eq!(third.status, 200);
    assert!(endpoints.state.bearer().from_token(third.token()).await.is_ok());
    assert_eq!(endpoints.refresh("lodgate_refresh=lgr_made-up").await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_second_tab_may_use_the_same_token_at_once() {
    let endpoints = Endpoints::open().await;
    let first = endpoints.sign_in("manager@harbour.example", "correct+horse").await.cookie.unwrap();
    let (a, b) = tokio::join!(endpoints.refresh(&first), endpoints.refresh(&first));
    assert_eq!((a.status, b.status), (200, 200));
    endpoints.clock.advance(chrono::Duration::seconds(9));
    assert_eq!(endpoints.refresh(&first).await.status, 200);
    assert_eq!(endpoints.refresh(&a.cookie.unwrap()).await.status, 200);
    assert_eq!(endpoints.refresh(&b.cookie.unwrap()).await.status, 200);
}

#[tokio::test]
async fn reuse_of_an_old_refresh_token_ends_the_session() {
    let endpoints = Endpoints::open().await;
    let signed_in = endpoints.sign_in("manager@harbour.example", "correct+horse").await;
    let first = signed_in.cookie.clone().unwrap();
    let renewed = endpoints.refresh(&first).await;
    let other_session = endpoints.sign_in("manager@harbour.example", "correct+horse").await;
    endpoints.clock.advance(chrono::Duration::seconds(11));
    assert_eq!(endpoints.refresh(&first).await.error(), "invalid_grant");
    assert_eq!(
        endpoints.refresh(&renewed.cookie.clone().unwrap()).await.error(),
        "invalid_grant",
        "the thief's or ours"
    );
    assert!(matches!(endpoints.state.bearer().from_token(renewed.token()).await, Err(AuthError::Revoked)));
    assert_eq!(endpoints.refresh(&other_session.cookie.unwrap()).await.status, 200, "another sign-in goes on");
}

#[tokio::test]
async fn a_session_expires_after_two_weeks_without_use() {
    let endpoints = Endpoints::open().await;
    let cookie = endpoints.sign_in("manager@harbour.example", "correct+horse").await.cookie.unwrap();
    endpoints.clock.advance(chrono::Duration::days(15));
    assert_eq!(endpoints.refresh(&cookie).await.error(), "invalid_grant");
    endpoints.state.sweep().await;
}

#[tokio::test]
async fn signing_out_ends_this_session_or_all() {
    let endpoints = Endpoints::open().await;
    let here = endpoints.sign_in("manager@harbour.example", "correct+horse").await;
    let there = endpoints.sign_in("manager@harbour.example", "correct+horse").await.cookie.unwrap();
    let out = endpoints.sign_out(&here.cookie.clone().unwrap(), "").await;
    assert_eq!(out.status, 200);
    assert!(out.set_cookie.contains("Max-Age=0"), "{}", out.set_cookie);
    assert_eq!(endpoints.refresh(&here.cookie.clone().unwrap()).await.error(), "invalid_grant");
    assert!(matches!(endpoints.state.bearer().from_token(here.token()).await, Err(AuthError::Revoked)));
    let there = endpoints.refresh(&there).await.cookie.unwrap();

    let again = endpoints.sign_in("manager@harbour.example", "correct+horse").await.cookie.unwrap();
    assert_eq!(endpoints.sign_out(&again, "all=true").await.status, 200);
    assert_eq!(endpoints.refresh(&there).await.error(), "invalid_grant");
    assert_eq!(endpoints.sign_out("lodgate_refresh=unknown", "").await.status, 200);
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_token_at_once() {
    let endpoints = Endpoints::open().await;
    let here = endpoints.sign_in("manager@harbour.example", "correct+horse").await;
    let there = endpoints.sign_in("manager@harbour.example", "correct+horse").await;
    let client = endpoints.client_token().await;
    // The cached status of all of them is fresh.
    let viewer = endpoints.state.bearer().from_token(here.token()).await.unwrap();
    endpoints.state.bearer().from_token(there.token()).await.unwrap();

    assert_eq!(endpoints.sign_out(&there.cookie.clone().unwrap(), "all=true").await.status, 200);

    for token in [here.token(), there.token()] {
        assert!(matches!(endpoints.state.bearer().from_token(token).await, Err(AuthError::Revoked)));
    }
    assert!(matches!(endpoints.state.bearer().recheck(&viewer).await, Err(AuthError::Revoked)));
    endpoints.state.bearer().from_token(client.token()).await.unwrap();
}

#[tokio::test]
async fn a_disabled_user_is_refused_and_a_lowered_role_takes_effect_immediately() {
    let endpoints = Endpoints::open().await;
    let answer = endpoints.sign_in("manager@harbour.example", "correct+horse").await;
    let user = user::Entity::find_by_id(endpoints.user).one(&endpoints.database.read).await.unwrap().unwrap();
    let mut lowered = user.clone().into_active_model();
    lowered.role = Set(UserRole::Viewer);
    lowered.update(&endpoints.database.write).await.unwrap();
    let viewer = endpoints.state.bearer().from_token(answer.token()).await.unwrap();
    assert_eq!(viewer.scopes, Scopes::of_role(UserRole::Viewer));

    let mut disabled = user.into_active_model();
    disabled.disabled_at = Set(Some(endpoints.clock.now()));
    disabled.update(&endpoints.database.write).await.unwrap();
    endpoints.clock.advance(chrono::Duration::seconds(6));
    assert!(matches!(endpoints.state.bearer().recheck(&viewer).await, Err(AuthError::Revoked)));
    assert_eq!(endpoints.refresh(&answer.cookie.unwrap()).await.error(), "invalid_grant");
    assert_eq!(endpoints.sign_in("manager@harbour.example", "correct+horse").await.error(), "invalid_grant");
}

#[tokio::test]
async fn another_site_can_neither_use_the_cookie_nor_sign_a_user_in() {
    let endpoints = Endpoints::open().await;
    let cookie = endpoints.sign_in("manager@harbour.example", "correct+horse").await.cookie.unwrap();
    for (origin, status) in [
        ("https://evil.example", 403),
        ("null", 403),
        ("http://localhost:8080.evil.example", 403),
        ("http://localhost:8080", 200),
    ] {
        let request = Request::post("/oauth/token")
            .header(CONTENT_TYPE, FORM)
            .header(COOKIE_HEADER, &cookie)
            .header(HOST, "localhost:8080")
            .header(ORIGIN, origin);
        let answer = endpoints.send(request.body(Body::from("grant_type=refresh_token")).unwrap()).await;
        assert_eq!(answer.status, status, "{origin}");
    }
}

#[tokio::test]
async fn a_token_of_an_unknown_tenant_or_in_a_wrong_scheme_is_refused() {
    let endpoints = Endpoints::open().await;
    let grant = Grant {
        tenant: "nowhere".to_owned(),
        kind: TenantKind::Supplier,
        subject: SubjectId::Tool,
        scopes: Scopes::of_kind(TenantKind::Supplier),
        plan: Plan::Standard,
        lifetime: Duration::from_secs(60),
        session: None,
    };
    let bearer = endpoints.state.bearer();
    let sign = |grant: &Grant| endpoints.state.issuer().sign(grant).unwrap();
    assert!(matches!(bearer.from_token(&sign(&grant)).await, Err(AuthError::Invalid("unknown tenant"))));
    let own = Grant { tenant: "harbour".to_owned(), ..grant };
    assert_eq!(bearer.from_token(&sign(&own)).await.unwrap().actor(), "lodgate");
    let other_kind = Grant { kind: TenantKind::Operator, ..own.clone() };
    assert!(matches!(bearer.from_token(&sign(&other_kind)).await, Err(AuthError::Invalid("kind"))));
    let token = sign(&own);
    for wrong in [token.clone(), format!("Basic {token}"), String::new(), "Bearer".to_owned()] {
        assert!(bearer.from_authorization(&wrong).await.is_err());
    }
    let mut headers = HeaderMap::new();
    assert!(matches!(bearer.from_headers(&headers).await, Err(AuthError::Missing)));
    for _ in 0..2 {
        headers.append(AUTHORIZATION, format!("bearer {token}").parse().unwrap());
    }
    assert!(matches!(bearer.from_headers(&headers).await, Err(AuthError::Invalid("two authorizations"))));
    headers.insert(AUTHORIZATION, format!("bearer {token}").parse().unwrap());
    assert!(bearer.from_headers(&headers).await.is_ok());
}

#[tokio::test]
async fn sessions_and_clients_work_the_same_on_postgres() {
    let endpoints = Endpoints::with_database(served().await).await;
    let client = endpoints.client_token().await;
    assert_eq!(endpoints.state.bearer().from_token(client.token()).await.unwrap().actor(), "Front desk");

    let first = endpoints.sign_in("manager@harbour.example", "correct+horse").await.cookie.unwrap();
    let (a, b) = tokio::join!(endpoints.refresh(&first), endpoints.refresh(&first));
    assert_eq!((a.status, b.status), (200, 200));
    endpoints.clock.advance(chrono::Duration::seconds(11));
    assert_eq!(endpoints.refresh(&first).await.error(), "invalid_grant");
    assert_eq!(endpoints.refresh(&a.cookie.clone().unwrap()).await.error(), "invalid_grant");
    assert!(matches!(endpoints.state.bearer().from_token(b.token()).await, Err(AuthError::Revoked)));

    let other_node =
        Issuer::open(&endpoints.database.read, &endpoints.database.write, "lodgate", endpoints.clock.clone())
            .await
            .unwrap();
    assert!(other_node.verify(client.token()).is_ok());
    endpoints.state.sweep().await;
}
