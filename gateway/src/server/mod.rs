//! The HTTP server: its start, its periodic tasks and its orderly stop.

mod connections;
mod health;
mod ip_limit;
mod middleware;
mod routes;
mod trace_context;
mod write_timeout;

use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_http::catch_panic::CatchPanicLayer;

use self::connections::ConnectionLimits;
use self::ip_limit::{IpLimit, limit_ip};
use crate::app::App;
use crate::auth::AuthState;
use crate::config::{Config, HttpOptions};
use crate::limits::TrustedProxies;
use crate::portal_assets::Portal;
use crate::telemetry;
use crate::transport::graphiql::Graphiql;
use crate::transport::{Transport, request_id};

/// Interval at which expired state is removed.
const SWEEP: Duration = Duration::from_secs(60);

/// Applies the budget of each client address to all routes.
fn with_ip_limit(routes: Router, options: &HttpOptions, tasks: &mut JoinSet<()>) -> Router {
    let proxies = TrustedProxies::from(options.trusted_proxies.as_slice());
    let ip_limit = IpLimit::new(proxies, options.address_rate);
    let swept = ip_limit.clone();
    tasks.spawn(every(SWEEP, move || swept.sweep()));
    routes.layer(from_fn_with_state(ip_limit, limit_ip))
}

/// Wraps all routes in the common middleware; the last layer is the outermost.
fn with_middleware(routes: Router, https: bool, draining: watch::Receiver<bool>) -> Router {
    routes
        .layer(from_fn_with_state(draining, middleware::connection_close))
        .layer(from_fn_with_state(https, middleware::security_headers))
        .layer(CatchPanicLayer::custom(middleware::after_panic))
        .layer(from_fn(middleware::access_log))
        .layer(from_fn(request_id::name))
}

async fn every(period: Duration, mut act: impl FnMut()) {
    let mut tick = tokio::time::interval(period);
    loop {
        tick.tick().await;
        act();
    }
}

/// Serves until `shutdown` resolves, then drains: the node reports itself not ready, finishes its requests, and closes its
/// websockets with 1012, a few at a time.
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

    // Dropping the set at the end of this function stops the tasks.
    let mut tasks = JoinSet::new();
    tasks.spawn(telemetry::upkeep(metrics.clone()));
    tasks.spawn(every(SWEEP, move || app.limits.sweep()));
    tasks.spawn(sweep_sign_ins(auth.clone()));
    let bearer = auth.bearer().clone();
    tasks.spawn(async move { bearer.keep_keys().await });

    let (routes, sign_in_limiter) = routes::routes(transport, auth, portal, graphiql, metrics, &config.http);
    tasks.spawn(every(SWEEP, move || sign_in_limiter.limiter().retain_recent()));
    let routes = with_ip_limit(routes, &config.http, &mut tasks);
    let router = with_middleware(routes, config.http.is_https(), draining.clone());
    let bounds = ConnectionLimits::new(&config.http, config.live.drain());
    let connections = connections::accept(listener, router, bounds, draining);
    tokio::pin!(connections, shutdown);
    tokio::select! {
        () = &mut connections => {}
        () = &mut shutdown => {
            tracing::info!("stopping: not ready for new clients, finishing requests");
            // Every connection holds a receiver. An error means that there is no connection.
            let _ = stop.send(true);
            connections.await;
            // Subscribed only now, so that connections accepted at the last moment count too. Borrowing the value locks it:
            // a borrow must not be held while connections still change it.
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
