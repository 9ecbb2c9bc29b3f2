//! Other programs: how they are started, waited for and stopped.

use std::{
    fs::{self, File},
    io,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// The result of every command; the message is printed as it is.
pub type Outcome<T> = Result<T, String>;

/// Time between two looks at a running program.
const POLL: Duration = Duration::from_millis(50);
/// Lines of a log that are printed when its program fails.
const TAIL: usize = 30;

/// Runs a program and returns its standard output.
pub fn capture(command: &mut Command) -> Outcome<String> {
    let line = command_line(command);
    let output =
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().map_err(|error| cannot_start(&line, &error))?;
    require_success(&line, output.status)?;
    String::from_utf8(output.stdout).map_err(|_| format!("the output of `{line}` is not UTF-8"))
}

/// Runs a short query such as `--version`. `None` if the program is missing or fails.
pub fn query(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a program with its output in `log`; the end of the log is part of the error if the program fails.
///
/// A program that takes longer than `limit` is killed: behind a firewall that drops packets, a download never ends.
pub fn run_logged(command: &mut Command, log: &Path, limit: Duration, stop: &AtomicBool) -> Outcome<()> {
    let line = command_line(command);
    if let Some(folder) = log.parent() {
        create_folder(folder)?;
    }
    let cannot_write = |error| format!("cannot write {}: {error}", log.display());
    let file = File::create(log).map_err(cannot_write)?;
    let errors = file.try_clone().map_err(cannot_write)?;
    let child = command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn();
    let mut child = child.map_err(|error| cannot_start(&line, &error))?;
    wait(&mut child, &line, Some(limit), stop).map_err(|message| format!("{message}\n{}", tail(log)))
}

/// Waits until the program ends, or kills it when `limit` has passed or `stop` is set.
pub fn wait(child: &mut Child, line: &str, limit: Option<Duration>, stop: &AtomicBool) -> Outcome<()> {
    let start = Instant::now();
    loop {
        let status = child.try_wait().map_err(|error| format!("cannot wait for `{line}`: {error}"))?;
        if let Some(status) = status {
            return require_success(line, status);
        }
        let is_late = limit.is_some_and(|limit| start.elapsed() > limit);
        let is_stopped = stop.load(Ordering::Relaxed);
        if is_late || is_stopped {
            // Both calls fail only if the program has just ended by itself.
            let _ = child.kill();
            let _ = child.wait();
            let seconds = start.elapsed().as_secs();
            return Err(if is_stopped {
                format!("stopped `{line}`: a step beside it failed")
            } else {
                format!("`{line}` took longer than {seconds} s")
            });
        }
        thread::sleep(POLL);
    }
}

/// A command as it is typed in a shell.
pub fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// The error of a program that cannot be started.
pub fn cannot_start(line: &str, error: &io::Error) -> String {
    format!("cannot start `{line}`: {error}")
}

/// Makes a folder and those above it; an existing folder is no error.
pub fn create_folder(folder: &Path) -> Outcome<()> {
    fs::create_dir_all(folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))
}

fn require_success(line: &str, status: ExitStatus) -> Outcome<()> {
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})")) }
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let end = lines[lines.len().saturating_sub(TAIL)..].join("\n");
    format!("{end}\n(full log: {})", log.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> Child {
        Command::new("sleep").arg("600").spawn().expect("every Unix has sleep")
    }

    #[test]
    fn a_program_that_takes_too_long_is_killed() {
        let limit = Some(Duration::from_millis(10));
        let outcome = wait(&mut sleeper(), "sleep 600", limit, &AtomicBool::new(false));
        assert_eq!(outcome, Err("`sleep 600` took longer than 0 s".to_owned()));
    }

    #[test]
    fn a_program_is_killed_when_its_run_stops() {
        let outcome = wait(&mut sleeper(), "sleep 600", None, &AtomicBool::new(true));
        assert_eq!(outcome, Err("stopped `sleep 600`: a step beside it failed".to_owned()));
    }
}
