//! The gateway as a child process.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Stdio},
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tokio::task::spawn_blocking;

use crate::{
    TIMEOUT,
    cli_tokens::{AuditReport, Cli, TenantKind},
    client::Client,
    metrics::Metrics,
    private_servers,
    process::{self, Signal},
};

const STOPPED_WITHIN: Duration = Duration::from_secs(45);

/// The options of a gateway. Without a database URL it keeps its embedded database in its own folder.
#[derive(Clone, Debug, Default)]
pub struct GatewayBuilder {
    binary: Option<PathBuf>,
    data_dir: Option<PathBuf>,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
}

impl GatewayBuilder {
    /// A binary other than `LODGATE_BIN` or the one in cargo's target folder.
    #[must_use]
    pub fn binary(mut self, binary: impl Into<PathBuf>) -> Self {
        self.binary = Some(binary.into());
        self
    }

    /// The URL of the PostgreSQL database.
    #[must_use]
    pub fn database_url(self, url: &str) -> Self {
        self.env("DATABASE_URL", url)
    }

    /// The URL of the Redis server.
    #[must_use]
    pub fn redis_url(self, url: &str) -> Self {
        self.env("REDIS_URL", url)
    }

    /// The folder of the embedded database, kept after the gateway's end; by default a folder that is removed with the
    /// gateway.
    #[must_use]
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(folder.into());
        self
    }

    /// Any option, by its environment variable.
    #[must_use]
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.environment.push((key.to_owned(), value.to_owned()));
        self
    }

    /// An argument after `serve`.
    #[must_use]
    pub fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Starts the gateway and waits until it listens.
    ///
    /// # Panics
    /// With the end of its log, when it does not listen.
    pub async fn start(self) -> Gateway {
        self.try_start().await.unwrap_or_else(|error| panic!("no gateway: {error:#}"))
    }

    /// As [`start`](Self::start), for tests of a start that fails.
    ///
    /// # Errors
    /// With the end of its log, when it does not listen within [`TIMEOUT`].
    pub async fn try_start(self) -> Result<Gateway> {
        let binary = match &self.binary {
            Some(binary) => binary.clone(),
            None => find_binary()?,
        };
        spawn_blocking(move || Gateway::launch(self, &binary)).await?
    }
}

/// A running gateway on a loopback port. The process ends with this value, or with the test process.
///
/// All methods take `&self`, so that one task can kill it while others call it.
#[derive(Debug)]
pub struct Gateway {
    folder: PathBuf,
    binary: PathBuf,
    arguments: Vec<String>,
    cli: Cli,
    base_url: String,
    server: Mutex<Option<Child>>,
}

impl Gateway {
    /// The options of a new gateway.
    pub fn builder() -> GatewayBuilder {
        GatewayBuilder::default()
    }

    /// `http://127.0.0.1:port`; the same after a restart.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The process id; `None` while it is stopped or killed.
    pub fn pid(&self) -> Option<u32> {
        self.lock().as_ref().map(Child::id)
    }

    /// Kills it at once with KILL.
    pub fn kill(&self) {
        if let Some(mut server) = self.lock().take() {
            process::send(server.id(), Signal::Kill);
            process::wait_for_end(&mut server, STOPPED_WITHIN);
        }
    }

    /// Asks it to stop, and waits until it has closed its connections and ended. Returns its exit code; `None` when a
    /// signal ended it.
    ///
    /// # Errors
    /// When it still runs after 45 s; it is killed then.
    pub async fn terminate(&self) -> Result<Option<i32>> {
        let Some(mut server) = self.lock().take() else { return Ok(None) };
        spawn_blocking(move || {
            process::send(server.id(), Signal::Term);
            if process::wait_for_end(&mut server, STOPPED_WITHIN) {
                return Ok(server.wait()?.code());
            }
            process::send(server.id(), Signal::Kill);
            process::wait_for_end(&mut server, STOPPED_WITHIN);
            bail!("the gateway did not stop within {STOPPED_WITHIN:?}")
        })
        .await?
    }

    /// Freezes the process: connections stay open without any response.
    pub fn pause(&self) {
        if let Some(pid) = self.pid() {
            process::send(pid, Signal::Stop);
        }
    }

    /// Ends a [`pause`](Self::pause).
    pub fn resume(&self) {
        if let Some(pid) = self.pid() {
            process::send(pid, Signal::Cont);
        }
    }

    /// Starts it again on the same data and address; a running one is killed first.
    ///
    /// # Panics
    /// With the end of its log, when it does not start.
    pub async fn restart(&self) {
        self.kill();
        let address = self.base_url.trim_start_matches("http://").to_owned();
        let start = Start::new(self, address);
        let (server, base_url) = spawn_blocking(move || start.run())
            .await
            .map_err(Into::into)
            .and_then(|outcome| outcome)
            .unwrap_or_else(|error| panic!("the gateway did not start again: {error:#}"));
        assert_eq!(base_url, self.base_url, "the address stays the same");
        *self.lock() = Some(server);
    }

    /// A bearer token for a tenant; creates the tenant when it is missing.
    ///
    /// # Panics
    /// When the command line fails.
    pub async fn token(&self, tenant: &str, kind: TenantKind, scopes: &str, plan: &str) -> String {
        self.cli.token(tenant, kind, scopes, plan).await.unwrap_or_else(|error| panic!("no token: {error:#}"))
    }

    /// A client with all scopes of its kind and no limits.
    ///
    /// # Panics
    /// When the command line fails.
    pub async fn client(&self, tenant: &str, kind: TenantKind) -> Client {
        Client::new(&self.base_url, &self.token(tenant, kind, kind.scopes(), "unmetered").await)
    }

    /// The command line, on this gateway's database.
    pub fn cli(&self) -> &Cli {
        &self.cli
    }

    /// Audits the whole database.
    ///
    /// # Panics
    /// When the audit gives no result.
    pub async fn audit(&self) -> AuditReport {
        self.cli.audit().await.unwrap_or_else(|error| panic!("{error:#}"))
    }

    /// The current metrics.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn metrics(&self) -> Metrics {
        let text = self.get("/metrics").await.unwrap_or_else(|error| panic!("no metrics: {error:#}"));
        Metrics::parse(&text)
    }

    /// The body of a plain GET, such as `/readyz` or `/schema.graphql`.
    ///
    /// # Errors
    /// Without a response, or with a status that is not a success.
    pub async fn get(&self, path: &str) -> Result<String> {
        let answer =
            reqwest::Client::builder().no_proxy().build()?.get(format!("{}{path}", self.base_url)).send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    /// The last 40 lines of the log, over all restarts.
    pub fn log_tail(&self) -> String {
        process::tail(&self.folder.join("gateway.log"), 40)
    }

    fn launch(builder: GatewayBuilder, binary: &Path) -> Result<Self> {
        let folder = private_servers::new_folder("gateway");
        let data_dir = builder.data_dir.unwrap_or_else(|| folder.join("data"));
        std::fs::create_dir_all(&data_dir)?;
        let mut environment = vec![("DATA_DIR".to_owned(), data_dir.display().to_string())];
        environment.extend(builder.environment);
        let cli = Cli::new(binary, &environment);
        let gateway = Self {
            folder,
            binary: binary.to_owned(),
            arguments: builder.arguments,
            cli,
            base_url: String::new(),
            server: Mutex::new(None),
        };
        let (server, base_url) = Start::new(&gateway, "127.0.0.1:0".to_owned()).run()?;
        *gateway.lock() = Some(server);
        Ok(gateway.at(base_url))
    }

    fn at(mut self, base_url: String) -> Self {
        self.base_url = base_url;
        self
    }

    fn lock(&self) -> MutexGuard<'_, Option<Child>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            // The test failed, and the log is removed with the folder.
            #[expect(clippy::print_stderr, reason = "captured by the test harness and shown with the failure")]
            {
                eprintln!("the end of the gateway's log:\n{}", self.log_tail());
            }
        }
        private_servers::remove(&self.folder);
    }
}

/// The inputs of a start, apart from the gateway that other tasks may be using.
struct Start {
    binary: PathBuf,
    arguments: Vec<String>,
    cli: Cli,
    address: String,
    log: PathBuf,
}

impl Start {
    fn new(gateway: &Gateway, address: String) -> Self {
        Self {
            binary: gateway.binary.clone(),
            arguments: gateway.arguments.clone(),
            cli: gateway.cli.clone(),
            address,
            log: gateway.folder.join("gateway.log"),
        }
    }

    fn run(self) -> Result<(Child, String)> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let serve = self.cli.command("serve");
        let mut command = process::dies_with_parent(&self.binary, Signal::Kill);
        for (key, value) in serve.get_envs() {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        command.args(serve.get_args()).args(&self.arguments).env("LISTEN_ADDR", &self.address);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut server = process::spawn(command).with_context(|| format!("cannot start {}", self.binary.display()))?;
        match self.wait(&mut server) {
            Ok(base_url) => Ok((server, base_url)),
            Err(error) => {
                process::send(server.id(), Signal::Kill);
                process::wait_for_end(&mut server, STOPPED_WITHIN);
                Err(error.context(format!("its log ends:\n{}", process::tail(&self.log, 40))))
            }
        }
    }

    fn wait(&self, server: &mut Child) -> Result<String> {
        let lines = lines_of(server.stdout.take().context("its output is piped")?);
        let deadline = Instant::now() + TIMEOUT;
        loop {
            match lines.recv_timeout(Duration::from_millis(50)) {
                Ok(line) => {
                    if let Some(url) = line.trim().strip_prefix("listening on ") {
                        return Ok(url.to_owned());
                    }
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    ensure!(Instant::now() < deadline, "it did not listen within {TIMEOUT:?}");
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    process::wait_for_end(server, Duration::from_secs(1));
                    bail!("it ended ({:?}) before it listened", server.try_wait());
                }
            }
        }
    }
}

/// The lines of standard output. It is read to the end, because a full pipe would block the gateway.
fn lines_of(output: ChildStdout) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    lines
}

/// `LODGATE_BIN`, or the binary in the folder of this test: the same profile, so never a stale binary of another one.
fn find_binary() -> Result<PathBuf> {
    if let Some(binary) = std::env::var_os("LODGATE_BIN") {
        return Ok(binary.into());
    }
    let exe = std::env::current_exe()?;
    // A test is in target/debug/deps, a binary in target/debug.
    let profile =
        exe.ancestors().skip(1).find(|folder| !folder.ends_with("deps")).context("the test binary is in no folder")?;
    let binary = profile.join(format!("lodgate{}", std::env::consts::EXE_SUFFIX));
    ensure!(
        binary.is_file(),
        "{} is missing; `cargo build -p lodgate-gateway` builds it (with --release for a release test), \
         or set LODGATE_BIN",
        binary.display()
    );
    Ok(binary)
}
