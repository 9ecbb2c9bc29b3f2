//! A property with its room types and contracts, as one value.

use std::collections::BTreeMap;

use lodgate_entities::ids::{ContractId, RoomTypeId};
use serde::{Deserialize, Serialize};

use crate::inventory::{Contract, Property, RoomType};

/// A property with its room types and contracts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PropertyStructure {
    /// The property.
    pub property: Property,
    /// Its room types.
    pub room_types: BTreeMap<RoomTypeId, RoomType>,
    /// Its contracts, all partners'.
    pub contracts: BTreeMap<ContractId, Contract>,
}
