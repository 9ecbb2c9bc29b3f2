//! Measurements that print figures and never fail on them: the machine decides the figures.

use std::{path::Path, process::Command};

use crate::{
    graphiql, portal,
    process::{self, Outcome},
    toolchain::{self, Tools},
};

/// Options of a test that measures.
const MEASURE: [&str; 3] = ["--ignored", "--nocapture", "--test-threads=1"];

/// Measures the release portal at a release gateway, in the browser.
pub fn portal(root: &Path) -> Outcome<()> {
    let tools = toolchain::for_tests()?;
    portal::build(root, &tools)?;
    release_gateway(root)?;
    one_test(root, "portal_bench", "release", &MEASURE, &tools, &[])
}

/// Measures what a tenant notices of one beside it that asks for far more than its plan.
pub fn limits(root: &Path) -> Outcome<()> {
    let tools = toolchain::for_tests()?;
    release_gateway(root)?;
    one_test(root, "limits_bench", "release", &MEASURE, &tools, &[])
}

/// Pictures of every screen, into `docs/screens`: the tests that visit them all take them on their way.
pub fn screens(root: &Path) -> Outcome<()> {
    let tools = toolchain::for_tests()?;
    portal::build(root, &tools)?;
    graphiql::build(root)?;
    process::stream(Command::new("cargo").current_dir(root).args(["build", "--package", "lodgate-gateway"]))?;
    for test in ["portal_everywhere", "explorer"] {
        one_test(root, test, "debug", &[], &tools, &[("LODGATE_SCREENS", "docs/screens")])?;
    }
    Ok(())
}

fn release_gateway(root: &Path) -> Outcome<()> {
    let build = ["build", "--release", "--package", "lodgate-gateway"];
    process::stream(Command::new("cargo").current_dir(root).args(build))
}

/// Runs one file of the end-to-end tests, against the gateway of that profile.
fn one_test(
    root: &Path,
    name: &str,
    profile: &str,
    options: &[&str],
    tools: &Tools,
    environment: &[(&str, &str)],
) -> Outcome<()> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root).args(["test", "--quiet", "--package", "lodgate-e2e", "--test", name, "--"]);
    cargo.args(options).envs(environment.iter().copied());
    cargo.env("LODGATE_BIN", target.join(profile).join(format!("lodgate{}", std::env::consts::EXE_SUFFIX)));
    cargo.env("PORTAL_DIR", root.join(portal::DIST)).env("GRAPHIQL_DIR", root.join(graphiql::DIST));
    cargo.env("NODE_MODULES", tools.node_modules());
    process::stream(&mut cargo)
}
