//! Structure: properties, the heads of their journals, room types, contracts.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{
    ColumnDef, DbErr, Expr, ExprTrait, ForeignKey, Index, MigrationName, MigrationTrait, SchemaManager, Table,
};
use sea_orm_migration::schema::{
    big_integer, big_pk_auto, blob, date, integer, integer_null, json_binary_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0002_structure"
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("properties")
                    .col(big_pk_auto("id"))
                    .col(big_integer("tenant_id"))
                    .col(text("code"))
                    .col(text("name"))
                    .col(text("place"))
                    .col(text_null("country"))
                    .col(text("time_zone"))
                    .col(
                        integer("same_day_cut_off")
                            .default(1_080)
                            .check(Expr::col("same_day_cut_off").between(0, 1_800)),
                    )
                    .col(integer("weekend_days").check(Expr::col("weekend_days").between(0, 127)))
                    .col(timestamp_with_time_zone("created_at"))
                    .foreign_key(ForeignKey::create().from("properties", "tenant_id").to("tenants", "id"))
                    .take(),
            )
            .await?;
        unique_code(manager, "properties", "tenant_id").await?;

        manager
            .create_table(
                Table::create()
                    .table("property_stock")
                    .col(big_integer("property_id").primary_key())
                    .col(at_least("stock_seq", big_integer("stock_seq"), 0))
                    .col(blob("tag"))
                    .col(timestamp_with_time_zone_null("last_event_at"))
                    .col(at_least("structure_seq", big_integer("structure_seq").default(0).take(), 0))
                    .foreign_key(ForeignKey::create().from("property_stock", "property_id").to("properties", "id"))
                    .take(),
            )
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("room_types")
                    .col(big_pk_auto("id"))
                    .col(big_integer("property_id"))
                    .col(text("code"))
                    .col(text("name"))
                    .col(at_least("max_occupancy", integer("max_occupancy"), 1))
                    .col(at_least("max_adults", integer("max_adults"), 0))
                    .col(at_least("max_children", integer("max_children"), 0))
                    .col(at_least("physical_rooms", integer("physical_rooms"), 0))
                    .col(at_least("low_at", integer("low_at"), 0))
                    .col(timestamp_with_time_zone("created_at"))
                    .foreign_key(ForeignKey::create().from("room_types", "property_id").to("properties", "id"))
                    .take(),
            )
            .await?;
        unique_code(manager, "room_types", "property_id").await?;

        manager
            .create_table(
                Table::create()
                    .table("contracts")
                    .col(big_pk_auto("id"))
                    .col(big_integer("property_id"))
                    .col(big_integer("tenant_id"))
                    .col(text("code"))
                    .col(date("first_stay_date"))
                    .col(date("last_stay_date"))
                    .col(json_binary_null("room_type_ids"))
                    .col(text("status").check(Expr::col("status").is_in(["ACTIVE", "SUSPENDED"])))
                    .col(text("pool_access").check(Expr::col("pool_access").is_in(["NONE", "CAPPED", "FULL"])))
                    .col(at_least("pool_cap", integer_null("pool_cap"), 0))
                    .col(at_least("release_days", integer_null("release_days"), 0))
                    .col(integer_null("release_time").check(Expr::col("release_time").between(0, 1_440)))
                    .col(text("release_to").default("POOL").check(Expr::col("release_to").is_in(["POOL", "HOUSE"])))
                    .col(at_least("longest_hold_minutes", integer_null("longest_hold_minutes"), 1))
                    .col(at_least("max_held_rooms", integer_null("max_held_rooms"), 0))
                    .col(at_least("left_to_sell_shown_up_to", integer_null("left_to_sell_shown_up_to"), 0))
                    .col(timestamp_with_time_zone("created_at"))
                    .foreign_key(ForeignKey::create().from("contracts", "property_id").to("properties", "id"))
                    .foreign_key(ForeignKey::create().from("contracts", "tenant_id").to("tenants", "id"))
                    .take(),
            )
            .await?;
        unique_code(manager, "contracts", "property_id").await?;
        manager.create_index(Index::create().name("contracts_tenant").table("contracts").col("tenant_id").take()).await
    }
}

/// `column` with a check that it is at least `least` (null passes, as in every SQL check).
fn at_least(name: &'static str, mut column: ColumnDef, least: i32) -> ColumnDef {
    column.check(Expr::col(name).gte(least)).take()
}

/// The codes of `table` are unique within `scope`.
async fn unique_code(manager: &SchemaManager<'_>, table: &'static str, scope: &'static str) -> Result<(), DbErr> {
    let index = Index::create().name(format!("{table}_code")).table(table).col(scope).col("code").unique().take();
    manager.create_index(index).await
}
