//! The race of a cache fill with a write: what was read before a commit must not be stored after it.
#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::NaiveDate;
use clap::Parser;
use lodgate::app::{App, Seams};
use lodgate::cache::{BlockKey, Month, Source, SyncPoint};
use lodgate::config::{Cli, Command as CliCommand, Config};
use lodgate::inventory::command::{CountChange, CountOp, SetCounts, Structure};
use lodgate::inventory::{Action, Actor, Command, DateRange, Pool, Property, RoomType, Weekdays};
use lodgate::stock::{NewProperty, Submission};
use lodgate_entities::ids::{PropertyId, RoomTypeId, TenantId};
use lodgate_entities::tenant::{self, TenantKind};
use sea_orm::{ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set};
use tokio::sync::Semaphore;

fn config(arguments: &[&str]) -> Config {
    let cli = Cli::try_parse_from(["lodgate", "serve"].iter().chain(arguments)).unwrap();
    match cli.command {
        CliCommand::Serve(config) => *config,
        _ => unreachable!("the arguments say serve"),
    }
}

/// Holds reads at a place while it is shut, and says when one has arrived.
#[derive(Clone)]
struct Gate {
    shut: Arc<AtomicBool>,
    arrived: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self { shut: Arc::default(), arrived: Arc::new(Semaphore::new(0)), open: Arc::new(Semaphore::new(0)) }
    }

    fn sync_point(&self) -> SyncPoint {
        let gate = self.clone();
        SyncPoint::new(Arc::new(move |place| {
            let gate = gate.clone();
            Box::pin(async move {
                if place == "between read and fill" && gate.shut.load(Ordering::SeqCst) {
                    gate.arrived.add_permits(1);
                    gate.open.acquire().await.unwrap().forget();
                }
            })
        }))
    }
}

struct Hotel {
    property: PropertyId,
    room_type: RoomTypeId,
    tenant: TenantId,
    night: NaiveDate,
}

impl Hotel {
    async fn create(app: &App) -> Self {
        let tenant = tenant::ActiveModel {
            id: NotSet,
            code: Set("alpha".to_owned()),
            kind: Set(TenantKind::Supplier),
            name: Set("Alpha".to_owned()),
            plan: Set("standard".to_owned()),
            created_at: Set(app.clock.now()),
        };
        let tenant = tenant.insert(&app.database.write).await.unwrap().id;
        let property = Property {
            id: PropertyId(0),
            supplier: tenant,
            code: "SEA".to_owned(),
            name: "Seaview".to_owned(),
            place: "Lisbon".to_owned(),
            country: Some("PT".to_owned()),
            time_zone: chrono_tz::Tz::Europe__Lisbon,
            same_day_cut_off: 1_080,
            weekend_days: Weekdays(0b011_0000),
        };
        let actor = Actor { tenant, label: "test".to_owned() };
        let created = app.writer.create_property(NewProperty { actor, property }).await.unwrap();
        let night = app.clock.now().date_naive() + chrono::Days::new(30);
        let mut hotel = Self { property: created.property, room_type: RoomTypeId(0), tenant, night };
        let room_type = RoomType {
            id: RoomTypeId(0),
            code: "DBL".to_owned(),
            name: "Double".to_owned(),
            max_occupancy: 3,
            max_adults: 2,
            max_children: 1,
            physical_rooms: 20,
            low_at: 2,
        };
        let outcome = hotel.submit(app, Action::Structure(Structure::RoomType(room_type))).await;
        hotel.room_type = RoomTypeId(outcome.structure.unwrap());
        hotel
    }

    async fn submit(&self, app: &App, action: Action) -> lodgate::stock::Outcome {
        let actor = Actor { tenant: self.tenant, label: "test".to_owned() };
        let command = Command { actor, reason: None, reference: None, change_set: None, action };
        app.writer.submit(Submission { property: self.property, command, key: None }).await.unwrap()
    }

    async fn set(&self, app: &App, rooms: i32) {
        let change = CountChange {
            room_type: self.room_type,
            pool: Pool::Shared,
            range: DateRange::new(self.night, self.night),
            op: CountOp::Allotted(rooms),
            expected_allotted: None,
        };
        let set = SetCounts { changes: vec![change], allow_overcommit: false, skip_conflicts: false, relative: false };
        self.submit(app, Action::SetCounts(set)).await;
    }

    async fn read(&self, app: &App) -> (Option<i32>, Source) {
        let key = BlockKey { property: self.property, room_type: self.room_type, month: Month::of(self.night) };
        let found = app.reader.blocks(&[key], &HashMap::new()).await.unwrap();
        let stocked = &found[&key];
        (stocked.block.night(self.night).unwrap().shared.allotted, stocked.source)
    }
}

/// A read is held after it saw 5 rooms; 7 are committed and announced meanwhile; then it goes on.
async fn a_fill_that_was_overtaken_is_not_kept(app: &App, gate: &Gate) -> Hotel {
    let hotel = Hotel::create(app).await;
    hotel.set(app, 5).await;
    // The feed must have been heard once, or the cache is not used at all.
    while !app.trust.holds() {
        tokio::task::yield_now().await;
    }
    gate.shut.store(true, Ordering::SeqCst);
    let overtaken = {
        let (app, key) = (
            app.clone(),
            BlockKey { property: hotel.property, room_type: hotel.room_type, month: Month::of(hotel.night) },
        );
        tokio::spawn(async move { app.reader.blocks(&[key], &HashMap::new()).await })
    };
    gate.arrived.acquire().await.unwrap().forget();
    gate.shut.store(false, Ordering::SeqCst);
    hotel.set(app, 7).await;
    gate.open.add_permits(1);
    tokio::time::timeout(Duration::from_secs(10), overtaken).await.unwrap().unwrap().unwrap();
    assert_eq!(hotel.read(app).await.0, Some(7), "the overtaken read left its old block behind");
    hotel
}

#[tokio::test]
async fn in_process_on_the_embedded_database() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Gate::new();
    let config = config(&["--data-dir", folder.path().to_str().unwrap()]);
    let app = App::start(&config, Seams { sync: gate.sync_point(), ..Seams::default() }).await.unwrap();
    let hotel = a_fill_that_was_overtaken_is_not_kept(&app, &gate).await;
    assert_eq!(hotel.read(&app).await, (Some(7), Source::Process), "a fill that was not overtaken is kept");
}

#[tokio::test]
async fn in_redis_and_on_another_node() {
    let url = lodgate_e2e::postgres().await.database().await;
    let redis = lodgate_e2e::Redis::start_own().await;
    let redis_url = redis.url();
    let config = config(&["--database-url", &url, "--redis-url", &redis_url]);
    let gate = Gate::new();
    let one = App::start(&config, Seams { sync: gate.sync_point(), ..Seams::default() }).await.unwrap();
    let other = App::start(&config, Seams::default()).await.unwrap();
    let hotel = a_fill_that_was_overtaken_is_not_kept(&one, &gate).await;
    while !other.trust.holds() {
        tokio::task::yield_now().await;
    }
    assert_eq!(hotel.read(&other).await.0, Some(7), "Redis kept what the overtaken read had seen");
}
