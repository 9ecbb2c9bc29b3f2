//! The steps that bring a database to the current schema, on SQLite and on PostgreSQL.
//!
//! Append only: a released step is never edited; a later step changes its result. Each step spells its names as strings,
//! not those of the entities, which follow the newest schema and would change old steps.

mod m0001_access;
mod m0002_structure;
mod m0003_stock;
mod m0004_journal;
mod m0005_keys;
mod m0006_documents;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// The steps in order.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_access::Step),
            Box::new(m0002_structure::Step),
            Box::new(m0003_stock::Step),
            Box::new(m0004_journal::Step),
            Box::new(m0005_keys::Step),
            Box::new(m0006_documents::Step),
        ]
    }
}

/// "lodgate" as a number: the advisory lock on which nodes that start together wait.
const LOCK: i64 = 0x006c_6f64_6761_7465;

/// Runs every step that the database lacks.
///
/// All steps commit together or none does. Any number of nodes may start at once: one runs the steps, the others
/// wait for it and then find nothing to do.
///
/// # Errors
/// Any error of the database; also when it has a step that this version does not know, because a newer one wrote it.
pub async fn migrate(db: &DatabaseConnection) -> Result<(), DbErr> {
    // On SQLite the write lock is taken by the first statement, or two processes could both read that no step has run.
    let immediate =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    let tx = db.begin_with_options(immediate).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        // The lock belongs to the transaction, not to the session: a pool could unlock on another session, and the end
        // of a node's connection releases this one. The timeouts of ordinary traffic are lifted first, since the wait
        // for another node and a step over a large table may both take minutes.
        tx.execute_unprepared("SET LOCAL lock_timeout = 0").await?;
        tx.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
    }
    Migrator::up(&tx, None).await?;
    tx.commit().await
}

/// The steps that the database lacks, oldest first. Writes nothing.
///
/// # Errors
/// As [`migrate`].
pub async fn pending(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let steps = Migrator::get_pending_migrations_read_only(db).await?;
    Ok(steps.iter().map(|step| step.name().to_owned()).collect())
}
