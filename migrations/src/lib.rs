//! The steps that bring a database to the present schema, on SQLite and on Postgres alike.
//!
//! Append only: a released step is never edited, a later one changes what it made. Each step spells its names as
//! strings instead of borrowing the entities', which follow the newest schema and would rewrite history.

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

/// "lodgate" as a number: the advisory lock that nodes starting together queue on.
const LOCK: i64 = 0x006c_6f64_6761_7465;

/// Runs every step that the database lacks; nothing when it lacks none.
///
/// All steps commit together or none does. Any number of nodes may start at once: one runs the steps, the others
/// wait for it and then find nothing to do.
///
/// # Errors
/// What the database says; also when it holds a step that this program does not know, that is, when it was written by a
/// newer version.
pub async fn migrate(db: &DatabaseConnection) -> Result<(), DbErr> {
    // SQLite: the write lock from the first statement on, or two processes could both read "nothing done yet".
    let immediate =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    let tx = db.begin_with_options(immediate).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        // The lock belongs to the transaction and not to the session: a pool may answer the unlocking on another
        // session, and a node that dies gives this one back by itself. The limits of ordinary traffic are lifted
        // first, as both the wait for another node and a step over a large table may take minutes.
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
