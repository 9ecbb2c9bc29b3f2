//! The reasons for a confirmation before a bulk edit is sent.

use super::warnings::name_of;
use crate::{
    domain::{bulk::BulkPreview, property::Property},
    panels::formatting::{naming, nights},
};

/// Most nights that are closed without a confirmation.
const MAX_CLOSED_UNCONFIRMED: usize = 30;

/// The reasons, one sentence per reason; empty if none is needed.
pub fn confirmations(preview: &BulkPreview, property: &Property) -> Vec<String> {
    let year = property.business_date.year();
    let named = |night_keys| naming(night_keys, |room| name_of(property, room), year);
    let mut lines = Vec::new();
    if preview.closes > MAX_CLOSED_UNCONFIRMED {
        lines.push(format!("{} are for sale now and would be closed.", nights(preview.closes)));
    }
    if !preview.below_sold.is_empty() {
        let count = nights(preview.below_sold.len());
        let affected = named(&preview.below_sold);
        lines.push(format!("{count} would have fewer rooms on sale than are held and sold: {affected}."));
    }
    if !preview.drops.is_empty() {
        let count = nights(preview.drops.len());
        lines.push(format!("{count} would lose three quarters of their rooms or more: {}.", named(&preview.drops)));
    }
    lines
}
