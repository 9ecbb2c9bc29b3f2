//! `lodgate seed`: an empty database becomes the demo: a supplier with four hotels, two partners, people and machines.

use std::fmt;
use std::io::Write as _;

use anyhow::{Context, bail};
use clap::Parser;
use lodgate_entities::ids::TenantId;
use lodgate_entities::tenant::{self, TenantKind};
use lodgate_entities::user::{self, UserRole};
use rand::Rng;
use sea_orm::{ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, PaginatorTrait};

use super::demo;
use crate::app::{App, Seams};
use crate::auth::api_clients::{self, NewApiClient};
use crate::auth::{Passwords, Scopes};
use crate::config::{Cli, Command, Config, DemoOptions, Secret, Seed};
use crate::limits::Plan;

/// The supplier's code.
const SUPPLIER: &str = "harbour";
/// The partners' codes and names.
const PARTNERS: [(&str, &str); 2] = [("meridian", "Meridian Journeys"), ("bedbank", "Bedbank Wholesale")];
/// The people of the supplier.
const PEOPLE: [(&str, &str, UserRole); 3] = [
    ("owner", "Inês Carvalho", UserRole::Owner),
    ("manager", "Tom Aldridge", UserRole::Manager),
    ("viewer", "Moira Kerr", UserRole::Viewer),
];

/// How to sign in to the demo. Secrets are shown here and never again.
#[derive(Debug)]
pub struct SignIns {
    password: String,
    /// Tenant, client id, secret.
    clients: Vec<(String, String, String)>,
    reservations: usize,
}

impl fmt::Display for SignIns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  Sign in    (supplier {SUPPLIER}, password {})", self.password)?;
        for (name, _, role) in PEOPLE {
            writeln!(f, "    {:<28}{role:?}", email(name))?;
        }
        writeln!(f, "\n  API clients, for POST /oauth/token with grant_type=client_credentials")?;
        for (tenant, id, secret) in &self.clients {
            writeln!(f, "    {tenant:<12}client_id={id}")?;
            writeln!(f, "    {:<12}client_secret={secret}", "")?;
        }
        writeln!(
            f,
            "\n  4 hotels, 2 partners and {} reservations are there. Secrets are not shown again.",
            self.reservations
        )
    }
}

/// Fills the database and prints how to sign in.
///
/// # Errors
/// When the demo is there already, or the database fails.
pub async fn run(options: &Seed) -> anyhow::Result<()> {
    let config = as_served(options)?;
    let app = App::start(&config, Seams::default()).await.context("cannot open the database")?;
    let sign_ins = fill(&app, &options.demo).await?;
    let text = format!("\n{sign_ins}\n  Start the gateway with `lodgate serve`.\n");
    std::io::stdout().write_all(text.as_bytes()).context("cannot print how to sign in")
}

/// The options of a gateway on this database, everything else as the environment has it: other nodes hear of what the
/// seed writes.
fn as_served(options: &Seed) -> anyhow::Result<Config> {
    let Command::Serve(mut config) = Cli::try_parse_from(["lodgate", "serve"])?.command else {
        bail!("`serve` is no command");
    };
    config.database = options.database.clone();
    config.log = options.log.clone();
    Ok(*config)
}

/// Fills the database through the writer, as callers would.
///
/// # Errors
/// When the demo is there already, or the database fails.
pub async fn fill(app: &App, options: &DemoOptions) -> anyhow::Result<SignIns> {
    if tenant::Entity::of_code(SUPPLIER).count(&app.database.read).await? > 0 {
        bail!("the demo is there already: the database has a tenant `{SUPPLIER}`");
    }
    let password = options.demo_password.as_ref().map(Secret::reveal).filter(|password| !password.is_empty());
    let password = password.map_or_else(random_password, str::to_owned);

    let mut clients = Vec::new();
    let supplier = make_tenant(app, SUPPLIER, "Harbour & Heath Hotels", TenantKind::Supplier, &mut clients).await?;
    let mut partners = Vec::new();
    for (code, name) in PARTNERS {
        partners.push(make_tenant(app, code, name, TenantKind::Partner, &mut clients).await?);
    }
    make_people(app, supplier, &password).await?;
    let [meridian, bedbank] = partners[..] else { bail!("the demo has two partners") };
    let reservations = demo::stock(app, demo::Tenants { supplier, meridian, bedbank }).await?;
    Ok(SignIns { password, clients, reservations })
}

/// A tenant and its API client.
async fn make_tenant(
    app: &App,
    code: &str,
    name: &str,
    kind: TenantKind,
    clients: &mut Vec<(String, String, String)>,
) -> anyhow::Result<TenantId> {
    let (db, now, plan) = (&app.database.write, app.clock.now(), Plan::Premium);
    let new = tenant::ActiveModel {
        id: NotSet,
        code: Set(code.to_owned()),
        kind: Set(kind),
        name: Set(name.to_owned()),
        plan: Set(plan.name().to_owned()),
        created_at: Set(now),
    };
    let tenant = new.insert(db).await.with_context(|| format!("cannot make the tenant `{code}`"))?.id;
    let label = match kind {
        TenantKind::Supplier => "Property system".to_owned(),
        _ => format!("{name} booking engine"),
    };
    let scopes = Scopes::of_kind(kind);
    let (client, secret) = api_clients::create(db, NewApiClient { tenant, label, scopes, plan }, now).await?;
    clients.push((code.to_owned(), client.client_id, secret.reveal().to_owned()));
    Ok(tenant)
}

async fn make_people(app: &App, tenant: TenantId, password: &str) -> anyhow::Result<()> {
    let passwords = Passwords::new().await?;
    for (sign_in, name, role) in PEOPLE {
        let new = user::ActiveModel {
            id: NotSet,
            tenant_id: Set(tenant),
            email: Set(email(sign_in)),
            name: Set(name.to_owned()),
            role: Set(role),
            password_hash: Set(passwords.hash(password).await?),
            disabled_at: Set(None),
            created_at: Set(app.clock.now()),
        };
        new.insert(&app.database.write).await.with_context(|| format!("cannot make the user {}", email(sign_in)))?;
    }
    Ok(())
}

fn email(name: &str) -> String {
    format!("{name}@{SUPPLIER}.example")
}

/// 80 bits, without characters that look alike, to be read off a screen.
fn random_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = rand::rng();
    let letters: Vec<char> = (0..16).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stock::audit::audit;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_demo_is_whole_and_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let cli = Cli::try_parse_from(["lodgate", "seed", "--data-dir", path, "--demo-password", "open sesame"]);
        let Command::Seed(options) = cli.unwrap().command else { panic!("not a seed") };
        let config = as_served(&options).unwrap();
        let app = App::start(&config, Seams::default()).await.unwrap();
        let sign_ins = fill(&app, &options.demo).await.unwrap();
        assert!((300..=1_000).contains(&sign_ins.reservations), "{}", sign_ins.reservations);
        assert_eq!(sign_ins.clients.len(), 3);
        let again = fill(&app, &options.demo).await.unwrap_err();
        assert!(again.to_string().contains("there already"), "{again}");
        let report = audit(&app.database.read).await.unwrap();
        assert_eq!((report.properties, report.findings()), (4, 0));
        assert!(report.nights > 10_000 && report.draws > 2_000, "{report:?}");
    }

    #[test]
    fn a_random_password_can_be_read_out() {
        let password = random_password();
        assert_eq!(password.len(), 19, "{password}");
        assert_ne!(password, random_password());
    }
}
