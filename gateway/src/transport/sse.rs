//! `/graphql/stream`: one operation per connection over server-sent events, by the protocol GraphQL over SSE in its distinct
//! connections mode.
//!
//! Every message after which a subscription can resume has its cursor as `id`. `Last-Event-ID` resumes there and overrides
//! the operation's own cursor. The client reopens a stream that ends without `complete`: the token has expired, the node is
//! stopping, or the client reads too slowly.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response as Executed};
use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_stream::wrappers::ReceiverStream;

use super::connection_lifetime::{ConnectionLifetime, Counted};
use super::content_negotiation::Accept;
use super::operation::{self, Prepared, Subscribed};
use super::request::{self, IncomingRequest};
use super::response::{self, Media};
use super::{RequestId, Transport, cost_accounting, document_lookup, http};
use crate::auth::{AuthError, Viewer};
use crate::graphql::error::ErrorCode;
use crate::graphql::scalars::CursorText;
use crate::graphql::stock_changes::resume_position::{Checkpoint, ResumePosition};

/// Queued messages. Few, because one may be a large part of a snapshot, and the connection buffers some too.
const QUEUE: usize = 1;
/// Time without progress after which a stalled stream is closed.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum length of `Last-Event-ID`, a cursor, in bytes.
const MAX_EVENT_ID: usize = 16_384;

const EVENT_STREAM: &str = "text/event-stream";
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// The header of the protocol's single connection mode.
const STREAM_TOKEN: HeaderName = HeaderName::from_static("x-graphql-event-stream-token");
/// Disables buffering in proxies.
const NO_BUFFERING: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// `POST /graphql/stream`.
pub async fn post(
    State(transport): State<Transport>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let asked = match ask(&transport, &headers, &id).await {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    if let Err(message) = http::check_content(&headers) {
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, message, &id);
    }
    let body = match http::read(&transport, body).await {
        Ok(body) => body,
        Err((status, message)) => return refused(status, message, &id),
    };
    match request::parse_body(&body) {
        Ok(request::Body::One(sent)) => run(&transport, asked, id, sent, false).await,
        Ok(request::Body::Batch(_)) => {
            refused(StatusCode::BAD_REQUEST, "a stream has one operation, not an array", &id)
        }
        Err(message) => refused(StatusCode::BAD_REQUEST, &message, &id),
    }
}

/// `GET /graphql/stream`: queries and subscriptions.
pub async fn get(
    State(transport): State<Transport>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    RawQuery(parameters): RawQuery,
) -> Response {
    let asked = match ask(&transport, &headers, &id).await {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    match request::parse_parameters(parameters.as_deref().unwrap_or_default()) {
        Ok(sent) => run(&transport, asked, id, sent, true).await,
        Err(message) => refused(StatusCode::BAD_REQUEST, &message, &id),
    }
}

/// Any other method, including those of the single connection mode.
pub async fn other(Extension(id): Extension<RequestId>) -> Response {
    let message =
        "one operation per connection, by POST or GET: the protocol's single connection mode is not supported";
    let mut response = refused(StatusCode::METHOD_NOT_ALLOWED, message, &id);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
    response
}

/// Authenticates the caller and reads its `Last-Event-ID`.
struct Asked {
    viewer: Viewer,
    last_event_id: Option<String>,
}

async fn ask(transport: &Transport, headers: &HeaderMap, id: &RequestId) -> Result<Asked, Box<Response>> {
    let refuse = |status, message: &str| Err(Box::new(refused(status, message, id)));
    if !Accept::new(headers).includes(EVENT_STREAM) {
        return refuse(StatusCode::NOT_ACCEPTABLE, "responses are text/event-stream: accept it");
    }
    if headers.contains_key(STREAM_TOKEN) {
        return refuse(StatusCode::BAD_REQUEST, "the protocol's single connection mode is not offered");
    }
    let viewer = http::authenticate(transport, headers, Media::Json, id).await?;
    // A token within the clock leeway has too little time left for a stream.
    if !viewer.is_current(transport.app.clock.now()) {
        return Err(Box::new(http::unauthorized(&AuthError::Expired, Media::Json, id)));
    }
    let last_event_id = match headers.get(LAST_EVENT_ID).map(HeaderValue::to_str) {
        None | Some(Ok("")) => None,
        Some(Ok(text)) if text.len() <= MAX_EVENT_ID => Some(text.to_owned()),
        Some(_) => return refuse(StatusCode::BAD_REQUEST, "Last-Event-ID is not a cursor of this gateway"),
    };
    Ok(Asked { viewer, last_event_id })
}

fn refused(status: StatusCode, message: &str, id: &RequestId) -> Response {
    response::refused(status, Media::Json, response::error(ErrorCode::BadUserInput, message), id)
}

async fn run(transport: &Transport, asked: Asked, id: RequestId, sent: IncomingRequest, is_get: bool) -> Response {
    let Asked { viewer, last_event_id } = asked;
    let (tenant, plan) = (viewer.tenant, viewer.plan);
    if let Err(retry) = transport.app.limits.check(tenant, plan, 1) {
        operation::count_refused("rate_limited");
        return retry.into_response(Some(&id.0));
    }
    let mut response = match document_lookup::prepare(&transport.app, &viewer, sent).await {
        Err(error) => {
            let mut refused = Executed::from_errors(vec![error]);
            response::annotate_errors(&mut refused, &id);
            operation::count_refused(response::outcome(&refused));
            one(&refused)
        }
        Ok(Prepared { kind: OperationType::Mutation, .. }) if is_get => {
            let mut response = refused(StatusCode::METHOD_NOT_ALLOWED, "send mutations by POST", &id);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            response
        }
        Ok(prepared @ Prepared { kind: OperationType::Subscription, .. }) => {
            let opened = match cost_accounting::begin_subscription(&transport.app, &viewer, &prepared) {
                Ok(opened) => opened,
                Err(mut refused) => {
                    response::annotate_errors(&mut refused, &id);
                    operation::count(OperationType::Subscription, &refused);
                    return one(&refused);
                }
            };
            let (events, queue) = mpsc::channel(QUEUE);
            let place = ResumePosition::resumed(last_event_id);
            let counted = (Counted::new(transport, "lodgate_event_streams"), Subscribed::new(), opened);
            let open = Open { transport: transport.clone(), viewer: Arc::new(viewer), id, place, events };
            tokio::spawn(async move {
                open.serve(prepared.request).await;
                drop(counted);
            });
            event_stream(ReceiverStream::new(queue))
        }
        Ok(prepared) => one(&operation::execute(transport, &viewer, &id, prepared).await),
    };
    transport.app.limits.describe(tenant, plan, response.headers_mut());
    response
}

/// A single result and its end.
fn one(response: &Executed) -> Response {
    event_stream(stream::iter([next(response, None), complete()]))
}

fn event_stream(events: impl stream::Stream<Item = String> + Send + 'static) -> Response {
    let mut response = Response::new(Body::from_stream(events.map(Ok::<_, Infallible>)));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM)),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        NO_BUFFERING,
    ];
    response.headers_mut().extend(headers);
    response
}

/// JSON and cursors have no line breaks.
fn next(response: &Executed, mark: Option<Checkpoint>) -> String {
    let id = match mark {
        Some(Checkpoint::At(CursorText(cursor))) => format!("id: {cursor}\n"),
        // An empty id would clear the id that the client has.
        Some(Checkpoint::Lost) => "id:\n".to_owned(),
        None => String::new(),
    };
    format!("{id}event: next\ndata: {}\n\n", response::body(response))
}

/// With empty data, because browsers ignore events without data.
fn complete() -> String {
    "event: complete\ndata:\n\n".to_owned()
}

fn comment(text: &str) -> String {
    format!(":{text}\n\n")
}

/// An open stream.
struct Open {
    transport: Transport,
    viewer: Arc<Viewer>,
    id: RequestId,
    place: ResumePosition,
    events: mpsc::Sender<String>,
}

impl Open {
    /// Sends every event, then `complete`; without `complete` when the client should reconnect.
    async fn serve(self, request: Request) {
        let mut lifetime = ConnectionLifetime::begin(self.transport.clone(), self.viewer.clone());
        let period = self.transport.live.ping();
        let mut heartbeat = interval_at(Instant::now() + period, period);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let request = request.data(self.viewer.as_ref().clone()).data(self.id.clone()).data(self.place.clone());
        let mut responses = self.transport.schema.execute_stream(request);
        let mut is_first = true;
        loop {
            let event = tokio::select! {
                () = self.events.closed() => return,
                due = lifetime.due() => match lifetime.handle(due).await {
                    Ok(None) => continue,
                    Ok(Some(notice)) => comment(&notice.payload().to_string()),
                    Err(end) => {
                        tracing::debug!(?end, "closing an event stream");
                        return;
                    }
                },
                _ = heartbeat.tick() => comment(""),
                response = responses.next() => match response {
                    Some(mut response) => {
                        response::annotate_errors(&mut response, &self.id);
                        if is_first {
                            operation::count(OperationType::Subscription, &response);
                        }
                        is_first = false;
                        self.transport.app.limits.deliver(self.viewer.tenant, self.viewer.plan).await;
                        next(&response, self.place.take_checkpoint())
                    }
                    None if self.place.is_interrupted() => return,
                    None => {
                        self.send(complete()).await;
                        return;
                    }
                },
            };
            if !self.send(event).await {
                return;
            }
        }
    }

    /// Sends a message. Returns whether the client is still connected and reading.
    async fn send(&self, event: String) -> bool {
        matches!(timeout(SEND_TIMEOUT, self.events.send(event)).await, Ok(Ok(())))
    }
}
