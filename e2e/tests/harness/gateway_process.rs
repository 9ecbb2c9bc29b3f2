//! Start, restart and end of the gateway process. A shell script stands in for the binary here, so these tests need no
//! gateway.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use lodgate_e2e::{Gateway, TenantKind, gateway::GatewayBuilder, process};
use tempfile::TempDir;

const SCRIPT: &str = r#"#!/bin/sh
echo "$* LISTEN_ADDR=$LISTEN_ADDR DATABASE_URL=$DATABASE_URL EXTRA=$EXTRA" >> "$DATA_DIR/calls"
case "$1" in
token) echo "token-of-$3" ;;
audit) printf 'cells: 12\ndrift: 3\n'; exit 1 ;;
serve)
    [ -n "$BROKEN" ] && { echo "cannot open the database" >&2; exit 2; }
    trap 'exit 0' TERM
    echo 'some other line'
    echo 'listening on http://127.0.0.1:4321'
    while :; do sleep 0.05; done ;;
esac
"#;

struct Fixture {
    folder: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("lodgate");
        // Copied from another file: a file that a parallel fork still holds open for writing cannot be executed.
        fs::write(folder.path().join("text"), SCRIPT).expect("written");
        fs::copy(folder.path().join("text"), &script).expect("copied");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("executable");
        Self { folder }
    }

    fn builder(&self) -> GatewayBuilder {
        Gateway::builder().binary(self.folder.path().join("lodgate")).data_dir(self.folder.path())
    }

    fn calls(&self) -> String {
        fs::read_to_string(PathBuf::from(self.folder.path()).join("calls")).unwrap_or_default()
    }
}

#[tokio::test]
async fn it_starts_on_a_free_port_and_restarts_on_the_same() {
    let fixture = Fixture::new();
    let gateway = fixture.builder().arg("--demo").env("EXTRA", "1").database_url("postgres://here").start().await;
    assert_eq!(gateway.base_url(), "http://127.0.0.1:4321");
    let first = gateway.pid().expect("it runs");

    gateway.kill();
    assert!(!process::is_alive(first));
    gateway.restart().await;

    assert_ne!(gateway.pid(), Some(first));
    let serve = |address| format!("serve --demo LISTEN_ADDR={address} DATABASE_URL=postgres://here EXTRA=1\n");
    assert_eq!(fixture.calls(), serve("127.0.0.1:0") + &serve("127.0.0.1:4321"));
}

#[tokio::test]
async fn it_stops_in_order_and_ends_with_its_owner() {
    let fixture = Fixture::new();
    let gateway = fixture.builder().start().await;
    assert_eq!(gateway.terminate().await.expect("in time"), Some(0));
    assert_eq!(gateway.pid(), None);

    gateway.restart().await;
    gateway.pause();
    let pid = gateway.pid().expect("it runs");
    drop(gateway);
    assert!(!process::is_alive(pid), "also a frozen one");
}

#[tokio::test]
async fn its_command_line_works_on_the_same_data() {
    let fixture = Fixture::new();
    let gateway = fixture.builder().database_url("postgres://here").start().await;

    assert_eq!(gateway.token("beta", TenantKind::Partner, "inventory:read", "starter").await, "token-of-beta");
    let audit = gateway.audit().await;

    assert_eq!(audit.drift, 3);
    assert!(audit.text.contains("cells: 12"));
    let asked = "token --tenant beta --scope inventory:read --plan starter --ttl 24h --create partner";
    assert!(
        fixture.calls().contains(&format!("{asked} LISTEN_ADDR= DATABASE_URL=postgres://here")),
        "{}",
        fixture.calls()
    );
}

#[tokio::test]
async fn a_start_that_fails_shows_the_log() {
    let fixture = Fixture::new();

    let error = fixture.builder().env("BROKEN", "1").try_start().await.expect_err("it cannot start");

    let text = format!("{error:#}");
    assert!(text.contains("cannot open the database") && text.contains("before it listened"), "{text}");
}
