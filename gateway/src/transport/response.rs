//! Responses: media type, status, and a code and the request's id on every error.

use async_graphql::{ErrorExtensionValues, Response as Executed, ServerError};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::RequestId;
pub use super::content_negotiation::Media;
use crate::auth::AuthError;
use crate::graphql::error::{DOCUMENT_NOT_TRUSTED, ErrorCode};

/// The text is not GraphQL.
pub const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
/// The operation is invalid or too large.
pub const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
/// The hash is unknown: the client sends the document with its hash.
pub const PERSISTED_QUERY_NOT_FOUND: &str = "PERSISTED_QUERY_NOT_FOUND";
/// The document has a different hash.
pub const PERSISTED_QUERY_MISMATCH: &str = "PERSISTED_QUERY_MISMATCH";
/// The tenant has no trusted document with this id.
pub const DOCUMENT_NOT_FOUND: &str = "DOCUMENT_NOT_FOUND";

/// Maximum number of errors of a request that was not executed.
const MAX_ERRORS: usize = 50;
/// Maximum length of a message, in characters; long input is not echoed.
const MAX_MESSAGE: usize = 500;

/// An error before or instead of an execution.
pub fn error(code: ErrorCode, message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions = code.error("").extensions;
    error
}

/// An error with a code that GraphQL tools know.
pub fn request_error(code: &'static str, mut error: ServerError) -> ServerError {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code);
    extensions.set("retryable", false);
    error.extensions = Some(extensions);
    error
}

/// The error of a failed authentication.
pub fn auth_error(cause: &AuthError) -> ServerError {
    match cause {
        AuthError::Missing => error(ErrorCode::Unauthenticated, "this needs a bearer token"),
        AuthError::Invalid(_) => error(ErrorCode::Unauthenticated, "the token is not valid"),
        AuthError::Expired => error(ErrorCode::Unauthenticated, "the token has expired"),
        AuthError::Revoked => error(ErrorCode::Unauthenticated, "access was withdrawn"),
        AuthError::Unavailable(_) => error(ErrorCode::Unavailable, "the token cannot be checked at the moment"),
    }
}

/// Gives every error a code and the request's id. An error without a code is either a mistake of the caller, whose message
/// is kept, or an internal error, whose message is replaced.
pub fn annotate_errors(response: &mut Executed, id: &RequestId) {
    if is_request_error(response) {
        response.errors.truncate(MAX_ERRORS);
    }
    for error in &mut response.errors {
        if !has_code(error) {
            *error = coded(std::mem::replace(error, ServerError::new("", None)));
        }
        if let Some((end, _)) = error.message.char_indices().nth(MAX_MESSAGE) {
            error.message.truncate(end);
            error.message.push('…');
        }
        error.extensions.get_or_insert_default().set("requestId", id.0.as_str());
    }
}

fn has_code(error: &ServerError) -> bool {
    error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some())
}

fn coded(mut error: ServerError) -> ServerError {
    // The library's messages about values of a wrong type, found while resolving arguments.
    let value = error.message.starts_with("Failed to parse \"")
        || error.message.starts_with("Expected input type \"")
        || error.message.starts_with("Invalid value for argument")
        || (error.message.starts_with("Variable ") && error.message.ends_with(" is not defined."));
    if value {
        error.extensions = ErrorCode::BadUserInput.error("").extensions;
    } else if error.path.is_empty() {
        error = request_error(VALIDATION_FAILED, error);
    } else {
        tracing::error!(message = %error.message, path = ?error.path, "a resolver failed without a code");
        error.message = "internal error".to_owned();
        error.source = None;
        error.extensions = ErrorCode::Internal.error("").extensions;
    }
    error
}

/// Whether it is a request error: nothing was executed.
pub fn is_request_error(response: &Executed) -> bool {
    response.data == async_graphql::Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// The code of the first error; `ok` without one. A metric label.
pub fn outcome(response: &Executed) -> &'static str {
    let Some(error) = response.errors.first() else { return "ok" };
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    let Some(async_graphql::Value::String(code)) = code else { return "error" };
    // A fixed list, so that callers cannot add labels.
    match code.as_str() {
        "UNAUTHENTICATED" => "unauthenticated",
        "FORBIDDEN" => "forbidden",
        "BAD_USER_INPUT" => "bad_user_input",
        "RATE_LIMITED" => "rate_limited",
        "COST_LIMIT_EXCEEDED" => "cost_limit_exceeded",
        "TIMEOUT" => "timeout",
        "UNAVAILABLE" => "unavailable",
        "INTERNAL" => "internal",
        PARSE_FAILED => "parse_failed",
        VALIDATION_FAILED => "validation_failed",
        PERSISTED_QUERY_NOT_FOUND => "persisted_query_not_found",
        PERSISTED_QUERY_MISMATCH => "persisted_query_mismatch",
        DOCUMENT_NOT_FOUND => "document_not_found",
        DOCUMENT_NOT_TRUSTED => "document_not_trusted",
        _ => "error",
    }
}

/// The HTTP response of an execution, or of a request that was not executed. A rate limit has its own status with every
/// media type.
pub fn executed(media: Media, response: &Executed) -> Response {
    if let Some(wait) = too_early(response) {
        let mut answer = with_status(StatusCode::TOO_MANY_REQUESTS, media, response);
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.div_ceil(1_000).max(1)));
        return answer;
    }
    let status = match media {
        Media::GraphqlResponse if is_request_error(response) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    with_status(status, media, response)
}

/// Milliseconds to wait, if the response is a rate limit error.
fn too_early(response: &Executed) -> Option<u64> {
    if !is_request_error(response) || outcome(response) != "rate_limited" {
        return None;
    }
    match response.errors.first()?.extensions.as_ref()?.get("retryAfterMs") {
        Some(async_graphql::Value::Number(wait)) => wait.as_u64(),
        _ => None,
    }
}

/// An error response with its own status.
pub fn refused(status: StatusCode, media: Media, error: ServerError, id: &RequestId) -> Response {
    let mut response = Executed::from_errors(vec![error]);
    annotate_errors(&mut response, id);
    with_status(status, media, &response)
}

fn with_status(status: StatusCode, media: Media, response: &Executed) -> Response {
    let body = body(response);
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, media.content_type());
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    answer
}

/// The JSON of a response. A request error has no `data`, as the specification requires.
pub(super) fn body(response: &Executed) -> String {
    let json = if is_request_error(response) {
        let mut body = serde_json::json!({ "errors": response.errors });
        if !response.extensions.is_empty() {
            body["extensions"] = serde_json::json!(response.extensions);
        }
        serde_json::to_string(&body)
    } else {
        serde_json::to_string(response)
    };
    json.unwrap_or_else(|_| r#"{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}"#.to_owned())
}

#[cfg(test)]
mod tests {
    use async_graphql::PathSegment;

    use super::*;

    #[test]
    fn internal_errors_are_masked_and_input_errors_are_not() {
        let at = |path: bool, message: &str| {
            let mut error = ServerError::new(message, None);
            if path {
                error.path = vec![PathSegment::Field("x".to_owned())];
            }
            let mut response = Executed::from_errors(vec![error]);
            annotate_errors(&mut response, &RequestId("r-1".to_owned()));
            serde_json::to_value(&response.errors[0]).unwrap()
        };
        let validation = at(false, "Unknown field \"y\"");
        assert_eq!(validation["extensions"]["code"], VALIDATION_FAILED);
        assert_eq!(validation["message"], "Unknown field \"y\"");
        assert_eq!(validation["extensions"]["requestId"], "r-1");
        assert_eq!(at(true, "Failed to parse \"Int\": no")["extensions"]["code"], "BAD_USER_INPUT");
        assert_eq!(at(true, "Expected input type \"Date\", found 1.")["extensions"]["code"], "BAD_USER_INPUT");
        let fault = at(true, "no such table: secrets");
        assert_eq!(fault["message"], "internal error");
        assert_eq!(fault["extensions"]["code"], "INTERNAL");
    }

    #[test]
    fn what_a_caller_sent_is_not_given_back_at_length() {
        let errors = (0..2_000).map(|_| ServerError::new("é".repeat(2_000), None)).collect();
        let mut response = Executed::from_errors(errors);
        annotate_errors(&mut response, &RequestId("r-1".to_owned()));
        assert_eq!(response.errors.len(), MAX_ERRORS);
        assert_eq!(response.errors[0].message.chars().count(), MAX_MESSAGE + 1);
    }

    #[test]
    fn a_rate_limited_response_says_when_to_retry() {
        let refused = |status| refused(status, Media::Json, ServerError::new("no", None), &RequestId("r-1".to_owned()));
        assert_eq!(refused(StatusCode::SERVICE_UNAVAILABLE).headers()[RETRY_AFTER], "1");
        assert!(!refused(StatusCode::BAD_REQUEST).headers().contains_key(RETRY_AFTER));
    }

    #[test]
    fn a_request_error_has_a_status_where_the_media_type_wants_it() {
        let response = Executed::from_errors(vec![ServerError::new("no", None)]);
        assert_eq!(executed(Media::Json, &response).status(), 200);
        assert_eq!(executed(Media::GraphqlResponse, &response).status(), 400);
        assert!(!body(&response).contains("\"data\""));
    }
}
