//! What the private servers have in common: a folder of their own, a free port, and cleaning up after the dead.

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

/// The account that owns the servers' files when we are root.
pub const UNPRIVILEGED: &str = "postgres";

/// Whether we run as root, whom PostgreSQL refuses to serve.
pub fn is_root() -> bool {
    // The owner of our own process entry, with no need of libc.
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// A loopback port that was free a moment ago. Somebody else may take it first: callers try again.
pub fn free_port() -> u16 {
    let socket = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback socket");
    socket.local_addr().expect("the address of a bound socket").port()
}

/// Makes a new folder for a server of this process, `<what>-<pid>-<n>`, in a place that other accounts may enter.
///
/// The first call removes what processes left behind that were killed before they could clean up.
pub fn new_folder(what: &str) -> PathBuf {
    static CLEAN_UP: Once = Once::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let root = folder_root();
    CLEAN_UP.call_once(|| remove_stale_folders(&root));
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = root.join(format!("{what}-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("cannot make {}: {error}", folder.display()));
    folder
}

/// The folder of this build's caches: `target/tmp`, or the system's temporary folder outside a cargo build.
pub fn cache_root() -> PathBuf {
    let exe = std::env::current_exe().unwrap_or_default();
    let target = exe.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target.map_or_else(folder_root, |target| target.join("tmp"))
}

/// Removes a server's folder; one that is gone is no error.
pub fn remove(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
}

/// Short, because a Unix socket's whole path must fit in about 100 bytes.
fn folder_root() -> PathBuf {
    let account = process::output(Command::new("id").arg("-u")).unwrap_or_default();
    let root = std::env::temp_dir().join(format!("lodgate-e2e-{}", account.trim()));
    std::fs::create_dir_all(&root).unwrap_or_else(|error| panic!("cannot make {}: {error}", root.display()));
    root
}

/// Removes the folders whose process id, the last part but one of their name, is nobody's any more.
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

/// A server that was frozen when its test process was killed never heard the signal to go. Its id may be somebody
/// else's by now, so what counts is that it works in the dead one's folder.
fn kill_frozen_server(folder: &Path) {
    let data = folder.join("data");
    let note = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let Some(pid) = note.lines().next().and_then(|pid| pid.trim().parse::<u32>().ok()) else { return };
    if std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == data) {
        let backends = process::children(pid);
        backends.into_iter().chain([pid]).for_each(|id| process::send(id, process::Signal::Kill));
    }
}
