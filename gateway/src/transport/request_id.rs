//! The id of a request, in its response and in the log.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

/// The header, in requests and responses.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: the caller's own if it is valid, else a generated one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    /// Generates an id; ids sort by time.
    pub fn fresh() -> Self {
        Self(Uuid::now_v7().to_string())
    }

    /// The caller's id, if it is safe to log.
    fn accept(value: &HeaderValue) -> Option<Self> {
        let text = value.to_str().ok()?;
        let sensible = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        sensible.then(|| Self(text.to_owned()))
    }
}

/// Sets the id of the request and of its response.
pub async fn name(mut request: Request, next: Next) -> Response {
    let id = request.headers().get(X_REQUEST_ID).and_then(RequestId::accept).unwrap_or_else(RequestId::fresh);
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::try_from(id.0) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sensible_names_are_taken_over() {
        let accept = |text: &str| RequestId::accept(&HeaderValue::from_str(text).unwrap());
        assert_eq!(accept("order-17_b.2"), Some(RequestId("order-17_b.2".to_owned())));
        for bad in ["", "a b", "x\ty", "\"quoted\"", &"x".repeat(65)] {
            assert_eq!(accept(bad), None, "{bad}");
        }
        assert!(RequestId::fresh().0 < RequestId::fresh().0);
    }
}
