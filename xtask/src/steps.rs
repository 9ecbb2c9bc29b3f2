//! The steps of a command: their output, their times, and steps that run side by side.

use std::{
    env,
    fs::File,
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::process::{self, Outcome};

/// Parts that took less are left out of the table of times.
const SHOWN: Duration = Duration::from_secs(3);
/// Time between two looks at the output of a step that runs beside others.
const POLL: Duration = Duration::from_millis(100);
/// A step on its own has no step beside it that can fail.
static NEVER: AtomicBool = AtomicBool::new(false);

/// A step at work: it prints, runs programs and records the times of its parts.
pub struct Step<'run> {
    output: Output,
    parts: Vec<Part>,
    stop: &'run AtomicBool,
}

enum Output {
    Terminal,
    File(File),
}

/// A part of a step, for the table of times.
struct Part {
    name: String,
    time: Duration,
}

impl Step<'static> {
    /// A step that prints to the terminal.
    pub fn on_terminal() -> Self {
        Self { output: Output::Terminal, parts: Vec::new(), stop: &NEVER }
    }
}

impl Step<'_> {
    /// Prints a line.
    pub fn print(&mut self, line: &str) {
        self.write(&format!("{line}\n"));
    }

    /// Runs a silent piece of work behind a line such as `  · trunk 0.21.14 … 115 s`.
    ///
    /// The name is printed before the work starts, so that a long silence is explained.
    pub fn part<T>(&mut self, name: &str, work: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.write(&format!("  · {name} … "));
        let start = Instant::now();
        let outcome = work(self);
        let time = start.elapsed();
        self.print(&format!("{}{}", if outcome.is_ok() { "" } else { "failed after " }, seconds(time)));
        self.parts.push(Part { name: name.to_owned(), time });
        outcome
    }

    /// Runs a program; its output becomes part of the step's output.
    pub fn run(&mut self, command: &mut Command) -> Outcome<()> {
        let line = process::command_line(command);
        self.print(&format!("$ {line}"));
        if let Output::File(file) = &self.output {
            let cannot_write = |error| format!("cannot write the output of `{line}`: {error}");
            command.stdin(Stdio::null());
            command.stdout(file.try_clone().map_err(cannot_write)?).stderr(file.try_clone().map_err(cannot_write)?);
            // The file is copied to the terminal, which cargo cannot know.
            if io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none() {
                command.env("CARGO_TERM_COLOR", "always");
            }
        }
        let start = Instant::now();
        let mut child = command.spawn().map_err(|error| process::cannot_start(&line, &error))?;
        let outcome = process::wait(&mut child, &line, None, self.stop);
        self.parts.push(Part { name: line, time: start.elapsed() });
        outcome
    }

    /// Runs a program with its output in a log of its own; see [`process::run_logged`].
    pub fn run_logged(&self, command: &mut Command, log: &Path, limit: Duration) -> Outcome<()> {
        process::run_logged(command, log, limit, self.stop)
    }

    /// Lost output is no reason to stop the work.
    fn write(&mut self, text: &str) {
        let _ = match &mut self.output {
            Output::Terminal => io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()),
            Output::File(file) => file.write_all(text.as_bytes()),
        };
    }
}

/// The work of a step that runs beside others.
pub type Work<'a> = Box<dyn FnOnce(&mut Step) -> Outcome<()> + Send + 'a>;

/// A numbered sequence of steps. A table of their times follows the last step, or the step that fails.
pub struct Steps {
    total: usize,
    start: Instant,
    logs: PathBuf,
    done: Vec<Done>,
}

/// A step that ended, as the table of times shows it.
struct Done {
    name: &'static str,
    time: Duration,
    parts: Vec<Part>,
    is_beside: bool,
    failed: bool,
}

impl Steps {
    /// A sequence of `total` steps. Steps that run side by side write their output to files in `logs`.
    pub fn new(total: usize, logs: &Path) -> Self {
        Self { total, start: Instant::now(), logs: logs.to_path_buf(), done: Vec::with_capacity(total) }
    }

    /// Runs the next step; its output goes to the terminal.
    pub fn step(&mut self, name: &'static str, work: impl FnOnce(&mut Step) -> Outcome<()>) -> Outcome<()> {
        self.print_heading(0, name);
        let mut step = Step::on_terminal();
        let start = Instant::now();
        let outcome = work(&mut step);
        let failed = outcome.is_err();
        self.done.push(Done { name, time: start.elapsed(), parts: step.parts, is_beside: false, failed });
        if failed {
            self.print_times();
        }
        outcome
    }

    /// Runs the next steps at the same time and prints their outputs one after the other.
    ///
    /// The first failure stops the others: their programs are killed.
    pub fn side_by_side<const N: usize>(&mut self, steps: [(&'static str, Work<'_>); N]) -> Outcome<()> {
        process::create_folder(&self.logs)?;
        let stop = AtomicBool::new(false);
        let failure = OnceLock::new();
        let done = thread::scope(|scope| {
            let mut running = Vec::with_capacity(N);
            for (at, (name, work)) in steps.into_iter().enumerate() {
                let log = self.logs.join(format!("step-{}.log", self.done.len() + at + 1));
                let cannot_open = |error| format!("cannot open {}: {error}", log.display());
                let file = File::create(&log).map_err(cannot_open)?;
                let reader = File::open(&log).map_err(cannot_open)?;
                let (stop, failure) = (&stop, &failure);
                let thread = scope.spawn(move || {
                    let mut step = Step { output: Output::File(file), parts: Vec::new(), stop };
                    let start = Instant::now();
                    let outcome = work(&mut step);
                    let failed = outcome.is_err();
                    if let Err(message) = outcome {
                        step.print(&format!("failed: {message}"));
                        // The first failure is the cause; the failures of steps that it stops come later.
                        let _ = failure.set(message);
                        stop.store(true, Ordering::Relaxed);
                    }
                    Done { name, time: start.elapsed(), parts: step.parts, is_beside: at > 0, failed }
                });
                running.push((name, reader, thread));
            }
            let mut done = Vec::with_capacity(N);
            for (at, (name, mut reader, thread)) in running.into_iter().enumerate() {
                self.print_heading(at, name);
                while !thread.is_finished() {
                    copy_to_terminal(&mut reader);
                    thread::sleep(POLL);
                }
                copy_to_terminal(&mut reader);
                done.push(thread.join().map_err(|_| format!("the step `{name}` panicked"))?);
            }
            Ok::<_, String>(done)
        })?;
        self.done.extend(done);
        match failure.into_inner() {
            None => Ok(()),
            Some(message) => {
                self.print_times();
                Err(message)
            }
        }
    }

    /// Prints the times of a run without failures.
    pub fn finish(&self) {
        self.print_times();
        println!("\nAll checks passed.");
    }

    fn print_heading(&self, ahead: usize, name: &str) {
        println!("\n[{}/{}] {name}", self.done.len() + ahead + 1, self.total);
    }

    fn print_times(&self) {
        println!("\nTimes:");
        for line in table(&self.done, self.start.elapsed()) {
            println!("{line}");
        }
    }
}

/// The times of all steps, and of the parts of a step where one of several took long.
fn table(done: &[Done], total: Duration) -> Vec<String> {
    let mut lines = Vec::new();
    for step in done {
        let beside = if step.is_beside { ", at the same time" } else { "" };
        let failed = if step.failed { " (failed)" } else { "" };
        lines.push(format!("  {:>8}  {}{beside}{failed}", seconds(step.time), step.name));
        if step.parts.len() > 1 {
            let long = step.parts.iter().filter(|part| part.time >= SHOWN);
            lines.extend(long.map(|part| format!("            {:>8}  {}", seconds(part.time), part.name)));
        }
    }
    lines.push(format!("  {:>8}  in all", seconds(total)));
    lines
}

fn copy_to_terminal(reader: &mut File) {
    let mut text = Vec::new();
    // Output that cannot be shown is still in its file.
    let _ =
        reader.read_to_end(&mut text).and_then(|_| io::stdout().write_all(&text)).and_then(|()| io::stdout().flush());
}

/// `0.4 s` below ten seconds, whole seconds from there.
fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, seconds: u64) -> Part {
        Part { name: name.to_owned(), time: Duration::from_secs(seconds) }
    }

    fn logs(name: &str) -> PathBuf {
        env::temp_dir().join(format!("lodgate-xtask-{}-{name}", std::process::id()))
    }

    #[test]
    fn short_times_keep_a_decimal() {
        assert_eq!(seconds(Duration::from_millis(440)), "0.4 s");
        assert_eq!(seconds(Duration::from_millis(118_400)), "118 s");
    }

    #[test]
    fn the_table_names_long_parts_and_the_step_that_failed() {
        let done = [
            Done {
                name: "lints",
                time: Duration::from_secs(90),
                parts: vec![part("cargo build", 90)],
                is_beside: false,
                failed: false,
            },
            Done {
                name: "portal",
                time: Duration::from_secs(60),
                parts: vec![part("trunk build", 58), part("brotli", 2)],
                is_beside: true,
                failed: true,
            },
        ];
        let expected = [
            "      90 s  lints",
            "      60 s  portal, at the same time (failed)",
            "                58 s  trunk build",
            "      91 s  in all",
        ];
        assert_eq!(table(&done, Duration::from_secs(91)), expected);
    }

    #[test]
    fn the_first_failure_stops_the_step_beside_it() {
        let logs = logs("failure");
        let mut steps = Steps::new(2, &logs);
        let outcome = steps.side_by_side([
            ("long", Box::new(|step: &mut Step| step.run(Command::new("sleep").arg("600")))),
            ("wrong", Box::new(|_: &mut Step| Err("a mistake".to_owned()))),
        ]);
        assert_eq!(outcome, Err("a mistake".to_owned()));
        assert!(steps.done.iter().all(|step| step.failed));
        let long = std::fs::read_to_string(logs.join("step-1.log")).expect("the step wrote its log");
        assert_eq!(long, "$ sleep 600\nfailed: stopped `sleep 600`: a step beside it failed\n");
        std::fs::remove_dir_all(logs).expect("the logs can be removed");
    }

    #[test]
    fn the_output_of_a_program_is_kept_in_the_log_of_its_step() {
        let logs = logs("output");
        let mut steps = Steps::new(1, &logs);
        let outcome = steps.side_by_side([(
            "echo",
            Box::new(|step: &mut Step| {
                step.run(Command::new("echo").arg("hello"))?;
                step.part("nothing", |_| Ok(()))
            }),
        )]);
        assert_eq!(outcome, Ok(()));
        let text = std::fs::read_to_string(logs.join("step-1.log")).expect("the step wrote its log");
        assert_eq!(text, "$ echo hello\nhello\n  · nothing … 0.0 s\n");
        std::fs::remove_dir_all(logs).expect("the logs can be removed");
    }
}
