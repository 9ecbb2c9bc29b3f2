//! The budget of callers that have not said who they are: one for each address.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http;
use governor::middleware::NoOpMiddleware;
use tower_governor::governor::{GovernorConfig, GovernorConfigBuilder};
use tower_governor::key_extractor::KeyExtractor;
use tower_governor::{GovernorError, GovernorLayer};

use super::{Instant, PlanRate, too_many_requests};

/// The address at the other end of the connection. No header is believed: whoever writes `X-Forwarded-For` would
/// choose its own budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress;

impl PeerAddress {
    /// The address that counts for `peer`: of IPv6 the network of a household or server, 64 bits, as one machine has
    /// more addresses than any table can hold.
    pub fn of(peer: SocketAddr) -> IpAddr {
        match peer.ip().to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
            v4 => v4,
        }
    }
}

impl KeyExtractor for PeerAddress {
    type Key = IpAddr;

    fn extract<T>(&self, request: &http::Request<T>) -> Result<IpAddr, GovernorError> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
        // Without an address, over a Unix socket, say, all share one budget: neither open nor closed.
        Ok(peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), Self::of))
    }
}

/// The budgets of all addresses.
pub type PeerConfig = GovernorConfig<PeerAddress, NoOpMiddleware<Instant>>;

/// A layer that grants `rate` to each address, for routes that need no token. The second value is for the sweep: call
/// `limiter().retain_recent()` on it each minute.
pub fn peer_layer(rate: PlanRate) -> (GovernorLayer<PeerAddress, NoOpMiddleware<Instant>, Body>, Arc<PeerConfig>) {
    let config = GovernorConfigBuilder::default()
        .period(rate.period())
        .burst_size(rate.burst)
        .key_extractor(PeerAddress)
        .finish();
    #[expect(clippy::expect_used, reason = "`PlanRate` holds neither a zero burst nor a rate above one a nanosecond")]
    let config = Arc::new(config.expect("rate and burst are above 0"));
    let layer = GovernorLayer::new(Arc::clone(&config)).error_handler(|error| match error {
        GovernorError::TooManyRequests { wait_time, .. } => {
            // The layer knows whole seconds, rounded down.
            too_many_requests(Duration::from_secs(wait_time + 1), None)
        }
        GovernorError::UnableToExtractKey | GovernorError::Other { .. } => {
            too_many_requests(Duration::from_secs(1), None)
        }
    });
    (layer, config)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn each_address_has_its_own_budget() {
        let (layer, _) = peer_layer("1,3".parse().unwrap());
        let app = Router::new().route("/", get(|| async { "ok" })).layer(layer);
        let ask = |from: &str| {
            let peer: SocketAddr = from.parse().unwrap();
            let request = http::Request::get("/").extension(ConnectInfo(peer)).body(Body::empty()).unwrap();
            let app = app.clone();
            async move { app.oneshot(request).await.unwrap() }
        };
        for _ in 0..3 {
            assert_eq!(ask("10.0.0.1:1000").await.status(), 200);
        }
        let refused = ask("10.0.0.1:2000").await;
        assert_eq!(refused.status(), 429);
        assert_ne!(refused.headers()["retry-after"], "0");
        assert_eq!(ask("10.0.0.2:1000").await.status(), 200);
    }

    #[test]
    fn a_household_is_one_address() {
        let of = |text: &str| PeerAddress::of(text.parse().unwrap());
        assert_eq!(of("[2001:db8:1:2:3::4]:1"), of("[2001:db8:1:2:ffff::1]:9"));
        assert_ne!(of("[2001:db8:1:2::1]:1"), of("[2001:db8:1:3::1]:1"));
        assert_eq!(of("[::ffff:10.0.0.1]:1"), of("10.0.0.1:2"), "the same machine by either family");
    }
}
