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
/// them built; the tools folder keeps them for the next run. A build of the portal without trunk would save two minutes
/// on a new machine, and would have to be kept equal to trunk's in minified styles, file names and nonces.
///
/// All tests run under `cargo test`. cargo-nextest runs each test in a process of its own, so that each would start its
/// own PostgreSQL, Redis and demo gateway, which tests of one process share.
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
        // Most tests wait for browsers and timers, so twice as many as cores run at once.
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        command.env("RUST_TEST_THREADS", (cores * 2).to_string());
        step.run(&mut command)
    })?;
    steps.finish();
    Ok(())
}

/// Cargo with clippy as the compiler of the workspace's crates: they are linted while they are built, and their
/// dependencies are compiled once. `cargo clippy` would compile the dependencies a second time.
///
/// clippy-driver is rustc with lints. It leaves MIR optimisations out, so unoptimised code is a little slower than
/// rustc's and does the same.
fn linting_cargo(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root).env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env("CLIPPY_ARGS", CLIPPY_ARGS);
    command
}

/// Every warning is an error. The arguments are separated as `cargo clippy` separates them.
const CLIPPY_ARGS: &str = "-Dwarnings__CLIPPY_HACKERY__";

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use super::*;

    /// The names of these variables are an agreement between cargo and clippy: a new version may change them.
    #[test]
    fn a_warning_of_clippy_fails_the_build() {
        let folder = env::temp_dir().join(format!("lodgate-xtask-{}-lints", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder can be created");
        let source = folder.join("planted.rs");
        fs::write(&source, "pub fn blank(text: &str) -> bool { text.len() == 0 }").expect("the file can be written");

        let cargo = linting_cargo(&folder);
        let wrapper =
            cargo.get_envs().find(|(name, _)| *name == "RUSTC_WORKSPACE_WRAPPER").and_then(|(_, value)| value);
        let mut compiler = Command::new(wrapper.expect("cargo is given a compiler"));
        compiler.args(["rustc", "--crate-type", "lib", "--emit", "metadata", "--out-dir"]).arg(&folder).arg(&source);
        compiler.envs(cargo.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = compiler.output().expect("clippy-driver is installed");

        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains("clippy::len_zero"), "{errors}");
        fs::remove_dir_all(folder).expect("the folder can be removed");
    }
}
