//! All checks of a change. Cheap checks come first; the rest is ordered so that both cores of a small machine work.

use std::{path::Path, process::Command, sync::Mutex};

use crate::{
    dependencies, gateway, graphiql, options, portal,
    process::Outcome,
    steps::{Step, Steps},
    toolchain,
};

/// Runs all checks and stops at the first that fails. `filter` is passed on to the test programs.
///
/// The host's crates and the portal's wasm share nothing, so they are built side by side: each alone leaves a core idle
/// while it links or optimises. trunk and wasm-bindgen are compiled from their sources, because no package registry has
/// them built; they are part of the second step and cost nothing where the tools folder has them already.
pub fn test(root: &Path, filter: &[String]) -> Outcome<()> {
    let mut steps = Steps::new(5, &root.join("target/xtask"));
    steps.step("formatting", |step| {
        step.run(Command::new("cargo").current_dir(root).args(["fmt", "--all", "--check"]))
    })?;
    steps.step("dependencies", |step| dependencies::check(step, root))?;

    let tools = Mutex::new(None);
    let host = |step: &mut Step| {
        step.run(linting_cargo(root).args(["test", "--workspace", "--all-targets", "--no-run"]))?;
        options::check(root, &gateway::program(root, "debug"))?;
        step.run(linting_cargo(root).args(["test", "--workspace", "--lib", "--bins", "--"]).args(filter))
    };
    let pages = |step: &mut Step| {
        let installed = toolchain::for_tests(step)?;
        portal::build(step, root, &installed)?;
        portal::check_size(step, root)?;
        graphiql::build(step, root)?;
        *tools.lock().map_err(|_| "the tools are not known")? = Some(installed);
        Ok(())
    };
    steps.side_by_side([
        ("lints, builds and unit tests", Box::new(host)),
        ("toolchain, portal and GraphiQL", Box::new(pages)),
    ])?;

    let tools = tools.into_inner().ok().flatten().ok_or("the step of the toolchain ended without its tools")?;
    steps.step("end-to-end tests", |step| {
        let mut command = linting_cargo(root);
        command.args(["test", "--workspace", "--test", "*", "--"]).args(filter);
        gateway::set_test_environment(&mut command, root, &gateway::program(root, "debug"), &tools);
        step.run(&mut command)
    })?;
    steps.finish();
    Ok(())
}

/// Cargo with clippy as the compiler of the workspace's crates: they are linted while they are built, and their
/// dependencies are compiled once. `cargo clippy` would compile the dependencies a second time.
fn linting_cargo(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root).env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env("CLIPPY_ARGS", CLIPPY_ARGS);
    command
}

/// Every warning is an error. The arguments are separated as `cargo clippy` separates them.
const CLIPPY_ARGS: &str = "-Dwarnings__CLIPPY_HACKERY__";
