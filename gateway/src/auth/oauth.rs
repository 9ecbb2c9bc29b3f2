//! `/oauth`: access tokens for API clients and users (RFC 6749), and the end of their sessions; and
//! `/.well-known/jwks.json`, the public keys for services that verify the tokens.

mod grants;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use sea_orm::DatabaseConnection;

use super::throttle::Throttle;
use super::token_request::{RevokeRequest, TokenRequest, is_same_origin, refresh_cookie};
use super::token_response::{TokenError, set_cookie};
use super::{AuthError, Bearer, Issuer, PasswordError, Passwords, SubjectId, revocation, sessions};
use crate::clock::Clock;

/// Services that verify tokens may cache the keys for this time: half of the time for which a new key is published before
/// it signs.
const JWKS_CACHE: &str = "public, max-age=300";

/// The state of the sign-in endpoints. Cheap to clone.
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
    /// Sign-in over a migrated database. `public_url` is the URL at which browsers reach the gateway.
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

    /// Authenticates tokens.
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

    /// Deletes expired sessions and revocations. Call it once per minute.
    pub async fn sweep(&self) {
        self.inner.throttle.sweep();
        let (db, now) = (&self.inner.db, self.inner.clock.now());
        if let Err(error) = sessions::sweep(db, now).await {
            tracing::warn!(%error, "expired sessions could not be deleted");
        }
        if let Err(error) = revocation::sweep(db, now).await {
            tracing::warn!(%error, "expired revocations could not be deleted");
        }
    }
}

/// `POST /oauth/token`: a form; responses and errors follow RFC 6749.
pub async fn token(
    State(state): State<AuthState>,
    parts: Parts,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Response {
    let Ok(Form(request)) = form else {
        return TokenError::InvalidRequest("expected a form with grant_type and its fields, each once").into_response();
    };
    let grant = request.grant_name();
    // In a task of its own: a client that disconnects must not stop it between two writes.
    let outcome = tokio::spawn(async move { grants::exchange(&state.inner, &parts, request).await }).await;
    let outcome = outcome.unwrap_or(Err(TokenError::Internal));
    let result = outcome.as_ref().err().map_or("ok", TokenError::code);
    metrics::counter!("lodgate_sign_ins_total", "grant" => grant, "outcome" => result).increment(1);
    outcome.into_response()
}

/// `POST /oauth/revoke`. With a `token`, an API client revokes one of its own access tokens (RFC 7009). Without one, a
/// user signs out, with `all=true` of all sessions. The response is 200 even if there was nothing to revoke.
pub async fn revoke(
    State(state): State<AuthState>,
    parts: Parts,
    form: Result<Form<RevokeRequest>, FormRejection>,
) -> Response {
    let inner = state.inner;
    let request = match form {
        Ok(Form(request)) => request,
        // A page may post an empty body without a content type.
        Err(FormRejection::InvalidFormContentType(_)) if !parts.headers.contains_key(CONTENT_TYPE) => {
            RevokeRequest::default()
        }
        Err(_) => return TokenError::InvalidRequest("expected a form with token or all, each once").into_response(),
    };
    if request.token.is_some() {
        let ended = tokio::spawn(async move { revoke_token(&inner, &parts, request).await }).await;
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
            let user = sessions::end(&inner.db, &token, everywhere, inner.clock.now()).await?;
            user.into_iter().for_each(|user| inner.bearer.invalidate_user(user));
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

/// Revokes an access token of the API client that sends it. An expired or unknown token is no error.
async fn revoke_token(inner: &Inner, parts: &Parts, request: RevokeRequest) -> Result<(), TokenError> {
    let client = grants::authenticate_client(inner, parts, request.client_id, request.client_secret).await?;
    let claims = match inner.issuer.verify_or_reload(&request.token.unwrap_or_default()).await {
        Ok(claims) => claims,
        Err(AuthError::Unavailable(error)) => return Err(error.into()),
        Err(_) => return Ok(()),
    };
    if claims.subject != SubjectId::Client(client.client_id) {
        return Err(TokenError::UnauthorizedClient);
    }
    if let Some(jti) = claims.jti {
        revocation::revoke(&inner.db, jti, claims.expires_at).await?;
        inner.bearer.invalidate_token(jti);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
