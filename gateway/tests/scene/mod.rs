//! A node without a server, and a small hotel.

use std::collections::HashMap;

use chrono::NaiveDate;
use clap::Parser;
use lodgate::app::App;
use lodgate::cache::{BlockKey, Month, Source};
use lodgate::config::{Cli, Command as CliCommand, Config};
use lodgate::inventory::command::{CountChange, CountOp, SetCounts, Structure};
use lodgate::inventory::{Action, Actor, Command, DateRange, Pool, Property, RoomType, Weekdays};
use lodgate::writer::{CommandResult, NewProperty, Submission, WriteError};
use lodgate_entities::ids::{PropertyId, RoomTypeId, TenantId};
use lodgate_entities::tenant::{self, TenantKind};
use sea_orm::{ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set};
use uuid::Uuid;

/// The configuration of `lodgate serve` with these arguments.
pub fn config(arguments: &[&str]) -> Config {
    let cli = Cli::try_parse_from(["lodgate", "serve"].iter().chain(arguments)).unwrap();
    match cli.command {
        CliCommand::Serve(config) => *config,
        _ => unreachable!("the arguments say serve"),
    }
}

/// A hotel with one room type.
pub struct Hotel {
    pub property: PropertyId,
    pub room_type: RoomTypeId,
    tenant: TenantId,
    /// A night that can be sold.
    pub night: NaiveDate,
}

impl Hotel {
    pub async fn create(app: &App) -> Self {
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
        let result = hotel.submit(app, None, Action::Structure(Structure::RoomType(room_type))).await.unwrap();
        hotel.room_type = RoomTypeId(result.structure.unwrap());
        hotel
    }

    /// Submits an action to the writer, as part of a change set.
    pub async fn submit(
        &self,
        app: &App,
        change_set: Option<Uuid>,
        action: Action,
    ) -> Result<CommandResult, WriteError> {
        let actor = Actor { tenant: self.tenant, label: "test".to_owned() };
        let command = Command { actor, reason: None, reference: None, change_set, action };
        app.writer.submit(Submission { property: self.property, command, key: None }).await
    }

    /// The action that sets the allotment of the shared pool on the night.
    pub fn rooms(&self, rooms: i32) -> Action {
        let change = CountChange {
            room_type: self.room_type,
            pool: Pool::Shared,
            range: DateRange::new(self.night, self.night),
            op: CountOp::Allotted(rooms),
            expected_allotted: None,
        };
        let changes = vec![change];
        Action::SetCounts(SetCounts { changes, allow_overcommit: false, skip_conflicts: false, relative: false })
    }

    /// The allotment of the shared pool on the night, and the level that it comes from.
    pub async fn read(&self, app: &App) -> (Option<i32>, Source) {
        let key = BlockKey { property: self.property, room_type: self.room_type, month: Month::of(self.night) };
        let found = app.reader.blocks(&[key], &HashMap::new()).await.unwrap();
        let found = &found[&key];
        (found.block.night(self.night).unwrap().shared.allotted, found.source)
    }
}
