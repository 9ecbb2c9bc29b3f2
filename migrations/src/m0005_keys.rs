//! Keys that are rotated with an overlap, and revoked access tokens.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::{timestamp_with_time_zone, timestamp_with_time_zone_null, uuid};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0005_keys"
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column per statement.
        for column in ["signs_from", "needed_until"] {
            let column = timestamp_with_time_zone_null(column);
            manager.alter_table(Table::alter().table("signing_keys").add_column(column).take()).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("revoked_tokens")
                    .col(uuid("jti").primary_key())
                    .col(timestamp_with_time_zone("expires_at"))
                    .take(),
            )
            .await?;
        let index = Index::create().name("revoked_tokens_expires_at").table("revoked_tokens").col("expires_at").take();
        manager.create_index(index).await
    }
}
