//! The portal: wasm that trunk builds, unless its inputs are the same as at the last build.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    files::{self, files_below},
    process::Outcome,
    steps::Step,
    toolchain::Tools,
};

/// The folder of the built portal, relative to the workspace.
pub const DIST: &str = "portal/dist";
/// The inputs outside `portal/`.
const INPUTS: [&str; 4] = ["Cargo.toml", "Cargo.lock", "Trunk.toml", ".cargo/config.toml"];
/// The largest allowed size of the wasm in brotli, in KB: the portal shows nothing before it is loaded.
const WASM_BUDGET: u64 = 450;

/// Builds the portal into [`DIST`], or does nothing if no input changed since the last build.
pub fn build(step: &mut Step, root: &Path, tools: &Tools) -> Outcome<()> {
    let stamp = root.join("target/portal.stamp");
    let inputs = files::fingerprint(inputs(root)?)?;
    if files::is_up_to_date(&stamp, &inputs, &root.join(DIST).join("index.html")) {
        step.print("portal/dist is up to date");
        return Ok(());
    }
    let mut trunk = Command::new("trunk");
    trunk.current_dir(root).arg("build").env("PATH", tools.path()?);
    // Its own target folder: with another compiler in the shared one, each build would delete the other's crates.
    trunk.env("CARGO_TARGET_DIR", root.join("target/portal"));
    // Trunk reads NO_COLOR as a boolean and refuses the customary "1".
    trunk.env_remove("NO_COLOR");
    // The compiler's message is enough; a backtrace of trunk would hide it.
    trunk.env_remove("RUST_BACKTRACE");
    if let Some(rustc) = tools.wasm_rustc() {
        trunk.env("RUSTC", rustc);
    }
    step.run(&mut trunk)?;
    files::precompress(step, &root.join(DIST), &root.join("target/brotli.log"))?;
    files::write_stamp(&stamp, &inputs)
}

/// Prints the size of the built wasm. A size above [`WASM_BUDGET`] is an error.
pub fn check_size(step: &mut Step, root: &Path) -> Outcome<()> {
    let is_wasm = |file: &PathBuf| file.to_string_lossy().ends_with(".wasm.br");
    let Some(file) = files_below(&root.join(DIST))?.into_iter().find(is_wasm) else { return Ok(()) };
    let bytes = file.metadata().map_err(|error| format!("cannot read {}: {error}", file.display()))?.len();
    let size = bytes.div_ceil(1024);
    step.print(&format!("the portal's wasm: {size} KB in brotli, at most {WASM_BUDGET} KB allowed"));
    if size > WASM_BUDGET {
        return Err(format!("the portal's wasm is {size} KB in brotli, more than the {WASM_BUDGET} KB allowed"));
    }
    Ok(())
}

fn inputs(root: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = files_below(&root.join("portal"))?;
    files.retain(|path| !path.starts_with(root.join(DIST)));
    files.extend(INPUTS.map(|name| root.join(name)));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inputs_are_the_sources_and_not_the_result() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the workspace");
        let lines = files::fingerprint(inputs(root).expect("the workspace is readable")).expect("its files exist");
        assert!(lines.contains("portal/index.html"));
        assert!(lines.contains("Cargo.lock"));
        assert!(!lines.contains("portal/dist/"));
    }
}
