//! The programs that builds and tests need beyond cargo. Only what is missing is installed.

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
    steps::Step,
    sysroot,
};

/// The oldest trunk that reads our `Trunk.toml`, and the one that is installed: later ones take twice as long to compile.
const TRUNK: &str = "0.21.14";
/// `Trunk.toml` names the same version. An older wasm-opt succeeds and writes wasm that browsers refuse.
const BINARYEN: &str = "132";
/// The packages that the tests use: accessibility checks, an audit of GraphQL over HTTP, and third-party clients.
const NPM: [(&str, &str); 6] = [
    ("axe-core", "4.14.1"),
    ("graphql", "16.15.0"),
    ("graphql-http", "1.23.1"),
    ("graphql-ws", "6.4.2"),
    ("graphql-sse", "2.6.1"),
    ("ws", "8.23.0"),
];
/// Time to compile a tool. A slow and busy machine needs less.
const COMPILE_LIMIT: Duration = Duration::from_secs(3600);
/// Time for a download.
pub const DOWNLOAD_LIMIT: Duration = Duration::from_secs(600);
/// Time for rustup to add the wasm target, before the standard library is compiled instead.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// The build tools of the portal, all installed.
pub struct Tools {
    folder: PathBuf,
    wasm_rustc: Option<PathBuf>,
}

impl Tools {
    /// `PATH` with the installed tools first, so that other versions are not found before them.
    pub fn path(&self) -> Outcome<OsString> {
        path_with(&self.folder)
    }

    /// The folder of the npm packages; [`for_tests`] installs them.
    pub fn node_modules(&self) -> PathBuf {
        self.folder.join("node_modules")
    }

    /// The compiler for wasm, on machines where the default compiler has no wasm target.
    pub fn wasm_rustc(&self) -> Option<&Path> {
        self.wasm_rustc.as_deref()
    }
}

/// Installs what the portal's build needs.
pub fn for_portal(step: &mut Step) -> Outcome<Tools> {
    let folder = folder()?;
    let _lock = lock(&folder)?;
    portal_tools(step, folder)
}

/// Installs what the portal's build and the tests need: servers, a browser and npm packages.
pub fn for_tests(step: &mut Step) -> Outcome<Tools> {
    let mut packages = Vec::new();
    if !has_postgres() {
        packages.push("postgresql");
    }
    if !is_on_path(&["redis-server", "valkey-server"]) {
        packages.push("redis-server");
    }
    if !is_on_path(&["chromium", "chromium-browser", "google-chrome"]) {
        packages.push("chromium");
    }
    if !is_on_path(&["chromedriver"]) {
        packages.push("chromium-driver");
    }
    let folder = folder()?;
    if !has_npm() {
        packages.push("npm");
    }
    if !packages.is_empty() {
        install_packages(step, &folder, &packages)?;
    }
    let _lock = lock(&folder)?;
    npm_packages(step, &folder)?;
    portal_tools(step, folder)
}

/// Locks the folder of the tools. Two checkouts may start at once on a new machine: the second waits, then finds
/// everything installed.
fn lock(folder: &Path) -> Outcome<File> {
    process::create_folder(folder)?;
    let path = folder.join("lock");
    let lock = File::create(&path).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    lock.lock().map_err(|error| format!("cannot lock {}: {error}", path.display()))?;
    Ok(lock)
}

fn portal_tools(step: &mut Step, folder: PathBuf) -> Outcome<Tools> {
    let wasm_rustc = wasm_target(step, &folder)?;
    wasm_opt(step, &folder)?;
    wasm_bindgen(step, &folder)?;
    trunk(step, &folder)?;
    Ok(Tools { folder, wasm_rustc })
}

/// Installs Debian packages, or returns an error that lists them where this user cannot install packages.
pub fn install_packages(step: &mut Step, folder: &Path, packages: &[&str]) -> Outcome<()> {
    let by_hand = || format!("please install these packages (Debian's names): {}", packages.join(" "));
    if process::query(Command::new("apt-get").arg("--version")).is_none() {
        return Err(by_hand());
    }
    let is_root = process::query(Command::new("id").arg("-u")).is_some_and(|id| id == "0");
    if !is_root && process::query(Command::new("sudo").args(["--non-interactive", "true"])).is_none() {
        return Err(by_hand());
    }
    let apt = |step: &Step, arguments: &[&str], log: &str| {
        let mut command = if is_root {
            Command::new("env")
        } else {
            let mut sudo = Command::new("sudo");
            sudo.args(["--non-interactive", "env"]);
            sudo
        };
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes"]).args(arguments);
        step.run_logged(&mut command, &folder.join("logs").join(log), DOWNLOAD_LIMIT)
    };
    step.part(&format!("packages {}", packages.join(" ")), |step| {
        apt(step, &["update"], "apt-update.log")?;
        apt(step, &[&["install", "--no-install-recommends"], packages].concat(), "apt-install.log")
    })
}

/// Returns the compiler for wasm, or `None` if the default compiler has the target.
fn wasm_target(step: &mut Step, folder: &Path) -> Outcome<Option<PathBuf>> {
    if has_wasm_std() {
        return Ok(None);
    }
    if let Some(wrapper) = sysroot::present(folder) {
        return Ok(Some(wrapper));
    }
    let rustup = step.part(&format!("{} by rustup", sysroot::TARGET), |step| {
        let mut command = Command::new("rustup");
        command.args(["target", "add", sysroot::TARGET]);
        step.run_logged(&mut command, &folder.join("logs/rustup.log"), RUSTUP_LIMIT)
    });
    match rustup {
        Ok(()) if has_wasm_std() => Ok(None),
        // Some machines reach package registries and nothing else.
        Ok(()) | Err(_) => sysroot::build(step, folder).map(Some),
    }
}

fn has_wasm_std() -> bool {
    let library = process::query(Command::new("rustc").args(["--print", "target-libdir", "--target", sysroot::TARGET]));
    let files = library.and_then(|library| fs::read_dir(library).ok());
    files.is_some_and(|files| files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-")))
}

fn wasm_opt(step: &mut Step, folder: &Path) -> Outcome<()> {
    let version = query_version(folder, "wasm-opt")?;
    if version.is_some_and(|version| version.split_whitespace().any(|word| word == BINARYEN)) {
        return Ok(());
    }
    if !has_npm() {
        step.print(&format!("  · wasm-opt {BINARYEN}: npm is missing, so trunk downloads it"));
        return Ok(());
    }
    step.part(&format!("wasm-opt {BINARYEN}"), |step| {
        npm_install(step, folder, "binaryen", &[format!("binaryen@{BINARYEN}.0.0")])
    })
}

/// Installs all packages in one call, so that npm resolves their versions together.
fn npm_packages(step: &mut Step, folder: &Path) -> Outcome<()> {
    if NPM.iter().all(|(package, version)| npm_version(folder, package).as_deref() == Some(version)) {
        return Ok(());
    }
    let wanted = NPM.map(|(package, version)| format!("{package}@{version}"));
    step.part(&format!("npm packages {}", wanted.join(" ")), |step| npm_install(step, folder, "packages", &wanted))
}

/// The installed version of a package, from its own manifest.
fn npm_version(folder: &Path, package: &str) -> Option<String> {
    let manifest = fs::read_to_string(folder.join("node_modules").join(package).join("package.json")).ok()?;
    let line = manifest.lines().find_map(|line| line.trim().strip_prefix("\"version\": \""))?;
    line.split('"').next().map(str::to_owned)
}

/// Whether npm is installed.
pub fn has_npm() -> bool {
    process::query(Command::new("npm").arg("--version")).is_some()
}

fn npm_install(step: &Step, folder: &Path, log: &str, packages: &[String]) -> Outcome<()> {
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--save-exact", "--prefix"]).arg(folder).args(packages);
    step.run_logged(&mut npm, &folder.join("logs").join(format!("{log}.log")), DOWNLOAD_LIMIT)
}

fn wasm_bindgen(step: &mut Step, folder: &Path) -> Outcome<()> {
    let wanted = locked_version(include_str!("../../Cargo.lock"), "wasm-bindgen")
        .ok_or("Cargo.lock has no package wasm-bindgen, which the portal needs")?;
    let present = query_version(folder, "wasm-bindgen")?;
    if present.is_some_and(|version| version.split_whitespace().any(|word| word == wanted)) {
        return Ok(());
    }
    // Without --locked: its published lockfile names versions that not every registry still serves.
    cargo_install(step, folder, "wasm-bindgen-cli", wanted, &["--force"])
}

fn trunk(step: &mut Step, folder: &Path) -> Outcome<()> {
    let present = query_version(folder, "trunk")?;
    if present.is_some_and(|version| version_numbers(&version) >= version_numbers(TRUNK)) {
        return Ok(());
    }
    cargo_install(step, folder, "trunk", TRUNK, &["--locked", "--no-default-features"])
}

/// Compiles a tool without optimisation: it runs for a few seconds per build, and optimising it takes minutes.
fn cargo_install(step: &mut Step, folder: &Path, krate: &str, version: &str, options: &[&str]) -> Outcome<()> {
    step.part(&format!("{krate} {version}"), |step| {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(folder).args(["install", krate, "--version", version, "--debug", "--root"]).arg(folder);
        cargo.args(options).env_remove("CARGO_TARGET_DIR");
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_DEV_PANIC", "abort");
        step.run_logged(&mut cargo, &folder.join("logs").join(format!("{krate}.log")), COMPILE_LIMIT)
    })
}

fn query_version(folder: &Path, tool: &str) -> Outcome<Option<String>> {
    Ok(process::query(Command::new(tool).arg("--version").env("PATH", path_with(folder)?)))
}

fn path_with(folder: &Path) -> Outcome<OsString> {
    let present = env::var_os("PATH").unwrap_or_default();
    let installed = [folder.join("bin"), folder.join("node_modules/.bin")];
    env::join_paths(installed.into_iter().chain(env::split_paths(&present)))
        .map_err(|error| format!("LODGATE_TOOLS cannot be part of PATH: {error}"))
}

/// The folder of the tools, outside the checkout, so that all clones on a machine share it.
pub fn folder() -> Outcome<PathBuf> {
    if let Some(chosen) = env::var_os("LODGATE_TOOLS") {
        return std::path::absolute(chosen).map_err(|error| format!("LODGATE_TOOLS is not a path: {error}"));
    }
    env::home_dir()
        .map(|home| home.join(".cache/lodgate/tools"))
        .ok_or_else(|| "there is no home folder; set LODGATE_TOOLS to a folder for the build tools".to_owned())
}

fn is_on_path(names: &[&str]) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| names.iter().any(|name| folder.join(name).is_file()))
}

/// Debian keeps the server's programs off the path, in one folder per version.
fn has_postgres() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    is_on_path(&["initdb"]) || versions.into_iter().any(|version| version.path().join("bin/initdb").is_file())
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
    fn the_version_of_a_crate_is_read_from_the_lockfile() {
        let lockfile = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n\
                        [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lockfile, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lockfile, "trunk"), None);
    }
}
