//! The head of each property's journal.
//!
//! A narrow table of its own, because every change of a property locks its row: on `properties` each inserted foreign
//! key would wait for that lock.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::PropertyId;

/// The head of one journal.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "property_stock")]
pub struct Model {
    /// The property.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: PropertyId,
    /// Number of its latest event; 0 before the first.
    pub stock_seq: i64,
    /// 8 random bytes of the latest event. They tell a forked history from the one that a subscriber has read.
    pub tag: Vec<u8>,
    /// Time of the latest event.
    pub last_event_at: Option<DateTime<Utc>>,
    /// Number of the latest event that changed the property, a room type or a contract.
    pub structure_seq: i64,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
