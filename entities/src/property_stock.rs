//! Where the journal of each hotel stands.
//!
//! A table of its own, and narrow, because every change of a hotel locks its row: on `properties` each foreign key
//! that is inserted would queue behind that lock.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::PropertyId;

/// The head of one hotel's journal.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "property_stock")]
pub struct Model {
    /// The hotel.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: PropertyId,
    /// Number of its latest event; 0 before the first.
    pub stock_seq: i64,
    /// 8 random bytes of the latest event: they tell a forked history from the one a reader knew.
    pub tag: Vec<u8>,
    /// When the latest event was committed.
    pub last_event_at: Option<DateTime<Utc>>,
    /// Number of the latest event that changed the property, a room type or a contract.
    pub structure_seq: i64,
}

/// No relations: joins are spelled where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
