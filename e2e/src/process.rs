//! Child processes that end with this process, and signals by process id.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        LazyLock,
        mpsc::{self, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// A signal, as `kill` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// End at once.
    Kill,
    /// Stop in order.
    Term,
    /// PostgreSQL: fast shutdown (disconnect clients, then checkpoint).
    Int,
    /// PostgreSQL: immediate shutdown (no checkpoint; recovery at the next start).
    Quit,
    /// Freeze.
    Stop,
    /// Resume.
    Cont,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Kill => "KILL",
            Self::Term => "TERM",
            Self::Int => "INT",
            Self::Quit => "QUIT",
            Self::Stop => "STOP",
            Self::Cont => "CONT",
        }
    }
}

/// Sends `signal` to one process. A process that is gone is not an error.
pub fn send(pid: u32, signal: Signal) {
    // `unsafe` is forbidden, so kill(2) is not available; the command takes about a millisecond.
    let _ = Command::new("kill")
        .args(["-s", signal.name(), "--", &pid.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// True when a process with this id exists.
pub fn is_alive(pid: u32) -> bool {
    Command::new("kill")
        .args(["-0", &pid.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The direct children of a process; empty where the kernel does not list them.
pub fn children(pid: u32) -> Vec<u32> {
    // The kernel lists the children by the thread that started them.
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>()).collect()
}

/// The processor time of a process; `None` where the kernel does not report it.
pub fn processor_time(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The fields after the name, which may contain anything; the times are in hundredths of a second on every Linux.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks()? + ticks()?) * 10))
}

/// The program of this name: on `PATH`, or in the folder of the newest PostgreSQL, which Debian does not put on `PATH`.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file());
    on_path.or_else(|| {
        let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
            .ok()?
            .flatten()
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
            .collect();
        versions.sort();
        versions.into_iter().rev().map(|(_, dir)| dir.join("bin").join(program)).find(|file| file.is_file())
    })
}

/// As [`find`], with an error that names the package to install.
pub fn require(program: &str) -> Result<PathBuf> {
    find(program).with_context(|| format!("`{program}` is missing on PATH and under /usr/lib/postgresql; install it"))
}

/// A command that gets `signal` when this process ends, for whatever reason; without `setpriv` a plain command.
///
/// Start it with [`spawn`]: the kernel ties the signal to the *thread* that starts the child.
pub fn dies_with_parent(program: &Path, signal: Signal) -> Command {
    let Some(setpriv) = find("setpriv") else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", signal.name()]).arg(program);
    command
}

type Job = Box<dyn FnOnce() + Send>;

/// The thread that starts every server. It never ends, so the death signal comes at the end of the process and not at
/// the end of a test thread.
static SPAWNER: LazyLock<Sender<Job>> = LazyLock::new(|| {
    let (jobs, queue) = mpsc::channel::<Job>();
    thread::Builder::new()
        .name("server-parent".into())
        .spawn(move || queue.into_iter().for_each(|job| job()))
        .expect("the system starts a thread");
    jobs
});

/// Starts the command from the thread that lives as long as this process.
pub fn spawn(mut command: Command) -> io::Result<Child> {
    let (answer, spawned) = mpsc::channel();
    let job: Job = Box::new(move || {
        let _ = answer.send(command.spawn());
    });
    SPAWNER.send(job).map_err(|_| io::Error::other("the thread that starts servers is gone"))?;
    spawned.recv().map_err(|_| io::Error::other("the thread that starts servers is gone"))?
}

/// Waits at most `within` for the child to end; `false` when it still runs.
pub fn wait_for_end(child: &mut Child, within: Duration) -> bool {
    let deadline = Instant::now() + within;
    loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
            Ok(None) => return false,
            Ok(Some(_)) | Err(_) => return true,
        }
    }
}

/// Runs a command to its end and returns its output; an error quotes its output.
pub fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        bail!(
            "{name} failed ({}):\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The last `lines` lines of a log file, for error messages.
pub fn tail(file: &Path, lines: usize) -> String {
    let text = std::fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
