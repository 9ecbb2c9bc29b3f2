//! `lodgate documents`: trusted documents of a tenant.

use std::io::Write;

use anyhow::{Context, ensure};
use lodgate_entities::ids::TenantId;
use lodgate_entities::{tenant, trusted_document, trusted_only_tenant};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, TransactionTrait,
};

use crate::clock::Clock;
use crate::config::{Documents, Switch};
use crate::database::Database;
use crate::persisted_documents::{Hash, Listed, read_manifest};
use crate::transport::check_document;

/// Rows per statement.
const ROWS: usize = 500;

/// Loads documents and sets the restriction, in one transaction, and prints the result.
///
/// # Errors
/// When the tenant does not exist, a document is invalid, or the database fails.
pub async fn run(options: &Documents) -> anyhow::Result<()> {
    let listed = match &options.load {
        None => Vec::new(),
        Some(file) => {
            let json = tokio::fs::read_to_string(file).await;
            let json = json.with_context(|| format!("cannot read {}", file.display()))?;
            let listed = read_manifest(&json)?;
            for Listed { id, document } in &listed {
                check_document(document).with_context(|| format!("the document {id} would be refused"))?;
            }
            listed
        }
    };
    let database = Database::open(&options.database).await.context("cannot open the database")?;
    lodgate_migrations::migrate(&database.write).await.context("cannot migrate the database")?;
    let code = &options.tenant;
    let tenant = tenant::Entity::of_code(code).one(&database.write).await?;
    let tenant = tenant.with_context(|| format!("no tenant `{code}`"))?.id;
    let clock = Clock::default();

    let tx = database.write.begin().await?;
    if options.clear {
        let all = trusted_document::Column::TenantId.eq(tenant);
        trusted_document::Entity::delete_many().filter(all).exec(&tx).await?;
    }
    load(&tx, tenant, listed, &clock).await?;
    match options.only {
        Some(Switch::On) => restrict(&tx, tenant, &clock).await?,
        Some(Switch::Off) => {
            trusted_only_tenant::Entity::delete_by_id(tenant).exec(&tx).await?;
        }
        None => {}
    }
    let count = trusted_document::Entity::of_tenant(tenant).count(&tx).await?;
    let only = trusted_only_tenant::Entity::find_by_id(tenant).one(&tx).await?.is_some();
    ensure!(!only || count > 0, "a tenant that is restricted to trusted documents needs at least one");
    tx.commit().await?;

    let others = if only { "refused" } else { "taken" };
    let mut out = std::io::stdout();
    writeln!(out, "{code}: {count} documents trusted, others {others}").context("cannot print the result")
}

/// Adds the documents; a document with an existing id replaces the old one.
async fn load(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    listed: Vec<Listed>,
    clock: &Clock,
) -> Result<(), sea_orm::DbErr> {
    let replace = OnConflict::columns([trusted_document::Column::TenantId, trusted_document::Column::Name])
        .update_columns([
            trusted_document::Column::Sha256,
            trusted_document::Column::Document,
            trusted_document::Column::CreatedAt,
        ])
        .to_owned();
    let rows: Vec<_> = listed
        .into_iter()
        .map(|Listed { id, document }| trusted_document::ActiveModel {
            tenant_id: Set(tenant),
            name: Set(id),
            sha256: Set(Hash::of(&document).bytes().to_vec()),
            document: Set(document),
            created_at: Set(clock.now()),
        })
        .collect();
    for rows in rows.chunks(ROWS) {
        let insert = trusted_document::Entity::insert_many(rows.to_vec()).on_conflict(replace.clone());
        insert.exec_without_returning(db).await?;
    }
    Ok(())
}

async fn restrict(db: &impl ConnectionTrait, tenant: TenantId, clock: &Clock) -> Result<(), sea_orm::DbErr> {
    let row = trusted_only_tenant::ActiveModel { tenant_id: Set(tenant), since: Set(clock.now()) };
    trusted_only_tenant::Entity::insert(row)
        .on_conflict_do_nothing_on([trusted_only_tenant::Column::TenantId])
        .exec_without_returning(db)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::config::{Cli, Command};
    use crate::persisted_documents::TrustedDocuments;

    fn options(folder: &std::path::Path, more: &[&str]) -> Documents {
        let folder = folder.to_str().unwrap();
        let command = ["lodgate", "documents", "--data-dir", folder, "--tenant", "harbour"];
        match Cli::try_parse_from(command.iter().chain(more)).unwrap().command {
            Command::Documents(documents) => documents,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_switch_is_on_or_off_in_the_help_and_in_what_is_taken() {
        let parse = |value| Cli::try_parse_from(["lodgate", "documents", "--tenant", "harbour", "--only", value]);
        assert!(parse("on").is_ok() && parse("off").is_ok());
        let refused = parse("true").unwrap_err().to_string();
        assert!(refused.contains("[possible values: on, off]"), "{refused}");
        let help = Cli::try_parse_from(["lodgate", "documents", "-h"]).unwrap_err().to_string();
        assert!(help.contains("[possible values: on, off]") && !help.contains("true"), "{help}");
    }

    #[tokio::test]
    async fn documents_are_loaded_and_others_shut_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("documents.json");
        let load = ["--load", file.to_str().unwrap()];
        std::fs::write(&file, r#"{"Hotels":"{ viewer { plan } }"}"#).unwrap();
        assert!(run(&options(folder.path(), &load)).await.is_err(), "no tenant yet");
        let database = Database::open(&options(folder.path(), &[]).database).await.unwrap();
        let harbour = tenant::ActiveModel {
            id: Set(TenantId(1)),
            code: Set("harbour".to_owned()),
            kind: Set(tenant::TenantKind::Supplier),
            name: Set("Harbour".to_owned()),
            plan: Set("standard".to_owned()),
            created_at: Set(Clock::default().now()),
        };
        tenant::Entity::insert(harbour).exec_without_returning(&database.write).await.unwrap();

        let clock = Clock::default();
        let trusted = TrustedDocuments::new(database.read.clone(), clock.clone());
        let alone = run(&options(folder.path(), &["--only", "on"])).await;
        assert!(alone.is_err(), "nothing would be left to send");
        run(&options(folder.path(), &load)).await.unwrap();
        assert!(trusted.allows(TenantId(1), "{ other }").await.unwrap());
        run(&options(folder.path(), &["--only", "on"])).await.unwrap();
        clock.advance(chrono::Duration::minutes(5));
        assert!(!trusted.allows(TenantId(1), "{ other }").await.unwrap());
        assert!(trusted.allows(TenantId(1), "{ viewer { plan } }").await.unwrap());
        assert!(trusted.allows(TenantId(2), "{ other }").await.unwrap());
        let by_hash = format!("sha256:{}", Hash::of("{ viewer { plan } }"));
        for id in ["Hotels", &by_hash] {
            let found = trusted.document(TenantId(1), id).await.unwrap();
            assert_eq!(found.as_deref(), Some("{ viewer { plan } }"), "{id}");
        }
        assert_eq!(trusted.document(TenantId(2), "Hotels").await.unwrap(), None);

        std::fs::write(&file, r#"{"Hotels":"{ viewer {"}"#).unwrap();
        assert!(run(&options(folder.path(), &load)).await.is_err(), "no GraphQL");
        std::fs::write(&file, r#"{"Hotels":"{ viewer { kind } }"}"#).unwrap();
        run(&options(folder.path(), &[&["--clear"][..], &load].concat())).await.unwrap();
        clock.advance(chrono::Duration::minutes(5));
        assert!(!trusted.allows(TenantId(1), "{ viewer { plan } }").await.unwrap());
        run(&options(folder.path(), &["--only", "off"])).await.unwrap();
        clock.advance(chrono::Duration::minutes(5));
        assert!(trusted.allows(TenantId(1), "{ other }").await.unwrap());
    }
}
