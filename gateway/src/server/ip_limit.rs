//! Keeps each address to what it may ask for before it has said who it is.

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

/// What one address may ask for without a token: pages, probes, sockets that have yet to say who they are. Far above
/// what an office or a cluster's probes need.
const VISITS: PlanRate = PlanRate { per_second: 500, burst: 5_000 };

/// Stands before all routes and keeps each address to its budgets. Cheap to clone.
///
/// What carries a good token is its tenant's, whatever else comes from the same address: an office is not shut out by
/// one visitor. So a request with a token is only counted here when the token was refused.
#[derive(Clone)]
pub(super) struct IpLimit {
    proxies: TrustedProxies,
    visits: Arc<ClientIpConfig>,
    refused: Arc<ClientIpConfig>,
}

impl IpLimit {
    /// `refused` is the rate of requests without a good token that one address may send.
    pub(super) fn new(proxies: TrustedProxies, refused: PlanRate) -> Self {
        Self { proxies, visits: Arc::new(client_ip_budgets(VISITS)), refused: Arc::new(client_ip_budgets(refused)) }
    }

    /// Forgets addresses whose budget is full again. Call it each minute.
    pub(super) fn sweep(&self) {
        self.visits.limiter().retain_recent();
        self.refused.limiter().retain_recent();
    }
}

/// The middleware of a [`IpLimit`]: what is inside finds the caller's address in place of a trusted proxy's.
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

/// Whether every request there needs a token.
fn carries_a_token(path: &str) -> bool {
    matches!(path, "/graphql" | "/graphql/stream")
}
