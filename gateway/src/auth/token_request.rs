//! Requests to `/oauth`: their forms, credentials, cookie, origin and client address.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer};

use super::Scopes;
use super::token_response::{COOKIE, TokenError};
use crate::limits::ClientIp;

/// Maximum length of a name or credential, in bytes.
pub(super) const MAX_FIELD: usize = 1_024;

/// The form of `/oauth/token`. A field without a value counts as absent (RFC 6749 section 3.2).
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct TokenRequest {
    #[serde(deserialize_with = "with_value")]
    pub(super) grant_type: Option<String>,
    #[serde(deserialize_with = "with_value")]
    pub(super) scope: Option<String>,
    #[serde(deserialize_with = "with_value")]
    pub(super) client_id: Option<String>,
    #[serde(deserialize_with = "with_value")]
    pub(super) client_secret: Option<String>,
    #[serde(deserialize_with = "with_value")]
    pub(super) username: Option<String>,
    #[serde(deserialize_with = "with_value")]
    pub(super) password: Option<String>,
}

/// The form of `/oauth/revoke`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct RevokeRequest {
    pub(super) all: Option<bool>,
    #[serde(deserialize_with = "with_value")]
    pub(super) token: Option<String>,
    #[serde(deserialize_with = "with_value")]
    pub(super) client_id: Option<String>,
    #[serde(deserialize_with = "with_value")]
    pub(super) client_secret: Option<String>,
}

fn with_value<'de, D: Deserializer<'de>>(field: D) -> Result<Option<String>, D::Error> {
    String::deserialize(field).map(|text| Some(text).filter(|text| !text.is_empty()))
}

impl std::fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenRequest").field("grant_type", &self.grant_type).finish_non_exhaustive()
    }
}

impl TokenRequest {
    /// The grant type as a metric label; unknown values are `other`, which bounds the number of labels.
    pub(super) fn grant_name(&self) -> &'static str {
        match self.grant_type.as_deref() {
            Some("client_credentials") => "client_credentials",
            Some("password") => "password",
            Some("refresh_token") => "refresh_token",
            _ => "other",
        }
    }

    /// The requested scopes, or all allowed ones if none are requested.
    pub(super) fn scopes_within(&self, allowed: Scopes) -> Result<Scopes, TokenError> {
        let Some(asked) = self.scope.as_deref().filter(|scope| !scope.trim().is_empty()) else { return Ok(allowed) };
        let asked: Scopes = asked.parse().map_err(|_| TokenError::InvalidScope)?;
        if allowed.covers(asked) { Ok(asked) } else { Err(TokenError::InvalidScope) }
    }
}

/// Credentials of a `Basic` header.
pub(super) fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, TokenError> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let decoded = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, credentials)| BASE64_STANDARD.decode(credentials.trim()).ok())
        .and_then(|credentials| String::from_utf8(credentials).ok());
    // RFC 6749 percent-encodes both parts. Client ids and secrets contain no character that encoding changes.
    let (id, secret) = decoded.as_deref().and_then(|pair| pair.split_once(':')).ok_or(TokenError::InvalidClient)?;
    Ok(Some((id.to_owned(), secret.to_owned())))
}

pub(super) fn refresh_cookie(headers: &HeaderMap) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    let value = jar.get(COOKIE)?.value();
    (!value.is_empty() && value.len() <= MAX_FIELD).then(|| value.to_owned())
}

pub(super) fn peer(parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| ClientIp::of(peer.0))
}

/// Whether a request comes from the gateway's own origin or from a client that is not a browser, which sends no `Origin`.
/// The cookie's `SameSite` protects against other origins too, but not in browsers that ignore it, and not at sign-in,
/// which needs no cookie.
pub(super) fn is_same_origin(parts: &Parts, public_url: Option<&str>) -> bool {
    let Some(origin) = parts.headers.get(ORIGIN) else { return true };
    let Some((_, host)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else { return false };
    let asked = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let asked = asked.or_else(|| parts.uri.authority().map(|authority| authority.as_str()));
    let public = public_url.and_then(|url| url.split_once("://")).and_then(|(_, rest)| rest.split('/').next());
    asked.is_some_and(|asked| asked.eq_ignore_ascii_case(host))
        || public.is_some_and(|public| public.eq_ignore_ascii_case(host))
}
