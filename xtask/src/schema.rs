//! The schema file, which the portal's queries are checked against.

use std::{fs, path::Path, process::Command};

use crate::{
    process::{self, Outcome},
    steps::Step,
};

/// Writes the gateway's schema to `portal/schema.graphql`. The file is replaced in one step, so that an editor or a
/// build never reads half of it.
pub fn write(step: &mut Step, root: &Path) -> Outcome<()> {
    let cargo = ["run", "--quiet", "--package", "lodgate-gateway", "--", "schema"];
    let sdl = process::capture(Command::new("cargo").current_dir(root).args(cargo))?;
    if !sdl.contains("type Query") && !sdl.contains("schema") {
        return Err("`lodgate schema` printed no schema".to_owned());
    }
    let path = root.join("portal/schema.graphql");
    if fs::read_to_string(&path).is_ok_and(|present| present == sdl) {
        step.print("portal/schema.graphql is up to date");
        return Ok(());
    }
    let draft = path.with_extension("graphql.new");
    fs::write(&draft, sdl).map_err(|error| format!("cannot write {}: {error}", draft.display()))?;
    fs::rename(&draft, &path).map_err(|error| format!("cannot replace {}: {error}", path.display()))?;
    step.print("portal/schema.graphql is written");
    Ok(())
}
