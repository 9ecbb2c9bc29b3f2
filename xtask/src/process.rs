//! Starting other programs: streamed through, captured, or quiet with a log.

use std::{
    fs::{self, File},
    io,
    path::Path,
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// What every chore returns; the message is shown to the user as it is.
pub type Outcome<T> = Result<T, String>;

/// How often a program with a time limit is looked at.
const POLL: Duration = Duration::from_millis(100);
/// Lines of a quiet program's log shown when it fails.
const TAIL: usize = 30;

/// Runs a program with its output streamed to the terminal.
pub fn stream(command: &mut Command) -> Outcome<()> {
    let line = spelled(command);
    println!("$ {line}");
    let status = command.status().map_err(|error| cannot_start(&line, &error))?;
    require_success(&line, status)
}

/// Runs a program and returns what it prints on its standard output.
pub fn capture(command: &mut Command) -> Outcome<String> {
    let line = spelled(command);
    let output =
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().map_err(|error| cannot_start(&line, &error))?;
    require_success(&line, output.status)?;
    String::from_utf8(output.stdout).map_err(|_| format!("`{line}` printed something that is not UTF-8"))
}

/// Asks a program something harmless, as its version; `None` when it is missing or says no.
pub fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a program without a word and keeps its output in `log`, whose end is shown if it fails.
///
/// A program that takes longer than `limit` is killed: a download behind a firewall that swallows packets would
/// otherwise hang the whole command.
pub fn quiet(command: &mut Command, log: &Path, limit: Duration) -> Outcome<()> {
    let line = spelled(command);
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    }
    let file = File::create(log).map_err(|error| format!("cannot write {}: {error}", log.display()))?;
    let errors = file.try_clone().map_err(|error| format!("cannot write {}: {error}", log.display()))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(errors)
        .spawn()
        .map_err(|error| cannot_start(&line, &error))?;
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                return require_success(&line, status).map_err(|message| format!("{message}\n{}", tail(log)));
            }
            Ok(None) if start.elapsed() > limit => {
                // It may have ended by itself in between; either way it has to be reaped.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("`{line}` took longer than {} s\n{}", limit.as_secs(), tail(log)));
            }
            Ok(None) => thread::sleep(POLL),
            Err(error) => return Err(format!("lost sight of `{line}`: {error}")),
        }
    }
}

/// A command as one could type it.
pub fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn require_success(line: &str, status: ExitStatus) -> Outcome<()> {
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})")) }
}

fn cannot_start(line: &str, error: &io::Error) -> String {
    format!("cannot start `{line}`: {error}")
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines[lines.len().saturating_sub(TAIL)..].join("\n");
    format!("{shown}\n(all of it: {})", log.display())
}
