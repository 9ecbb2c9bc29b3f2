//! `lodgate migrate`: migrates the database to the current schema.

use anyhow::Context;

use crate::config::Tool;
use crate::database::Database;

/// Migrates. Repeated and concurrent runs are harmless.
///
/// # Errors
/// When the database cannot be reached or changed.
pub async fn run(options: &Tool) -> anyhow::Result<()> {
    let database = Database::open(&options.database).await.context("cannot open the database")?;
    lodgate_migrations::migrate(&database.write).await.context("cannot migrate the database")?;
    tracing::info!("the database has the current schema");
    Ok(())
}
