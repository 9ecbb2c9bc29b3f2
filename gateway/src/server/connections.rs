//! Accepting and serving connections. `axum::serve` has no time limit for the head of a request, so this is its own loop.
//!
//! HTTP/1.1 only: a proxy in front ends TLS and speaks HTTP/2, and a protocol that is not served cannot be attacked.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::write_timeout::WriteTimeout;
use crate::config::HttpOptions;

/// Maximum number of header lines of a request; above it the response is 431.
const MAX_HEADERS: usize = 64;
/// Maximum size of the head of a request, in bytes; above it the response is 431. A token of 8 kB and a query by GET fit.
const MAX_HEAD: usize = 32 * 1_024;
/// Time added to the longest time limit of a connection when the node stops.
const FINISH_MARGIN: Duration = Duration::from_secs(2);
/// Time for which a stopping node still reads requests on open connections, for requests that are already on their way.
const LAST_REQUEST: Duration = Duration::from_secs(1);
/// Pause after a failed accept, as when no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// Maximum number of connections being refused at a time; further ones are closed without a response.
const MAX_TURNED_AWAY: usize = 64;
/// Time limit of refusing a connection.
const TURN_AWAY_TIMEOUT: Duration = Duration::from_secs(1);
/// The response to a refused connection.
const TURNED_AWAY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// The limits of connections.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectionLimits {
    head_timeout: Duration,
    finish_timeout: Duration,
    drain_grace: Duration,
    most: usize,
}

impl ConnectionLimits {
    /// `long_lived` is the time over which websockets and event streams are closed.
    pub(super) fn new(options: &HttpOptions, long_lived: Duration) -> Self {
        let longest = options.request_timeout.max(options.body_timeout).max(long_lived);
        Self {
            head_timeout: options.head_timeout,
            finish_timeout: longest + LAST_REQUEST + FINISH_MARGIN,
            drain_grace: options.drain_grace,
            most: usize::try_from(options.max_connections).unwrap_or(Semaphore::MAX_PERMITS),
        }
    }

    /// Maximum time of a stop.
    pub(super) fn drain(&self) -> Duration {
        self.drain_grace + self.finish_timeout
    }
}

/// Serves connections until `draining` is true and the grace period is over, then until they have finished.
///
/// During the grace period `/readyz` reports that the node is stopping, and every response closes its connection
/// (`middleware::connection_close`). After it, new connections are refused, and open ones still answer requests that arrive
/// immediately, so that no request on its way is lost.
pub(super) async fn accept(
    listener: TcpListener,
    router: Router,
    bounds: ConnectionLimits,
    mut draining: watch::Receiver<bool>,
) {
    let (places, side_places) = (Arc::new(Semaphore::new(bounds.most)), Arc::new(Semaphore::new(MAX_TURNED_AWAY)));
    let (close, closing) = watch::channel(false);
    let mut connections = JoinSet::new();
    let over = async {
        // The sender is gone, so the server has stopped.
        let _ = draining.wait_for(|draining| *draining).await;
        tokio::time::sleep(bounds.drain_grace).await;
    };
    tokio::pin!(over);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = &mut over => break,
        };
        match accepted {
            Ok((stream, peer)) => match Arc::clone(&places).try_acquire_owned() {
                Ok(place) => {
                    connections.spawn(serve(stream, peer, router.clone(), bounds, closing.clone(), place));
                }
                Err(_) => {
                    metrics::counter!("lodgate_connections_refused_total").increment(1);
                    if let Ok(place) = Arc::clone(&side_places).try_acquire_owned() {
                        tokio::spawn(turn_away(stream, place));
                    }
                }
            },
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    for (stream, peer) in waiting(listener) {
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            connections.spawn(serve(stream, peer, router.clone(), bounds, closing.clone(), place));
        }
    }
    // Every connection holds a receiver. An error means that there is no connection.
    let _ = close.send(true);
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(bounds.finish_timeout, finished).await.is_err() {
        tracing::warn!("requests did not finish in time");
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    bounds: ConnectionLimits,
    mut closing: watch::Receiver<bool>,
    place: OwnedSemaphorePermit,
) {
    // Responses are small and must not wait to be merged.
    let _ = stream.set_nodelay(true);
    let place = Arc::new(place);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    // A websocket outlives this function, so its permit is part of the stream.
    let stream = WriteTimeout::new(stream, bounds.head_timeout, place);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head_timeout)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let closed = async {
        // The sender is gone, so the server has stopped.
        let _ = closing.wait_for(|closing| *closing).await;
        tokio::time::sleep(LAST_REQUEST).await;
    };
    tokio::pin!(closed);
    let mut is_closing = false;
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::trace!(%error, "a connection ended");
                }
                return;
            }
            () = &mut closed, if !is_closing => {
                is_closing = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Stops accepting. Returns the connections still in the kernel's backlog, which would be reset otherwise.
fn waiting(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let mut waiting = Vec::new();
    while let Ok((stream, peer)) = listener.accept() {
        if stream.set_nonblocking(true).is_ok() {
            waiting.extend(TcpStream::from_std(stream).ok().map(|stream| (stream, peer)));
        }
    }
    waiting
}

/// Responds 503, and reads until the client has received the response.
async fn turn_away(mut stream: TcpStream, _place: OwnedSemaphorePermit) {
    let farewell = async {
        stream.write_all(TURNED_AWAY).await?;
        stream.shutdown().await?;
        let mut discarded = [0; 1_024];
        while stream.read(&mut discarded).await? > 0 {}
        std::io::Result::Ok(())
    };
    // The connection is closed even if the client does not read.
    let _ = tokio::time::timeout(TURN_AWAY_TIMEOUT, farewell).await;
}
