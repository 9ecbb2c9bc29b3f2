//! Sends an operation over HTTP and interprets the answer.

use cynic::Operation;
use gloo_net::http::Request;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use web_sys::AbortSignal;

use super::session::Session;
use super::{Failure, json::Json};

const ENDPOINT: &str = "/graphql";
/// Timeout of a request, in milliseconds.
const TIMEOUT_MS: u32 = 20_000;
/// Time to wait when a throttled answer names none, in milliseconds.
const DEFAULT_RETRY_MS: u32 = 1_000;

/// Sends an operation. If the access token has expired, it is renewed and the operation is sent once more; if that
/// fails too, the session ends and the sign-in form appears.
pub(super) async fn execute<Data, Variables>(
    session: Session,
    operation: Operation<Data, Variables>,
) -> Result<Data, Failure>
where
    Data: DeserializeOwned,
    Variables: Serialize,
{
    let body = serde_json::to_string(&operation).map_err(|_| Failure::unreadable())?;
    drop(operation);
    let mut data = None;
    execute_body(session, body, &mut |answer| data = answer.read().ok()).await?;
    data.ok_or_else(Failure::unreadable)
}

/// The part of [`execute`] without type parameters, compiled once for all operations. `take` receives the data.
async fn execute_body(session: Session, body: String, take: &mut dyn FnMut(Json<'_>)) -> Result<(), Failure> {
    let mut answer = read(&post(session, &body).await?, take);
    if matches!(answer, Err(Failure::SignedOut)) && session.renew().await {
        answer = read(&post(session, &body).await?, take);
    }
    if matches!(answer, Err(Failure::SignedOut)) {
        session.expire();
    }
    answer
}

/// An HTTP answer.
#[derive(Debug, Default)]
struct Answer {
    status: u16,
    retry_after: Option<String>,
    request_id: Option<String>,
    body: String,
}

async fn post(session: Session, body: &str) -> Result<Answer, Failure> {
    exchange(session, body).await.map_err(|_| Failure::Unreachable)
}

async fn exchange(session: Session, body: &str) -> Result<Answer, gloo_net::Error> {
    let response = Request::post(ENDPOINT)
        .header("authorization", &format!("Bearer {}", session.bearer()))
        .header("content-type", "application/json")
        // The timeout includes the reading of the body.
        .abort_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MS)))
        .body(body)?
        .send()
        .await?;
    let headers = response.headers();
    Ok(Answer {
        status: response.status(),
        retry_after: headers.get("retry-after"),
        request_id: headers.get("x-request-id"),
        body: response.text().await?,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GraphqlError {
    message: String,
    extensions: Extensions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Extensions {
    code: String,
    request_id: Option<String>,
    retry_after_ms: Option<u32>,
}

/// Passes the data of an answer to `take`. An answer with any error is a failure, because a partial calendar looks like
/// a complete one.
fn read(answer: &Answer, take: &mut dyn FnMut(Json<'_>)) -> Result<(), Failure> {
    let Ok(mut body) = Json::parse(&answer.body) else { return Err(failure(answer, None)) };
    let errors = body.take("errors").map_or(Ok(Vec::new()), Json::read::<Vec<GraphqlError>>);
    match (errors, body.take("data")) {
        (Ok(errors), Some(data)) if errors.is_empty() && answer.status == 200 => {
            take(data);
            Ok(())
        }
        (errors, _) => Err(failure(answer, errors.ok())),
    }
}

/// The failure of an answer. `errors` is `None` if the answer is not JSON with errors of the expected form.
fn failure(answer: &Answer, errors: Option<Vec<GraphqlError>>) -> Failure {
    let is_read = errors.is_some();
    let GraphqlError { message, extensions } = errors.into_iter().flatten().next().unwrap_or_default();
    let request_id = extensions.request_id.or_else(|| answer.request_id.clone());
    match (answer.status, extensions.code.as_str()) {
        (401, _) | (_, "UNAUTHENTICATED") => Failure::SignedOut,
        (_, "FORBIDDEN") => Failure::NotAllowed,
        (429, _) | (_, "RATE_LIMITED") => {
            let seconds = answer.retry_after.as_deref().and_then(|seconds| seconds.parse::<u32>().ok());
            let wait = extensions.retry_after_ms.or(seconds.map(|seconds| seconds.saturating_mul(1_000)));
            Failure::Throttled(wait.unwrap_or(DEFAULT_RETRY_MS))
        }
        _ if !message.is_empty() => Failure::Other { message, request_id },
        // Valid JSON that does not match the schema.
        (200, _) if is_read => Failure::unreadable(),
        (status, _) => {
            let message = format!("Lodgate did not answer (status {status}). Try again in a moment");
            Failure::Other { message, request_id }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn data_of(answer: &Answer) -> Result<Value, Failure> {
        let mut data = None;
        read(answer, &mut |answer| data = answer.read().ok())?;
        Ok(data.expect("any JSON value"))
    }

    fn read_all(status: u16, body: &str) -> Result<Value, Failure> {
        data_of(&Answer { status, body: body.to_owned(), ..Answer::default() })
    }

    #[test]
    fn the_data_of_an_answer_is_returned() {
        assert_eq!(read_all(200, r#"{"data":{"a":1}}"#), Ok(json!({"a": 1})));
    }

    #[test]
    fn an_expired_token_is_recognised_by_status_and_by_code() {
        let body = r#"{"data":null,"errors":[{"message":"no","extensions":{"code":"UNAUTHENTICATED"}}]}"#;
        assert_eq!(read_all(200, body), Err(Failure::SignedOut));
        assert_eq!(read_all(401, ""), Err(Failure::SignedOut));
    }

    #[test]
    fn a_partial_answer_is_a_failure() {
        let body = r#"{"data":{"a":1},"errors":[{"message":"no","path":["b"],"extensions":{"code":"FORBIDDEN"}}]}"#;
        assert_eq!(read_all(200, body), Err(Failure::NotAllowed));
    }

    #[test]
    fn an_error_carries_its_request_id() {
        let body = r#"{"errors":[{"message":"The database is unavailable","extensions":{"code":"UNAVAILABLE","requestId":"r7"}}]}"#;
        let sentence = |answer: Result<Value, Failure>| answer.expect_err("a failure").sentence();
        assert_eq!(sentence(read_all(503, body)), "The database is unavailable. (request r7)");
        let refused =
            Answer { status: 502, request_id: Some("r8".to_owned()), body: "<html>".to_owned(), ..Answer::default() };
        let body = sentence(data_of(&refused));
        assert!(body.contains("502") && body.contains("r8"), "{body}");
    }

    #[test]
    fn throttling_carries_the_wait() {
        let body = r#"{"errors":[{"message":"slow","extensions":{"code":"RATE_LIMITED","retryAfterMs":1200}}]}"#;
        assert_eq!(read_all(429, body), Err(Failure::Throttled(1_200)));
        let refused = Answer { status: 429, retry_after: Some("3".to_owned()), ..Answer::default() };
        assert_eq!(data_of(&refused), Err(Failure::Throttled(3_000)));
        assert_eq!(read_all(429, ""), Err(Failure::Throttled(DEFAULT_RETRY_MS)));
    }

    #[test]
    fn an_answer_without_data_or_errors_is_unreadable() {
        assert_eq!(read_all(200, r#"{"data":null}"#), Err(Failure::unreadable()));
    }
}
