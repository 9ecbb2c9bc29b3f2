//! The schema the portal's queries are checked against.

use std::{fs, path::Path, process::Command};

use crate::process::{self, Outcome};

/// Writes the gateway's SDL to `portal/schema.graphql`, whole or not at all: an editor or a portal build that looks
/// at that moment must never see half a file.
pub fn write(root: &Path) -> Outcome<()> {
    let sdl = process::capture(Command::new("cargo").current_dir(root).args([
        "run",
        "--quiet",
        "--package",
        "lodgate-gateway",
        "--",
        "schema",
    ]))?;
    if !sdl.contains("type Query") && !sdl.contains("schema") {
        return Err("`lodgate schema` printed no schema".to_owned());
    }
    let path = root.join("portal/schema.graphql");
    if fs::read_to_string(&path).is_ok_and(|present| present == sdl) {
        println!("portal/schema.graphql is up to date");
        return Ok(());
    }
    let draft = path.with_extension("graphql.new");
    fs::write(&draft, sdl).map_err(|error| format!("cannot write {}: {error}", draft.display()))?;
    fs::rename(&draft, &path).map_err(|error| format!("cannot replace {}: {error}", path.display()))?;
    println!("portal/schema.graphql written");
    Ok(())
}
