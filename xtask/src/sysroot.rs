//! A private sysroot with a wasm standard library, for machines where rustup cannot download one.
//!
//! Debian packages its compiler and the sources of the standard library. The library is compiled once into a sysroot
//! with links to the compiler's host libraries; a wrapper script starts the compiler with that sysroot. The repository
//! and the default toolchain do not depend on it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    process::{self, Outcome},
    steps::Step,
    toolchain,
};

/// The portal's target.
pub const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_RUSTLIB: &str = "/usr/lib/rustlib";
/// The compiler, the library's sources and the linker. The third package only holds a link to the linker in the fourth.
const PACKAGES: [&str; 4] = ["rustc-web", "rust-web-src", "rust-web-llvm", "lld-22"];
/// Time to compile the library.
const LIMIT: Duration = Duration::from_secs(1800);

/// The wrapper script of a complete sysroot, if the installed compiler built it.
pub fn present(tools: &Path) -> Option<PathBuf> {
    let folder = tools.join("wasm-sysroot");
    let built_with = fs::read_to_string(folder.join("built-with")).ok()?;
    let installed = process::query(Command::new(DEBIAN_RUSTC).arg("-vV"))?;
    let wrapper = folder.join("rustc");
    (built_with == installed && wrapper.is_file()).then_some(wrapper)
}

/// Builds the sysroot and returns its wrapper script.
pub fn build(step: &mut Step, tools: &Path) -> Outcome<PathBuf> {
    let is_installed =
        [DEBIAN_RUSTC, "/usr/bin/rust-lld", "/usr/lib/rustlib/src"].iter().all(|path| Path::new(path).exists());
    if !is_installed {
        toolchain::install_packages(step, tools, &PACKAGES).map_err(|error| {
            format!(
                "no standard library for {TARGET}: rustup cannot add it, and Debian's compiler is not installed; {error}"
            )
        })?;
    }
    let version = process::query(Command::new(DEBIAN_RUSTC).arg("-vV"))
        .ok_or_else(|| format!("{DEBIAN_RUSTC} does not print its version"))?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .ok_or_else(|| format!("{DEBIAN_RUSTC} does not print its host"))?;
    let scratch = tools.join("wasm-sysroot-build");
    let folder = tools.join("wasm-sysroot");
    step.part(&format!("standard library for {TARGET}"), |step| {
        compile(step, tools, &scratch)?;
        assemble(&scratch, &folder, host, &version)
            .map_err(|error| format!("cannot assemble {}: {error}", folder.display()))
    })?;
    Ok(folder.join("rustc"))
}

/// Compiles the library as the dependency of an empty crate.
fn compile(step: &Step, tools: &Path, scratch: &Path) -> Outcome<()> {
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[lib]\n\
                    [profile.release]\nopt-level = \"s\"\n[workspace]\n";
    fs::create_dir_all(scratch.join("src"))
        .and_then(|()| fs::write(scratch.join("Cargo.toml"), manifest))
        .and_then(|()| fs::write(scratch.join("src/lib.rs"), ""))
        .map_err(|error| format!("cannot write in {}: {error}", scratch.display()))?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(scratch);
    cargo.args(["build", "--release", "--target", TARGET, "-Z", "build-std=std,panic_abort,proc_macro"]);
    cargo.env("RUSTC", DEBIAN_RUSTC).env("CARGO_TARGET_DIR", scratch.join("target"));
    // Building the library is an unstable feature; using the result is not. The portal's link-time optimisation needs
    // the bitcode.
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Cembed-bitcode=yes");
    step.run_logged(&mut cargo, &tools.join("logs/wasm-sysroot.log"), LIMIT)
}

fn assemble(scratch: &Path, folder: &Path, host: &str, version: &str) -> std::io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let rustlib = folder.join("lib/rustlib");
    let libraries = rustlib.join(TARGET).join("lib");
    fs::create_dir_all(&libraries)?;
    for name in [host, "etc"] {
        link(&Path::new(DEBIAN_RUSTLIB).join(name), &rustlib.join(name))?;
    }
    for entry in fs::read_dir(scratch.join("target").join(TARGET).join("release/deps"))? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let is_library = name.starts_with("lib") && name.ends_with(".rlib") && !name.starts_with("libempty-");
        if is_library {
            fs::copy(&path, libraries.join(name))?;
        }
    }
    let wrapper = folder.join("rustc");
    fs::write(&wrapper, format!("#!/bin/sh\nexec {DEBIAN_RUSTC} --sysroot '{}' \"$@\"\n", folder.display()))?;
    make_executable(&wrapper)?;
    fs::remove_dir_all(scratch)?;
    // Written last: without this file the sysroot is incomplete.
    fs::write(folder.join("built-with"), version)
}

#[cfg(unix)]
fn link(original: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

#[cfg(unix)]
fn make_executable(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn link(_original: &Path, _link: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(not(unix))]
fn make_executable(_file: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
