//! `lodgate token`: an access token for tests and the operator's tools.

use std::io::Write;

use anyhow::{Context, bail, ensure};
use chrono::TimeDelta;
use lodgate_entities::tenant::{self, TenantKind};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, DatabaseConnection, EntityTrait};

use crate::auth::{Grant, Issuer, Scopes, SubjectId, is_tenant_code, keys};
use crate::clock::Clock;
use crate::config::Token;
use crate::database::Database;
use crate::limits::Plan;

/// Prints the token, alone on one line of standard output. Migrates first, so that it works on a new database.
///
/// # Errors
/// When the tenant does not exist or is of another kind, or the database fails.
pub async fn run(options: &Token) -> anyhow::Result<()> {
    let token = mint(options).await?;
    writeln!(std::io::stdout(), "{token}").context("cannot print the token")
}

async fn mint(options: &Token) -> anyhow::Result<String> {
    let code = &options.tenant;
    ensure!(is_tenant_code(code), "a tenant's code is 1 to 64 lower-case letters, digits and hyphens");
    let clock = Clock::default();
    let database = Database::open(&options.database).await.context("cannot open the database")?;
    lodgate_migrations::migrate(&database.write).await.context("cannot migrate the database")?;
    if let Some(kind) = options.create {
        create(&database.write, code, kind.into(), &clock).await?;
    }
    let tenant = tenant::Entity::of_code(code).one(&database.write).await?;
    let tenant = tenant.with_context(|| format!("no tenant `{code}`; --create KIND creates it"))?;
    let wanted = options.kind.or(options.create).map(TenantKind::from);
    if let Some(wanted) = wanted.filter(|wanted| *wanted != tenant.kind) {
        bail!("the tenant `{code}` is {:?}, not {wanted:?}", tenant.kind);
    }
    let plan = match options.plan {
        Some(plan) => plan,
        None => tenant.plan.parse().unwrap_or(Plan::Standard),
    };
    let grant = Grant {
        scopes: options.scope.unwrap_or(Scopes::of_kind(tenant.kind)),
        plan,
        subject: SubjectId::Tool,
        lifetime: options.ttl,
        session: None,
        tenant: tenant.code,
        kind: tenant.kind,
    };
    let issuer = Issuer::configured(
        &database.read,
        &database.write,
        &options.issuer.token_issuer,
        &options.issuer.signing_key_file,
        clock.clone(),
    )
    .await?;
    let end = clock.now() + TimeDelta::from_std(options.ttl)?;
    let (token, kid) = issuer.sign_with_name(&grant)?;
    // Rotation keeps the key accepted until this token expires. Key files are managed by the operator.
    if options.ttl > keys::MAX_SERVED && options.issuer.signing_key_file.is_empty() {
        keys::keep_until(&database.write, &kid, end, clock.now()).await?;
    }
    Ok(token)
}

/// Creates the tenant unless it exists. Concurrent commands create it once.
async fn create(db: &DatabaseConnection, code: &str, kind: TenantKind, clock: &Clock) -> anyhow::Result<()> {
    let new = tenant::ActiveModel {
        id: NotSet,
        code: Set(code.to_owned()),
        kind: Set(kind),
        name: Set(code.to_owned()),
        plan: Set(Plan::Standard.name().to_owned()),
        created_at: Set(clock.now()),
    };
    tenant::Entity::insert(new)
        .on_conflict_do_nothing_on([tenant::Column::Code])
        .exec_without_returning(db)
        .await
        .context("cannot create the tenant")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::auth::{AuthError, Bearer, Externals, Scope};
    use crate::config::{Cli, Command};

    fn options(folder: &std::path::Path, more: &[&str]) -> Token {
        let folder = folder.to_str().unwrap();
        let command = ["lodgate", "token", "--data-dir", folder, "--tenant", "harbour"];
        match Cli::try_parse_from(command.iter().chain(more)).unwrap().command {
            Command::Token(token) => token,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_token_is_signed_for_a_tenant_that_it_creates() {
        let folder = tempfile::tempdir().unwrap();
        assert!(mint(&options(folder.path(), &[])).await.is_err(), "no tenant yet");
        let first = options(folder.path(), &["--create", "supplier", "--plan", "unmetered", "--ttl", "24h"]);
        let token = mint(&first).await.unwrap();
        assert!(mint(&first).await.is_ok(), "making it twice is no error");
        assert!(mint(&options(folder.path(), &["--kind", "partner"])).await.is_err());
        assert!(mint(&options(folder.path(), &["--create", "operator"])).await.is_err());

        let database = Database::open(&first.database).await.unwrap();
        let clock = Clock::default();
        let issuer = Issuer::open(&database.read, &database.write, "lodgate", clock.clone()).await.unwrap();
        let bearer = Bearer::new(database.read.clone(), issuer, Externals::default(), clock.clone());
        let viewer = bearer.from_token(&token).await.unwrap();
        assert_eq!(viewer.tenant_code, "harbour");
        assert_eq!(viewer.plan, Plan::Unmetered);
        assert!(viewer.require(Scope::TenantAdmin).is_ok());

        let narrow = mint(&options(folder.path(), &["--scope", "inventory:read"])).await.unwrap();
        assert!(bearer.from_token(&narrow).await.unwrap().require(Scope::InventoryWrite).is_err());
        clock.advance(chrono::Duration::hours(2));
        assert!(matches!(bearer.from_token(&narrow).await, Err(AuthError::Expired)));
    }
}
