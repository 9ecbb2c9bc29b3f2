//! GraphiQL, bundled by esbuild with the gateway's token dialog and examples.

use std::{path::Path, process::Command, time::Duration};

use crate::{
    files::{self, files_below},
    process::Outcome,
    steps::Step,
    toolchain::DOWNLOAD_LIMIT,
};

/// The folder of the bundle, relative to the workspace.
pub const DIST: &str = "graphiql/dist";
/// The inputs beside the sources and examples. Fonts and colours are the portal's, and the examples must fit the schema.
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
const BUNDLE_LIMIT: Duration = Duration::from_secs(120);

/// Bundles GraphiQL into [`DIST`], or does nothing if no input changed since the last build.
pub fn build(step: &mut Step, root: &Path) -> Outcome<()> {
    let stamp = root.join("target/graphiql.stamp");
    let mut inputs = [files_below(&root.join("graphiql/src"))?, files_below(&root.join("graphiql/examples"))?].concat();
    inputs.extend(INPUTS.map(|name| root.join(name)));
    let inputs = files::fingerprint(inputs)?;
    if files::is_up_to_date(&stamp, &inputs, &root.join(DIST).join("index.html")) {
        step.print("graphiql/dist is up to date");
        return Ok(());
    }
    let folder = root.join("graphiql");
    let log = |name: &str| root.join("target").join(name);
    step.part("npm packages of GraphiQL", |step| {
        let mut npm = Command::new("npm");
        npm.current_dir(&folder).args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
        step.run_logged(&mut npm, &log("graphiql-npm.log"), DOWNLOAD_LIMIT)
    })?;
    step.part("GraphiQL", |step| {
        let mut node = Command::new("node");
        node.current_dir(&folder).arg("build.mjs");
        step.run_logged(&mut node, &log("graphiql.log"), BUNDLE_LIMIT)
    })?;
    files::precompress(step, &root.join(DIST), &log("graphiql-brotli.log"))?;
    files::write_stamp(&stamp, &inputs)
}
