//! `/graphql`: one operation per request, or several in an array, with a bearer token.

use std::time::Instant;

use async_graphql::Response as Executed;
use async_graphql::parser::types::OperationType;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::body::{self, BodyFault};
use super::operation::{self, Prepared};
use super::request::{self, IncomingRequest};
use super::response::{self, Media};
use super::{RequestId, Transport, document_lookup};
use crate::auth::{AuthError, Viewer};
use crate::graphql::error::ErrorCode;

/// Maximum size of a body, in bytes.
pub const MAX_BODY: usize = 256 * 1_024;
/// Value of `Allow`.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");

/// `POST /graphql`.
pub async fn post(
    State(transport): State<Transport>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(media) = Media::negotiate(&headers) else { return not_acceptable(&id) };
    if let Err(message) = check_content(&headers) {
        return response::refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, media, bad(message), &id);
    }
    let viewer = match authenticate(&transport, &headers, media, &id).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let body = match read(&transport, body).await {
        Ok(body) => body,
        Err((status, message)) => return response::refused(status, media, bad(message), &id),
    };
    match request::parse_body(&body) {
        Ok(request::Body::One(sent)) => run(&transport, &viewer, &id, media, sent, false).await,
        Ok(request::Body::Batch(batch)) => run_batch(&transport, &viewer, &id, media, batch).await,
        Err(message) => response::refused(StatusCode::BAD_REQUEST, media, bad(&message), &id),
    }
}

/// `GET /graphql`: queries only.
pub async fn get(
    State(transport): State<Transport>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    RawQuery(parameters): RawQuery,
) -> Response {
    let Some(media) = Media::negotiate(&headers) else { return not_acceptable(&id) };
    let viewer = match authenticate(&transport, &headers, media, &id).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    match request::parse_parameters(parameters.as_deref().unwrap_or_default()) {
        Ok(sent) => run(&transport, &viewer, &id, media, sent, true).await,
        Err(message) => response::refused(StatusCode::BAD_REQUEST, media, bad(&message), &id),
    }
}

/// `OPTIONS /graphql` that is not a CORS preflight.
pub async fn options() -> Response {
    (StatusCode::NO_CONTENT, [(ALLOW, METHODS)]).into_response()
}

/// Any other method.
pub async fn method_not_allowed(Extension(id): Extension<RequestId>) -> Response {
    let error = bad("send operations by POST, or queries by GET");
    let mut response = response::refused(StatusCode::METHOD_NOT_ALLOWED, Media::Json, error, &id);
    response.headers_mut().insert(ALLOW, METHODS);
    response
}

async fn run(
    transport: &Transport,
    viewer: &Viewer,
    id: &RequestId,
    media: Media,
    sent: IncomingRequest,
    queries_only: bool,
) -> Response {
    if let Err(retry) = transport.app.limits.check(viewer.tenant, viewer.plan, 1) {
        operation::count_refused("rate_limited");
        return retry.into_response(Some(&id.0));
    }
    let mut response = match document_lookup::prepare(&transport.app, viewer, sent).await {
        Err(error) => {
            let mut refused = Executed::from_errors(vec![error]);
            response::annotate_errors(&mut refused, id);
            operation::count_refused(response::outcome(&refused));
            response::executed(media, &refused)
        }
        Ok(Prepared { kind, .. }) if queries_only && kind != OperationType::Query => {
            let message = "GET is for queries: send anything else by POST";
            let mut response = response::refused(StatusCode::METHOD_NOT_ALLOWED, media, bad(message), id);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            response
        }
        Ok(Prepared { kind: OperationType::Subscription, .. }) => {
            let message = "subscriptions are served at /graphql/ws, by graphql-transport-ws, and at /graphql/stream, as server-sent events";
            response::refused(StatusCode::BAD_REQUEST, media, bad(message), id)
        }
        Ok(prepared) => response::executed(media, &operation::execute(transport, viewer, id, prepared).await),
    };
    transport.app.limits.describe(viewer.tenant, viewer.plan, response.headers_mut());
    response
}

/// Runs the operations of an array in order, each charged separately; the responses are in the same order. No operation
/// starts after the time limit of one operation.
async fn run_batch(
    transport: &Transport,
    viewer: &Viewer,
    id: &RequestId,
    media: Media,
    batch: Vec<IncomingRequest>,
) -> Response {
    let started = Instant::now();
    let mut answers = Vec::with_capacity(batch.len());
    for sent in batch {
        answers.push(if started.elapsed() < transport.request_timeout {
            run(transport, viewer, id, media, sent, false).await
        } else {
            let error =
                response::error(ErrorCode::Timeout, "the requests before it took too long; this one was not started");
            response::refused(StatusCode::OK, media, error, id)
        });
    }
    joined(media, answers).await
}

/// An array of responses under one status: 200 if one of them has it, else that of the first.
async fn joined(media: Media, answers: Vec<Response>) -> Response {
    let first = answers.first().map_or(StatusCode::OK, Response::status);
    let status = if answers.iter().any(|answer| answer.status().is_success()) { StatusCode::OK } else { first };
    let (mut headers, mut bodies) = (HeaderMap::new(), Vec::with_capacity(answers.len()));
    let mut retry_after = None;
    for answer in answers {
        let (parts, body) = answer.into_parts();
        retry_after = parts.headers.get(RETRY_AFTER).cloned().or(retry_after);
        // The last response has the current remainder.
        headers = parts.headers;
        // The bytes are in memory, so reading them cannot fail.
        bodies.push(axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default());
    }
    let mut response = Response::new(Body::from([&b"["[..], &bodies.join(&b","[..]), b"]"].concat()));
    *response.status_mut() = status;
    retry_after.map(|value| headers.insert(RETRY_AFTER, value));
    headers.insert(CONTENT_TYPE, media.content_type());
    *response.headers_mut() = headers;
    response
}

/// Authenticates, or returns the response to a request without a valid token. Boxed, because a response is large.
pub(super) async fn authenticate(
    transport: &Transport,
    headers: &HeaderMap,
    media: Media,
    id: &RequestId,
) -> Result<Viewer, Box<Response>> {
    let error = match transport.app.bearer.from_headers(headers).await {
        Ok(viewer) => return Ok(viewer),
        Err(error) => error,
    };
    tracing::debug!(%error, "authentication failed");
    if let AuthError::Unavailable(_) = error {
        operation::count_refused("unavailable");
        return Err(Box::new(response::refused(
            StatusCode::SERVICE_UNAVAILABLE,
            media,
            response::auth_error(&error),
            id,
        )));
    }
    operation::count_refused("unauthenticated");
    Err(Box::new(unauthorized(&error, media, id)))
}

/// The response to a request without a valid token, with `WWW-Authenticate`.
pub(super) fn unauthorized(error: &AuthError, media: Media, id: &RequestId) -> Response {
    let mut response = response::refused(StatusCode::UNAUTHORIZED, media, response::auth_error(error), id);
    let challenge = match error {
        AuthError::Missing => r#"Bearer realm="lodgate""#,
        _ => r#"Bearer realm="lodgate", error="invalid_token""#,
    };
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

fn not_acceptable(id: &RequestId) -> Response {
    let error = bad("answers are application/graphql-response+json or application/json: accept one of them");
    response::refused(StatusCode::NOT_ACCEPTABLE, Media::Json, error, id)
}

fn bad(message: &str) -> async_graphql::ServerError {
    response::error(ErrorCode::BadUserInput, message)
}

/// Reads the body, or returns the response to an unreadable one.
pub(super) async fn read(transport: &Transport, body: Body) -> Result<Bytes, (StatusCode, &'static str)> {
    body::read(body, MAX_BODY, transport.body_timeout).await.map_err(|fault| {
        let message = match fault {
            BodyFault::Large => "a body has at most 256 kB",
            BodyFault::Slow => "the body took too long to arrive",
            BodyFault::Broken => "the body is incomplete",
        };
        (fault.status(), message)
    })
}

/// Whether the body is plain JSON. A page of another origin can make a browser send forms and plain text.
pub(super) fn check_content(headers: &HeaderMap) -> Result<(), &'static str> {
    if !is_json(headers) {
        return Err("send the request as application/json");
    }
    let encodings = headers.get_all(CONTENT_ENCODING);
    // The size of a compressed body is not known before it is decompressed.
    if encodings.iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err("send the body uncompressed");
    }
    Ok(())
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    // The body is read as UTF-8.
    media.eq_ignore_ascii_case("application/json")
        && parts.all(|part| {
            part.split_once('=').is_none_or(|(name, value)| {
                !name.trim().eq_ignore_ascii_case("charset")
                    || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_json_is_read() {
        let check = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(text));
            check_content(&headers)
        };
        assert!(check("application/json").is_ok() && check("Application/JSON; charset=UTF-8").is_ok());
        for bad in ["text/plain", "multipart/form-data", "application/json; charset=utf-16", "application/graphql"] {
            assert!(check(bad).is_err(), "{bad}");
        }
        let mut headers = HeaderMap::new();
        assert!(check_content(&headers).is_err());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(check_content(&headers).is_err());
        headers.remove(CONTENT_ENCODING);
        headers.append(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        assert!(check_content(&headers).is_err(), "two of them");
    }

    #[tokio::test]
    async fn answers_are_joined_under_one_status() {
        let answer = |status: StatusCode, body: &'static str| (status, body).into_response();
        let good = joined(Media::Json, vec![answer(StatusCode::BAD_REQUEST, "1"), answer(StatusCode::OK, "2")]).await;
        assert_eq!(good.status(), 200);
        assert_eq!(axum::body::to_bytes(good.into_body(), 100).await.unwrap(), "[1,2]");
        let mut limited = answer(StatusCode::TOO_MANY_REQUESTS, "1");
        limited.headers_mut().insert(RETRY_AFTER, HeaderValue::from(3));
        let refused = joined(Media::GraphqlResponse, vec![limited, answer(StatusCode::BAD_REQUEST, "2")]).await;
        assert_eq!(
            (refused.status(), &refused.headers()[RETRY_AFTER]),
            (StatusCode::TOO_MANY_REQUESTS, &HeaderValue::from(3))
        );
        assert_eq!(refused.headers()[CONTENT_TYPE], "application/graphql-response+json; charset=utf-8");
    }
}
