//! The private servers do what tests of outages ask of them.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use lodgate_e2e::{Postgres, Redis, postgres, process, redis};
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn databases_are_apart() {
    let server = postgres().await;
    let (one, two) = tokio::join!(server.database(), server.database());
    assert_ne!(one, two);

    let name = one.rsplit('/').next().expect("a name");
    server.execute(name, "CREATE TABLE only_here(id int)").await.expect("created");

    let other = two.rsplit('/').next().expect("a name");
    assert!(server.execute(other, "SELECT * FROM only_here").await.is_err());
    assert_eq!(server.execute(name, "SHOW fsync").await.expect("shown"), "on");
    assert_eq!(server.execute(name, "SHOW max_connections").await.expect("shown"), "300");
}

#[tokio::test]
async fn a_killed_postgres_comes_back_with_what_was_committed() {
    let server = Postgres::start_own().await;
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
async fn a_frozen_postgres_answers_after_the_thaw() {
    let server = Postgres::start_own().await;
    server.pause();

    let silence = timeout(Duration::from_millis(500), server.execute("postgres", "SELECT 1")).await;
    assert!(silence.is_err(), "it answered while frozen");

    server.resume();
    assert_eq!(server.execute("postgres", "SELECT 1").await.expect("thawed"), "1");
}

#[tokio::test]
async fn redis_restarts_empty_freezes_and_flushes() {
    let server = Redis::start_own().await;
    assert_eq!(cli(&server, &["SET", "key", "value"]), "OK");
    server.restart().await;
    assert_eq!(cli(&server, &["EXISTS", "key"]), "0");

    cli(&server, &["SET", "key", "value"]);
    server.flush();
    assert_eq!(cli(&server, &["EXISTS", "key"]), "0");

    server.pause();
    assert!(state(server.pid().expect("it runs")).starts_with('T'), "stopped by a signal");
    server.resume();
    assert_eq!(cli(&server, &["PING"]), "PONG");
}

#[tokio::test]
async fn redis_hands_out_databases() {
    let server = redis().await;
    let (one, two) = (server.database().await, server.database().await);

    assert_ne!(one, two);
    assert!(!one.ends_with("/0") && !two.ends_with("/0"), "0 stays free for looking around");
}

/// Ends without a chance to clean up, as a child of the next test.
#[tokio::test]
#[ignore = "run by no_server_outlives_a_killed_test_process"]
async fn be_killed() {
    let Some(note) = std::env::var_os("LODGATE_E2E_NOTE") else { return };
    let (one, other) = (postgres().await.pid().expect("it runs"), redis().await.pid().expect("it runs"));
    std::fs::write(PathBuf::from(note), format!("{one} {other}\n")).expect("noted");
    sleep(Duration::from_secs(120)).await;
}

#[tokio::test]
async fn no_server_outlives_a_killed_test_process() {
    if process::find("setpriv").is_none() {
        return; // Not Linux: there the servers are ended by the tests that own them.
    }
    let folder = tempfile::tempdir().expect("a folder");
    let note = folder.path().join("pids");
    let mut child = Command::new(std::env::current_exe().expect("our own binary"))
        .args(["--exact", "harness::private_servers::be_killed", "--ignored"])
        .env("LODGATE_E2E_NOTE", &note)
        .stdout(Stdio::null())
        .spawn()
        .expect("ourselves again");
    let servers: Vec<u32> = poll(|| {
        let text = std::fs::read_to_string(&note).ok()?;
        text.ends_with('\n').then(|| text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect())
    })
    .await;
    assert_eq!(servers.len(), 2);
    assert!(servers.iter().all(|&pid| process::is_alive(pid)));

    child.kill().expect("killed");
    child.wait().expect("ended");

    poll(|| servers.iter().all(|&pid| !process::is_alive(pid)).then_some(())).await;
}

async fn poll<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "it did not come to pass within a minute");
        sleep(Duration::from_millis(50)).await;
    }
}

fn cli(server: &Redis, command: &[&str]) -> String {
    let mut cli = Command::new(process::require("redis-cli").expect("redis-cli"));
    process::output(cli.args(["-p", &server.port().to_string()]).args(command)).expect("an answer").trim().to_owned()
}

fn state(pid: u32) -> String {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().unwrap_or_default().to_owned()
}
