//! Many nights at once: which nights a plan means, what it would make of each, and what stands in its way.

mod plan;
mod preview;
#[cfg(test)]
mod tests;

pub use self::{
    plan::{BulkPlan, Operation, merge_ranges},
    preview::{Blocked, BulkPreview, MAX_ROOMS, RoomTotals, preview},
};
