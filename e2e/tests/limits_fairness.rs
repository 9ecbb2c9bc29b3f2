//! A tenant whose queries block cannot take all database connections from other tenants.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use lodgate_e2e::{
    Gateway, Postgres, TenantKind,
    stories::{eventually, night},
};
use serde_json::json;

const BOOKINGS: &str = "{ reservations(first: 5) { edges { node { locator } } } }";
const HEAD: &str = "query($id: ID!) { property(id: $id) { stockSeq } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocked_reads_of_a_tenant_leave_connections_for_others() {
    let postgres = Postgres::start_own().await;
    let database = postgres.database().await;
    let gateway = Gateway::builder().database_url(&database).env("POOL_SIZE", "4").start().await;
    let alpha = gateway.supplier("alpha").await;
    let property = alpha.property("Seaview").nights(night(0), night(10)).rooms("DBL", 10).create().await;
    let loud = gateway.client("loud", TenantKind::Supplier).await;
    let stock_seq = async || alpha.client.query(HEAD, &json!({ "id": property.id })).await;
    loud.query(BOOKINGS, &json!({})).await.expect("reservations");
    stock_seq().await.expect("the last seq");

    // Reads of reservations block on the lock. The head of the journal is in another table.
    let name = database.rsplit('/').next().expect("a name");
    let lock = postgres.execute(name, "BEGIN; LOCK TABLE reservations; SELECT pg_sleep(600); COMMIT");
    let ended = AtomicBool::new(false);
    let load = join_all((0..20).map(async |_| {
        while !ended.load(Ordering::Relaxed) {
            // Each query fails after the statement timeout.
            let _ = loud.query(BOOKINGS, &json!({})).await;
        }
    }));
    let blocked = async || {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
        postgres.execute(name, waiting).await.expect("a count").parse::<u32>().expect("a number")
    };
    let neighbour = async {
        eventually("half of the connections are blocked", async || (blocked().await >= 2).then_some(())).await;
        for _ in 0..20 {
            stock_seq().await.expect("another tenant gets a response");
            let blocked = blocked().await;
            // Half of the connections, and one for the node's own search for expired holds.
            assert!(blocked <= 3, "{blocked} of 4 connections are blocked");
        }
        ended.store(true, Ordering::Relaxed);
        let unlock = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        postgres.execute(name, unlock).await.expect("the lock is released");
    };
    let _ = tokio::join!(lock, load, neighbour);
    loud.query(BOOKINGS, &json!({})).await.expect("reservations again");
}
