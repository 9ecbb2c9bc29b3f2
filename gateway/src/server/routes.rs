//! All routes of the gateway.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, post};
use metrics_exporter_prometheus::PrometheusHandle;

use super::{health, middleware};
use crate::auth::{AuthState, oauth};
use crate::config::HttpOptions;
use crate::limits::{ClientIpConfig, PlanRate, client_ip_layer};
use crate::portal_assets::{self, Portal};
use crate::transport::graphiql::{self, Graphiql};
use crate::transport::{self, Transport, http, sse};

/// Requests per IP address to the token endpoint: far more than users and API clients need.
const SIGN_IN_RATE: PlanRate = PlanRate { per_second: 10, burst: 100 };
/// Maximum size of a form, in bytes.
const MAX_FORM: usize = 16 * 1_024;
/// The routes, and the limiter of the sign-in routes, which needs a sweep once per minute.
pub(super) fn routes(
    transport: Transport,
    auth: AuthState,
    portal: Portal,
    graphiql: Graphiql,
    metrics: PrometheusHandle,
    options: &HttpOptions,
) -> (Router, Arc<ClientIpConfig>) {
    let (sign_in_limit, sign_in_limiter) = client_ip_layer(SIGN_IN_RATE);
    let sign_in = Router::new()
        .route("/oauth/token", post(oauth::token))
        .route("/oauth/revoke", post(oauth::revoke))
        .layer(from_fn_with_state((MAX_FORM, options.body_timeout), middleware::whole_body))
        .layer(sign_in_limit)
        .route("/.well-known/jwks.json", get(oauth::jwks))
        .with_state(auth);
    let graphql = Router::new()
        .route("/graphql", graphql_methods())
        .route("/graphql/ws", get(transport::websocket::upgrade))
        .route("/graphql/stream", post(sse::post).get(sse::get).fallback(sse::other))
        .route("/schema.graphql", get(schema_text))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .with_state(transport);
    let graphql = match options.allowed_origins.as_slice() {
        [] => graphql,
        origins => graphql.layer(middleware::cors(origins)),
    };
    let graphiql = Router::new()
        .route("/graphiql", get(graphiql::page))
        .route("/graphiql/", get(graphiql::page))
        .nest_service("/graphiql/assets", get(graphiql::asset).with_state(graphiql.clone()))
        .with_state(graphiql);
    let router = Router::new()
        .merge(graphql)
        .merge(graphiql)
        .merge(sign_in)
        .route("/metrics", get(metrics_text).with_state(metrics))
        .fallback_service(get(portal_assets::serve).fallback(portal_assets::serve).with_state(portal));
    (router, sign_in_limiter)
}

fn graphql_methods() -> MethodRouter<Transport> {
    post(http::post).get(http::get).options(http::options).fallback(http::method_not_allowed)
}

async fn schema_text(State(transport): State<Transport>) -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (headers, transport.sdl.to_string())
}

async fn metrics_text(State(metrics): State<PrometheusHandle>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render())
}
