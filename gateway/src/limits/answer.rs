//! What a caller is told about its budget, in headers and when it is used up.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use super::{Plan, PlanRate, Remaining, RetryAfter};

/// Draft `draft-ietf-httpapi-ratelimit-headers`: what is left (`r`) and when all of it is back (`t`, seconds).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The same draft: the quota (`q`) and the seconds in which it fills (`w`).
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

impl Remaining {
    /// Adds `RateLimit` and `RateLimit-Policy`; nothing where the plan is not metered.
    pub fn describe(&self, headers: &mut HeaderMap) {
        if let Some(rate) = self.rate {
            describe(headers, self.plan, rate, self.operations);
        }
    }
}

impl RetryAfter {
    /// Whole seconds to wait, rounded up, at least 1: a client that takes 0 at its word would hammer.
    pub fn seconds(&self) -> u64 {
        whole_seconds(self.wait)
    }

    /// Milliseconds to wait, rounded up, at least 1.
    pub fn milliseconds(&self) -> u64 {
        u64::try_from(self.wait.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX).max(1)
    }

    /// Adds `Retry-After`, `RateLimit` and `RateLimit-Policy`.
    pub fn describe(&self, headers: &mut HeaderMap) {
        headers.insert(RETRY_AFTER, HeaderValue::from(self.seconds()));
        describe(headers, self.plan, self.rate, 0);
    }

    /// 429 with the GraphQL error `RATE_LIMITED`.
    pub fn into_response(self, request_id: Option<&str>) -> Response<Body> {
        let mut response = too_many_requests(self.wait, request_id);
        self.describe(response.headers_mut());
        response
    }
}

/// 429 for a caller without a plan: the GraphQL error `RATE_LIMITED` and `Retry-After`.
pub fn too_many_requests(wait: Duration, request_id: Option<&str>) -> Response<Body> {
    let milliseconds = u64::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX).max(1);
    let body = serde_json::json!({ "errors": [{
        "message": "Too many requests. Wait before the next one.",
        "extensions": {
            "code": "RATE_LIMITED", "retryable": true, "retryAfterMs": milliseconds, "requestId": request_id,
        },
    }] });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    response
}

fn describe(headers: &mut HeaderMap, plan: Plan, rate: PlanRate, remaining: u32) {
    let missing = rate.burst.saturating_sub(remaining);
    let full_in = rate.period().saturating_mul(missing).as_secs_f64().ceil();
    let window = whole_seconds(rate.window());
    let values = [
        (RATE_LIMIT, format!("\"{plan}\";r={remaining};t={full_in}")),
        (RATE_LIMIT_POLICY, format!("\"{plan}\";q={};w={window}", rate.burst)),
    ];
    for (name, value) in values {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: PlanRate = PlanRate { per_second: 50, burst: 200 };

    #[tokio::test]
    async fn a_refusal_says_when_to_come_again() {
        let refused = RetryAfter { plan: Plan::Standard, rate: RATE, wait: Duration::from_millis(20) };
        let response = refused.into_response(Some("r-1"));
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
        assert_eq!(response.headers()["ratelimit"], "\"standard\";r=0;t=4");
        assert_eq!(response.headers()["ratelimit-policy"], "\"standard\";q=200;w=4");
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let extensions = &body["errors"][0]["extensions"];
        assert_eq!(extensions["code"], "RATE_LIMITED");
        assert_eq!(extensions["retryAfterMs"], 20);
        assert_eq!(extensions["requestId"], "r-1");
    }

    #[test]
    fn what_is_left_is_shown_before_it_is_gone() {
        let mut headers = HeaderMap::new();
        Remaining { plan: Plan::Standard, rate: Some(RATE), operations: 150 }.describe(&mut headers);
        assert_eq!(headers["ratelimit"], "\"standard\";r=150;t=1");
        let mut headers = HeaderMap::new();
        Remaining { plan: Plan::Unmetered, rate: None, operations: u32::MAX }.describe(&mut headers);
        assert!(headers.is_empty());
    }
}
