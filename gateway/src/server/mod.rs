//! Every route on one page, what surrounds them all, and how the node starts and stops.

mod connections;
mod health;
mod ip_limit;
mod middleware;
mod trace_context;
mod write_timeout;

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_http::catch_panic::CatchPanicLayer;

use self::ip_limit::{IpLimit, limit_ip};

use crate::app::App;
use crate::auth::{AuthState, oauth};
use crate::config::{Config, HttpOptions};
use crate::limits::{PlanRate, TrustedProxies, client_ip_layer};
use crate::portal_assets::{self, Portal};
use crate::telemetry;
use crate::transport::graphiql::{self, Graphiql};
use crate::transport::{self, Transport, http, request_id, sse};
use connections::ConnectionLimits;

/// What one address may ask of the token endpoint: far above what people and machines need.
const SIGN_INS: PlanRate = PlanRate { per_second: 10, burst: 100 };
/// Largest form, in bytes.
const MAX_FORM: usize = 16 * 1_024;
/// What is over is forgotten this often.
const SWEEP: Duration = Duration::from_secs(60);

fn routes(
    transport: Transport,
    auth: AuthState,
    portal: Portal,
    graphiql: Graphiql,
    metrics: PrometheusHandle,
    options: &HttpOptions,
    tasks: &mut JoinSet<()>,
) -> Router {
    let (peers, peer_config) = client_ip_layer(SIGN_INS);
    tasks.spawn(every(SWEEP, move || peer_config.limiter().retain_recent()));
    let sign_in = Router::new()
        .route("/oauth/token", post(oauth::token))
        .route("/oauth/revoke", post(oauth::revoke))
        .layer(from_fn_with_state((MAX_FORM, options.body_timeout), middleware::whole_body))
        .layer(peers)
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
    Router::new()
        .merge(graphql)
        .merge(graphiql)
        .merge(sign_in)
        .route("/metrics", get(metrics_text).with_state(metrics))
        .fallback_service(get(portal_assets::serve).fallback(portal_assets::serve).with_state(portal))
}

fn graphql_methods() -> MethodRouter<Transport> {
    post(http::post).get(http::get).options(http::options).fallback(http::method_not_allowed)
}

/// All routes behind what keeps each address to its budgets.
fn with_ip_limit(routes: Router, options: &HttpOptions, tasks: &mut JoinSet<()>) -> Router {
    let proxies = TrustedProxies::from(options.trusted_proxies.as_slice());
    let addresses = IpLimit::new(proxies, options.address_rate);
    let swept = addresses.clone();
    tasks.spawn(every(SWEEP, move || swept.sweep()));
    routes.layer(from_fn_with_state(addresses, limit_ip))
}

/// All routes with what surrounds them; the last layer is the outermost.
fn with_middleware(routes: Router, https: bool, draining: watch::Receiver<bool>) -> Router {
    routes
        .layer(from_fn_with_state(draining, middleware::connection_close))
        .layer(from_fn_with_state(https, middleware::security_headers))
        .layer(CatchPanicLayer::custom(middleware::after_panic))
        .layer(from_fn(middleware::access_log))
        .layer(from_fn(request_id::name))
}

async fn schema_text(State(transport): State<Transport>) -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (headers, transport.sdl.to_string())
}

async fn metrics_text(State(metrics): State<PrometheusHandle>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render())
}

async fn every(period: Duration, mut act: impl FnMut()) {
    let mut tick = tokio::time::interval(period);
    loop {
        tick.tick().await;
        act();
    }
}

/// Serves until `shutdown` resolves, then lets what is under way finish: callers are sent elsewhere, websockets closed
/// with 1012 a few at a time, requests answered.
///
/// # Errors
/// When sign-in or telemetry cannot start.
pub async fn serve(
    app: App,
    config: &Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    let metrics = telemetry::recorder()?;
    let (db, public_url) = (app.database.write.clone(), config.http.public_url.clone());
    let (issuer, bearer) = (app.issuer.clone(), app.bearer.clone());
    let auth = AuthState::open(db, issuer, bearer, public_url, app.clock.clone()).await?;
    let (stop, draining) = watch::channel(false);
    let transport = Transport::new(app.clone(), &config.http, config.live, draining.clone());
    let sockets = transport.sockets.clone();
    let portal = Portal::new(config.http.portal_dir.clone());
    let graphiql = Graphiql::new(config.http.graphiql_dir.clone(), config.http.graphiql);

    // They end with this function.
    let mut tasks = JoinSet::new();
    tasks.spawn(telemetry::upkeep(metrics.clone()));
    tasks.spawn(every(SWEEP, move || app.limits.sweep()));
    tasks.spawn(sweep_sign_ins(auth.clone()));
    let bearer = auth.bearer().clone();
    tasks.spawn(async move { bearer.keep_keys().await });

    let routes = routes(transport, auth, portal, graphiql, metrics, &config.http, &mut tasks);
    let routes = with_ip_limit(routes, &config.http, &mut tasks);
    let router = with_middleware(routes, config.http.is_https(), draining.clone());
    let bounds = ConnectionLimits::new(&config.http, config.live.drain());
    let connections = connections::accept(listener, router, bounds, draining);
    tokio::pin!(connections, shutdown);
    tokio::select! {
        () = &mut connections => {}
        () = &mut shutdown => {
            tracing::info!("stopping: callers are sent elsewhere, what is under way finishes");
            // The receiver lives in every connection; without one there is nobody to tell.
            let _ = stop.send(true);
            connections.await;
            // Only now: what came at the last moment counts too. And a value that is looked at is locked, so that none
            // may be kept while others still come and go.
            let mut open = sockets.subscribe();
            let closed = tokio::time::timeout(bounds.drain(), open.wait_for(|sockets| *sockets == 0)).await.is_ok();
            if !closed {
                tracing::warn!(sockets = *sockets.borrow(), "websockets did not close in time");
            }
        }
    }
    Ok(())
}

async fn sweep_sign_ins(auth: AuthState) {
    let mut tick = tokio::time::interval(SWEEP);
    loop {
        tick.tick().await;
        auth.sweep().await;
    }
}
