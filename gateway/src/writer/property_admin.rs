//! Stores structure: properties, room types, contracts. Rare, one command per transaction.

use chrono::{DateTime, Utc};
use lodgate_entities::ids::{ContractId, PropertyId, RoomTypeId};
use lodgate_entities::{contract, property, property_stock, room_type};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait};

use crate::inventory::command::Structure;
use crate::inventory::{Actor, Contract, ContractStatus, PoolAccess, Property};

/// A property to be created; its id is ignored.
#[derive(Clone, Debug)]
pub struct NewProperty {
    /// The actor.
    pub actor: Actor,
    /// Its values.
    pub property: Property,
}

fn property_row(property: &Property) -> property::ActiveModel {
    property::ActiveModel {
        id: NotSet,
        tenant_id: Set(property.supplier),
        code: Set(property.code.clone()),
        name: Set(property.name.clone()),
        place: Set(property.place.clone()),
        country: Set(property.country.clone()),
        time_zone: Set(property.time_zone.name().to_owned()),
        same_day_cut_off: Set(property.same_day_cut_off),
        weekend_days: Set(i32::from(property.weekend_days.0)),
        created_at: NotSet,
    }
}

/// Inserts the property and its empty head; returns its id. A code that is taken gives a unique violation.
pub(super) async fn create_property(
    db: &impl ConnectionTrait,
    property: &Property,
    now: DateTime<Utc>,
) -> Result<PropertyId, DbErr> {
    let row = property::ActiveModel { created_at: Set(now), ..property_row(property) }.insert(db).await?;
    let head = property_stock::ActiveModel {
        property_id: Set(row.id),
        stock_seq: Set(0),
        tag: Set(vec![0; 8]),
        last_event_at: Set(None),
        structure_seq: Set(0),
    };
    // `insert` would read the row back by its key, but the database generates nothing here.
    property_stock::Entity::insert(head).exec_without_returning(db).await?;
    Ok(row.id)
}

/// Stores a change of structure; returns the id of the row.
pub(super) async fn store(
    db: &impl ConnectionTrait,
    property: PropertyId,
    structure: &Structure,
    now: DateTime<Utc>,
) -> Result<i64, DbErr> {
    match structure {
        Structure::Property(values) => {
            let row = property::ActiveModel { id: Set(property), ..property_row(values) };
            row.update(db).await.map(|row| row.id.0)
        }
        Structure::RoomType(values) => {
            let row = room_type::ActiveModel {
                id: NotSet,
                property_id: Set(property),
                code: Set(values.code.clone()),
                name: Set(values.name.clone()),
                max_occupancy: Set(values.max_occupancy),
                max_adults: Set(values.max_adults),
                max_children: Set(values.max_children),
                physical_rooms: Set(values.physical_rooms),
                low_at: Set(values.low_at),
                created_at: NotSet,
            };
            match values.id {
                RoomTypeId(0) => {
                    room_type::ActiveModel { created_at: Set(now), ..row }.insert(db).await.map(|row| row.id.0)
                }
                id => room_type::ActiveModel { id: Set(id), ..row }.update(db).await.map(|row| row.id.0),
            }
        }
        Structure::Contract(values) => {
            let row = contract_row(property, values);
            match values.id {
                ContractId(0) => {
                    contract::ActiveModel { created_at: Set(now), ..row }.insert(db).await.map(|row| row.id.0)
                }
                id => contract::ActiveModel { id: Set(id), ..row }.update(db).await.map(|row| row.id.0),
            }
        }
    }
}

fn contract_row(property: PropertyId, values: &Contract) -> contract::ActiveModel {
    let (access, cap) = match values.pool_access {
        PoolAccess::None => (contract::PoolAccess::None, None),
        PoolAccess::Capped(cap) => (contract::PoolAccess::Capped, Some(cap)),
        PoolAccess::Full => (contract::PoolAccess::Full, None),
    };
    contract::ActiveModel {
        id: NotSet,
        property_id: Set(property),
        tenant_id: Set(values.partner),
        code: Set(values.code.clone()),
        first_stay_date: Set(values.first_stay_date),
        last_stay_date: Set(values.last_stay_date),
        room_type_ids: Set(values.room_types.as_ref().map(|list| serde_json::json!(list))),
        status: Set(match values.status {
            ContractStatus::Active => contract::ContractStatus::Active,
            ContractStatus::Suspended => contract::ContractStatus::Suspended,
        }),
        pool_access: Set(access),
        pool_cap: Set(cap),
        longest_hold_minutes: Set(values.longest_hold_minutes),
        max_held_rooms: Set(values.max_held_rooms),
        left_to_sell_shown_up_to: Set(values.left_to_sell_shown_up_to),
        ..contract::ActiveModel { release_to: Set(contract::ReleaseTo::Pool), ..Default::default() }
    }
}
