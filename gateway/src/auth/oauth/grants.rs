//! The grants of `/oauth/token`: client credentials, password and refresh token.

use std::time::Duration;

use axum::http::request::Parts;
use lodgate_entities::{api_client, tenant, user};
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::Inner;
use crate::auth::keys::MAX_SERVED;
use crate::auth::sessions::{self, Rotation};
use crate::auth::token_request::{MAX_FIELD, TokenRequest, basic, is_same_origin, peer, refresh_cookie};
use crate::auth::token_response::{TokenError, TokenResponse};
use crate::auth::{Grant, Scopes, Secret, SubjectId, api_clients};
use crate::limits::Plan;

/// Lifetime of a user's access token. It is kept in a page's memory and renewed with the session cookie.
const USER_TOKEN: Duration = Duration::from_secs(600);
/// Lifetime of an API client's access token, the longest that the endpoint issues. Key rotation relies on it.
const CLIENT_TOKEN: Duration = MAX_SERVED;

/// Issues tokens for a grant.
pub(super) async fn exchange(inner: &Inner, parts: &Parts, request: TokenRequest) -> Result<TokenResponse, TokenError> {
    match request.grant_type.as_deref() {
        Some("client_credentials") => client_credentials(inner, parts, &request).await,
        Some("password") => password(inner, parts, &request).await,
        Some("refresh_token") => refresh(inner, parts, &request).await,
        Some(_) => Err(TokenError::UnsupportedGrantType),
        None => Err(TokenError::InvalidRequest("grant_type is missing")),
    }
}

/// Authenticates the API client whose credentials are in the header or in the body.
pub(super) async fn authenticate_client(
    inner: &Inner,
    parts: &Parts,
    client_id: Option<String>,
    client_secret: Option<String>,
) -> Result<api_client::Model, TokenError> {
    let (id, secret) = match (basic(&parts.headers)?, client_id, client_secret) {
        (Some(_), _, Some(_)) => {
            return Err(TokenError::InvalidRequest("credentials belong in the header or in the body, not in both"));
        }
        (Some((id, _)), Some(other), None) if id != other => {
            return Err(TokenError::InvalidRequest("client_id differs from the one in the header"));
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

async fn client_credentials(inner: &Inner, parts: &Parts, request: &TokenRequest) -> Result<TokenResponse, TokenError> {
    let client = authenticate_client(inner, parts, request.client_id.clone(), request.client_secret.clone()).await?;
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
    inner.issue(&grant, None)
}

async fn password(inner: &Inner, parts: &Parts, request: &TokenRequest) -> Result<TokenResponse, TokenError> {
    // A page of another origin must not sign its visitors in to an account that it chooses.
    if !is_same_origin(parts, inner.public_url.as_deref()) {
        return Err(TokenError::ForeignOrigin);
    }
    let (Some(name), Some(password)) = (&request.username, &request.password) else {
        return Err(TokenError::InvalidRequest("username and password are missing"));
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
    // An unknown user, a wrong password and a disabled user get the same response after the same time.
    let stored = found.as_ref().map(|user| user.password_hash.as_str());
    let agrees = inner.passwords.verify(password, stored).await?;
    // Concurrent attempts pass the first check before any of them has failed. They wait too, whatever their password.
    if let Some(wait) = inner.throttle.wait(address, &name) {
        return Err(TokenError::SlowDown(wait));
    }
    let Some(user) = found.filter(|user| agrees && user.disabled_at.is_none()) else {
        inner.throttle.failed(address, &name);
        return Err(TokenError::InvalidGrant("unknown user or wrong password"));
    };
    let session = sessions::start(&inner.db, user.id, inner.clock.now()).await?;
    user_tokens(inner, request, user, session.family, session.token).await
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
            inner.bearer.invalidate_user(user);
            tracing::warn!(%user, "a refresh token was reused after its exchange: session revoked");
            return Err(TokenError::InvalidSession);
        }
    };
    let user = user::Entity::find_by_id(session.user).one(&inner.db).await?;
    let user = user.filter(|user| user.disabled_at.is_none()).ok_or(TokenError::InvalidSession)?;
    user_tokens(inner, request, user, session.family, session.token).await
}

async fn user_tokens(
    inner: &Inner,
    request: &TokenRequest,
    user: user::Model,
    family: Uuid,
    token: Secret,
) -> Result<TokenResponse, TokenError> {
    let tenant = tenant::Entity::find_by_id(user.tenant_id).one(&inner.db).await?;
    let tenant = tenant.ok_or(TokenError::InvalidGrant("the tenant does not exist"))?;
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
    inner.issue(&grant, Some(token))
}

impl Inner {
    fn issue(&self, grant: &Grant, refresh: Option<Secret>) -> Result<TokenResponse, TokenError> {
        let access_token = self.issuer.sign(grant)?;
        Ok(TokenResponse { access_token, lifetime: grant.lifetime, scopes: grant.scopes, refresh, secure: self.secure })
    }
}
