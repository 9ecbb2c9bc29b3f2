//! Bulk edits: the nights of a plan, the changes it makes, and the reasons that block it.

mod plan;
mod preview;
#[cfg(test)]
mod tests;

pub use self::{
    plan::{BulkPlan, Operation, merge_ranges},
    preview::{Blocked, BulkPreview, MAX_ROOMS, RoomTotals, preview},
};
