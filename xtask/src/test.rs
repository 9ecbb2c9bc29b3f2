//! Everything a change is judged by, in the order that finds cheap mistakes first.

use std::{path::Path, process::Command};

use crate::{
    graphiql, portal,
    process::{self, Outcome},
    steps::Steps,
    toolchain,
};

/// Runs all checks and stops at the first that fails. `filter` reaches the test runner as it is.
pub fn test(root: &Path, filter: &[String]) -> Outcome<()> {
    let mut steps = Steps::of(7);
    let mut tools = None;
    steps.step("toolchain", || {
        tools = Some(toolchain::for_tests()?);
        Ok(())
    })?;
    let tools = tools.ok_or("the toolchain step ended without its tools")?;

    steps.step("formatting", || cargo(root, &["fmt", "--all", "--check"]))?;
    steps.step("lints", || cargo(root, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    steps.step("portal and GraphiQL", || {
        portal::build(root, &tools)?;
        portal::weigh(root)?;
        graphiql::build(root)
    })?;
    // Built with the tests, by one cargo call: apart, the gateway's dependencies would be compiled twice, since the
    // tests' own dependencies switch on other features of them.
    steps.step("gateway and tests", || cargo(root, &["build", HOST[0], HOST[1], HOST[2], "--bins", "--tests"]))?;
    steps.step("tests", || {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        let mut command = Command::new("cargo");
        command.current_dir(root).arg("test").args(HOST);
        command.env("LODGATE_BIN", target.join("debug").join(format!("lodgate{}", std::env::consts::EXE_SUFFIX)));
        command.env("PORTAL_DIR", root.join(portal::DIST)).env("GRAPHIQL_DIR", root.join(graphiql::DIST));
        command.env("NODE_MODULES", tools.node_modules());
        process::stream(filtered(&mut command, filter))
    })?;
    steps.step("portal's tests", || {
        let mut command = Command::new("cargo");
        command.current_dir(root).args(["test", "--package", "lodgate-portal"]);
        process::stream(filtered(&mut command, filter))
    })?;
    steps.finish();
    Ok(())
}

/// The portal is left out where the gateway is built: its crates must not colour the gateway's features.
const HOST: [&str; 3] = ["--workspace", "--exclude", "lodgate-portal"];

fn cargo(root: &Path, arguments: &[&str]) -> Outcome<()> {
    process::stream(Command::new("cargo").current_dir(root).args(arguments))
}

fn filtered<'a>(command: &'a mut Command, filter: &[String]) -> &'a mut Command {
    if filter.is_empty() { command } else { command.arg("--").args(filter) }
}
