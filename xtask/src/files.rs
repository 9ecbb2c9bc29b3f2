//! The files of a build: lists, fingerprints and compression.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, UNIX_EPOCH},
};

use crate::{
    process::{self, Outcome},
    steps::Step,
};

/// Not compressed: the page, which the gateway changes in every response, and files that are compressed already.
const UNCOMPRESSED: [&str; 3] = ["html", "br", "woff2"];
/// Smaller files fit into one packet, in bytes.
const COMPRESSED_FROM: u64 = 1024;
const COMPRESSION_LIMIT: Duration = Duration::from_secs(120);
/// Compresses the file that its argument names, with Node's brotli at its best, which is the default.
const NODE_BROTLI: &str = "const fs = require('fs'), file = process.argv[1];
    fs.writeFileSync(`${file}.br`, require('zlib').brotliCompressSync(fs.readFileSync(file)))";

/// All files in a folder and its subfolders.
pub fn files_below(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let cannot_read = |error| format!("cannot read {}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot_read)? {
        let path = entry.map_err(cannot_read)?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// The name, size and time of change of each file, one per line. A false difference costs no more than a build.
pub fn fingerprint(mut files: Vec<PathBuf>) -> Outcome<String> {
    files.sort();
    let mut lines = String::new();
    for file in files {
        let data = file.metadata().map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let changed = data.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        lines.push_str(&format!("{} {} {}\n", file.display(), data.len(), changed.as_nanos()));
    }
    Ok(lines)
}

/// Whether `stamp` holds the fingerprint of the last build and the result of that build exists.
///
/// Otherwise removes the stamp, so that a build that fails leaves none behind.
pub fn is_up_to_date(stamp: &Path, fingerprint: &str, result: &Path) -> bool {
    let is_same = result.is_file() && fs::read_to_string(stamp).is_ok_and(|last| last == fingerprint);
    if !is_same {
        let _ = fs::remove_file(stamp);
    }
    is_same
}

/// Writes the fingerprint of a build that succeeded.
pub fn write_stamp(stamp: &Path, fingerprint: &str) -> Outcome<()> {
    fs::write(stamp, fingerprint).map_err(|error| format!("cannot write {}: {error}", stamp.display()))
}

/// Writes a `.br` file beside each file that is worth it; the gateway serves these as they are. Needs `brotli` or
/// Node, and does nothing without them.
pub fn precompress(step: &mut Step, folder: &Path, log: &Path) -> Outcome<()> {
    let compress: fn(&Path) -> Command = if is_installed("brotli") {
        |file| {
            let mut brotli = Command::new("brotli");
            brotli.args(["--force", "--keep", "--best"]).arg(file);
            brotli
        }
    } else if is_installed("node") {
        |file| {
            let mut node = Command::new("node");
            node.args(["--eval", NODE_BROTLI]).arg(file);
            node
        }
    } else {
        return Ok(());
    };
    let files: Vec<PathBuf> = files_below(folder)?
        .into_iter()
        .filter(|path| path.extension().is_none_or(|extension| !UNCOMPRESSED.iter().any(|name| extension == *name)))
        .filter(|path| path.metadata().is_ok_and(|data| data.len() > COMPRESSED_FROM))
        .collect();
    step.part(&format!("brotli, {} files", files.len()), |step| {
        for file in &files {
            step.run_logged(&mut compress(file), log, COMPRESSION_LIMIT)?;
        }
        Ok(())
    })
}

fn is_installed(program: &str) -> bool {
    process::query(Command::new(program).arg("--version")).is_some()
}
