//! `lodgate seed`: fills an empty database with the demo: a supplier with four hotels, two partners, users and API clients.

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
use crate::app::{App, TestHooks};
use crate::auth::api_clients::{self, NewApiClient};
use crate::auth::{Passwords, Scopes};
use crate::config::{Cli, Command, Config, DemoOptions, Secret, Seed};
use crate::limits::Plan;

/// The supplier's code.
const SUPPLIER: &str = "harbour";
/// The partners' codes and names.
const PARTNERS: [(&str, &str); 2] = [("meridian", "Meridian Journeys"), ("bedbank", "Bedbank Wholesale")];
/// The users of the supplier.
const USERS: [(&str, &str, UserRole); 3] = [
    ("owner", "Inês Carvalho", UserRole::Owner),
    ("manager", "Tom Aldridge", UserRole::Manager),
    ("viewer", "Moira Kerr", UserRole::Viewer),
];

/// The credentials of the demo. Secrets are shown only here.
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
        for (name, _, role) in USERS {
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

/// Fills the database and prints the credentials.
///
/// # Errors
/// When the demo exists already, or the database fails.
pub async fn run(options: &Seed) -> anyhow::Result<()> {
    let config = as_served(options)?;
    let app = App::start(&config, TestHooks::default()).await.context("cannot open the database")?;
    let sign_ins = fill(&app, &options.demo).await?;
    let text = format!("\n{sign_ins}\n  Start the gateway with `lodgate serve`.\n");
    std::io::stdout().write_all(text.as_bytes()).context("cannot print the credentials")
}

/// The options of a gateway on this database. Everything else comes from the environment, so that other nodes receive the
/// changes over Redis.
fn as_served(options: &Seed) -> anyhow::Result<Config> {
    let Command::Serve(mut config) = Cli::try_parse_from(["lodgate", "serve"])?.command else {
        bail!("`serve` is not a command");
    };
    config.database = options.database.clone();
    config.log = options.log.clone();
    Ok(*config)
}

/// Fills the database through the writer.
///
/// # Errors
/// When the demo exists already, or the database fails.
pub async fn fill(app: &App, options: &DemoOptions) -> anyhow::Result<SignIns> {
    if tenant::Entity::of_code(SUPPLIER).count(&app.database.read).await? > 0 {
        bail!("the demo exists already: the database has a tenant `{SUPPLIER}`");
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
    let tenant = new.insert(db).await.with_context(|| format!("cannot create the tenant `{code}`"))?.id;
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
    for (sign_in, name, role) in USERS {
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
        new.insert(&app.database.write).await.with_context(|| format!("cannot create the user {}", email(sign_in)))?;
    }
    Ok(())
}

pub(super) fn email(name: &str) -> String {
    format!("{name}@{SUPPLIER}.example")
}

/// A password of 80 bits without similar-looking characters.
fn random_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = rand::rng();
    let letters: Vec<char> = (0..16).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use chrono::{DateTime, Days, Duration, Utc};
    use lodgate_entities::{property, property_stock};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

    use super::*;
    use crate::clock::Clock;
    use crate::inventory::{Attention, attention};
    use crate::journal::audit::audit;
    use crate::journal::pickup::pickup;
    use crate::journal::{NightRange, load_structure, nights};

    async fn seeded(clock: Clock) -> (App, DemoOptions, SignIns, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let cli = Cli::try_parse_from(["lodgate", "seed", "--data-dir", path, "--demo-password", "open sesame"]);
        let Command::Seed(options) = cli.unwrap().command else { panic!("not a seed") };
        let config = as_served(&options).unwrap();
        let app = App::start(&config, TestHooks { clock, ..TestHooks::default() }).await.unwrap();
        let sign_ins = fill(&app, &options.demo).await.unwrap();
        (app, options.demo, sign_ins, folder)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_demo_is_whole_and_is_written_once() {
        let clock = Clock::default();
        let (app, options, sign_ins, _folder) = seeded(clock.clone()).await;
        assert!((Clock::default().now() - clock.now()).abs() < Duration::seconds(1), "the clock is right again");
        assert!((1_000..=2_000).contains(&sign_ins.reservations), "{}", sign_ins.reservations);
        assert_eq!(sign_ins.clients.len(), 3);
        let again = fill(&app, &options).await.unwrap_err();
        assert!(again.to_string().contains("exists already"), "{again}");
        let report = audit(&app.database.read).await.unwrap();
        assert_eq!((report.properties, report.findings()), (4, 0));
        assert!(report.nights > 10_000 && report.draws > 10_000, "{report:?}");
        let latest = property_stock::Entity::find().all(&app.database.read).await.unwrap();
        assert!(latest.iter().all(|stock| stock.last_event_at < Some(clock.now())), "nothing is yet to come");
    }

    /// A morning, the turn of the year after the cut-off, and summer just after midnight.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_flagship_has_a_few_things_to_decide_on_any_day() {
        for time in ["2027-03-22T08:00:00Z", "2026-12-27T23:40:00Z", "2027-08-01T00:05:00Z"] {
            let (clock, present) = (Clock::default(), time.parse::<DateTime<Utc>>().unwrap());
            clock.advance(present - clock.now());
            let (app, _, sign_ins, _folder) = seeded(clock).await;
            let db = &app.database.read;
            let flagship = property::Entity::find().filter(property::Column::Code.eq("LIS")).one(db).await.unwrap();
            let id = flagship.unwrap().id;
            let structure = load_structure(db, &[id]).await.unwrap().remove(&id).unwrap().1;
            let today = structure.property.business_date(present);
            let through = today + Days::new(29);
            let mut found = HashMap::new();
            for room_type in structure.room_types.values() {
                let range = NightRange { property: id, room_type: room_type.id, from: today, through };
                let nights = nights(db, vec![range]).await.unwrap().remove(&id).unwrap().nights;
                let dated = today.iter_days().take(30).map(|date| (date, &nights[&(room_type.id, date)]));
                for run in attention::runs(room_type.id, room_type.low_at, &dated) {
                    *found.entry(run.kind).or_insert(0) += 1;
                }
            }
            let expected =
                [(Attention::Overcommitted, 1), (Attention::SoldOut, 5), (Attention::Low, 2), (Attention::StopSell, 1)];
            assert_eq!(found, HashMap::from(expected), "{time}");
            let hours = pickup(db, id, present, 24).await.unwrap();
            let taken: i64 = hours.iter().map(|hour| hour.sold - hour.cancelled).sum();
            assert!((20..=40).contains(&taken), "{time}: {taken}");
            assert!(sign_ins.reservations > 1_000, "{time}: {}", sign_ins.reservations);
        }
    }

    #[test]
    fn a_random_password_can_be_read_out() {
        let password = random_password();
        assert_eq!(password.len(), 19, "{password}");
        assert_ne!(password, random_password());
    }
}
