//! Child processes that die with us, and signals by process id.

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

/// A signal as `kill` spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Die now, without a chance to clean up.
    Kill,
    /// Stop in order.
    Term,
    /// Postgres: fast shutdown (disconnect clients, then checkpoint).
    Int,
    /// Postgres: immediate shutdown (no checkpoint; recovery at the next start).
    Quit,
    /// Freeze.
    Stop,
    /// Thaw.
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

/// Sends `signal` to one process. A process that is already gone is no error.
pub fn send(pid: u32, signal: Signal) {
    // `unsafe` is forbidden, so no kill(2) of our own; the command costs a millisecond.
    let _ = Command::new("kill")
        .args(["-s", signal.name(), "--", &pid.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// Whether a process of this id lives.
pub fn is_alive(pid: u32) -> bool {
    Command::new("kill")
        .args(["-0", &pid.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The direct children of a process (empty where the kernel doesn't list them).
pub fn children(pid: u32) -> Vec<u32> {
    // The kernel lists them by the thread that made them.
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>()).collect()
}

/// Processor time that a process has used (`None` where the kernel doesn't tell).
pub fn processor_time(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Behind the name, which may hold anything, from the third field on; in hundredths of a second on every Linux.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks()? + ticks()?) * 10))
}

/// The program of that name: on `PATH`, or in the newest PostgreSQL's own folder, which Debian keeps off `PATH`.
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

/// As [`find`], with an error that says what to install.
pub fn require(program: &str) -> Result<PathBuf> {
    find(program).with_context(|| format!("`{program}` is neither on PATH nor under /usr/lib/postgresql; install it"))
}

/// A command that gets `signal` when we die, however we die (where `setpriv` exists; elsewhere a plain command).
///
/// Spawn it with [`spawn`]: the kernel ties the promise to the spawning *thread*.
pub fn dies_with_parent(program: &Path, signal: Signal) -> Command {
    let Some(setpriv) = find("setpriv") else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", signal.name()]).arg(program);
    command
}

type Job = Box<dyn FnOnce() + Send>;

/// The one thread that parents every server. It never ends, so the death signal means the death of the process and
/// not of whichever test thread happened to start the server first.
static SPAWNER: LazyLock<Sender<Job>> = LazyLock::new(|| {
    let (jobs, queue) = mpsc::channel::<Job>();
    thread::Builder::new()
        .name("nursery".into())
        .spawn(move || queue.into_iter().for_each(|job| job()))
        .expect("a thread to parent the servers");
    jobs
});

/// Spawns the command from the thread that lives as long as this process.
pub fn spawn(mut command: Command) -> io::Result<Child> {
    let (answer, spawned) = mpsc::channel();
    let job: Job = Box::new(move || {
        let _ = answer.send(command.spawn());
    });
    SPAWNER.send(job).map_err(|_| io::Error::other("the nursery thread is gone"))?;
    spawned.recv().map_err(|_| io::Error::other("the nursery thread is gone"))?
}

/// Waits for the child to end, at most `within`; `false` when it still runs.
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

/// Runs a command to its end and gives what it printed; an error quotes what it complained of.
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
