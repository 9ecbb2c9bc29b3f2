//! Cells and reservations.
//!
//! No foreign keys: these tables are written in bulk under the property's lock, after a read of every key.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{
    ColumnDef, ConnectionTrait, DbErr, Expr, ExprTrait, Index, MigrationName, MigrationTrait, SchemaManager, Table,
    TableCreateStatement,
};
use sea_orm_migration::schema::{
    big_integer, boolean, date, integer, integer_null, json_binary, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid,
};
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0003_stock"
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(allotments()).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            // Counts change all day and no index has them: with free space in each page an update stays in its page and
            // changes no index.
            manager.get_connection().execute_unprepared("ALTER TABLE allotments SET (fillfactor = 80)").await?;
        }
        manager.create_table(room_nights()).await?;
        self.reservations(manager).await?;
        self.lines_and_draws(manager).await
    }
}

impl Step {
    async fn reservations(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("reservations")
                    .col(big_integer("property_id"))
                    .col(uuid("id"))
                    .col(big_integer("tenant_id"))
                    .col(big_integer("contract_id"))
                    .col(text("locator"))
                    .col(text("reference"))
                    .col(text_null("supplier_reference"))
                    .col(text_null("guest_name"))
                    .col(status())
                    .col(timestamp_with_time_zone_null("expires_at"))
                    .col(timestamp_with_time_zone_null("held_since"))
                    .col(integer("revision"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .primary_key(Index::create().col("property_id").col("id"))
                    .take(),
            )
            .await?;
        for (name, columns) in [
            ("reservations_reference", ["property_id", "tenant_id", "reference"].as_slice()),
            ("reservations_locator", ["property_id", "locator"].as_slice()),
        ] {
            let mut index = Index::create().name(name).table("reservations").unique().take();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        manager
            .create_index(
                Index::create()
                    .name("reservations_partner")
                    .table("reservations")
                    .col("tenant_id")
                    .col("created_at")
                    .col("id")
                    .take(),
            )
            .await?;
        // Every write first reads the due holds of its property, so the index has live holds only.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE INDEX reservations_due ON reservations (property_id, expires_at) WHERE status = 'HELD'",
            )
            .await?;
        Ok(())
    }

    async fn lines_and_draws(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("reservation_lines")
                    .col(big_integer("property_id"))
                    .col(uuid("reservation_id"))
                    .col(integer("line"))
                    .col(big_integer("room_type_id"))
                    .col(date("check_in"))
                    .col(date("check_out"))
                    .col(at_least("adults", integer("adults"), 0))
                    .col(json_binary("child_ages"))
                    .col(status())
                    .primary_key(Index::create().col("property_id").col("reservation_id").col("line"))
                    .check(Expr::col("check_in").lt(Expr::col("check_out")))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("reservation_draws")
                    .col(big_integer("property_id"))
                    .col(uuid("reservation_id"))
                    .col(integer("line"))
                    .col(date("stay_date"))
                    .col(big_integer("room_type_id"))
                    .col(big_integer("pool"))
                    .col(at_least("rooms", integer("rooms"), 0))
                    .primary_key(Index::create().col("property_id").col("reservation_id").col("line").col("stay_date"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("reservation_draws_night")
                    .table("reservation_draws")
                    .col("property_id")
                    .col("room_type_id")
                    .col("stay_date")
                    .take(),
            )
            .await
    }
}

fn allotments() -> TableCreateStatement {
    let mut table = Table::create()
        .table("allotments")
        .col(big_integer("property_id"))
        .col(big_integer("room_type_id"))
        .col(big_integer("contract_id"))
        .col(date("stay_date"))
        .col(at_least("allotted", integer_null("allotted"), 0))
        .take();
    for count in ["held", "sold", "released", "released_in", "guaranteed", "pool_held", "pool_sold"] {
        table.col(at_least(count, integer(count).default(0).take(), 0));
    }
    restrictions(&mut table);
    table
        .col(at_least("release_days", integer_null("release_days"), 0))
        .col(integer_null("release_time").check(Expr::col("release_time").between(0, 1_440)))
        .primary_key(Index::create().col("property_id").col("room_type_id").col("contract_id").col("stay_date"))
        .take()
}

fn room_nights() -> TableCreateStatement {
    let mut table = Table::create()
        .table("room_nights")
        .col(big_integer("property_id"))
        .col(big_integer("room_type_id"))
        .col(date("stay_date"))
        .col(at_least("sell_limit", integer_null("sell_limit"), 0))
        .take();
    restrictions(&mut table);
    table.primary_key(Index::create().col("property_id").col("room_type_id").col("stay_date")).take()
}

/// The restrictions, the same at both levels.
fn restrictions(table: &mut TableCreateStatement) {
    for closure in ["stop_sell", "closed_to_arrival", "closed_to_departure"] {
        table.col(boolean(closure).default(false));
    }
    for number in [
        "min_stay_arrival",
        "max_stay_arrival",
        "min_stay_through",
        "max_stay_through",
        "min_advance_days",
        "max_advance_days",
    ] {
        table.col(at_least(number, integer_null(number), 0));
    }
}

fn status() -> ColumnDef {
    text("status").check(Expr::col("status").is_in(["HELD", "CONFIRMED", "CANCELLED", "EXPIRED", "NO_SHOW"])).take()
}

/// `column` with a check that it is at least `least` (null passes, as in every SQL check).
fn at_least(name: &'static str, mut column: ColumnDef, least: i32) -> ColumnDef {
    column.check(Expr::col(name).gte(least)).take()
}
