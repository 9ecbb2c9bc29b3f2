//! The pool that an input names.

use async_graphql::{ID, OneofObject, Result};
use lodgate_entities::ids::PropertyId;

use super::error::bad_input;
use super::scalars::contract_id;
use crate::inventory::Pool;

/// A pool: exactly one of these fields.
#[derive(OneofObject, Clone, Debug)]
pub enum PoolInput {
    /// `true`: the shared pool.
    Shared(bool),
    /// A contract's own rooms.
    ContractId(ID),
}

pub(super) fn pool(property: PropertyId, input: &PoolInput, field: &str) -> Result<Pool> {
    match input {
        PoolInput::Shared(true) => Ok(Pool::Shared),
        PoolInput::Shared(false) => Err(bad_input(field, "give shared: true, or a contractId")),
        PoolInput::ContractId(id) => Ok(Pool::Contract(contract_id(property, id))),
    }
}
