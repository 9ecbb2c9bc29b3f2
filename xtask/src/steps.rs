//! What the terminal shows while something long runs.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use crate::process::Outcome;

/// Runs one quiet piece of work behind a line `  · name … 12 s`.
///
/// The name is printed before the work starts, so that a long silence has an owner.
pub fn piece<T>(name: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    print!("  · {name} … ");
    // A terminal that went away is no reason to stop an installation.
    let _ = io::stdout().flush();
    let start = Instant::now();
    let outcome = work();
    println!("{}{}", if outcome.is_ok() { "" } else { "failed after " }, seconds(start.elapsed()));
    outcome
}

/// Numbered steps whose output streams through, with a table of their times at the end.
pub struct Steps {
    total: usize,
    done: Vec<(String, Duration)>,
}

impl Steps {
    /// Announces a run of `total` steps.
    pub fn of(total: usize) -> Self {
        Self { total, done: Vec::with_capacity(total) }
    }

    /// Runs the next step; the first failure prints the table too, so that a slow run explains itself.
    pub fn step(&mut self, name: &str, work: impl FnOnce() -> Outcome<()>) -> Outcome<()> {
        println!("\n[{}/{}] {name}", self.done.len() + 1, self.total);
        let start = Instant::now();
        let outcome = work();
        self.done.push((name.to_owned(), start.elapsed()));
        if outcome.is_err() {
            self.table("failed in the last of these steps");
        }
        outcome
    }

    /// Prints the table of a run that went through.
    pub fn finish(&self) {
        self.table("all steps passed");
    }

    fn table(&self, verdict: &str) {
        println!("\n{verdict}");
        for (name, time) in &self.done {
            println!("  {:>8}  {name}", seconds(*time));
        }
        println!("  {:>8}  in all", seconds(self.done.iter().map(|(_, time)| *time).sum()));
    }
}

/// `0.4 s` below ten seconds, whole seconds above: nobody reads the tenths of a minute.
fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_times_keep_a_decimal() {
        assert_eq!(seconds(Duration::from_millis(440)), "0.4 s");
        assert_eq!(seconds(Duration::from_millis(118_400)), "118 s");
    }
}
