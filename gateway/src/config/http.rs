//! Options of the HTTP server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use axum::http::HeaderValue;
use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};

use super::duration::parse_duration;
use crate::limits::{Network, PlanRate};

/// HTTP server.
#[derive(Clone, Debug, Args)]
pub struct HttpOptions {
    /// Address and port to listen on; port 0 takes a free port.
    #[arg(long, env, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub listen_addr: SocketAddr,
    /// URL at which browsers reach the gateway. If it starts with https, the session cookie is only sent over TLS.
    #[arg(long, env, value_name = "URL")]
    pub public_url: Option<String>,
    /// Folder of the built portal. If it is missing, the gateway serves no portal.
    #[arg(long, env, value_name = "DIR", default_value = "portal/dist")]
    pub portal_dir: PathBuf,
    /// Origins of other sites whose pages may call the gateway, such as https://app.example, separated by commas.
    /// Default: none.
    #[arg(long, env, value_name = "ORIGINS", value_delimiter = ',')]
    pub allowed_origins: Vec<Origin>,
    /// Time limit of an operation. At the limit a read is cancelled; a write that has reached the writer continues.
    #[arg(long, env, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    pub request_timeout: Duration,
    /// Time limit for the head of a request. Also the idle time after which a connection is closed (the idle timeout of a
    /// proxy in front should be shorter), and the time for which a client may leave a response unread.
    #[arg(long, env, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    pub head_timeout: Duration,
    /// Time limit for the body of a request.
    #[arg(long, env, value_name = "TIME", default_value = "15s", value_parser = parse_duration)]
    pub body_timeout: Duration,
    /// Maximum number of connections. Further ones are answered 503 and closed.
    #[arg(long, env, value_name = "NUMBER", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_connections: u32,
    /// Time for which a stopping node still accepts connections, while /readyz directs traffic to other nodes.
    #[arg(long, env, value_name = "TIME", default_value = "2s", value_parser = parse_duration)]
    pub drain_grace: Duration,
    /// Serve GraphiQL at /graphiql. The page is public; running an operation needs a token.
    #[arg(long, env, value_name = "BOOL", default_value_t = true, action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub graphiql: bool,
    /// Folder of the bundled GraphiQL. If it is missing, the gateway serves no GraphiQL.
    #[arg(long, env, value_name = "DIR", default_value = "graphiql/dist")]
    pub graphiql_dir: PathBuf,
    /// Proxies whose X-Forwarded-For is trusted, as addresses or networks such as 10.0.0.0/8, separated by commas. The
    /// client address is the right-most address in the header that is not a trusted proxy. Default: the header is ignored.
    #[arg(long, env, value_name = "NETWORKS", value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,
    /// Requests without a valid token per IP address, as requests per second and burst. Requests with a valid token count
    /// for their tenant instead.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "20,200")]
    pub address_rate: PlanRate,
}

impl HttpOptions {
    /// Whether browsers reach the gateway over TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// An origin as browsers send it: scheme, host and optional port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl Origin {
    /// The value of the `Origin` header.
    pub fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || format!("`{text}` is not an origin such as https://app.example or http://localhost:3000");
        let text = text.trim();
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or_else(error)?;
        // Browsers send lower case and no path. A wildcard would allow every page.
        let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_allowed) {
            return Err(error());
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        let origin: Origin = "https://app.example:8443".parse().unwrap();
        assert_eq!(origin.header(), "https://app.example:8443");
        for bad in ["*", "", "app.example", "https://", "https://app.example/", "https://*.example", "ftp://a"] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }
}
