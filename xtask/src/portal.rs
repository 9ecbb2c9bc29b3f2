//! The portal: wasm built by trunk, with a memory of what it was last built from.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, UNIX_EPOCH},
};

use crate::{
    process::{self, Outcome},
    steps,
    toolchain::Tools,
};

/// Where the built portal lies, relative to the workspace.
pub const DIST: &str = "portal/dist";
/// Everything outside `portal/` that the portal is made of.
const INPUTS: [&str; 4] = ["Cargo.toml", "Cargo.lock", "Trunk.toml", ".cargo/config.toml"];
/// Not compressed beforehand: the page, into which the gateway writes a fresh nonce for every answer, and what is
/// compressed already.
const AS_THEY_ARE: [&str; 3] = ["html", "br", "woff2"];
/// Files smaller than this travel in one packet anyway.
const WORTH_COMPRESSING: u64 = 1024;

/// The most that the wasm may weigh in brotli, in KB: everybody loads it before anything can be done.
const WASM_BUDGET: u64 = 450;

/// Builds the portal into [`DIST`], or does nothing if none of its inputs changed since the last time.
pub fn build(root: &Path, tools: &Tools) -> Outcome<()> {
    let stamp = root.join("target/portal.stamp");
    let inputs = fingerprint(inputs(root)?)?;
    let is_built = root.join(DIST).join("index.html").is_file();
    if is_built && fs::read_to_string(&stamp).is_ok_and(|last| last == inputs) {
        println!("portal/dist is up to date");
        return Ok(());
    }
    // A build that fails half way must not leave a stamp that calls the remains up to date.
    let _ = fs::remove_file(&stamp);

    let mut trunk = Command::new("trunk");
    trunk.current_dir(root).arg("build").env("PATH", tools.path()?);
    // Its own target folder: with another compiler in the shared one, each build would throw out the other's crates.
    trunk.env("CARGO_TARGET_DIR", root.join("target/portal"));
    // Trunk reads NO_COLOR as a boolean and refuses the customary "1".
    trunk.env_remove("NO_COLOR");
    // The compiler's message is what helps; a trace of trunk's own insides would bury it.
    trunk.env_remove("RUST_BACKTRACE");
    if let Some(rustc) = tools.wasm_rustc() {
        trunk.env("RUSTC", rustc);
    }
    process::stream(&mut trunk)?;
    precompress(&root.join(DIST), &root.join("target/brotli.log"))?;
    fs::write(&stamp, inputs).map_err(|error| format!("cannot write {}: {error}", stamp.display()))
}

/// Tells what the built wasm weighs, and fails if that is more than it may.
pub fn weigh(root: &Path) -> Outcome<()> {
    let is_wasm = |file: &PathBuf| file.to_string_lossy().ends_with(".wasm.br");
    let Some(file) = files_below(&root.join(DIST))?.into_iter().find(is_wasm) else { return Ok(()) };
    let bytes = file.metadata().map_err(|error| format!("cannot look at {}: {error}", file.display()))?.len();
    let weight = bytes.div_ceil(1024);
    println!("the portal's wasm: {weight} KB in brotli, of {WASM_BUDGET}");
    if weight > WASM_BUDGET {
        return Err(format!("the portal's wasm weighs {weight} KB in brotli, more than {WASM_BUDGET}"));
    }
    Ok(())
}

/// Node's own brotli, at its best by default. The file's name comes as an argument.
const NODE_BROTLI: &str = "const fs = require('fs'), file = process.argv[1];
    fs.writeFileSync(`${file}.br`, require('zlib').brotliCompressSync(fs.readFileSync(file)))";

/// Writes a `.br` beside each file worth it, if there is a `brotli` or a Node to do it; the gateway serves these as
/// they are.
pub fn precompress(dist: &Path, log: &Path) -> Outcome<()> {
    let compress: fn(&Path) -> Command = if has("brotli") {
        |file| {
            let mut brotli = Command::new("brotli");
            brotli.args(["--force", "--keep", "--best"]).arg(file);
            brotli
        }
    } else if has("node") {
        |file| {
            let mut node = Command::new("node");
            node.args(["--eval", NODE_BROTLI]).arg(file);
            node
        }
    } else {
        return Ok(());
    };
    let files: Vec<PathBuf> = files_below(dist)?
        .into_iter()
        .filter(|path| path.extension().is_none_or(|extension| !AS_THEY_ARE.iter().any(|name| extension == *name)))
        .filter(|path| path.metadata().is_ok_and(|data| data.len() > WORTH_COMPRESSING))
        .collect();
    steps::piece(&format!("brotli, {} files", files.len()), || {
        for file in &files {
            process::quiet(&mut compress(file), log, Duration::from_secs(120))?;
        }
        Ok(())
    })
}

fn has(program: &str) -> bool {
    process::ask(Command::new(program).arg("--version")).is_some()
}

/// What the portal is made of.
fn inputs(root: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = files_below(&root.join("portal"))?;
    files.retain(|path| !path.starts_with(root.join(DIST)));
    files.extend(INPUTS.map(|name| root.join(name)));
    Ok(files)
}

/// One line per input with its size and time of change: cheap to take, and false alarms only cost a build.
pub fn fingerprint(mut files: Vec<PathBuf>) -> Outcome<String> {
    files.sort();
    let mut lines = String::new();
    for file in files {
        let data = file.metadata().map_err(|error| format!("cannot look at {}: {error}", file.display()))?;
        let changed = data.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        lines.push_str(&format!("{} {} {}\n", file.display(), data.len(), changed.as_nanos()));
    }
    Ok(lines)
}

/// All files of a folder and of those in it.
pub fn files_below(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let unreadable = |error| format!("cannot read {}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inputs_are_the_sources_and_not_the_result() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace");
        let lines = fingerprint(inputs(root).expect("the workspace is readable")).expect("its files are there");
        assert!(lines.contains("portal/index.html"));
        assert!(lines.contains("Cargo.lock"));
        assert!(!lines.contains("portal/dist/"));
    }
}
