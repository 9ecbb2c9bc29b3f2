//! Scripts for Node: the audits and clients that others wrote, run against the gateway.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

/// Where the packages from npm lie, by `NODE_MODULES`.
///
/// # Errors
/// When it is not set.
pub fn modules() -> Result<PathBuf> {
    std::env::var_os("NODE_MODULES").map(PathBuf::from).context(
        "the packages from npm are not here: `cargo xtask test` installs them and names them to the tests; for one \
         test by hand run `cargo xtask toolchain` and set NODE_MODULES to node_modules in its folder of tools",
    )
}

/// Runs a module (`import` works, the packages of [`modules`] are found) in a folder of its own and gives back what it
/// prints.
///
/// # Errors
/// When it exits with a failure or takes longer than `limit`; all that it printed is in the error.
pub async fn run(folder: &Path, script: &str, arguments: &[&str], limit: Duration) -> Result<String> {
    std::fs::write(folder.join("script.mjs"), script)?;
    let link = folder.join("node_modules");
    if !link.exists() {
        std::os::unix::fs::symlink(modules()?, &link)?;
    }
    let mut command = Command::new("node");
    command.current_dir(folder).arg("--preserve-symlinks").arg("script.mjs").args(arguments);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(limit, command.output()).await.context("the script took too long")?;
    let output = output.context("cannot run node")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the script failed ({}):\n{said}\n{complained}", output.status);
    Ok(said)
}
