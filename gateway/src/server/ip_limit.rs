//! Limits per client address, for requests without a valid token.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::Clock;
use tower_governor::key_extractor::KeyExtractor;

use crate::limits::{ClientIp, ClientIpConfig, PlanRate, TrustedProxies, client_ip_budgets, too_many_requests};
use crate::transport::RequestId;

/// Rate per client address without a token: pages, probes, unauthenticated sockets. Far above the needs of an office or of
/// the probes of a cluster.
const VISITS: PlanRate = PlanRate { per_second: 500, burst: 5_000 };

/// The limiter of client addresses, before all routes. Cheap to clone.
///
/// A request with a valid token counts for its tenant, so that one client cannot exhaust the budget of a shared address.
/// Therefore a request with a token is only counted here if the token was refused.
#[derive(Clone)]
pub(super) struct IpLimit {
    proxies: TrustedProxies,
    visits: Arc<ClientIpConfig>,
    refused: Arc<ClientIpConfig>,
}

impl IpLimit {
    /// `refused` is the rate of requests with an invalid token per address.
    pub(super) fn new(proxies: TrustedProxies, refused: PlanRate) -> Self {
        Self { proxies, visits: Arc::new(client_ip_budgets(VISITS)), refused: Arc::new(client_ip_budgets(refused)) }
    }

    /// Removes addresses whose budget is full again. Call it once per minute.
    pub(super) fn sweep(&self) {
        self.visits.limiter().retain_recent();
        self.refused.limiter().retain_recent();
    }
}

/// The middleware of an [`IpLimit`]. It replaces the address of a trusted proxy by the client address for the inner
/// handlers.
pub(super) async fn limit_ip(State(limit_ip): State<IpLimit>, mut request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() {
        let caller = limit_ip.proxies.caller(peer, request.headers());
        request.extensions_mut().insert(ConnectInfo(caller));
    }
    let address = ClientIp.extract(&request).unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    let refusal = |budgets: &ClientIpConfig| {
        let limiter = budgets.limiter();
        let not_yet = limiter.check_key(&address).err()?;
        metrics::counter!("lodgate_addresses_limited_total").increment(1);
        Some(too_many_requests(not_yet.wait_time_from(limiter.clock().now()), id.as_deref()))
    };
    if !carries_a_token(request.uri().path())
        && let Some(refusal) = refusal(&limit_ip.visits)
    {
        return refusal;
    }
    let response = next.run(request).await;
    if response.status() != StatusCode::UNAUTHORIZED {
        return response;
    }
    refusal(&limit_ip.refused).unwrap_or(response)
}

/// Whether every request to this path needs a token.
fn carries_a_token(path: &str) -> bool {
    matches!(path, "/graphql" | "/graphql/stream")
}
