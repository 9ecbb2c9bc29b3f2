//! Lodgate with its demo hotels, from the sources.

use std::{path::Path, process::Command};

use crate::{
    graphiql, portal,
    process::{self, Outcome},
    toolchain,
};

/// Builds the pages and the gateway, then becomes the gateway.
pub fn run(root: &Path, arguments: &[String]) -> Outcome<()> {
    let tools = toolchain::for_portal()?;
    portal::build(root, &tools)?;
    // A gateway without the page is still a gateway.
    if toolchain::has_npm() {
        graphiql::build(root)?;
    } else {
        println!("GraphiQL is left out: there is no npm here to bundle it");
    }
    process::stream(Command::new("cargo").current_dir(root).args([
        "build",
        "--release",
        "--package",
        "lodgate-gateway",
    ]))?;

    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
    let mut gateway = Command::new(target.join("release").join(format!("lodgate{}", std::env::consts::EXE_SUFFIX)));
    gateway.current_dir(root).args(["serve", "--demo"]).args(arguments);
    if std::env::var_os("PORTAL_DIR").is_none() {
        gateway.env("PORTAL_DIR", root.join(portal::DIST));
    }
    if std::env::var_os("GRAPHIQL_DIR").is_none() {
        gateway.env("GRAPHIQL_DIR", root.join(graphiql::DIST));
    }
    hand_over(&mut gateway)
}

/// On Unix the gateway takes this process's place, so that Ctrl-C and SIGTERM reach it and its exit code is ours.
#[cfg(unix)]
fn hand_over(gateway: &mut Command) -> Outcome<()> {
    use std::os::unix::process::CommandExt as _;
    println!("$ {}", process::spelled(gateway));
    let error = gateway.exec();
    Err(format!("cannot start `{}`: {error}", process::spelled(gateway)))
}

#[cfg(not(unix))]
fn hand_over(gateway: &mut Command) -> Outcome<()> {
    process::stream(gateway)
}
