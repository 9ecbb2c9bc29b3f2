//! Access: tenants, their users and API clients, sessions, and the issuer's keys.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, Expr, ExprTrait, ForeignKey, Index, MigrationName, MigrationTrait, SchemaManager, Table,
};
use sea_orm_migration::schema::{
    big_integer, big_pk_auto, blob, text, text_uniq, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0001_access"
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("tenants")
                    .col(big_pk_auto("id"))
                    .col(text_uniq("code"))
                    .col(text("kind").check(Expr::col("kind").is_in(["SUPPLIER", "PARTNER", "OPERATOR"])))
                    .col(text("name"))
                    .col(text("plan").default("standard"))
                    .col(timestamp_with_time_zone("created_at"))
                    .take(),
            )
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("users")
                    .col(big_pk_auto("id"))
                    .col(big_integer("tenant_id"))
                    .col(text_uniq("email"))
                    .col(text("name"))
                    .col(text("role").check(Expr::col("role").is_in(["OWNER", "MANAGER", "VIEWER"])))
                    .col(text("password_hash"))
                    .col(timestamp_with_time_zone_null("disabled_at"))
                    .col(timestamp_with_time_zone("created_at"))
                    .foreign_key(ForeignKey::create().from("users", "tenant_id").to("tenants", "id"))
                    .take(),
            )
            .await?;
        manager.create_index(Index::create().name("users_tenant").table("users").col("tenant_id").take()).await?;

        manager
            .create_table(
                Table::create()
                    .table("api_clients")
                    .col(big_pk_auto("id"))
                    .col(big_integer("tenant_id"))
                    .col(text_uniq("client_id"))
                    .col(text("label"))
                    .col(text("secret_hash"))
                    .col(text("scopes"))
                    .col(text("plan"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone_null("revoked_at"))
                    .foreign_key(ForeignKey::create().from("api_clients", "tenant_id").to("tenants", "id"))
                    .take(),
            )
            .await?;
        manager
            .create_index(Index::create().name("api_clients_tenant").table("api_clients").col("tenant_id").take())
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("refresh_tokens")
                    .col(blob("token_hash").primary_key())
                    .col(big_integer("user_id"))
                    .col(uuid("family"))
                    .col(timestamp_with_time_zone("issued_at"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .col(timestamp_with_time_zone_null("rotated_at"))
                    .col(timestamp_with_time_zone_null("revoked_at"))
                    .foreign_key(ForeignKey::create().from("refresh_tokens", "user_id").to("users", "id"))
                    .take(),
            )
            .await?;
        for column in ["family", "user_id"] {
            let name = format!("refresh_tokens_{column}");
            manager.create_index(Index::create().name(name).table("refresh_tokens").col(column).take()).await?;
        }

        manager
            .create_table(
                Table::create()
                    .table("signing_keys")
                    .col(text("kid").primary_key())
                    .col(text("algorithm"))
                    .col(blob("private_key"))
                    .col(blob("public_key"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone_null("retired_at"))
                    .take(),
            )
            .await
    }
}
