//! Responses of the token endpoint (RFC 6749 section 5).

use std::time::Duration;

use axum::Json;
use axum::http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sea_orm::DbErr;
use serde::Serialize;

use super::sessions::IDLE;
use super::{IssuerError, PasswordError, Scopes, Secret};

/// Name of the session cookie. Its path restricts it to `/oauth`.
pub(super) const COOKIE: &str = "lodgate_refresh";

/// A new access token, and for a portal session the refresh token for the cookie.
#[derive(Debug)]
pub(super) struct TokenResponse {
    pub(super) access_token: String,
    pub(super) lifetime: Duration,
    pub(super) scopes: Scopes,
    pub(super) refresh: Option<Secret>,
    /// Whether the cookie is restricted to TLS.
    pub(super) secure: bool,
}

/// An error of the token endpoint.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenError {
    #[error("{0}")]
    InvalidRequest(&'static str),
    #[error("unknown client or wrong secret")]
    InvalidClient,
    #[error("the token was issued to another client")]
    UnauthorizedClient,
    #[error("{0}")]
    InvalidGrant(&'static str),
    #[error("the refresh token is not valid")]
    InvalidSession,
    #[error("grant_type must be client_credentials, password or refresh_token")]
    UnsupportedGrantType,
    #[error("a scope is unknown or not allowed")]
    InvalidScope,
    #[error("too many wrong passwords, wait before the next attempt")]
    SlowDown(Duration),
    #[error("the request came from another site")]
    ForeignOrigin,
    #[error("sign-in is not available at the moment")]
    Unavailable,
    #[error("internal error")]
    Internal,
}

impl TokenError {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) | Self::ForeignOrigin => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::InvalidGrant(_) | Self::InvalidSession => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            // From RFC 8628, the closest standard code.
            Self::SlowDown(_) => "slow_down",
            Self::Unavailable => "temporarily_unavailable",
            Self::Internal => "server_error",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::SlowDown(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl From<DbErr> for TokenError {
    fn from(error: DbErr) -> Self {
        tracing::error!(%error, "the token endpoint cannot reach the database");
        Self::Unavailable
    }
}

impl From<IssuerError> for TokenError {
    fn from(error: IssuerError) -> Self {
        tracing::error!(%error, "the token endpoint cannot sign a token");
        Self::Internal
    }
}

impl From<PasswordError> for TokenError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Unavailable,
            PasswordError::Length => Self::InvalidGrant("unknown user or wrong password"),
            PasswordError::Hash => Self::Internal,
        }
    }
}

#[derive(Serialize)]
struct TokenBody<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    scope: String,
}

#[derive(Serialize)]
struct ErrorBody {
    error: &'static str,
    error_description: String,
}

impl IntoResponse for TokenResponse {
    fn into_response(self) -> Response {
        let body = TokenBody {
            access_token: &self.access_token,
            token_type: "Bearer",
            expires_in: self.lifetime.as_secs(),
            scope: self.scopes.to_string(),
        };
        let mut response = Json(body).into_response();
        never_stored(response.headers_mut());
        if let Some(token) = &self.refresh {
            set_cookie(response.headers_mut(), token.reveal(), IDLE.num_seconds(), self.secure);
        }
        response
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let body = ErrorBody { error: self.code(), error_description: self.to_string() };
        let mut response = (self.status(), Json(body)).into_response();
        let headers = response.headers_mut();
        never_stored(headers);
        match self {
            Self::InvalidClient => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"lodgate\""));
            }
            Self::SlowDown(wait) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
            }
            Self::Unavailable => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

/// Sets the session cookie; an empty value with age 0 removes it.
pub(super) fn set_cookie(headers: &mut HeaderMap, value: &str, max_age_seconds: i64, secure: bool) {
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/oauth; Max-Age={max_age_seconds}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        headers.append(SET_COOKIE, cookie);
    }
}

fn never_stored(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
}
