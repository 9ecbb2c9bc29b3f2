//! Measurements that print figures and never fail on them: the machine decides the figures.

use std::{path::Path, process::Command};

use crate::{
    portal,
    process::{self, Outcome},
    toolchain,
};

/// Measures the release portal at a release gateway, in the browser.
pub fn portal(root: &Path) -> Outcome<()> {
    let tools = toolchain::for_tests()?;
    portal::build(root, &tools)?;
    process::stream(Command::new("cargo").current_dir(root).args([
        "build",
        "--release",
        "--package",
        "lodgate-gateway",
    ]))?;
    by_hand(root, "portal_bench", "release", &[])
}

/// Pictures of every screen, into `docs/screens`.
pub fn screens(root: &Path) -> Outcome<()> {
    let tools = toolchain::for_tests()?;
    portal::build(root, &tools)?;
    process::stream(Command::new("cargo").current_dir(root).args(["build", "--package", "lodgate-gateway"]))?;
    by_hand(root, "portal_screens", "debug", &[("LODGATE_SCREENS", "docs/screens")])
}

/// Runs the ignored tests of one file of `e2e`, against the gateway of that profile.
fn by_hand(root: &Path, test: &str, profile: &str, environment: &[(&str, &str)]) -> Outcome<()> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root).args(["test", "--quiet", "--package", "lodgate-e2e", "--test", test, "--"]);
    cargo.args(["--ignored", "--nocapture", "--test-threads=1"]).envs(environment.iter().copied());
    cargo.env("LODGATE_BIN", target.join(profile).join(format!("lodgate{}", std::env::consts::EXE_SUFFIX)));
    cargo.env("PORTAL_DIR", root.join(portal::DIST));
    process::stream(&mut cargo)
}
