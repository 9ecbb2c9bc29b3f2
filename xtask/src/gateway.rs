//! The gateway's program, and the environment of those who start it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{graphiql, portal, process::Outcome, steps::Step, toolchain::Tools};

/// Builds the optimised gateway and returns the path of its program.
pub fn build_release(step: &mut Step, root: &Path) -> Outcome<PathBuf> {
    step.run(Command::new("cargo").current_dir(root).args(["build", "--release", "--package", "lodgate-gateway"]))?;
    Ok(program(root, "release"))
}

/// The path of the program in a folder of cargo's target folder.
pub fn program(root: &Path, profile: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
    target.join(profile).join(format!("lodgate{}", std::env::consts::EXE_SUFFIX))
}

/// Sets the variables that tests read: the gateway to start, the built pages and the npm packages.
pub fn set_test_environment(command: &mut Command, root: &Path, program: &Path, tools: &Tools) {
    command.env("LODGATE_BIN", program).env("NODE_MODULES", tools.node_modules());
    command.env("PORTAL_DIR", root.join(portal::DIST)).env("GRAPHIQL_DIR", root.join(graphiql::DIST));
}
