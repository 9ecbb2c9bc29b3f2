//! Budgets per client address, for requests without a token.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{self, HeaderMap, HeaderName};
use governor::clock::QuantaInstant;
use governor::middleware::NoOpMiddleware;
use tower_governor::governor::{GovernorConfig, GovernorConfigBuilder};
use tower_governor::key_extractor::KeyExtractor;
use tower_governor::{GovernorError, GovernorLayer};

use super::{PlanRate, too_many_requests};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client address, as the key of a rate limiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientIp;

impl ClientIp {
    /// The address that identifies `peer`. Of an IPv6 address it is the first 64 bits, the network of a household or
    /// server: one host has more addresses than a table can hold.
    pub fn of(peer: SocketAddr) -> IpAddr {
        match peer.ip().to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
            v4 => v4,
        }
    }
}

impl KeyExtractor for ClientIp {
    type Key = IpAddr;

    fn extract<T>(&self, request: &http::Request<T>) -> Result<IpAddr, GovernorError> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
        // Without an address, as over a Unix socket, all clients share one budget.
        Ok(peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), Self::of))
    }
}

/// The rate limiter of all addresses.
pub type ClientIpConfig = GovernorConfig<ClientIp, NoOpMiddleware<QuantaInstant>>;

/// A limiter that grants `rate` to each address. Call `limiter().retain_recent()` once per minute.
pub fn client_ip_budgets(rate: PlanRate) -> ClientIpConfig {
    let config =
        GovernorConfigBuilder::default().period(rate.period()).burst_size(rate.burst).key_extractor(ClientIp).finish();
    #[expect(clippy::expect_used, reason = "`PlanRate` holds neither a zero burst nor a rate above one per nanosecond")]
    config.expect("rate and burst are above 0")
}

/// A layer over [`client_ip_budgets`], for routes without a token. Call `limiter().retain_recent()` on the second value
/// once per minute.
pub fn client_ip_layer(
    rate: PlanRate,
) -> (GovernorLayer<ClientIp, NoOpMiddleware<QuantaInstant>, Body>, Arc<ClientIpConfig>) {
    let config = Arc::new(client_ip_budgets(rate));
    let layer = GovernorLayer::new(Arc::clone(&config)).error_handler(|error| match error {
        GovernorError::TooManyRequests { wait_time, .. } => {
            // `wait_time` is in whole seconds, rounded down.
            too_many_requests(Duration::from_secs(wait_time + 1), None)
        }
        GovernorError::UnableToExtractKey | GovernorError::Other { .. } => {
            too_many_requests(Duration::from_secs(1), None)
        }
    });
    (layer, config)
}

/// The proxies whose `X-Forwarded-For` is trusted. Any other client could choose its own budget with the header.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<[Network]>);

impl From<&[Network]> for TrustedProxies {
    fn from(networks: &[Network]) -> Self {
        Self(networks.into())
    }
}

impl TrustedProxies {
    /// The client address: the peer, or, if that is a trusted proxy, the right-most address of `X-Forwarded-For` that is
    /// not one. Everything further left comes from the client itself.
    pub fn caller(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let mut caller = peer;
        let values = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
        for hop in hops.into_iter().rev() {
            if !self.0.iter().any(|network| network.contains(caller.ip())) {
                break;
            }
            // A trusted proxy writes valid addresses only.
            let Some(address) = address(hop.trim()) else { break };
            caller = SocketAddr::new(address, 0);
        }
        caller
    }
}

/// An address as proxies write it, with an optional port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// Addresses with the same first bits, written `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u32,
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        let same = |one: u128, other: u128, width: u32| (one ^ other).checked_shr(width - self.bits).unwrap_or(0) == 0;
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => same(first.to_bits().into(), address.to_bits().into(), 32),
            (IpAddr::V6(first), IpAddr::V6(address)) => same(first.to_bits(), address.to_bits(), 128),
            _ => false,
        }
    }
}

/// Not an address or a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address or a network such as 10.0.0.0/8")]
pub struct UnknownNetwork;

impl FromStr for Network {
    type Err = UnknownNetwork;

    fn from_str(text: &str) -> Result<Self, UnknownNetwork> {
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(a, bits)| (a, Some(bits)));
        let first: IpAddr = address.parse().map_err(|_| UnknownNetwork)?;
        let width = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), str::parse).map_err(|_| UnknownNetwork)?;
        if bits <= width { Ok(Self { first, bits }) } else { Err(UnknownNetwork) }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn each_address_has_its_own_budget() {
        let (layer, _) = client_ip_layer("1,3".parse().unwrap());
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

    fn caller(proxies: &[&str], peer: &str, forwarded: &[&'static str]) -> String {
        let networks: Vec<Network> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, http::HeaderValue::from_static(value));
        }
        let peer = format!("{peer}:9").parse().unwrap();
        TrustedProxies::from(networks.as_slice()).caller(peer, &headers).ip().to_string()
    }

    #[test]
    fn only_trusted_proxies_name_the_client_address() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(caller(&[], "10.0.0.1", &["1.1.1.1"]), "10.0.0.1", "no proxy is trusted by default");
        assert_eq!(caller(&trusted, "11.0.0.1", &["1.1.1.1"]), "11.0.0.1", "a stranger's header");
        assert_eq!(caller(&trusted, "10.0.0.1", &["1.1.1.1"]), "1.1.1.1");
        assert_eq!(
            caller(&trusted, "10.0.0.1", &["6.6.6.6, 1.1.1.1"]),
            "1.1.1.1",
            "the right-most, not what it claims"
        );
        assert_eq!(
            caller(&trusted, "10.0.0.1", &["6.6.6.6", "1.1.1.1:80, 10.2.0.1"]),
            "1.1.1.1",
            "through two trusted proxies"
        );
        assert_eq!(caller(&trusted, "10.0.0.1", &["garbage"]), "10.0.0.1");
        assert_eq!(caller(&trusted, "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(caller(&["fd00::/8"], "[fd00::1]", &["[2001:db8::7]:443"]), "2001:db8::7");
    }

    #[test]
    fn networks_are_addresses_with_the_same_first_bits() {
        let contains =
            |network: &str, address: &str| network.parse::<Network>().unwrap().contains(address.parse().unwrap());
        assert!(contains("10.1.0.0/16", "10.1.255.255") && !contains("10.1.0.0/16", "10.2.0.0"));
        assert!(contains("10.1.2.3", "10.1.2.3") && !contains("10.1.2.3", "10.1.2.4"));
        assert!(contains("0.0.0.0/0", "255.1.2.3") && !contains("0.0.0.0/0", "::1"));
        assert!(contains("127.0.0.1", "::ffff:127.0.0.1"), "the same host by either family");
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/-1", "localhost"] {
            assert_eq!(bad.parse::<Network>(), Err(UnknownNetwork), "{bad}");
        }
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let of = |text: &str| ClientIp::of(text.parse().unwrap());
        assert_eq!(of("[2001:db8:1:2:3::4]:1"), of("[2001:db8:1:2:ffff::1]:9"));
        assert_ne!(of("[2001:db8:1:2::1]:1"), of("[2001:db8:1:3::1]:1"));
        assert_eq!(of("[::ffff:10.0.0.1]:1"), of("10.0.0.1:2"), "the same host by either family");
    }
}
