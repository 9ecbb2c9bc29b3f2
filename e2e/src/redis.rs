//! Private Redis servers.

use std::{
    fs::File,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tokio::task::spawn_blocking;

use crate::{
    TIMEOUT, private_servers,
    process::{self, Signal},
};

/// A private Redis without persistence: it is empty after a restart. A start takes about 10 ms.
#[derive(Debug)]
pub struct Redis {
    folder: PathBuf,
    port: u16,
    server: Mutex<Option<Child>>,
}

impl Redis {
    /// Starts a server that only the caller uses, and may kill, freeze and empty.
    ///
    /// # Panics
    /// When Redis is not installed or does not start.
    pub async fn start_own() -> Self {
        let launched = spawn_blocking(Self::launch).await.map_err(Into::into).and_then(|outcome| outcome);
        launched.unwrap_or_else(|error| panic!("no private Redis: {error:#}"))
    }

    /// The URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1; the same after a restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id; `None` while killed.
    pub fn pid(&self) -> Option<u32> {
        self.lock().as_ref().map(Child::id)
    }

    /// Kills it at once; connections are reset and its data is lost.
    pub fn kill(&self) {
        if let Some(mut server) = self.lock().take() {
            process::send(server.id(), Signal::Kill);
            process::wait_for_end(&mut server, Duration::from_secs(10));
        }
    }

    /// Starts it again on its port, empty. A running one is killed first.
    pub async fn restart(&self) {
        self.kill();
        let (folder, port) = (self.folder.clone(), self.port);
        let server = spawn_blocking(move || start(&folder, port)).await.map_err(Into::into).and_then(|outcome| outcome);
        *self.lock() = Some(server.unwrap_or_else(|error| panic!("Redis did not start again: {error:#}")));
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

    /// Deletes everything in all databases; connections and subscriptions stay.
    ///
    /// # Panics
    /// When the server does not respond.
    pub fn flush(&self) {
        let reply = command(self.port, "FLUSHALL").unwrap_or_else(|error| panic!("cannot flush Redis: {error:#}"));
        assert!(reply.starts_with("+OK"), "Redis refused to flush: {reply}");
    }

    fn launch() -> Result<Self> {
        let folder = private_servers::new_folder("redis");
        let mut attempts = 0;
        loop {
            let port = private_servers::free_port();
            match start(&folder, port) {
                Ok(server) => {
                    return Ok(Self { folder, port, server: Mutex::new(Some(server)) });
                }
                // Another process took the port in between.
                Err(_) if attempts < 3 => attempts += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
        private_servers::remove(&self.folder);
    }
}

fn start(folder: &Path, port: u16) -> Result<Child> {
    let log = folder.join("log");
    let output = File::options().create(true).append(true).open(&log)?;
    let mut redis = process::dies_with_parent(&process::require("redis-server")?, Signal::Kill);
    redis.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
    redis.args(["--save", "", "--appendonly", "no", "--dir"]).arg(folder);
    redis.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    let mut server = process::spawn(redis).context("cannot start redis-server")?;

    let deadline = Instant::now() + TIMEOUT;
    while Instant::now() < deadline {
        if let Ok(Some(status)) = server.try_wait() {
            bail!("redis-server ended ({status}):\n{}", process::tail(&log, 10));
        }
        // The process id in the reply shows that this is the new server and not another one on the same port.
        let ours = format!("process_id:{}", server.id());
        if command(port, "INFO server").is_ok_and(|reply| reply.lines().any(|line| line == ours)) {
            return Ok(server);
        }
        thread::sleep(Duration::from_millis(5));
    }
    process::send(server.id(), Signal::Kill);
    process::wait_for_end(&mut server, Duration::from_secs(10));
    bail!("redis-server was not ready within {TIMEOUT:?}:\n{}", process::tail(&log, 10))
}

/// Sends one inline command; returns the reply, up to 64 KB.
fn command(port: u16, line: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(format!("{line}\r\nQUIT\r\n").as_bytes())?;
    let mut reply = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut reply)?;
    ensure!(!reply.is_empty(), "no reply");
    Ok(String::from_utf8_lossy(&reply).into_owned())
}
