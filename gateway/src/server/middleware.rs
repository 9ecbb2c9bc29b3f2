//! Middleware of all routes: access log, responses after a panic, security headers, bodies, CORS.

use std::any::Any;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;
use tower_http::cors::CorsLayer;
use tracing::Instrument;

use super::trace_context::{TRACEPARENT, TRACESTATE, TraceContext};
use crate::config::Origin;
use crate::transport::RequestId;
use crate::transport::body::{self, BodyFault};
use crate::transport::request_id::X_REQUEST_ID;

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// The header with which an event stream resumes.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Browser features that no page uses.
const NO_PERMISSIONS: &str =
    "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=(), display-capture=()";

/// Maximum length of a logged path, in characters.
const MAX_PATH: usize = 200;
/// Time for which browsers cache a CORS preflight.
const PREFLIGHT_KEPT: Duration = Duration::from_secs(600);

/// Logs one line per request: method, path, status and time, with its ids. Never the query string, a header or a body,
/// which contain secrets and guests' names. Rate-limited requests are counted instead: they could fill the log, and logging
/// costs more than refusing.
pub(super) async fn access_log(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let logged = loggable(&path);
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let context = TraceContext::of(request.headers());
    let span = tracing::info_span!("request", id, trace = context.trace(), span = context.span());
    let mut response = next.run(request).instrument(span.clone()).await;
    context.describe(response.headers_mut());
    let status = response.status();
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        if status.is_server_error() {
            tracing::warn!(%method, path = logged, status = status.as_u16(), ms, "answered");
        } else if is_probe_or_asset(&path) || status == StatusCode::TOO_MANY_REQUESTS {
            tracing::debug!(%method, path = logged, status = status.as_u16(), ms, "answered");
        } else {
            tracing::info!(%method, path = logged, status = status.as_u16(), ms, "answered");
        }
    });
    response
}

/// A path without control characters, which could start a log line or affect a terminal.
fn loggable(path: &str) -> String {
    let mut text: String = path.escape_debug().take(MAX_PATH).collect();
    if path.chars().count() > MAX_PATH {
        text.push('…');
    }
    text
}

/// Paths of probes and assets, logged at debug level.
fn is_probe_or_asset(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz" | "/metrics") || path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

/// The response after a panic of a handler; the panic is logged.
#[expect(clippy::needless_pass_by_value, reason = "the layer passes the panic by value")]
pub(super) fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
    tracing::error!(panic = text, "a handler panicked");
    let body = r#"{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL","retryable":false}}]}"#;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Sets the security headers for browsers. Pages set their own content security policy.
pub(super) async fn security_headers(State(https): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    // Other pages can neither script these pages, nor embed their resources, nor use browser features through them.
    headers.insert(CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static(NO_PERMISSIONS));
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(policy);
    response
}

/// Closes the connection after each response while the node is stopping, so that clients change nodes between two
/// requests.
pub(super) async fn connection_close(
    State(draining): State<watch::Receiver<bool>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    if *draining.borrow() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Reads the whole body before the handler, within limits of size and time.
pub(super) async fn whole_body(
    State((most, within)): State<(usize, Duration)>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, unread) = request.into_parts();
    match body::read(unread, most, within).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(fault) => {
            let sentence = match fault {
                BodyFault::Large => "The body is too large.\n",
                BodyFault::Slow => "The body took too long to arrive.\n",
                BodyFault::Broken => "The body is incomplete.\n",
            };
            (fault.status(), sentence).into_response()
        }
    }
}

/// Allows pages of these origins to send requests with a bearer token and to read the response headers. Never with cookies,
/// which `/graphql` does not use.
pub(super) fn cors(origins: &[Origin]) -> CorsLayer {
    let expose = ["ratelimit", "ratelimit-policy"].map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(origins.iter().map(|origin| origin.header().clone()).collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([ACCEPT, AUTHORIZATION, CONTENT_TYPE, X_REQUEST_ID, TRACEPARENT, TRACESTATE, LAST_EVENT_ID])
        .expose_headers(expose.into_iter().chain([RETRY_AFTER, X_REQUEST_ID, TRACEPARENT]).collect::<Vec<_>>())
        .max_age(PREFLIGHT_KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logged_path_can_not_draw_or_go_on_for_ever() {
        assert_eq!(loggable("/hotels/12"), "/hotels/12");
        assert_eq!(loggable("/\u{1b}[2J\n\u{9b}31m"), "/\\u{1b}[2J\\n\\u{9b}31m");
        assert_eq!(loggable(&"x".repeat(1_000)).chars().count(), MAX_PATH + 1);
    }
}
