//! `lodgate schema`: the GraphQL schema as text.

use std::io::Write;

use anyhow::Context;

use crate::graphql;

/// Prints the schema on standard output, the same bytes as `/schema.graphql`.
///
/// # Errors
/// When standard output is closed.
pub fn run() -> anyhow::Result<()> {
    std::io::stdout().write_all(graphql::sdl().as_bytes()).context("cannot print the schema")
}
