//! `/graphql`: one operation a request, for callers with a bearer token.

use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response as Executed, Variables};
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::answer::{self, Media};
use super::operation::{self, Prepared};
use super::{RequestId, Transport};
use crate::auth::{AuthError, Viewer};
use crate::graphql::error::ErrorCode;

/// Largest body, in bytes.
pub const LARGEST_BODY: usize = 256 * 1_024;
/// The longest that a caller may take to send it.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// `POST /graphql`.
pub async fn post(
    State(transport): State<Transport>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let media = Media::of(&headers);
    if !is_json(&headers) {
        // Forms and plain text are what a foreign page can make a browser send.
        let message = "send the request as application/json";
        return answer::refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, media, bad(message), &id);
    }
    let viewer = match authenticate(&transport, &headers, media, &id).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let body = match read(body).await {
        Ok(body) => body,
        Err((status, message)) => return answer::refused(status, media, bad(message), &id),
    };
    match parse_body(&body) {
        Ok(request) => run(&transport, &viewer, &id, media, request, false).await,
        Err(message) => answer::refused(StatusCode::BAD_REQUEST, media, bad(&message), &id),
    }
}

/// `GET /graphql`: queries only.
pub async fn get(
    State(transport): State<Transport>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    RawQuery(parameters): RawQuery,
) -> Response {
    let media = Media::of(&headers);
    let viewer = match authenticate(&transport, &headers, media, &id).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    match parse_parameters(parameters.as_deref().unwrap_or_default()) {
        Ok(request) => run(&transport, &viewer, &id, media, request, true).await,
        Err(message) => answer::refused(StatusCode::BAD_REQUEST, media, bad(&message), &id),
    }
}

async fn run(
    transport: &Transport,
    viewer: &Viewer,
    id: &RequestId,
    media: Media,
    request: Request,
    queries_only: bool,
) -> Response {
    let remaining = match transport.app.limits.check(viewer.tenant, viewer.plan, 1) {
        Ok(remaining) => remaining,
        Err(retry) => {
            operation::count_refused("rate_limited");
            return retry.into_response(Some(&id.0));
        }
    };
    let mut response = match operation::prepare(request) {
        Err(error) => {
            let mut refused = Executed::from_errors(vec![error]);
            answer::dress(&mut refused, id);
            operation::count_refused(answer::outcome(&refused));
            answer::executed(media, &refused)
        }
        Ok(Prepared { kind, .. }) if queries_only && kind != OperationType::Query => {
            let message = "GET is for queries: send anything else by POST";
            let mut response = answer::refused(StatusCode::METHOD_NOT_ALLOWED, media, bad(message), id);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            response
        }
        Ok(Prepared { kind: OperationType::Subscription, .. }) => {
            let message = "subscriptions are served at /graphql/ws, by graphql-transport-ws, and at /graphql/stream, as server-sent events";
            answer::refused(StatusCode::BAD_REQUEST, media, bad(message), id)
        }
        Ok(prepared) => answer::executed(media, &operation::execute(transport, viewer, id, prepared).await),
    };
    remaining.describe(response.headers_mut());
    response
}

/// The caller, or the answer to one without a good token. Boxed: a response is large.
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
    tracing::debug!(%error, "a caller was not let in");
    if let AuthError::Unavailable(_) = error {
        operation::count_refused("unavailable");
        return Err(Box::new(answer::refused(StatusCode::SERVICE_UNAVAILABLE, media, answer::auth_error(&error), id)));
    }
    operation::count_refused("unauthenticated");
    let mut response = answer::refused(StatusCode::UNAUTHORIZED, media, answer::auth_error(&error), id);
    let challenge = match error {
        AuthError::Missing => r#"Bearer realm="lodgate""#,
        _ => r#"Bearer realm="lodgate", error="invalid_token""#,
    };
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    Err(Box::new(response))
}

fn bad(message: &str) -> async_graphql::ServerError {
    answer::error(ErrorCode::BadUserInput, message)
}

pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    // A charset other than UTF-8 would be read wrongly.
    media.eq_ignore_ascii_case("application/json")
        && parts.all(|part| {
            part.split_once('=').is_none_or(|(name, value)| {
                !name.trim().eq_ignore_ascii_case("charset")
                    || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            })
        })
}

pub(super) async fn read(body: Body) -> Result<Bytes, (StatusCode, &'static str)> {
    match tokio::time::timeout(BODY_TIMEOUT, axum::body::to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err((StatusCode::PAYLOAD_TOO_LARGE, "a body has at most 256 kB")),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive")),
    }
}

/// A request as it is sent. Unknown fields are allowed, as the specification wants.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    query: Option<String>,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Sent {
    fn request(self) -> Result<Request, String> {
        let query = self.query.ok_or("the field query is missing")?;
        let mut request = Request::new(query);
        request.operation_name = self.operation_name.filter(|name| !name.is_empty());
        if let Some(variables) = self.variables {
            request.variables = Variables::from_json(serde_json::Value::Object(variables));
        }
        Ok(request)
    }
}

pub(super) fn parse_body(body: &[u8]) -> Result<Request, String> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        return Err("one operation a request: arrays are not taken".to_owned());
    }
    let sent: Sent =
        serde_json::from_slice(body).map_err(|error| format!("the body is no GraphQL request: {error}"))?;
    sent.request()
}

/// From a JSON value as a websocket message carries it.
pub(super) fn parse_payload(payload: serde_json::Value) -> Result<Request, String> {
    let sent: Sent =
        serde_json::from_value(payload).map_err(|error| format!("the payload is no GraphQL request: {error}"))?;
    sent.request()
}

/// The parameters of a GET, each at most once in effect; `variables` is JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    query: Option<String>,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<String>,
}

pub(super) fn parse_parameters(text: &str) -> Result<Request, String> {
    let uri: axum::http::Uri = format!("/?{text}").parse().map_err(|_| "the parameters can't be read".to_owned())?;
    let axum::extract::Query(parameters) = axum::extract::Query::<Parameters>::try_from_uri(&uri)
        .map_err(|_| "the parameters can't be read".to_owned())?;
    let variables = match parameters.variables.as_deref() {
        None | Some("") => None,
        Some(json) => serde_json::from_str(json).map_err(|error| format!("variables is no JSON object: {error}"))?,
    };
    Sent { query: parameters.query, operation_name: parameters.operation_name, variables }.request()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_read() {
        let json = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(text));
            is_json(&headers)
        };
        assert!(json("application/json") && json("Application/JSON; charset=UTF-8"));
        for bad in ["text/plain", "multipart/form-data", "application/json; charset=utf-16", "application/graphql"] {
            assert!(!json(bad), "{bad}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }

    #[test]
    fn a_body_is_one_operation() {
        let request = parse_body(br#"{"query":"{ a }","operationName":"A","variables":{"x":1},"other":2}"#).unwrap();
        assert_eq!((request.query.as_str(), request.operation_name.as_deref()), ("{ a }", Some("A")));
        assert_eq!(request.variables.into_value().to_string(), "{x: 1}");
        assert!(parse_body(br#"{"query":"{ a }","operationName":null,"variables":null}"#).is_ok());
        for bad in
            [&b" [{\"query\":\"{ a }\"}]"[..], b"", b"{}", b"{\"query\":1}", b"{\"query\":\"a\",\"variables\":[1]}"]
        {
            assert!(parse_body(bad).is_err());
        }
    }

    #[test]
    fn parameters_are_decoded() {
        let request = parse_parameters("query=%7B%20a%20%7D&variables=%7B%22x%22%3A1%7D&operationName=").unwrap();
        assert_eq!((request.query.as_str(), request.operation_name), ("{ a }", None));
        assert!(parse_parameters("").is_err());
        assert!(parse_parameters("query=a&variables=nope").is_err());
    }
}
