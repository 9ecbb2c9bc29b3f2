//! Benchmarks and screenshots, which are end-to-end tests run one at a time. They print figures and never fail on them.

use std::{path::Path, process::Command};

use crate::{
    gateway, graphiql, portal,
    process::Outcome,
    steps::Step,
    toolchain::{self, Tools},
};

/// Measures the portal in a browser, against an optimised gateway.
pub fn portal(step: &mut Step, root: &Path) -> Outcome<()> {
    let tools = toolchain::for_tests(step)?;
    portal::build(step, root, &tools)?;
    let gateway = gateway::build_release(step, root)?;
    step.run(&mut benchmark(root, "bench::portal::", &gateway, &tools))
}

/// Measures response times of one tenant while another sends far more than its plan allows.
pub fn limits(step: &mut Step, root: &Path) -> Outcome<()> {
    let tools = toolchain::for_tests(step)?;
    let gateway = gateway::build_release(step, root)?;
    step.run(&mut benchmark(root, "bench::limits::", &gateway, &tools))
}

/// Takes screenshots of all pages into `docs/screens`, in the tests that visit them.
pub fn screens(step: &mut Step, root: &Path) -> Outcome<()> {
    let tools = toolchain::for_tests(step)?;
    portal::build(step, root, &tools)?;
    graphiql::build(step, root)?;
    step.run(Command::new("cargo").current_dir(root).args(["build", "--package", "lodgate-gateway"]))?;
    let mut tests = end_to_end(root, &gateway::program(root, "debug"), &tools);
    tests.args(["portal_accessibility::", "graphiql::"]).env("LODGATE_SCREENS", "docs/screens");
    step.run(&mut tests)
}

fn benchmark(root: &Path, filter: &str, gateway: &Path, tools: &Tools) -> Command {
    let mut command = end_to_end(root, gateway, tools);
    command.args([filter, "--ignored", "--nocapture", "--test-threads=1"]);
    command
}

/// The end-to-end tests; the arguments of the test program follow.
fn end_to_end(root: &Path, gateway: &Path, tools: &Tools) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(["test", "--quiet", "--package", "lodgate-e2e", "--test", "e2e", "--"]);
    gateway::set_test_environment(&mut command, root, gateway, tools);
    command
}
