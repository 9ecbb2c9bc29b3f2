//! Private PostgreSQL servers.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tokio::{sync::OnceCell, task::spawn_blocking};

use crate::{
    TIMEOUT, private_servers,
    process::{self, Signal},
};

/// Increase it when the options of `initdb` below change, so that older templates are not used.
const TEMPLATE_FORMAT: u32 = 1;

static SHARED: OnceCell<Postgres> = OnceCell::const_new();

/// The server that all tests of this process share, without synced writes; it starts on first use. No test stops it.
pub async fn postgres() -> &'static Postgres {
    SHARED.get_or_init(|| Postgres::start(Durability::OfProcess)).await
}

/// The kind of crash that committed transactions survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Durability {
    /// The end of the server process: writes are not synced to the disk, which is several times faster.
    OfProcess,
    /// Also the end of the operating system, as in production.
    OfSystem,
}

/// A private PostgreSQL on loopback, without passwords.
///
/// It ends with this process, by immediate shutdown, also when this process is killed.
#[derive(Debug)]
pub struct Postgres {
    folder: PathBuf,
    port: u16,
    durability: Durability,
    server: Mutex<Option<Child>>,
    next_database: AtomicU32,
}

impl Postgres {
    /// Starts a server with durable writes that only the caller uses, and may stop, kill and freeze.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    pub async fn start_own() -> Self {
        Self::start(Durability::OfSystem).await
    }

    async fn start(durability: Durability) -> Self {
        let server = blocking(move || Self::launch(durability)).await;
        server.unwrap_or_else(|error| panic!("no private PostgreSQL: {error:#}"))
    }

    /// Creates an empty database and returns its URL.
    pub async fn database(&self) -> String {
        let number = self.next_database.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        self.execute("postgres", &format!("CREATE DATABASE {name}"))
            .await
            .unwrap_or_else(|error| panic!("cannot create a database: {error:#}"));
        self.url(&name)
    }

    /// The URL of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs one statement and returns the output of `psql` (unaligned, without a header).
    pub async fn execute(&self, database: &str, statement: &str) -> Result<String> {
        let (url, statement) = (self.url(database), statement.to_owned());
        blocking(move || {
            let mut psql = Command::new(process::require("psql")?);
            psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
            process::output(psql.args(["--command", &statement, &url])).map(|text| text.trim_end().to_owned())
        })
        .await
    }

    /// The port on 127.0.0.1; the same after a restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of the postmaster; `None` while stopped.
    pub fn pid(&self) -> Option<u32> {
        self.lock().as_ref().map(Child::id)
    }

    /// Shuts down in order: disconnects clients, writes a checkpoint.
    pub fn stop(&self) {
        self.end(Signal::Int);
    }

    /// Kills the server and all its backends at once, as a power cut does.
    pub fn kill(&self) {
        let Some(postmaster) = self.pid() else { return };
        // Frozen first, so that it starts no further backend between listing and killing.
        process::send(postmaster, Signal::Stop);
        let backends = process::children(postmaster);
        process::send(postmaster, Signal::Kill);
        backends.into_iter().for_each(|backend| process::send(backend, Signal::Kill));
        self.end(Signal::Kill);
    }

    /// Starts the stopped or killed server again, on its data and its port, and waits until it accepts connections.
    ///
    /// A running server is stopped in order first.
    pub async fn restart(&self) {
        self.stop();
        let (folder, port, durability) = (self.folder.clone(), self.port, self.durability);
        let server = blocking(move || start(&folder, port, durability)).await;
        *self.lock() = Some(server.unwrap_or_else(|error| panic!("PostgreSQL did not come back: {error:#}")));
    }

    /// Freezes the server and all its backends: connections stay open without any response.
    pub fn pause(&self) {
        let Some(postmaster) = self.pid() else { return };
        process::send(postmaster, Signal::Stop);
        process::children(postmaster).into_iter().for_each(|backend| process::send(backend, Signal::Stop));
    }

    /// Ends a [`pause`](Self::pause).
    pub fn resume(&self) {
        let Some(postmaster) = self.pid() else { return };
        process::children(postmaster).into_iter().for_each(|backend| process::send(backend, Signal::Cont));
        process::send(postmaster, Signal::Cont);
    }

    /// The last 40 lines of the server's log.
    pub fn log_tail(&self) -> String {
        process::tail(&self.folder.join("log"), 40)
    }

    fn launch(durability: Durability) -> Result<Self> {
        let folder = private_servers::new_folder("pg");
        let template = template()?;
        process::output(Command::new("cp").arg("-R").arg(&template).arg(folder.join("data")))?;
        if private_servers::is_root() {
            process::output(Command::new("chown").args(["-R", private_servers::UNPRIVILEGED]).arg(&folder))?;
        }
        process::output(Command::new("chmod").arg("0700").arg(folder.join("data")))?;
        let mut attempts = 0;
        loop {
            let port = private_servers::free_port();
            match start(&folder, port, durability) {
                Ok(server) => {
                    let (server, next_database) = (Mutex::new(Some(server)), AtomicU32::new(0));
                    return Ok(Self { folder, port, durability, server, next_database });
                }
                // Another process took the port in between.
                Err(_) if attempts < 3 => attempts += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn end(&self, signal: Signal) {
        let Some(mut server) = self.lock().take() else { return };
        process::send(server.id(), signal);
        if !process::wait_for_end(&mut server, Duration::from_secs(20)) {
            process::send(server.id(), Signal::Quit);
            // A frozen process receives its signals only after it is resumed.
            process::send(server.id(), Signal::Cont);
            if !process::wait_for_end(&mut server, Duration::from_secs(10)) {
                process::send(server.id(), Signal::Kill);
                process::wait_for_end(&mut server, Duration::from_secs(10));
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.resume();
        self.end(Signal::Quit);
        private_servers::remove(&self.folder);
    }
}

/// A cluster made by `initdb`, once for each version of PostgreSQL; servers start on copies of it.
fn template() -> Result<PathBuf> {
    let initdb = process::require("initdb")?;
    let version = process::output(Command::new(&initdb).arg("--version"))?;
    let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let version = version.split_whitespace().find(is_number).context("initdb has no version")?;
    let cache = private_servers::cache_root();
    std::fs::create_dir_all(&cache)?;
    let template = cache.join(format!("postgres-{version}-{TEMPLATE_FORMAT}"));

    let lock = File::create(cache.join("postgres.lock"))?;
    lock.lock().context("cannot lock the cluster template")?;
    if template.is_dir() {
        return Ok(template);
    }
    // As root, initdb must write as the unprivileged account, which may not enter the build's folders.
    let folder = private_servers::new_folder("initdb");
    if private_servers::is_root() {
        process::output(Command::new("chown").arg(private_servers::UNPRIVILEGED).arg(&folder))?;
    }
    let made = folder.join("data");
    let mut command = unprivileged(&initdb, None)?;
    command.current_dir(&folder);
    command.args([
        "--auth=trust",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--no-instructions",
    ]);
    process::output(command.arg("--pgdata").arg(&made))?;
    // Copied under another name first, so that a template is always complete.
    let partial = cache.join(format!("postgres-{version}-{TEMPLATE_FORMAT}.partial"));
    private_servers::remove(&partial);
    process::output(Command::new("cp").arg("-R").arg(&made).arg(&partial))?;
    std::fs::rename(&partial, &template)?;
    private_servers::remove(&folder);
    Ok(template)
}

/// Starts the server and waits until it accepts connections. After a kill, the last processes of the old server may
/// take a moment to release the data, so the start is repeated.
fn start(folder: &Path, port: u16, durability: Durability) -> Result<Child> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match try_start(folder, port, durability) {
            Err(_) if Instant::now() < deadline && process::tail(&folder.join("log"), 5).contains("still in use") => {
                thread::sleep(Duration::from_millis(100));
            }
            outcome => return outcome,
        }
    }
}

fn try_start(folder: &Path, port: u16, durability: Durability) -> Result<Child> {
    let data = folder.join("data");
    let log = File::options().create(true).append(true).open(folder.join("log"))?;
    // KILL would leave its shared memory behind; QUIT ends it at once and in order.
    let mut command = unprivileged(&process::require("postgres")?, Some(Signal::Quit))?;
    command.arg("-D").arg(&data).current_dir(folder);
    let sync = if durability == Durability::OfSystem { "on" } else { "off" };
    for setting in [
        format!("port={port}"),
        "listen_addresses=127.0.0.1".into(),
        format!("unix_socket_directories={}", folder.display()),
        "max_connections=300".into(),
        "shared_buffers=256MB".into(),
        format!("fsync={sync}"),
        format!("full_page_writes={sync}"),
        // In the data folder instead of /dev/shm, where a killed server would leave it forever.
        "dynamic_shared_memory_type=mmap".into(),
        "max_wal_size=4GB".into(),
        "log_line_prefix=%m [%p] ".into(),
    ] {
        command.arg("-c").arg(setting);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let mut server = process::spawn(command).context("cannot start postgres")?;

    let deadline = Instant::now() + TIMEOUT;
    while Instant::now() < deadline {
        if let Ok(Some(status)) = server.try_wait() {
            bail!("postgres ended ({status}):\n{}", process::tail(&folder.join("log"), 20));
        }
        if is_ready(&data, server.id()) {
            return Ok(server);
        }
        thread::sleep(Duration::from_millis(10));
    }
    process::send(server.id(), Signal::Quit);
    process::wait_for_end(&mut server, Duration::from_secs(10));
    bail!("postgres was not ready within {TIMEOUT:?}:\n{}", process::tail(&folder.join("log"), 20))
}

/// True when the server accepts connections: the eighth line of the pid file, if the first line has its process id.
/// `pg_ctl` does the same.
fn is_ready(data: &Path, pid: u32) -> bool {
    let file = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let mut lines = file.lines();
    lines.next().is_some_and(|line| line.trim() == pid.to_string())
        && lines.nth(6).is_some_and(|line| line.trim() == "ready")
}

/// The command as an account that PostgreSQL accepts, with an optional signal for the end of this process.
fn unprivileged(program: &Path, death_signal: Option<Signal>) -> Result<Command> {
    let dies_with_parent = death_signal.map(|signal| process::dies_with_parent(program, signal));
    if !private_servers::is_root() {
        return Ok(dies_with_parent.unwrap_or_else(|| Command::new(program)));
    }
    // The outer setpriv changes the account, which clears the death signal; the inner one sets it afterwards.
    let mut command = Command::new(process::require("setpriv")?);
    command.args([
        "--reuid",
        private_servers::UNPRIVILEGED,
        "--regid",
        private_servers::UNPRIVILEGED,
        "--clear-groups",
    ]);
    match dies_with_parent {
        Some(inner) => command.arg(inner.get_program()).args(inner.get_args()),
        None => command.arg(program),
    };
    Ok(command)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    spawn_blocking(work).await?
}
