//! The development commands of the workspace: `cargo xtask <command>`.
//!
//! Only the standard library is used, so that the first `cargo xtask` in a new clone compiles in a second and needs no
//! network.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a command-line program that reads its environment and measures its steps"
)]

mod bench;
mod dependencies;
mod files;
mod gateway;
mod graphiql;
mod options;
mod portal;
mod process;
mod run;
mod schema;
mod steps;
mod sysroot;
mod test;
mod toolchain;

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use process::Outcome;
use steps::Step;

const HELP: &str = "\
The development commands of Lodgate.

Usage: cargo xtask <command> [-- arguments]

Commands:
  run [-- ARGS]     build the portal, GraphiQL and the optimised gateway, then serve the demo hotels.
                    ARGS are passed on to `lodgate serve --demo`; see `cargo run -- serve --help`
  test [-- FILTER]  run all checks of a change: formatting, dependencies, lints, builds and tests, then print
                    their times. FILTER selects tests by name
  portal            build the portal into portal/dist if its sources changed
  graphiql          bundle GraphiQL into graphiql/dist if its sources changed
  bench portal      measure the portal in a browser: first paint, input to paint, cells, sizes
  bench limits      measure response times of one tenant while another sends more than its plan allows
  screens           take screenshots of all pages into docs/screens
  schema            write the gateway's GraphQL schema to portal/schema.graphql
  toolchain         install what `test` needs and this machine lacks
  help              print this text

Environment:
  LODGATE_TOOLS     folder of the installed tools (default: ~/.cache/lodgate/tools)
  DATABASE_URL, REDIS_URL, LISTEN_ADDR, …
                    options of the gateway that `run` starts; .env.example lists all of them

`run` and `test` install what is missing: the wasm target, trunk, wasm-bindgen and wasm-opt; `test` also installs Redis,
PostgreSQL, Chromium, cargo-deny and npm packages. This takes some minutes on a new machine and about a second after
that. The tests start private servers and do not use those that are already running.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nerror: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Outcome<()> {
    let (command, rest) = arguments.split_first().map_or(("help", &[][..]), |(first, rest)| (first.as_str(), rest));
    let (own, passed_on) = match rest.iter().position(|argument| argument == "--") {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, &[][..]),
    };
    if own.iter().any(|argument| argument == "--help" || argument == "-h") {
        print!("{HELP}");
        return Ok(());
    }
    let (benchmark, own) = match own.split_first() {
        Some((first, others)) if command == "bench" => (first.as_str(), others),
        _ => ("", own),
    };
    if let Some(unknown) = own.first() {
        return Err(format!("unknown argument `{unknown}`; arguments to pass on follow `--`"));
    }
    if !passed_on.is_empty() && !matches!(command, "run" | "test") {
        return Err(format!("`cargo xtask {command}` passes no arguments on"));
    }
    let root = workspace_root()?;
    let mut step = Step::on_terminal();
    match command {
        "run" => run::run(&mut step, &root, passed_on),
        "test" => test::test(&root, passed_on),
        "portal" => {
            let tools = toolchain::for_portal(&mut step)?;
            portal::build(&mut step, &root, &tools)
        }
        "graphiql" => graphiql::build(&mut step, &root),
        "bench" => match benchmark {
            "portal" => bench::portal(&mut step, &root),
            "limits" => bench::limits(&mut step, &root),
            _ => Err("name a benchmark: `cargo xtask bench portal` or `cargo xtask bench limits`".to_owned()),
        },
        "screens" => bench::screens(&mut step, &root),
        "schema" => schema::write(&mut step, &root),
        "toolchain" => {
            toolchain::for_tests(&mut step)?;
            step.print("all tools are installed");
            Ok(())
        }
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        unknown => Err(format!("unknown command `{unknown}`; `cargo xtask help` lists the commands")),
    }
}

/// The checkout that this program was compiled from, so that the command works in all its folders.
fn workspace_root() -> Outcome<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .ok_or_else(|| "xtask is not in a workspace".to_owned())
}
