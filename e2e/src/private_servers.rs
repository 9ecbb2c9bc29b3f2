//! Common parts of the private servers: a folder, a free port, and the removal of stale folders.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Once,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::process;

/// The account that owns the servers' files when this process runs as root.
pub const UNPRIVILEGED: &str = "postgres";

/// True when this process runs as root; PostgreSQL does not run as root.
pub fn is_root() -> bool {
    // By the command `id`, which needs no libc.
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// A loopback port that is free now. Another process may take it first, so callers retry.
pub fn free_port() -> u16 {
    let socket = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback socket");
    socket.local_addr().expect("the address of a bound socket").port()
}

/// Makes a new folder for a server of this process, `<what>-<pid>-<n>`, in a place that other accounts may enter.
///
/// The first call removes the folders of test processes that were killed.
pub fn new_folder(what: &str) -> PathBuf {
    static CLEAN_UP: Once = Once::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let root = folder_root();
    CLEAN_UP.call_once(|| remove_stale_folders(&root));
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = root.join(format!("{what}-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("cannot create {}: {error}", folder.display()));
    folder
}

/// The folder of this build's caches: `target/tmp`, or the system's temporary folder outside a cargo build.
pub fn cache_root() -> PathBuf {
    let exe = std::env::current_exe().unwrap_or_default();
    let target = exe.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target.map_or_else(folder_root, |target| target.join("tmp"))
}

/// Removes a server's folder; a missing folder is not an error.
pub fn remove(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
}

/// The path is short because the path of a Unix socket is limited to about 100 bytes.
fn folder_root() -> PathBuf {
    let account = process::output(Command::new("id").arg("-u")).unwrap_or_default();
    let root = std::env::temp_dir().join(format!("lodgate-e2e-{}", account.trim()));
    std::fs::create_dir_all(&root).unwrap_or_else(|error| panic!("cannot create {}: {error}", root.display()));
    root
}

/// Removes the folders of dead processes; the process id is the second-last part of their name.
fn remove_stale_folders(root: &Path) {
    for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.rsplit('-').nth(1)).and_then(|pid| pid.parse().ok());
        if owner.is_some_and(|pid| !process::is_alive(pid)) {
            kill_frozen_server(&entry.path());
            remove(&entry.path());
        }
    }
}

/// Kills a server that was frozen when its test process was killed, and so did not receive its death signal. The
/// process id may be reused, so the working folder identifies the server.
fn kill_frozen_server(folder: &Path) {
    let data = folder.join("data");
    let note = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let Some(pid) = note.lines().next().and_then(|pid| pid.trim().parse::<u32>().ok()) else { return };
    if std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == data) {
        let backends = process::children(pid);
        backends.into_iter().chain([pid]).for_each(|id| process::send(id, process::Signal::Kill));
    }
}
