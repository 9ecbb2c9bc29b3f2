//! `lodgate audit`: compares every count with its reservations and the journal.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::Context;

use crate::config::Tool;
use crate::database::Database;
use crate::journal::audit::{self, Report};

/// Maximum number of findings printed.
const LISTED: usize = 20;

/// Prints the checks and findings. Returns whether there are no findings.
///
/// # Errors
/// When the database cannot be read.
pub async fn run(options: &Tool) -> anyhow::Result<bool> {
    let database = Database::open(&options.database).await.context("cannot open the database")?;
    let pending = lodgate_migrations::pending(&database.read).await.context("cannot read the database")?;
    anyhow::ensure!(pending.is_empty(), "the database has an older schema: run `lodgate migrate` first");
    let report = audit::audit(&database.read).await.context("the audit could not read the whole database")?;
    std::io::stdout().write_all(describe(&report).as_bytes()).context("cannot print the findings")?;
    Ok(report.findings() == 0)
}

fn describe(report: &Report) -> String {
    let mut text = String::new();
    let rows = [
        ("properties", report.properties),
        ("nights", report.nights),
        ("draws", report.draws),
        ("events", report.events),
    ];
    for (name, count) in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<11}{count:>12}");
    }
    let _ = writeln!(text, "drift: {}", report.findings());
    let journals = report
        .broken_journals
        .iter()
        .map(|property| format!("property {property}: its journal has a gap or does not end at its head"));
    let drifts = report.drift.iter().map(|(property, drift)| format!("property {property}: {drift:?}"));
    for finding in journals.chain(drifts).take(LISTED) {
        let _ = writeln!(text, "  {finding}");
    }
    if report.findings() > LISTED {
        let _ = writeln!(text, "  and {} more", report.findings() - LISTED);
    }
    text
}

#[cfg(test)]
mod tests {
    use lodgate_entities::ids::PropertyId;

    use super::*;

    #[test]
    fn the_drift_is_a_line_of_its_own() {
        let sound = Report { properties: 4, nights: 12_410, ..Report::default() };
        let text = describe(&sound);
        assert!(text.lines().any(|line| line == "drift: 0"), "{text}");
        assert!(text.starts_with("properties            4\n"), "{text}");

        let broken = Report { broken_journals: (1..=25).map(PropertyId).collect(), ..Report::default() };
        let text = describe(&broken);
        assert!(text.contains("drift: 25\n") && text.ends_with("  and 5 more\n"), "{text}");
    }
}
