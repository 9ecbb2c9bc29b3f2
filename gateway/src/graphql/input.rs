//! The inputs of mutations, and how they become commands.

mod counts;
mod reservations;
mod restrictions;
mod structure;

use async_graphql::{ID, InputObject, Result};
use lodgate_entities::ids::{ContractId, PropertyId, RoomTypeId};
use uuid::Uuid;

pub use self::counts::*;
pub use self::reservations::*;
pub use self::restrictions::*;
pub use self::structure::*;
use super::enums::Weekday;
use super::error::bad_input;
use super::room_type::PoolInput;
use super::scalars::{Date, NodeId};
use crate::inventory::{DateRange, Pool};

/// An id that names nothing at the property: the rules answer it as they answer any unknown one.
const UNKNOWN: i64 = -1;

/// The room type at this property that an id names.
pub fn room_type_id(property: PropertyId, id: &ID) -> RoomTypeId {
    match NodeId::decode(id) {
        Some(NodeId::RoomType(of, room_type)) if of == property => room_type,
        _ => RoomTypeId(UNKNOWN),
    }
}

/// The contract at this property that an id names.
pub fn contract_id(property: PropertyId, id: &ID) -> ContractId {
    match NodeId::decode(id) {
        Some(NodeId::Contract(of, contract)) if of == property => contract,
        _ => ContractId(UNKNOWN),
    }
}

fn range(from: Date, through: Date, days: Option<&[Weekday]>) -> DateRange {
    DateRange { from: from.0, through: through.0, days: Weekday::set(days) }
}

fn pool(property: PropertyId, input: &PoolInput, field: &str) -> Result<Pool> {
    match input {
        PoolInput::Shared(true) => Ok(Pool::Shared),
        PoolInput::Shared(false) => Err(bad_input(field, "say shared: true, or name a contractId")),
        PoolInput::ContractId(id) => Ok(Pool::Contract(contract_id(property, id))),
    }
}

/// Takes a change set back.
#[derive(InputObject, Clone, Debug)]
pub struct UndoChangeSetInput {
    /// The property.
    pub property_id: ID,
    /// The change set.
    pub change_set_id: Uuid,
    /// Made by you: the change set that this undo makes, by which it can itself be taken back.
    pub as_change_set_id: Option<Uuid>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: Option<String>,
    /// Why, for the history.
    pub reason: Option<String>,
}
