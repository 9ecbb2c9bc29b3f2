//! What the operator can set. Each concern is a struct of its own, every option is an environment variable too, and the
//! comments here are what `--help` prints.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use axum::http::HeaderValue;
use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use lodgate_entities::tenant::TenantKind;

use crate::auth::Scopes;
use crate::auth::external::ExternalIssuers;
use crate::limits::{Grant, Network, OpenLimits, Plan, PlanRate, Plans};

/// GraphQL gateway for hotel inventory.
#[derive(Debug, Parser)]
#[command(name = "lodgate", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the gateway: GraphQL over HTTP and websocket, sign-in, the portal. Migrates the database first.
    Serve(Box<Config>),
    /// Bring the database to the present schema, then exit. Safe to run from several places at once.
    Migrate(Tool),
    /// Fill an empty database with the demo hotels, partners, users and API clients, and print how to sign in.
    Seed(Seed),
    /// Print an access token, alone on one line, for tests and the operator's tools.
    Token(Token),
    /// List, rotate and retire the keys in the database that sign tokens. Nodes with --signing-key-file use others.
    #[command(subcommand)]
    Keys(Keys),
    /// Print the GraphQL schema that this version serves.
    Schema,
    /// Check every count against its reservations and the journal, and print the drift; exit 1 when there is any.
    Audit(Tool),
    /// Load the documents that a tenant's programs send, and say whether it may send others. Prints what it is then.
    Documents(Documents),
}

/// The options of `serve`.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Where to listen and what to serve there.
    #[command(flatten)]
    pub http: HttpOptions,
    /// Websockets and event streams.
    #[command(flatten)]
    pub live: LiveOptions,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// Redis.
    #[command(flatten)]
    pub redis: RedisOptions,
    /// Token issuer.
    #[command(flatten)]
    pub issuer: IssuerOptions,
    /// Other issuers.
    #[command(flatten)]
    pub externals: ExternalOptions,
    /// The numbers behind the rules.
    #[command(flatten)]
    pub stock: StockOptions,
    /// Plans.
    #[command(flatten)]
    pub plans: PlanOptions,
    /// Logging.
    #[command(flatten)]
    pub log: LogOptions,
    /// Demo data.
    #[command(flatten)]
    pub demo: DemoOptions,
    /// Seed the demo data when the database is empty.
    #[arg(long = "demo", env = "DEMO", value_parser = BoolishValueParser::new())]
    pub seed_demo: bool,
}

/// The options of commands that only need the database.
#[derive(Clone, Debug, Args)]
pub struct Tool {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// Logging.
    #[command(flatten)]
    pub log: LogOptions,
}

/// The options of `seed`.
#[derive(Clone, Debug, Args)]
pub struct Seed {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// Logging.
    #[command(flatten)]
    pub log: LogOptions,
    /// Demo data.
    #[command(flatten)]
    pub demo: DemoOptions,
}

/// What can be done with the keys.
#[derive(Clone, Debug, Subcommand)]
pub enum Keys {
    /// List the keys, oldest first: which one signs, since when, and until when each is accepted.
    List(Tool),
    /// Make a new key. It is published at once and signs after a while, when all have learnt it; the keys before it are
    /// accepted until the last token that they signed has ended, and then retire by themselves. Nobody notices.
    Rotate(RotateKeys),
    /// Refuse from now on whatever a key signed, for a key that someone else may have. Rotate first. On every node within
    /// seconds its websockets are closed and its tokens refused: machines fetch new ones with their secret, the portal
    /// with its session; those of `lodgate token` must be made anew.
    Retire(RetireKey),
}

/// The options of `keys rotate`.
#[derive(Clone, Debug, Args)]
pub struct RotateKeys {
    /// After how long the new key signs, such as 1s, 10m or 1d. Nodes learn it within seconds; others who check our
    /// tokens by /.well-known/jwks.json may keep that for 5 minutes.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_duration)]
    pub after: Duration,
    /// The database and logging.
    #[command(flatten)]
    pub tool: Tool,
}

/// The options of `keys retire`.
#[derive(Clone, Debug, Args)]
pub struct RetireKey {
    /// The name of the key, the `kid` of the tokens that it signed.
    #[arg(value_name = "KID", allow_hyphen_values = true)]
    pub kid: String,
    /// The database and logging.
    #[command(flatten)]
    pub tool: Tool,
}

/// The options of `token`.
#[derive(Clone, Debug, Args)]
pub struct Token {
    /// The tenant's code.
    #[arg(long, value_name = "CODE")]
    pub tenant: String,
    /// The scopes, separated by spaces. Default: all that a tenant of its kind has a use for.
    #[arg(long, value_name = "SCOPES")]
    pub scope: Option<Scopes>,
    /// The plan: starter, standard, premium or unmetered. Default: the tenant's.
    #[arg(long, value_name = "NAME")]
    pub plan: Option<Plan>,
    /// How long it is good for, such as 90s, 30m, 24h or 7d.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parse_duration)]
    pub ttl: Duration,
    /// The kind that the tenant must have; checked.
    #[arg(long, value_name = "KIND")]
    pub kind: Option<KindArg>,
    /// Make the tenant, of this kind and with its code as its name, when it is missing.
    #[arg(long, value_name = "KIND")]
    pub create: Option<KindArg>,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// Token issuer.
    #[command(flatten)]
    pub issuer: IssuerOptions,
    /// Logging.
    #[command(flatten)]
    pub log: LogOptions,
}

/// The options of `documents`.
#[derive(Clone, Debug, Args)]
pub struct Documents {
    /// The tenant's code.
    #[arg(long, value_name = "CODE")]
    pub tenant: String,
    /// A file of GraphQL documents as JSON: an object of id and document, or the manifest that client tools write
    /// (operations, each with id and body). They are added to those that are there.
    #[arg(long, value_name = "FILE")]
    pub load: Option<PathBuf>,
    /// Forget the documents that are there, before any are loaded.
    #[arg(long)]
    pub clear: bool,
    /// Whether the tenant may send its trusted documents only. Nodes follow within 10 seconds.
    #[arg(long, value_name = "ON|OFF")]
    pub only: Option<Switch>,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// Logging.
    #[command(flatten)]
    pub log: LogOptions,
}

/// Where to listen and what to serve there.
#[derive(Clone, Debug, Args)]
pub struct HttpOptions {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, env, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub listen_addr: SocketAddr,
    /// The URL by which browsers reach the gateway. With https the session cookie is only sent over TLS.
    #[arg(long, env, value_name = "URL")]
    pub public_url: Option<String>,
    /// Folder of the built portal; without it the gateway serves no portal.
    #[arg(long, env, value_name = "DIR", default_value = "portal/dist")]
    pub portal_dir: PathBuf,
    /// Foreign origins whose pages may call the gateway, such as https://app.example, separated by commas. Absent: none.
    #[arg(long, env, value_name = "ORIGINS", value_delimiter = ',')]
    pub allowed_origins: Vec<Origin>,
    /// The longest that a caller waits for the answer to an operation. A read is given up then; a write that reached the
    /// writer goes on.
    #[arg(long, env, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    pub request_timeout: Duration,
    /// The longest that a caller may take to send the head of a request; also how long a connection may stay idle (a proxy
    /// in front should keep its own for less), and how long a caller may leave an answer unread.
    #[arg(long, env, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    pub head_timeout: Duration,
    /// The longest that a caller may take to send the body of a request.
    #[arg(long, env, value_name = "TIME", default_value = "15s", value_parser = parse_duration)]
    pub body_timeout: Duration,
    /// Most connections at a time; those above are answered 503 and closed.
    #[arg(long, env, value_name = "NUMBER", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_connections: u32,
    /// How long a node that was asked to stop still takes connections, while /readyz sends callers elsewhere.
    #[arg(long, env, value_name = "TIME", default_value = "2s", value_parser = parse_duration)]
    pub drain_grace: Duration,
    /// Whether GraphiQL is served at /graphiql: the page alone, which needs a token to run anything.
    #[arg(long, env, value_name = "BOOL", default_value_t = true, action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub graphiql: bool,
    /// Folder of the bundled GraphiQL; without it the gateway serves none.
    #[arg(long, env, value_name = "DIR", default_value = "graphiql/dist")]
    pub graphiql_dir: PathBuf,
    /// Proxies whose X-Forwarded-For is believed, as addresses or networks such as 10.0.0.0/8, separated by commas. The
    /// right-most address in it that is no such proxy counts as the caller's. Absent: no header is believed.
    #[arg(long, env, value_name = "NETWORKS", value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,
    /// Requests without a good token that one address may send, a second and at once. Requests with one are their
    /// tenant's.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "20,200")]
    pub address_rate: PlanRate,
}

impl HttpOptions {
    /// Whether browsers reach the gateway over TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// Websockets and event streams.
#[derive(Clone, Copy, Debug, Args)]
pub struct LiveOptions {
    /// Seconds between two signs of life on a websocket or an event stream; below what proxies take for silence. A
    /// websocket whose client leaves three pings in a row unanswered is closed.
    #[arg(long, env, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub ping_seconds: u64,
    /// Longest time, in seconds, over which a stopping node spreads the end of its websockets and event streams, so that
    /// their clients don't all come back at once.
    #[arg(long, env, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=30))]
    pub drain_seconds: u64,
}

impl LiveOptions {
    /// Between two signs of life.
    pub fn ping(self) -> Duration {
        Duration::from_secs(self.ping_seconds)
    }

    /// Over how long their ends are spread.
    pub fn drain(self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

/// The database.
#[derive(Clone, Debug, Args)]
pub struct DatabaseOptions {
    /// PostgreSQL, as postgres://user:password@host:port/database. Absent: an embedded SQLite file in the data folder.
    #[arg(long, env, value_name = "URL", hide_env_values = true)]
    pub database_url: Option<Url>,
    /// Folder of the embedded database.
    #[arg(long, env, value_name = "DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    /// Connections for reads, beside those of the writer lanes.
    #[arg(long, env, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub pool_size: u32,
    /// Lanes of the writer on PostgreSQL, one connection each; SQLite has one whatever this says.
    #[arg(long, env, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub lanes: u32,
}

/// Redis, shared by the nodes of one installation.
#[derive(Clone, Debug, Args)]
pub struct RedisOptions {
    /// Second-level cache, hints between nodes and shared budgets, as redis://host:port. Absent: all in process.
    #[arg(long, env, value_name = "URL", hide_env_values = true)]
    pub redis_url: Option<Url>,
}

/// The built-in token issuer.
#[derive(Clone, Debug, Args)]
pub struct IssuerOptions {
    /// Name in the `iss` claim of the tokens; the same on every node and in every command.
    #[arg(long, env = "TOKEN_ISSUER", value_name = "NAME", default_value = "lodgate")]
    pub token_issuer: String,
    /// Files with the Ed25519 keys of tokens (PKCS #8, PEM), separated by commas, instead of those that the first start
    /// makes and keeps in the database; the same on every node. The first signs, the others are only accepted and
    /// published: to rotate, add the new one behind, then put it first, then leave the old one out.
    #[arg(long, env, value_name = "FILES", value_delimiter = ',')]
    pub signing_key_file: Vec<PathBuf>,
}

/// Issuers of tokens beside the built-in one.
#[derive(Clone, Debug, Args)]
pub struct ExternalOptions {
    /// Issuers whose tokens are accepted too, as a JSON array of objects: `issuer` (the `iss`, to the letter), `jwksUrl`
    /// (where its keys are: https, or http on this machine; no redirect is followed), `audience` (the `aud` of its
    /// tokens), `tenants` (the codes of those that it may speak for), `scopes` (what its tokens may do at most, separated
    /// by spaces), `plans` (those that it may name, never unmetered), and `algorithms` (default: RS256, PS256, ES256,
    /// EdDSA). Its tokens carry `sub`, `tenant`, `scope`, `plan` and `exp`, at most 24 hours ahead.
    #[arg(long, env, value_name = "JSON", default_value = "", hide_default_value = true)]
    pub external_issuers: ExternalIssuers,
}

/// The numbers behind the rules.
#[derive(Clone, Debug, Args)]
pub struct StockOptions {
    /// Days for which a subscription can resume where it was.
    #[arg(long, env, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=365))]
    pub resume_window_days: u32,
    /// Usual life of a hold, in minutes.
    #[arg(long, env, value_name = "MINUTES", default_value_t = 15, value_parser = clap::value_parser!(i32).range(1..=10_080))]
    pub hold_minutes: i32,
    /// Longest life of a hold with its extensions, in minutes.
    #[arg(long, env, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(i32).range(1..=10_080))]
    pub hold_minutes_max: i32,
    /// Most rooms under live holds of one contract.
    #[arg(long, env, value_name = "ROOMS", default_value_t = 1_000, value_parser = clap::value_parser!(i32).range(1..))]
    pub max_held_rooms: i32,
}

/// What each plan grants a tenant, all nodes together when they share a Redis.
///
/// The points come from the rate: 400 points a request for reads in the long run (two room types' month, night by
/// night), 100 for writes (a change over a quarter). The bursts hold the largest thing that the rules allow at once.
#[derive(Clone, Copy, Debug, Args)]
pub struct PlanOptions {
    /// Plan starter, as requests a second and burst, over all nodes.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "5,20")]
    pub plan_starter: PlanRate,
    /// Points of queries a second and burst, plan starter.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "2000,100000")]
    pub plan_starter_reads: PlanRate,
    /// Points of mutations a second and burst, plan starter.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "500,60000")]
    pub plan_starter_writes: PlanRate,
    /// Messages of subscriptions a second and burst, plan starter; past it subscribers are told more at a time, less often.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "200,2000")]
    pub plan_starter_events: PlanRate,
    /// Sockets and subscriptions at a time, plan starter.
    #[arg(long, env, value_name = "SOCKETS,SUBSCRIPTIONS", default_value = "20,100")]
    pub plan_starter_open: OpenLimits,
    /// Plan standard, as requests a second and burst, over all nodes.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "50,200")]
    pub plan_standard: PlanRate,
    /// Points of queries a second and burst, plan standard.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "20000,500000")]
    pub plan_standard_reads: PlanRate,
    /// Points of mutations a second and burst, plan standard.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "5000,200000")]
    pub plan_standard_writes: PlanRate,
    /// Messages of subscriptions a second and burst, plan standard; past it subscribers are told more at a time, less often.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "2000,20000")]
    pub plan_standard_events: PlanRate,
    /// Sockets and subscriptions at a time, plan standard.
    #[arg(long, env, value_name = "SOCKETS,SUBSCRIPTIONS", default_value = "200,1000")]
    pub plan_standard_open: OpenLimits,
    /// Plan premium, as requests a second and burst, over all nodes.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "500,2000")]
    pub plan_premium: PlanRate,
    /// Points of queries a second and burst, plan premium.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "200000,2000000")]
    pub plan_premium_reads: PlanRate,
    /// Points of mutations a second and burst, plan premium.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "50000,1000000")]
    pub plan_premium_writes: PlanRate,
    /// Messages of subscriptions a second and burst, plan premium; past it subscribers are told more at a time, less often.
    #[arg(long, env, value_name = "RATE,BURST", default_value = "20000,200000")]
    pub plan_premium_events: PlanRate,
    /// Sockets and subscriptions at a time, plan premium.
    #[arg(long, env, value_name = "SOCKETS,SUBSCRIPTIONS", default_value = "2000,10000")]
    pub plan_premium_open: OpenLimits,
    /// Most points of one operation, whatever the plan; never more than the plan's burst.
    #[arg(long, env, value_name = "POINTS", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub most_points: u32,
}

impl From<&PlanOptions> for Plans {
    fn from(options: &PlanOptions) -> Self {
        let o = options;
        Self {
            starter: Grant {
                requests: o.plan_starter,
                reads: o.plan_starter_reads,
                writes: o.plan_starter_writes,
                events: o.plan_starter_events,
                open: o.plan_starter_open,
            },
            standard: Grant {
                requests: o.plan_standard,
                reads: o.plan_standard_reads,
                writes: o.plan_standard_writes,
                events: o.plan_standard_events,
                open: o.plan_standard_open,
            },
            premium: Grant {
                requests: o.plan_premium,
                reads: o.plan_premium_reads,
                writes: o.plan_premium_writes,
                events: o.plan_premium_events,
                open: o.plan_premium_open,
            },
            most_points: o.most_points,
        }
    }
}

/// Logging, always to standard error.
#[derive(Clone, Debug, Args)]
pub struct LogOptions {
    /// Lines for people, or one JSON object a line.
    #[arg(long, env, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// What to log, as level or target=level, separated by commas.
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", default_value = "info,sqlx::postgres::notice=warn")]
    pub log: String,
}

/// Demo data.
#[derive(Clone, Debug, Args)]
pub struct DemoOptions {
    /// Password of the demo users; absent: a random one, printed.
    #[arg(long, env, value_name = "PASSWORD", hide_env_values = true)]
    pub demo_password: Option<Secret>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// On or off, as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// From now on.
    On,
    /// No longer.
    Off,
}

/// A tenant's kind as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    /// A hotel or group of hotels.
    Supplier,
    /// Sells the suppliers' rooms.
    Partner,
    /// Runs the gateway.
    Operator,
}

impl From<KindArg> for TenantKind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Supplier => Self::Supplier,
            KindArg::Partner => Self::Partner,
            KindArg::Operator => Self::Operator,
        }
    }
}

/// The address of a server, which may hold a password: shown without it, and blank when it was given blank.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// The whole address, password included; `None` when it was given blank, as composed environments do.
    pub fn get(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|url| !url.is_empty())
    }
}

impl FromStr for Url {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.0.split_once("://"), self.0.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => write!(f, "{scheme}://***@{host}"),
            _ => f.write_str(&self.0),
        }
    }
}

/// The origin of a page as browsers send it: scheme, host and perhaps a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl Origin {
    /// As it stands in the header.
    pub fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let complaint = || format!("`{text}` is no origin such as https://app.example or http://localhost:3000");
        let text = text.trim();
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or_else(complaint)?;
        // Browsers send lower case and no path; a wildcard would let every page in.
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(plain) {
            return Err(complaint());
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| complaint())
    }
}

/// A value that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Reads `90s`, `30m`, `24h` or `7d`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let complaint = || format!("`{text}` is no time such as 90s, 30m, 24h or 7d");
    let unit = text.chars().next_back().ok_or_else(complaint)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(complaint()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| complaint())?;
    // Ten years: longer is a mistake, and must not overflow a date.
    number
        .checked_mul(seconds)
        .filter(|seconds| (1..=315_360_000).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(complaint)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_token_is_asked_for_as_the_tools_do() {
        let scope = "inventory:read reservations:write";
        let cli = Cli::try_parse_from([
            "lodgate",
            "token",
            "--tenant",
            "harbour",
            "--scope",
            scope,
            "--plan",
            "unmetered",
            "--ttl",
            "24h",
            "--create",
            "supplier",
        ]);
        let Command::Token(token) = cli.unwrap().command else { panic!("not a token") };
        assert_eq!(token.ttl, Duration::from_secs(86_400));
        assert_eq!(token.scope.unwrap().to_string(), scope);
        assert_eq!(token.plan, Some(Plan::Unmetered));
        assert_eq!(token.create, Some(KindArg::Supplier));
    }

    #[test]
    fn times_have_a_unit_and_a_bound() {
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("7d"), Ok(Duration::from_secs(604_800)));
        for bad in ["", "h", "0s", "10", "1w", "-1h", "99999999999999999999d", "9999d", "1é"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        let origin: Origin = "https://app.example:8443".parse().unwrap();
        assert_eq!(origin.header(), "https://app.example:8443");
        for bad in ["*", "", "app.example", "https://", "https://app.example/", "https://*.example", "ftp://a"] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_logged_url_hides_its_password() {
        let url: Url = "postgres://me:hunter2@db:5432/lodgate".parse().unwrap();
        assert_eq!(format!("{url:?}"), "postgres://***@db:5432/lodgate");
        assert_eq!(" ".parse::<Url>().unwrap().get(), None);
    }
}
