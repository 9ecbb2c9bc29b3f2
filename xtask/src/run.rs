//! The gateway with the demo hotels, built from the sources.

use std::{path::Path, process::Command};

use crate::{
    gateway, graphiql, portal,
    process::{self, Outcome},
    steps::Step,
    toolchain,
};

/// Builds the pages and the gateway, then replaces this process by the gateway.
pub fn run(step: &mut Step, root: &Path, arguments: &[String]) -> Outcome<()> {
    let tools = toolchain::for_portal(step)?;
    portal::build(step, root, &tools)?;
    // GraphiQL is optional: the gateway runs without it.
    if toolchain::has_npm() {
        graphiql::build(step, root)?;
    } else {
        step.print("GraphiQL is left out, because npm is not installed");
    }
    let mut gateway = Command::new(gateway::build_release(step, root)?);
    gateway.current_dir(root).args(["serve", "--demo"]).args(arguments);
    for (variable, folder) in [("PORTAL_DIR", portal::DIST), ("GRAPHIQL_DIR", graphiql::DIST)] {
        if std::env::var_os(variable).is_none() {
            gateway.env(variable, root.join(folder));
        }
    }
    replace_process(step, &mut gateway)
}

/// The gateway takes over the process id, so that Ctrl-C and SIGTERM reach it and its exit code is returned.
#[cfg(unix)]
fn replace_process(step: &mut Step, gateway: &mut Command) -> Outcome<()> {
    use std::os::unix::process::CommandExt as _;
    let line = process::command_line(gateway);
    step.print(&format!("$ {line}"));
    let error = gateway.exec();
    Err(process::cannot_start(&line, &error))
}

#[cfg(not(unix))]
fn replace_process(step: &mut Step, gateway: &mut Command) -> Outcome<()> {
    step.run(gateway)
}
