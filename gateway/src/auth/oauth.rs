//! `/oauth`: machines exchange their credentials and people their password for access tokens (RFC 6749), sessions are
//! refreshed and ended. And `/.well-known/jwks.json`, for whoever checks our tokens.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use lodgate_entities::{api_client, tenant, user};
use sea_orm::{DatabaseConnection, EntityTrait};
use uuid::Uuid;

use super::keys::MAX_SERVED;
use super::sessions::{self, Rotation};
use super::throttle::Throttle;
use super::token_request::{MAX_FIELD, RevokeRequest, TokenRequest, basic, is_same_origin, peer, refresh_cookie};
use super::token_response::{TokenError, TokenResponse, set_cookie};
use super::{
    AuthError, Bearer, Grant, Issuer, PasswordError, Passwords, Scopes, Secret, SubjectId, api_clients, revocation,
};
use crate::clock::Clock;
use crate::limits::Plan;

/// People's tokens live in a page's memory and are renewed silently.
const USER_TOKEN: Duration = Duration::from_secs(600);
/// Machines fetch theirs with their own credentials. Nothing that is served here is good for longer, by which keys are
/// rotated.
const CLIENT_TOKEN: Duration = MAX_SERVED;
/// Whoever checks our tokens may keep the keys for so long: half the time for which a new key is published before it
/// signs.
const JWKS_CACHE: &str = "public, max-age=300";

/// What signing in needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AuthState {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    db: DatabaseConnection,
    issuer: Issuer,
    bearer: Bearer,
    passwords: Passwords,
    throttle: Throttle,
    clock: Clock,
    public_url: Option<String>,
    secure: bool,
}

impl AuthState {
    /// Sign-in over a migrated database. `public_url` is where browsers find us.
    ///
    /// # Errors
    /// When passwords cannot be hashed.
    pub async fn open(
        db: DatabaseConnection,
        issuer: Issuer,
        bearer: Bearer,
        public_url: Option<String>,
        clock: Clock,
    ) -> Result<Self, PasswordError> {
        let passwords = Passwords::new().await?;
        let throttle = Throttle::new(clock.clone());
        let secure = public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
        let inner = Inner { db, issuer, bearer, passwords, throttle, clock, public_url, secure };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Turns tokens into callers.
    pub fn bearer(&self) -> &Bearer {
        &self.inner.bearer
    }

    /// Signs and verifies tokens.
    pub fn issuer(&self) -> &Issuer {
        &self.inner.issuer
    }

    /// Hashes passwords.
    pub fn passwords(&self) -> &Passwords {
        &self.inner.passwords
    }

    /// Forgets what is over. Call it each minute.
    pub async fn sweep(&self) {
        self.inner.throttle.sweep();
        let (db, now) = (&self.inner.db, self.inner.clock.now());
        if let Err(error) = sessions::sweep(db, now).await {
            tracing::warn!(%error, "old sessions could not be deleted");
        }
        if let Err(error) = revocation::sweep(db, now).await {
            tracing::warn!(%error, "tokens that were revoked and are over could not be deleted");
        }
    }
}

/// `POST /oauth/token`. A form; answers and errors as RFC 6749 has them.
pub async fn token(
    State(state): State<AuthState>,
    parts: Parts,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Response {
    let Ok(Form(request)) = form else {
        return TokenError::InvalidRequest("a form of grant_type and what it needs, each once").into_response();
    };
    let grant = request.grant_name();
    // On a task of its own: a caller that hangs up must not stop between two writes.
    let outcome = tokio::spawn(async move { exchange(&state.inner, &parts, request).await }).await;
    let outcome = outcome.unwrap_or(Err(TokenError::Internal));
    let result = outcome.as_ref().err().map_or("ok", TokenError::code);
    metrics::counter!("lodgate_sign_ins_total", "grant" => grant, "outcome" => result).increment(1);
    outcome.into_response()
}

/// `POST /oauth/revoke`. With a `token`, a machine hands back an access token of its own (RFC 7009). Without one, a person
/// signs out, with `all=true` everywhere. Answers 200 whatever was there.
pub async fn revoke(
    State(state): State<AuthState>,
    parts: Parts,
    form: Result<Form<RevokeRequest>, FormRejection>,
) -> Response {
    let inner = state.inner;
    let request = match form {
        Ok(Form(request)) => request,
        // A button may post an empty body without a content type.
        Err(FormRejection::InvalidFormContentType(_)) if !parts.headers.contains_key(CONTENT_TYPE) => {
            RevokeRequest::default()
        }
        Err(_) => return TokenError::InvalidRequest("a form of token or all, each once").into_response(),
    };
    if request.token.is_some() {
        let ended = tokio::spawn(async move { hand_back(&inner, &parts, request).await }).await;
        return match ended.unwrap_or(Err(TokenError::Internal)) {
            Ok(()) => StatusCode::OK.into_response(),
            Err(error) => error.into_response(),
        };
    }
    if !is_same_origin(&parts, inner.public_url.as_deref()) {
        return TokenError::ForeignOrigin.into_response();
    }
    let everywhere = request.all == Some(true);
    let secure = inner.secure;
    if let Some(token) = refresh_cookie(&parts.headers) {
        let ended = tokio::spawn(async move {
            let person = sessions::end(&inner.db, &token, everywhere, inner.clock.now()).await?;
            person.into_iter().for_each(|person| inner.bearer.forget_user(person));
            Ok::<_, sea_orm::DbErr>(())
        });
        match ended.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return TokenError::from(error).into_response(),
            Err(_) => return TokenError::Internal.into_response(),
        }
    }
    let mut response = StatusCode::OK.into_response();
    set_cookie(response.headers_mut(), "", 0, secure);
    response
}

/// `GET /.well-known/jwks.json`.
pub async fn jwks(State(state): State<AuthState>) -> impl IntoResponse {
    ([(CACHE_CONTROL, JWKS_CACHE)], Json(state.inner.issuer.jwks()))
}

async fn exchange(inner: &Inner, parts: &Parts, request: TokenRequest) -> Result<TokenResponse, TokenError> {
    match request.grant_type.as_deref() {
        Some("client_credentials") => client_credentials(inner, parts, &request).await,
        Some("password") => password(inner, parts, &request).await,
        Some("refresh_token") => refresh(inner, parts, &request).await,
        Some(_) => Err(TokenError::UnsupportedGrantType),
        None => Err(TokenError::InvalidRequest("grant_type is missing")),
    }
}

/// The machine whose credentials came, in the header or in the body.
async fn machine(
    inner: &Inner,
    parts: &Parts,
    client_id: Option<String>,
    client_secret: Option<String>,
) -> Result<api_client::Model, TokenError> {
    let (id, secret) = match (basic(&parts.headers)?, client_id, client_secret) {
        (Some(_), _, Some(_)) => {
            return Err(TokenError::InvalidRequest("credentials in the header or in the body, not both"));
        }
        (Some((id, _)), Some(other), None) if id != other => {
            return Err(TokenError::InvalidRequest("client_id is another than in the header"));
        }
        (Some(credentials), _, None) => credentials,
        (None, Some(id), Some(secret)) => (id, secret),
        (None, _, _) => return Err(TokenError::InvalidClient),
    };
    if id.len() > MAX_FIELD || secret.len() > MAX_FIELD {
        return Err(TokenError::InvalidClient);
    }
    let client = api_clients::authenticate(&inner.db, &id, &secret).await?;
    client.ok_or(TokenError::InvalidClient)
}

/// Withdraws an access token of the machine that hands it back. One that is over, or was never ours, is no error.
async fn hand_back(inner: &Inner, parts: &Parts, request: RevokeRequest) -> Result<(), TokenError> {
    let client = machine(inner, parts, request.client_id, request.client_secret).await?;
    let claims = match inner.issuer.verify_or_learn(&request.token.unwrap_or_default()).await {
        Ok(claims) => claims,
        Err(AuthError::Unavailable(error)) => return Err(error.into()),
        Err(_) => return Ok(()),
    };
    if claims.subject != SubjectId::Client(client.client_id) {
        return Err(TokenError::UnauthorizedClient);
    }
    if let Some(jti) = claims.jti {
        revocation::revoke(&inner.db, jti, claims.expires_at).await?;
        inner.bearer.forget_token(jti);
    }
    Ok(())
}

async fn client_credentials(inner: &Inner, parts: &Parts, request: &TokenRequest) -> Result<TokenResponse, TokenError> {
    let client = machine(inner, parts, request.client_id.clone(), request.client_secret.clone()).await?;
    let tenant = tenant::Entity::find_by_id(client.tenant_id).one(&inner.db).await?;
    let tenant = tenant.ok_or(TokenError::InvalidClient)?;
    let allowed = client.scopes.parse().unwrap_or(Scopes::NONE);
    let grant = Grant {
        scopes: request.scopes_within(allowed)?,
        plan: client.plan.parse().unwrap_or(Plan::Standard),
        subject: SubjectId::Client(client.client_id),
        lifetime: CLIENT_TOKEN,
        session: None,
        tenant: tenant.code,
        kind: tenant.kind,
    };
    inner.answer(&grant, None)
}

async fn password(inner: &Inner, parts: &Parts, request: &TokenRequest) -> Result<TokenResponse, TokenError> {
    // A page elsewhere must not sign its visitors in to an account of its choice.
    if !is_same_origin(parts, inner.public_url.as_deref()) {
        return Err(TokenError::ForeignOrigin);
    }
    let (Some(name), Some(password)) = (&request.username, &request.password) else {
        return Err(TokenError::InvalidRequest("username and password are needed"));
    };
    let name = name.trim().to_lowercase();
    if name.len() > MAX_FIELD {
        return Err(TokenError::InvalidRequest("username is too long"));
    }
    let address = peer(parts);
    if let Some(wait) = inner.throttle.wait(address, &name) {
        return Err(TokenError::SlowDown(wait));
    }
    let found = user::Entity::of_email(&name).one(&inner.db).await?;
    // Nobody, the wrong password and a shut-out person look the same, and take the same time.
    let stored = found.as_ref().map(|user| user.password_hash.as_str());
    let agrees = inner.passwords.verify(password, stored).await?;
    // Those that were sent all at once got here before the first of them had failed: right or wrong, they wait too.
    if let Some(wait) = inner.throttle.wait(address, &name) {
        return Err(TokenError::SlowDown(wait));
    }
    let Some(user) = found.filter(|user| agrees && user.disabled_at.is_none()) else {
        inner.throttle.failed(address, &name);
        return Err(TokenError::InvalidGrant("unknown user, or a wrong password"));
    };
    let session = sessions::start(&inner.db, user.id, inner.clock.now()).await?;
    user_answer(inner, request, user, session.family, session.token).await
}

async fn refresh(inner: &Inner, parts: &Parts, request: &TokenRequest) -> Result<TokenResponse, TokenError> {
    if !is_same_origin(parts, inner.public_url.as_deref()) {
        return Err(TokenError::ForeignOrigin);
    }
    let token = refresh_cookie(&parts.headers).ok_or(TokenError::InvalidSession)?;
    let session = match sessions::rotate(&inner.db, &token, inner.clock.now()).await? {
        Rotation::Renewed(session) => session,
        Rotation::Refused => return Err(TokenError::InvalidSession),
        Rotation::Reused(user) => {
            inner.bearer.forget_user(user);
            tracing::warn!(%user, "a refresh token was used again long after its exchange: session revoked");
            return Err(TokenError::InvalidSession);
        }
    };
    let user = user::Entity::find_by_id(session.user).one(&inner.db).await?;
    let user = user.filter(|user| user.disabled_at.is_none()).ok_or(TokenError::InvalidSession)?;
    user_answer(inner, request, user, session.family, session.token).await
}

async fn user_answer(
    inner: &Inner,
    request: &TokenRequest,
    user: user::Model,
    family: Uuid,
    token: Secret,
) -> Result<TokenResponse, TokenError> {
    let tenant = tenant::Entity::find_by_id(user.tenant_id).one(&inner.db).await?;
    let tenant = tenant.ok_or(TokenError::InvalidGrant("the tenant is gone"))?;
    let allowed = Scopes::of_kind(tenant.kind).and(Scopes::of_role(user.role));
    let grant = Grant {
        scopes: request.scopes_within(allowed)?,
        plan: tenant.plan.parse().unwrap_or(Plan::Standard),
        subject: SubjectId::User(user.id),
        lifetime: USER_TOKEN,
        session: Some(family),
        tenant: tenant.code,
        kind: tenant.kind,
    };
    inner.answer(&grant, Some(token))
}

impl Inner {
    fn answer(&self, grant: &Grant, refresh: Option<Secret>) -> Result<TokenResponse, TokenError> {
        let access_token = self.issuer.sign(grant)?;
        Ok(TokenResponse { access_token, lifetime: grant.lifetime, scopes: grant.scopes, refresh, secure: self.secure })
    }
}

#[cfg(test)]
mod tests;
