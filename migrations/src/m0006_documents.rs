//! Trusted documents, and the tenants that may send no others.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, ForeignKey, Index, MigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::{big_integer, blob, text, timestamp_with_time_zone};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0006_documents"
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("trusted_documents")
                    .col(big_integer("tenant_id"))
                    .col(text("name"))
                    .col(blob("sha256"))
                    .col(text("document"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().col("tenant_id").col("name"))
                    .foreign_key(ForeignKey::create().from("trusted_documents", "tenant_id").to("tenants", "id"))
                    .take(),
            )
            .await?;
        // Not unique: two names may have the same document.
        manager
            .create_index(
                Index::create()
                    .name("trusted_documents_sha256")
                    .table("trusted_documents")
                    .col("tenant_id")
                    .col("sha256")
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("trusted_only_tenants")
                    .col(big_integer("tenant_id").primary_key())
                    .col(timestamp_with_time_zone("since"))
                    .foreign_key(ForeignKey::create().from("trusted_only_tenants", "tenant_id").to("tenants", "id"))
                    .take(),
            )
            .await
    }
}
