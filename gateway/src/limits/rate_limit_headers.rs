//! Rate limit headers, and the response when a budget is exhausted.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use lodgate_entities::ids::TenantId;

use super::{Budget, BudgetStatus, Limits, Plan, RetryAfter};

/// Draft `draft-ietf-httpapi-ratelimit-headers`: remainder (`r`) and time until it is full again (`t`, seconds).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The same draft: quota (`q`), time in which it refills (`w`, seconds) and unit (`qu`; requests, if absent).
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// Human-readable.
const SENTENCE: &str = "Too many requests. Wait before the next one.";

impl Limits {
    /// Adds `RateLimit` and `RateLimit-Policy` of the tenant's budgets; nothing for the unmetered plan.
    pub fn describe(&self, tenant: TenantId, plan: Plan, headers: &mut HeaderMap) {
        describe(headers, plan, &self.statuses(tenant, plan));
    }
}

impl RetryAfter {
    /// Seconds to wait, rounded up, at least 1: at 0 a client would repeat the request immediately.
    pub fn seconds(&self) -> u64 {
        whole_seconds(self.wait)
    }

    /// Milliseconds to wait, rounded up, at least 1.
    pub fn milliseconds(&self) -> u64 {
        milliseconds(self.wait)
    }

    /// The message of the error.
    pub fn sentence(&self) -> String {
        match self.budget {
            Budget::Requests => SENTENCE.to_owned(),
            budget => format!("The points for {} are used up. Wait before the next one.", budget.name()),
        }
    }

    /// 429 with the GraphQL error `RATE_LIMITED`, `Retry-After`, `RateLimit` and `RateLimit-Policy`.
    pub fn into_response(self, request_id: Option<&str>) -> Response<Body> {
        let mut response = too_many_requests(self.wait, request_id);
        describe(response.headers_mut(), self.plan, &self.statuses);
        response
    }
}

/// 429 for a caller without a plan: the GraphQL error `RATE_LIMITED` and `Retry-After`.
pub fn too_many_requests(wait: Duration, request_id: Option<&str>) -> Response<Body> {
    let body = serde_json::json!({ "errors": [{
        "message": SENTENCE,
        "extensions": {
            "code": "RATE_LIMITED", "retryable": true, "retryAfterMs": milliseconds(wait), "requestId": request_id,
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

/// One item per budget, named after the plan, and after the budget where it counts points.
fn describe(headers: &mut HeaderMap, plan: Plan, statuses: &[BudgetStatus]) {
    let (mut limits, mut policies) = (Vec::new(), Vec::new());
    for BudgetStatus { budget, rate, remaining } in statuses {
        let (name, unit) = match budget {
            Budget::Requests => (plan.name().to_owned(), ""),
            Budget::Reads | Budget::Writes => (format!("{plan}-{}", budget.name()), ";qu=\"points\""),
            // The events budget does not limit requests.
            Budget::Events => continue,
        };
        let missing = rate.burst.saturating_sub(*remaining);
        let full_in = rate.period().saturating_mul(missing).as_secs_f64().ceil();
        limits.push(format!("\"{name}\";r={remaining};t={full_in}"));
        policies.push(format!("\"{name}\";q={};w={}{unit}", rate.burst, whole_seconds(rate.window())));
    }
    for (header, items) in [(RATE_LIMIT, limits), (RATE_LIMIT_POLICY, policies)] {
        match HeaderValue::try_from(items.join(", ")) {
            Ok(value) if !items.is_empty() => {
                headers.insert(header, value);
            }
            _ => {}
        }
    }
}

fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX).max(1)
}

fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PlanRate;

    const RATE: PlanRate = PlanRate { per_second: 50, burst: 200 };

    fn status(budget: Budget, remaining: u32) -> BudgetStatus {
        BudgetStatus { budget, rate: RATE, remaining }
    }

    #[tokio::test]
    async fn a_refusal_contains_the_time_to_wait() {
        let statuses = vec![status(Budget::Requests, 0), status(Budget::Events, 7)];
        let wait = Duration::from_millis(20);
        let refused = RetryAfter { plan: Plan::Standard, budget: Budget::Requests, wait, statuses };
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
    fn the_remainder_is_in_the_headers() {
        let mut headers = HeaderMap::new();
        describe(&mut headers, Plan::Standard, &[status(Budget::Requests, 150), status(Budget::Reads, 200)]);
        assert_eq!(headers["ratelimit"], "\"standard\";r=150;t=1, \"standard-reads\";r=200;t=0");
        let policy = "\"standard\";q=200;w=4, \"standard-reads\";q=200;w=4;qu=\"points\"";
        assert_eq!(headers["ratelimit-policy"], policy);
        let mut headers = HeaderMap::new();
        describe(&mut headers, Plan::Unmetered, &[]);
        assert!(headers.is_empty());
    }
}
