//! Every step runs over tables that already hold rows, on both databases.
#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing there")]

use lodgate_migrations::{Migrator, migrate, pending};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};
use sea_orm_migration::MigratorTrait;

/// Rows of a database of each version: one per table, in the order of the steps that create the tables.
const ROWS: [&[(&str, &str)]; 6] = [
    &[
        (
            "tenants",
            "INSERT INTO tenants VALUES (1, 'harbour', 'SUPPLIER', 'Harbour', 'standard', '2030-01-01T00:00:00Z')",
        ),
        ("users", "INSERT INTO users VALUES (1, 1, 'o@h.example', 'O', 'OWNER', '-', NULL, '2030-01-01T00:00:00Z')"),
        (
            "api_clients",
            "INSERT INTO api_clients VALUES (1, 1, 'c', 'PMS', '-', 'inventory:read', 'standard', '2030-01-01T00:00:00Z', NULL)",
        ),
        (
            "refresh_tokens",
            "INSERT INTO refresh_tokens VALUES ('x', 1, '00000000-0000-7000-8000-000000000000', '2030-01-01T00:00:00Z', \
             '2030-01-01T00:00:00Z', NULL, NULL)",
        ),
        (
            "signing_keys",
            "INSERT INTO signing_keys (kid, algorithm, private_key, public_key, created_at, retired_at) \
             VALUES ('k', 'EdDSA', 'x', 'y', '2030-01-01T00:00:00Z', NULL)",
        ),
    ],
    &[
        (
            "properties",
            "INSERT INTO properties VALUES (1, 1, 'SEA', 'Seaview', 'Whitby', 'GB', 'Europe/London', 1080, 48, '2030-01-01T00:00:00Z')",
        ),
        (
            "property_stock",
            "INSERT INTO property_stock (property_id, stock_seq, tag, last_event_at) VALUES (1, 0, '12345678', NULL)",
        ),
        ("room_types", "INSERT INTO room_types VALUES (1, 1, 'DBL', 'Double', 2, 2, 1, 10, 2, '2030-01-01T00:00:00Z')"),
        (
            "contracts",
            "INSERT INTO contracts VALUES (1, 1, 1, 'C1', '2030-01-01', '2030-12-31', '[1]', 'ACTIVE', 'CAPPED', 5, NULL, \
             NULL, 'POOL', NULL, NULL, NULL, '2030-01-01T00:00:00Z')",
        ),
    ],
    &[
        (
            "allotments",
            "INSERT INTO allotments (property_id, room_type_id, contract_id, stay_date, allotted) VALUES (1, 1, 0, '2030-05-01', 7)",
        ),
        ("room_nights", "INSERT INTO room_nights (property_id, room_type_id, stay_date) VALUES (1, 1, '2030-05-01')"),
        (
            "reservations",
            "INSERT INTO reservations VALUES (1, '00000000-0000-7000-8000-000000000000', 1, 1, 'ABC', 'R1', NULL, NULL, 'HELD', \
             '2030-01-01T00:15:00Z', '2030-01-01T00:00:00Z', 1, '2030-01-01T00:00:00Z', '2030-01-01T00:00:00Z')",
        ),
        (
            "reservation_lines",
            "INSERT INTO reservation_lines VALUES (1, '00000000-0000-7000-8000-000000000000', 1, 1, '2030-05-01', '2030-05-02', \
             2, '[]', 'HELD')",
        ),
        (
            "reservation_draws",
            "INSERT INTO reservation_draws VALUES (1, '00000000-0000-7000-8000-000000000000', 1, '2030-05-01', 1, 0, 1)",
        ),
    ],
    &[
        (
            "stock_events",
            "INSERT INTO stock_events VALUES (1, 1, '12345678', '00000000-0000-7000-8000-000000000000', '2030-01-01T00:00:00Z', \
             1, 'PMS', 'HOLD', NULL, NULL, NULL, NULL, NULL, '[1]', '2030-05-01', '2030-05-01', '[]', NULL)",
        ),
        (
            "idempotency_records",
            "INSERT INTO idempotency_records VALUES (1, 1, 'key', 'x', '{}', '2030-01-01T00:00:00Z')",
        ),
    ],
    &[(
        "revoked_tokens",
        "INSERT INTO revoked_tokens VALUES ('00000000-0000-7000-8000-000000000000', '2030-01-01T00:00:00Z')",
    )],
    &[
        (
            "trusted_documents",
            "INSERT INTO trusted_documents VALUES (1, 'Hotels', 'x', '{ viewer { plan } }', '2030-01-01T00:00:00Z')",
        ),
        ("trusted_only_tenants", "INSERT INTO trusted_only_tenants VALUES (1, '2030-01-01T00:00:00Z')"),
    ],
];

#[tokio::test]
async fn every_step_keeps_the_rows_of_the_steps_before_on_sqlite() {
    every_step_keeps_the_rows(&sqlite().await).await;
}

#[tokio::test]
async fn every_step_keeps_the_rows_of_the_steps_before_on_postgres() {
    every_step_keeps_the_rows(&postgres().await).await;
}

#[tokio::test]
async fn a_second_run_does_nothing_on_sqlite() {
    a_second_run_does_nothing(&sqlite().await).await;
}

#[tokio::test]
async fn a_second_run_does_nothing_on_postgres() {
    a_second_run_does_nothing(&postgres().await).await;
}

#[tokio::test]
async fn nodes_that_start_together_wait_for_each_other() {
    let db = postgres().await;
    let (a, b, c) = tokio::join!(migrate(&db), migrate(&db), migrate(&db));
    for outcome in [a, b, c] {
        outcome.unwrap();
    }
    assert!(pending(&db).await.unwrap().is_empty());
}

#[tokio::test]
async fn counts_below_zero_are_refused_on_sqlite() {
    counts_below_zero_are_refused(&sqlite().await).await;
}

#[tokio::test]
async fn counts_below_zero_are_refused_on_postgres() {
    counts_below_zero_are_refused(&postgres().await).await;
}

async fn every_step_keeps_the_rows(db: &DatabaseConnection) {
    assert_eq!(Migrator::migrations().len(), ROWS.len(), "a new step needs rows here");
    for step in 0..ROWS.len() {
        Migrator::up(db, Some(1)).await.unwrap();
        for (_, insert) in ROWS[step] {
            db.execute_unprepared(insert).await.unwrap_or_else(|error| panic!("{insert}: {error}"));
        }
        for (table, _) in ROWS[..=step].iter().copied().flatten() {
            assert_eq!(count(db, table).await.unwrap(), 1, "{table} after step {}", step + 1);
        }
    }
}

async fn a_second_run_does_nothing(db: &DatabaseConnection) {
    assert_eq!(pending(db).await.unwrap().len(), ROWS.len());
    migrate(db).await.unwrap();
    for (_, insert) in ROWS.iter().copied().flatten() {
        db.execute_unprepared(insert).await.unwrap();
    }
    migrate(db).await.unwrap();
    assert!(pending(db).await.unwrap().is_empty());
    for (table, _) in ROWS.iter().copied().flatten() {
        assert_eq!(count(db, table).await.unwrap(), 1, "{table}");
    }
}

async fn counts_below_zero_are_refused(db: &DatabaseConnection) {
    migrate(db).await.unwrap();
    db.execute_unprepared(ROWS[2][0].1).await.unwrap();
    for column in ["allotted", "held", "sold", "released", "released_in", "guaranteed", "pool_held", "pool_sold"] {
        let refused = db.execute_unprepared(&format!("UPDATE allotments SET {column} = -1")).await;
        assert!(refused.is_err(), "{column} went below 0");
    }
    // Overcommitment is legal: a supplier may have sold elsewhere.
    db.execute_unprepared("UPDATE allotments SET allotted = 1, sold = 2").await.unwrap();
}

async fn count(db: &DatabaseConnection, table: &str) -> Result<i64, DbErr> {
    let query = Statement::from_string(db.get_database_backend(), format!("SELECT count(*) FROM {table}"));
    let row = db.query_one_raw(query).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(table.to_owned()))?.try_get_by_index(0)
}

async fn sqlite() -> DatabaseConnection {
    let mut options = ConnectOptions::new("sqlite::memory:");
    // Every connection to `:memory:` is a database of its own.
    options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(|options| options.foreign_keys(true));
    Database::connect(options).await.unwrap()
}

async fn postgres() -> DatabaseConnection {
    let url = lodgate_e2e::postgres().await.database().await;
    let mut options = ConnectOptions::new(url);
    options.max_connections(5).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}
