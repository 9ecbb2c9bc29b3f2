//! Node.js scripts: audits and clients of other projects, run against the gateway.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

/// The folder of the npm packages, from `NODE_MODULES`.
///
/// # Errors
/// When the variable is not set.
pub fn modules() -> Result<PathBuf> {
    std::env::var_os("NODE_MODULES").map(PathBuf::from).context(
        "the npm packages are missing: `cargo xtask test` installs them and sets NODE_MODULES; for a single \
         test run `cargo xtask toolchain` and set NODE_MODULES to node_modules in its tools folder",
    )
}

/// Runs a module in `folder` and returns its output. `import` works and finds the packages of [`modules`].
///
/// # Errors
/// When it fails or takes longer than `limit`; the error has all of its output.
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
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the script failed ({}):\n{stdout}\n{stderr}", output.status);
    Ok(stdout)
}
