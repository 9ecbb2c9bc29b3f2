//! The workspace's chores behind one command: `cargo xtask <command>`.
//!
//! Standard library only, so that the first `cargo xtask` of a fresh clone compiles in a second and needs no network.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a terminal program that owns its environment and measures its own steps"
)]

mod bench;
mod graphiql;
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

const HELP: &str = "\
Lodgate's chores.

Usage: cargo xtask <command> [-- arguments]

Commands:
  run [-- ARGS]     build the portal, GraphiQL and the gateway (release) and serve the demo hotels.
                    ARGS go to `lodgate serve --demo`; see `cargo run -- serve --help`
  test [-- FILTER]  everything a change is judged by: formatting, lints, builds, all tests.
                    FILTER picks tests by name
  portal            build the portal into portal/dist, unless nothing it is made of has changed
  graphiql          bundle GraphiQL into graphiql/dist, unless nothing it is made of has changed
  bench portal      measure the portal in a browser: first paint, keys to paint, cells, sizes
  bench limits      measure what a tenant notices of one beside it that asks for far more than its plan
  screens           picture every screen of the portal into docs/screens
  schema            write the gateway's GraphQL schema to portal/schema.graphql
  toolchain         install what is missing for `test`, then stop
  help              this text

Environment:
  LODGATE_TOOLS   where the portal's build tools live (default: ~/.cache/lodgate/tools)
  DATABASE_URL, REDIS_URL, LISTEN_ADDR, DATA_DIR, …   `run` hands these on to the gateway

`run` and `test` look for what they need and install only what is missing, which takes a few minutes the first time
and about a second afterwards: the wasm target, trunk, wasm-bindgen and wasm-opt, and for `test` also Redis,
PostgreSQL's programs and Chromium. Tests start their own servers; nothing that is running already is touched.
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
    // `bench` is followed by what to measure.
    let (subject, own) = match own.split_first() {
        Some((subject, others)) if command == "bench" => (subject.as_str(), others),
        _ => ("", own),
    };
    if let Some(stray) = own.first() {
        return Err(format!("`{stray}` is not understood here; arguments to pass on come after `--`"));
    }
    if !passed_on.is_empty() && !matches!(command, "run" | "test") {
        return Err(format!("`cargo xtask {command}` passes no arguments on"));
    }
    let root = workspace_root()?;
    match command {
        "run" => run::run(&root, passed_on),
        "test" => test::test(&root, passed_on),
        "portal" => {
            let tools = toolchain::for_portal()?;
            portal::build(&root, &tools)
        }
        "graphiql" => graphiql::build(&root),
        "bench" => match subject {
            "portal" => bench::portal(&root),
            "limits" => bench::limits(&root),
            _ => Err("say what to measure: `cargo xtask bench portal` or `cargo xtask bench limits`".to_owned()),
        },
        "screens" => bench::screens(&root),
        "schema" => schema::write(&root),
        "toolchain" => toolchain::for_tests().map(|_| println!("the toolchain is complete")),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        unknown => Err(format!("there is no command `{unknown}`; `cargo xtask --help` lists them")),
    }
}

/// The checkout this program was compiled from, so that the command works from any folder below it.
fn workspace_root() -> Outcome<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .ok_or_else(|| "xtask has to lie inside the workspace".to_owned())
}
