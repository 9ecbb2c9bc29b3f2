//! Accepting and serving connections. A loop of our own because `axum::serve` has no time limit for a request's head.
//!
//! HTTP/1.1 alone: browsers and partners come through a proxy that ends TLS, and what is not spoken can't be flooded.

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

/// Most header lines of a request, beyond which it is answered 431.
const MAX_HEADERS: usize = 64;
/// Largest head of a request, in bytes, beyond which it is answered 431: a token of 8 kB and a query by GET fit.
const MAX_HEAD: usize = 32 * 1_024;
/// How much longer than the longest of them connections may take to finish once the node stops.
const FINISH_MARGIN: Duration = Duration::from_secs(2);
/// How long the last connections may still bring a request: one that is on its way to us must not meet a closed door.
const LAST_REQUEST: Duration = Duration::from_secs(1);
/// Pause after the system had no descriptor left for a new connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// Connections that are being turned away at a time; those above are closed without a word.
const MAX_TURNED_AWAY: usize = 64;
/// The longest that turning one away takes.
const TURN_AWAY_TIMEOUT: Duration = Duration::from_secs(1);
/// What one that is turned away is told.
const TURNED_AWAY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// The bounds of every connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectionLimits {
    head_timeout: Duration,
    finish_timeout: Duration,
    drain_grace: Duration,
    most: usize,
}

impl ConnectionLimits {
    /// `long_lived` is the time over which the ends of websockets and event streams are spread.
    pub(super) fn new(options: &HttpOptions, long_lived: Duration) -> Self {
        let longest = options.request_timeout.max(options.body_timeout).max(long_lived);
        Self {
            head_timeout: options.head_timeout,
            finish_timeout: longest + LAST_REQUEST + FINISH_MARGIN,
            drain_grace: options.drain_grace,
            most: usize::try_from(options.max_connections).unwrap_or(Semaphore::MAX_PERMITS),
        }
    }

    /// The longest that stopping takes.
    pub(super) fn drain(&self) -> Duration {
        self.drain_grace + self.finish_timeout
    }
}

/// Serves connections until `draining` turns true and the time of grace is over, then until they have finished.
///
/// In the time of grace callers learn that the node goes: `/readyz` says so, and every answer closes its connection
/// (`surroundings::connection_close`). Only then connections are refused, and those that are open still answer what comes at
/// once, so that nobody is cut off with a request on its way.
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
        // Without the server nobody is left to serve, which is the same.
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
    // The receiver lives in every connection; without one there is nobody to tell.
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
    // Answers are small and wanted at once.
    let _ = stream.set_nodelay(true);
    let place = Arc::new(place);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    // A websocket goes on after this function; its place goes with the stream.
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
        // Without the server there is nobody to wait for, which is the same.
        let _ = closing.wait_for(|closing| *closing).await;
        tokio::time::sleep(LAST_REQUEST).await;
    };
    tokio::pin!(closed);
    let mut told = false;
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::trace!(%error, "a connection ended");
                }
                return;
            }
            () = &mut closed, if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Closes the door; gives those whom the system had let in already, and whom it would cut off otherwise.
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

/// Says that there is no room, and reads what came until the other side has heard it.
async fn turn_away(mut stream: TcpStream, _place: OwnedSemaphorePermit) {
    let farewell = async {
        stream.write_all(TURNED_AWAY).await?;
        stream.shutdown().await?;
        let mut heard = [0; 1_024];
        while stream.read(&mut heard).await? > 0 {}
        std::io::Result::Ok(())
    };
    // Whoever does not listen is closed anyway.
    let _ = tokio::time::timeout(TURN_AWAY_TIMEOUT, farewell).await;
}
