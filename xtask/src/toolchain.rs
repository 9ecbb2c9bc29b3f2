//! What the builds and tests need beyond cargo, found by looking and installed only where it is missing.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    process::{self, Outcome},
    steps, sysroot,
};

/// The oldest trunk that reads our `Trunk.toml`; also the one installed, as it compiles in half the time of later ones.
const TRUNK: &str = "0.21.14";
/// `Trunk.toml` asks for the same version: an old wasm-opt exits happily and leaves wasm that no browser runs.
const BINARYEN: &str = "132";
/// What the tests bring from npm: the check of a screen's accessibility, the audit of GraphQL over HTTP, and the clients
/// that partners use.
const NPM: [(&str, &str); 6] = [
    ("axe-core", "4.14.1"),
    ("graphql", "16.15.0"),
    ("graphql-http", "1.23.1"),
    ("graphql-ws", "6.4.2"),
    ("graphql-sse", "2.6.1"),
    ("ws", "8.23.0"),
];
/// Compiling a tool from source on a slow, busy machine; only a hang takes longer.
const COMPILE_LIMIT: Duration = Duration::from_secs(3600);
/// A download that has not ended by then is not going to.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(600);
/// How long rustup may try before the other way to a wasm target is taken.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// The portal's build tools, all present.
pub struct Tools {
    folder: PathBuf,
    wasm_rustc: Option<PathBuf>,
}

impl Tools {
    /// `PATH` with our tools first, so that an unfit one installed elsewhere is never met.
    pub fn path(&self) -> Outcome<OsString> {
        path_with(&self.folder)
    }

    /// Where the packages from npm lie; there once [`for_tests`] has succeeded.
    pub fn node_modules(&self) -> PathBuf {
        self.folder.join("node_modules")
    }

    /// The compiler to build wasm with where the default one has no wasm target.
    pub fn wasm_rustc(&self) -> Option<&Path> {
        self.wasm_rustc.as_deref()
    }
}

/// Makes sure that the portal can be built.
pub fn for_portal() -> Outcome<Tools> {
    let folder = folder()?;
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    // Two checkouts may start at once on a fresh machine: the second waits, then finds everything there.
    let lock_path = folder.join("lock");
    let lock = File::create(&lock_path).map_err(|error| format!("cannot write {}: {error}", lock_path.display()))?;
    lock.lock().map_err(|error| format!("cannot lock {}: {error}", lock_path.display()))?;

    let wasm_rustc = wasm_target(&folder)?;
    wasm_opt(&folder)?;
    wasm_bindgen(&folder)?;
    trunk(&folder)?;
    Ok(Tools { folder, wasm_rustc })
}

/// Makes sure that the portal can be built and that the tests find their servers and their browser.
pub fn for_tests() -> Outcome<Tools> {
    let mut packages = Vec::new();
    if !has_postgres() {
        packages.push("postgresql");
    }
    if !on_path(&["redis-server", "valkey-server"]) {
        packages.push("redis-server");
    }
    if !on_path(&["chromium", "chromium-browser", "google-chrome"]) {
        packages.push("chromium");
    }
    if !on_path(&["chromedriver"]) {
        packages.push("chromium-driver");
    }
    let folder = folder()?;
    if !has_npm() {
        packages.push("npm");
    }
    if !packages.is_empty() {
        install_packages(&folder, &packages)?;
    }
    let tools = for_portal()?;
    npm_packages(&folder)?;
    Ok(tools)
}

/// Installs Debian packages, or says what the user has to install where that is not ours to do.
pub fn install_packages(folder: &Path, packages: &[&str]) -> Outcome<()> {
    let by_hand = || format!("please install: {} (named as in Debian)", packages.join(" "));
    if process::ask(Command::new("apt-get").arg("--version")).is_none() {
        return Err(by_hand());
    }
    let is_root = process::ask(Command::new("id").arg("-u")).is_some_and(|id| id == "0");
    if !is_root && process::ask(Command::new("sudo").args(["--non-interactive", "true"])).is_none() {
        return Err(by_hand());
    }
    let apt = |arguments: &[&str], log: &str| {
        let mut command = if is_root {
            Command::new("env")
        } else {
            let mut sudo = Command::new("sudo");
            sudo.args(["--non-interactive", "env"]);
            sudo
        };
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes"]).args(arguments);
        process::quiet(&mut command, &folder.join("logs").join(log), DOWNLOAD_LIMIT)
    };
    steps::piece(&format!("packages {}", packages.join(" ")), || {
        apt(&["update"], "apt-update.log")?;
        apt(&[&["install", "--no-install-recommends"], packages].concat(), "apt-install.log")
    })
}

/// The compiler with a wasm standard library: `None` for the default one.
fn wasm_target(folder: &Path) -> Outcome<Option<PathBuf>> {
    if has_wasm_std() {
        return Ok(None);
    }
    if let Some(rustc) = sysroot::present(folder) {
        return Ok(Some(rustc));
    }
    let rustup = steps::piece(&format!("{} by rustup", sysroot::TARGET), || {
        let mut command = Command::new("rustup");
        command.args(["target", "add", sysroot::TARGET]);
        process::quiet(&mut command, &folder.join("logs/rustup.log"), RUSTUP_LIMIT)
    });
    match rustup {
        Ok(()) if has_wasm_std() => Ok(None),
        // Some machines reach package registries and nothing else.
        Ok(()) | Err(_) => sysroot::build(folder).map(Some),
    }
}

fn has_wasm_std() -> bool {
    let library = process::ask(Command::new("rustc").args(["--print", "target-libdir", "--target", sysroot::TARGET]));
    let files = library.and_then(|library| fs::read_dir(library).ok());
    files.is_some_and(|files| files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-")))
}

fn wasm_opt(folder: &Path) -> Outcome<()> {
    let version = ask_version(folder, "wasm-opt")?;
    if version.is_some_and(|version| version.split_whitespace().any(|word| word == BINARYEN)) {
        return Ok(());
    }
    if !has_npm() {
        println!("  · wasm-opt {BINARYEN} is left to trunk, which downloads it: there is no npm here");
        return Ok(());
    }
    steps::piece(&format!("wasm-opt {BINARYEN}"), || {
        npm_install(folder, "binaryen", &[format!("binaryen@{BINARYEN}.0.0")])
    })
}

/// All that are missing by one call: each call would judge the others' versions anew.
fn npm_packages(folder: &Path) -> Outcome<()> {
    if NPM.iter().all(|(package, version)| npm_version(folder, package).as_deref() == Some(version)) {
        return Ok(());
    }
    let wanted = NPM.map(|(package, version)| format!("{package}@{version}"));
    steps::piece(&format!("from npm: {}", wanted.join(" ")), || npm_install(folder, "packages", &wanted))
}

/// The version that is there: each package says its own.
fn npm_version(folder: &Path, package: &str) -> Option<String> {
    let manifest = fs::read_to_string(folder.join("node_modules").join(package).join("package.json")).ok()?;
    let line = manifest.lines().find_map(|line| line.trim().strip_prefix("\"version\": \""))?;
    line.split('"').next().map(str::to_owned)
}

/// Whether packages from npm can be had.
pub fn has_npm() -> bool {
    process::ask(Command::new("npm").arg("--version")).is_some()
}

fn npm_install(folder: &Path, log: &str, packages: &[String]) -> Outcome<()> {
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--save-exact", "--prefix"]).arg(folder).args(packages);
    process::quiet(&mut npm, &folder.join("logs").join(format!("{log}.log")), DOWNLOAD_LIMIT)
}

fn wasm_bindgen(folder: &Path) -> Outcome<()> {
    let wanted = locked_version(include_str!("../../Cargo.lock"), "wasm-bindgen")
        .ok_or("Cargo.lock names no wasm-bindgen; has the portal lost its dependencies?")?;
    let present = ask_version(folder, "wasm-bindgen")?;
    if present.is_some_and(|version| version.split_whitespace().any(|word| word == wanted)) {
        return Ok(());
    }
    // Without --locked: the lockfile it is published with names versions that not every registry still serves.
    cargo_install(folder, "wasm-bindgen-cli", wanted, &["--force"])
}

fn trunk(folder: &Path) -> Outcome<()> {
    let present = ask_version(folder, "trunk")?;
    if present.is_some_and(|version| version_numbers(&version) >= version_numbers(TRUNK)) {
        return Ok(());
    }
    cargo_install(folder, "trunk", TRUNK, &["--locked", "--no-default-features"])
}

/// Compiles a tool without optimisation: each runs a few seconds per build, its own optimised build takes minutes.
fn cargo_install(folder: &Path, krate: &str, version: &str, options: &[&str]) -> Outcome<()> {
    steps::piece(&format!("{krate} {version}"), || {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(folder).args(["install", krate, "--version", version, "--debug", "--root"]).arg(folder);
        cargo.args(options).env("CARGO_PROFILE_DEV_DEBUG", "0").env_remove("CARGO_TARGET_DIR");
        process::quiet(&mut cargo, &folder.join("logs").join(format!("{krate}.log")), COMPILE_LIMIT)
    })
}

fn ask_version(folder: &Path, tool: &str) -> Outcome<Option<String>> {
    Ok(process::ask(Command::new(tool).arg("--version").env("PATH", path_with(folder)?)))
}

fn path_with(folder: &Path) -> Outcome<OsString> {
    let present = env::var_os("PATH").unwrap_or_default();
    let ours = [folder.join("bin"), folder.join("node_modules/.bin")];
    env::join_paths(ours.into_iter().chain(env::split_paths(&present)))
        .map_err(|error| format!("LODGATE_TOOLS cannot be part of PATH: {error}"))
}

/// Outside the checkout, so that a second clone finds what the first has compiled.
fn folder() -> Outcome<PathBuf> {
    if let Some(chosen) = env::var_os("LODGATE_TOOLS") {
        return std::path::absolute(chosen).map_err(|error| format!("LODGATE_TOOLS is no path: {error}"));
    }
    env::home_dir()
        .map(|home| home.join(".cache/lodgate/tools"))
        .ok_or_else(|| "there is no home folder; set LODGATE_TOOLS to a folder for the build tools".to_owned())
}

fn on_path(names: &[&str]) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| names.iter().any(|name| folder.join(name).is_file()))
}

/// Debian keeps the server's programs off the path, a folder for each version.
fn has_postgres() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    on_path(&["initdb"]) || versions.into_iter().any(|version| version.path().join("bin/initdb").is_file())
}

fn locked_version<'a>(lockfile: &'a str, krate: &str) -> Option<&'a str> {
    let name = format!("name = \"{krate}\"");
    let mut lines = lockfile.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

/// The numbers of `trunk 0.21.14`, comparable as versions are.
fn version_numbers(text: &str) -> Vec<u32> {
    let version = text.split_whitespace().last().unwrap_or_default();
    version.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(version_numbers("trunk 0.21.14") >= version_numbers("0.21.14"));
        assert!(version_numbers("trunk 0.22.1") > version_numbers("0.21.14"));
        assert!(version_numbers("trunk 0.21.9") < version_numbers("0.21.14"));
        assert!(version_numbers("trunk") < version_numbers("0.21.14"));
    }

    #[test]
    fn the_lockfile_tells_a_version() {
        let lockfile = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n\
                        [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lockfile, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lockfile, "trunk"), None);
    }
}
