//! The private servers: separation, kills, restarts, freezes, and their end with the test process.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use lodgate_e2e::{Postgres, Redis, postgres, process, stories::eventually};

#[tokio::test]
async fn databases_are_separate() {
    let server = postgres().await;
    let (one, two) = tokio::join!(server.database(), server.database());
    assert_ne!(one, two);

    let name = one.rsplit('/').next().expect("a name");
    server.execute(name, "CREATE TABLE only_here(id int)").await.expect("created");

    let other = two.rsplit('/').next().expect("a name");
    assert!(server.execute(other, "SELECT * FROM only_here").await.is_err());
    assert_eq!(server.execute(name, "SHOW fsync").await.expect("shown"), "off", "the shared server is never killed");
    assert_eq!(server.execute(name, "SHOW max_connections").await.expect("shown"), "300");
}

#[tokio::test]
async fn a_killed_postgres_restarts_with_its_committed_data() {
    let server = Postgres::start_own().await;
    assert_eq!(server.execute("postgres", "SHOW fsync").await.expect("shown"), "on");
    server.execute("postgres", "CREATE TABLE kept AS SELECT 1 AS id").await.expect("created");
    let pid = server.pid();

    server.kill();
    assert!(server.execute("postgres", "SELECT 1").await.is_err());
    server.restart().await;

    assert_ne!(server.pid(), pid);
    assert_eq!(server.execute("postgres", "SELECT id FROM kept").await.expect("kept"), "1");

    server.stop();
    assert_eq!(server.pid(), None);
    server.restart().await;
    assert_eq!(server.execute("postgres", "SELECT id FROM kept").await.expect("kept"), "1");
}

#[tokio::test]
async fn a_frozen_postgres_responds_after_it_resumes() {
    let server = Postgres::start_own().await;
    server.pause();

    let postmaster = server.pid().expect("it runs");
    let mut processes = process::children(postmaster);
    processes.push(postmaster);
    for pid in processes {
        // A stopped process cannot respond.
        eventually("the process is stopped by the signal", || async { state(pid).starts_with('T').then_some(()) })
            .await;
    }

    server.resume();
    assert_eq!(server.execute("postgres", "SELECT 1").await.expect("resumed"), "1");
}

#[tokio::test]
async fn redis_restarts_empty_and_can_be_frozen_and_flushed() {
    let server = Redis::start_own().await;
    assert_eq!(cli(&server, &["SET", "key", "value"]), "OK");
    server.restart().await;
    assert_eq!(cli(&server, &["EXISTS", "key"]), "0");

    cli(&server, &["SET", "key", "value"]);
    server.flush();
    assert_eq!(cli(&server, &["EXISTS", "key"]), "0");

    server.pause();
    let pid = server.pid().expect("it runs");
    eventually("the process is stopped by the signal", || async { state(pid).starts_with('T').then_some(()) }).await;
    server.resume();
    assert_eq!(cli(&server, &["PING"]), "PONG");
}

/// The process that the next test kills.
#[tokio::test]
#[ignore = "a helper process of no_server_outlives_a_killed_test_process"]
async fn be_killed() {
    let Some(note) = std::env::var_os("LODGATE_E2E_NOTE") else { return };
    let redis = Redis::start_own().await;
    let (one, other) = (postgres().await.pid().expect("it runs"), redis.pid().expect("it runs"));
    std::fs::write(PathBuf::from(note), format!("{one} {other}\n")).expect("written");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn no_server_outlives_a_killed_test_process() {
    if process::find("setpriv").is_none() {
        return; // Not Linux: there only the tests themselves end their servers.
    }
    let folder = tempfile::tempdir().expect("a folder");
    let note = folder.path().join("pids");
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "harness::private_servers::be_killed", "--ignored"])
        .env("LODGATE_E2E_NOTE", &note)
        .stdout(Stdio::null())
        .spawn()
        .expect("this binary starts");
    let servers: Vec<u32> = eventually("the servers run", || async {
        let text = std::fs::read_to_string(&note).ok()?;
        text.ends_with('\n').then(|| text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect())
    })
    .await;
    assert_eq!(servers.len(), 2);
    assert!(servers.iter().all(|&pid| process::is_alive(pid)));

    child.kill().expect("killed");
    child.wait().expect("ended");

    eventually("the servers end", || async { servers.iter().all(|&pid| !process::is_alive(pid)).then_some(()) }).await;
}

fn cli(server: &Redis, command: &[&str]) -> String {
    let mut cli = Command::new(process::require("redis-cli").expect("redis-cli"));
    process::output(cli.args(["-p", &server.port().to_string()]).args(command)).expect("a response").trim().to_owned()
}

fn state(pid: u32) -> String {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().unwrap_or_default().to_owned()
}
