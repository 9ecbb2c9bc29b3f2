//! The structure of properties, cached per lane.

use std::sync::Arc;

use lodgate_entities::ids::PropertyId;
use moka::sync::Cache;

use crate::journal::PropertyStructure;

/// Properties kept per lane.
const MAX_PROPERTIES: u64 = 10_000;

/// Structure by property, with the structure seq at which it was read.
///
/// Structure changes rarely. Its seq is read under the property's lock, so a comparison tells whether a copy is current.
pub(super) struct StructureCache(Cache<PropertyId, (i64, Arc<PropertyStructure>)>);

impl StructureCache {
    pub(super) fn new() -> Self {
        Self(Cache::new(MAX_PROPERTIES))
    }

    /// The copy of this structure seq.
    pub(super) fn get(&self, property: PropertyId, structure_seq: i64) -> Option<Arc<PropertyStructure>> {
        self.0.get(&property).filter(|(seq, _)| *seq == structure_seq).map(|(_, structure)| structure)
    }

    pub(super) fn insert(&self, property: PropertyId, structure_seq: i64, structure: Arc<PropertyStructure>) {
        self.0.insert(property, (structure_seq, structure));
    }

    pub(super) fn remove(&self, property: PropertyId) {
        self.0.invalidate(&property);
    }
}
