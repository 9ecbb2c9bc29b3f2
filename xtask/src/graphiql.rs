//! GraphiQL, bundled by esbuild with what the gateway's callers need around it.

use std::{fs, path::Path, process::Command, time::Duration};

use crate::{
    portal::{files_below, fingerprint, precompress},
    process::{self, Outcome},
    steps,
};

/// Where the bundle lies, relative to the workspace.
pub const DIST: &str = "graphiql/dist";
/// What it is made of, relative to the workspace. The portal lends its letters and colours, and the examples must fit the
/// schema.
const INPUTS: [&str; 9] = [
    "graphiql/package.json",
    "graphiql/package-lock.json",
    "graphiql/.npmrc",
    "graphiql/build.mjs",
    "graphiql/index.html",
    "graphiql/style.css",
    "portal/fonts/inter-latin.woff2",
    "portal/style.css",
    "portal/schema.graphql",
];
/// A download that has not ended by then is not going to.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(600);
const BUNDLE_LIMIT: Duration = Duration::from_secs(120);

/// Bundles into [`DIST`], or does nothing if none of its inputs changed since the last time.
pub fn build(root: &Path) -> Outcome<()> {
    let stamp = root.join("target/graphiql.stamp");
    let mut files = [files_below(&root.join("graphiql/src"))?, files_below(&root.join("graphiql/examples"))?].concat();
    files.extend(INPUTS.map(|name| root.join(name)));
    let inputs = fingerprint(files)?;
    let is_built = root.join(DIST).join("index.html").is_file();
    if is_built && fs::read_to_string(&stamp).is_ok_and(|last| last == inputs) {
        println!("{DIST} is up to date");
        return Ok(());
    }
    // A build that fails half way must not leave a stamp that calls the remains up to date.
    let _ = fs::remove_file(&stamp);

    let folder = root.join("graphiql");
    let log = |name: &str| root.join("target").join(name);
    steps::piece("packages of GraphiQL from npm", || {
        let mut npm = Command::new("npm");
        npm.current_dir(&folder).args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
        process::quiet(&mut npm, &log("graphiql-npm.log"), DOWNLOAD_LIMIT)
    })?;
    steps::piece("GraphiQL", || {
        let mut node = Command::new("node");
        node.current_dir(&folder).arg("build.mjs");
        process::quiet(&mut node, &log("graphiql.log"), BUNDLE_LIMIT)
    })?;
    precompress(&root.join(DIST), &log("graphiql-brotli.log"))?;
    fs::write(&stamp, inputs).map_err(|error| format!("cannot write {}: {error}", stamp.display()))
}
