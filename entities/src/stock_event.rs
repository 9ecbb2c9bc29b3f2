//! The journal: every committed change of every property. It is the only authority; cells are its sum.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{PropertyId, TenantId};

/// One change of one property.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_events")]
pub struct Model {
    /// The property.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: PropertyId,
    /// 1, 2, 3 … per property, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// 8 random bytes, see `property_stock.tag`.
    pub tag: Vec<u8>,
    /// The transaction that wrote it. After a lost connection it tells whether the commit happened.
    pub batch_id: Uuid,
    /// Time of commit.
    pub committed_at: DateTime<Utc>,
    /// The tenant that caused it.
    pub actor_tenant_id: TenantId,
    /// The actor, as shown.
    #[sea_orm(column_type = "Text")]
    pub actor: String,
    /// The kind of command.
    #[sea_orm(column_type = "Text")]
    pub cause: String,
    /// The caller's reason.
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    /// The caller's reference.
    #[sea_orm(column_type = "Text", nullable)]
    pub reference: Option<String>,
    /// The change set: one edit of a supplier over several calls and properties.
    pub change_set_id: Option<Uuid>,
    /// The reservation that it changed.
    pub reservation_id: Option<Uuid>,
    /// The reservation's revision after it.
    pub reservation_revision: Option<i32>,
    /// The room types touched, an array of ids.
    #[sea_orm(column_type = "JsonBinary")]
    pub room_type_ids: Json,
    /// First night touched.
    pub first_date: Option<NaiveDate>,
    /// Last night touched.
    pub last_date: Option<NaiveDate>,
    /// Before and after of every cell touched, an array.
    #[sea_orm(column_type = "JsonBinary")]
    pub cells: Json,
    /// The structure after it, for an event that changes structure.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub structure: Option<Json>,
}

/// No relations: a statement that joins spells its join.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
