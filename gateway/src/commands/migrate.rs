//! `lodgate migrate`: brings the database to the present schema.

use anyhow::Context;

use crate::config::Tool;
use crate::database::Database;

/// Migrates. Doing so twice, or from several places at once, is harmless.
///
/// # Errors
/// When the database can't be reached or changed.
pub async fn run(options: &Tool) -> anyhow::Result<()> {
    let database = Database::open(&options.database).await.context("cannot open the database")?;
    lodgate_migrations::migrate(&database.write).await.context("cannot migrate the database")?;
    tracing::info!("the database has the present schema");
    Ok(())
}
