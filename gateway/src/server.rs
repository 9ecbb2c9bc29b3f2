//! Every route on one page, what surrounds them all, and how the node starts and stops.

mod connections;
mod health;
mod surroundings;

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Router, middleware};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::auth::{AuthState, tokens};
use crate::config::Config;
use crate::limits::{PlanRate, peer_layer};
use crate::portal::{self, Portal};
use crate::telemetry;
use crate::transport::explorer::{self, Explorer};
use crate::transport::{self, Transport, http, request_id, stream};

/// What one address may ask of the token endpoint: far above what people and machines need.
const SIGN_INS: PlanRate = PlanRate { per_second: 10, burst: 100 };
/// Largest form, in bytes.
const LARGEST_FORM: usize = 16 * 1_024;
/// What is over is forgotten this often.
const SWEEP: Duration = Duration::from_secs(60);
/// Longest wait for open requests once the node stops: longer than the longest of them. Websockets and event streams
/// have as long after the time over which their ends are spread.
const FINISH_TIMEOUT: Duration = Duration::from_secs(12);

fn routes(
    transport: Transport,
    auth: AuthState,
    portal: Portal,
    explorer: Explorer,
    metrics: PrometheusHandle,
    tasks: &mut JoinSet<()>,
) -> Router {
    let (peers, peer_config) = peer_layer(SIGN_INS);
    tasks.spawn(every(SWEEP, move || peer_config.limiter().retain_recent()));
    let sign_in = Router::new()
        .route("/oauth/token", post(tokens::token))
        .route("/oauth/revoke", post(tokens::revoke))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(peers)
        .route("/.well-known/jwks.json", get(tokens::jwks))
        .with_state(auth);
    let graphql = Router::new()
        .route("/graphql", post(http::post).get(http::get))
        .route("/graphql/ws", get(transport::socket::upgrade))
        .route("/graphql/stream", post(stream::post).get(stream::get).fallback(stream::other))
        .route("/schema.graphql", get(schema_text))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .with_state(transport);
    let graphiql = Router::new()
        .route("/graphiql", get(explorer::page))
        .route("/graphiql/", get(explorer::page))
        .nest_service("/graphiql/assets", get(explorer::asset).with_state(explorer.clone()))
        .with_state(explorer);
    Router::new()
        .merge(graphql)
        .merge(graphiql)
        .merge(sign_in)
        .route("/metrics", get(metrics_text).with_state(metrics))
        .fallback_service(get(portal::serve).fallback(portal::serve).with_state(portal))
}

/// All routes with what surrounds them; the last layer is the outermost.
fn surrounded(routes: Router, https: bool) -> Router {
    routes
        .layer(middleware::from_fn_with_state(https, surroundings::security_headers))
        .layer(CatchPanicLayer::custom(surroundings::after_panic))
        .layer(middleware::from_fn(surroundings::access_log))
        .layer(middleware::from_fn(request_id::name))
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

/// Serves until `shutdown` resolves, then lets what is under way finish: no new connections, websockets closed with
/// 1012 a few at a time, requests answered.
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
    let (database, public_url) = (app.database.clone(), config.http.public_url.clone());
    let (issuer, bearer) = (app.issuer.clone(), app.bearer.clone());
    let auth = AuthState::open(database, issuer, bearer, public_url, app.clock.clone()).await?;
    let (stop, draining) = watch::channel(false);
    let transport = Transport::new(app.clone(), config.live, draining.clone());
    let sockets = transport.sockets.clone();
    let portal = Portal::new(config.http.portal_dir.clone());
    let explorer = Explorer::new(config.http.graphiql_dir.clone(), config.http.graphiql);

    // They end with this function.
    let mut tasks = JoinSet::new();
    tasks.spawn(telemetry::upkeep(metrics.clone()));
    tasks.spawn(every(SWEEP, move || app.limits.sweep()));
    tasks.spawn(sweep_sign_ins(auth.clone()));
    let bearer = auth.bearer().clone();
    tasks.spawn(async move { bearer.keep_keys().await });

    let router = surrounded(routes(transport, auth, portal, explorer, metrics, &mut tasks), config.http.is_https());
    let finish = FINISH_TIMEOUT + config.live.drain();
    let connections = connections::accept(listener, router, draining, finish);
    tokio::pin!(connections, shutdown);
    tokio::select! {
        () = &mut connections => {}
        () = &mut shutdown => {
            tracing::info!("stopping: no new connections, what is under way finishes");
            // The receiver lives in every connection; without one there is nobody to tell.
            let _ = stop.send(true);
            let mut open = sockets.subscribe();
            let (_, closed) = tokio::join!(
                connections,
                tokio::time::timeout(finish, open.wait_for(|sockets| *sockets == 0))
            );
            if closed.is_err() {
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
