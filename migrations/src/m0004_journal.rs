//! The journal of stock events, and the results kept for repeated commands.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{ConnectionTrait, DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::{
    big_integer, blob, date_null, integer_null, json_binary, json_binary_null, text, text_null,
    timestamp_with_time_zone, uuid, uuid_null,
};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0004_journal"
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("stock_events")
                    .col(big_integer("property_id"))
                    .col(big_integer("seq"))
                    .col(blob("tag"))
                    .col(uuid("batch_id"))
                    .col(timestamp_with_time_zone("committed_at"))
                    .col(big_integer("actor_tenant_id"))
                    .col(text("actor"))
                    .col(text("cause"))
                    .col(text_null("reason"))
                    .col(text_null("reference"))
                    .col(uuid_null("change_set_id"))
                    .col(uuid_null("reservation_id"))
                    .col(integer_null("reservation_revision"))
                    .col(json_binary("room_type_ids"))
                    .col(date_null("first_date"))
                    .col(date_null("last_date"))
                    .col(json_binary("cells"))
                    .col(json_binary_null("structure"))
                    .primary_key(Index::create().col("property_id").col("seq"))
                    .take(),
            )
            .await?;
        let db = manager.get_connection();
        // Every event pays for each index, so the two that few events need are partial.
        for index in [
            "CREATE INDEX stock_events_change_set ON stock_events (property_id, change_set_id) \
             WHERE change_set_id IS NOT NULL",
            "CREATE INDEX stock_events_reservation ON stock_events (property_id, reservation_id) \
             WHERE reservation_id IS NOT NULL",
            "CREATE INDEX stock_events_dates ON stock_events (property_id, first_date, last_date)",
            "CREATE INDEX stock_events_committed ON stock_events (property_id, committed_at)",
            "CREATE INDEX stock_events_batch ON stock_events (property_id, batch_id)",
        ] {
            db.execute_unprepared(index).await?;
        }

        manager
            .create_table(
                Table::create()
                    .table("idempotency_records")
                    .col(big_integer("property_id"))
                    .col(big_integer("tenant_id"))
                    .col(text("idempotency_key"))
                    .col(blob("request_hash"))
                    .col(json_binary("outcome"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().col("property_id").col("tenant_id").col("idempotency_key"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("idempotency_records_created")
                    .table("idempotency_records")
                    .col("created_at")
                    .take(),
            )
            .await
    }
}
