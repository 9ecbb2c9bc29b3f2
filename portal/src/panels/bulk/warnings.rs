//! The warnings of a preview, as sentences.

use crate::{
    domain::{
        bulk::{Blocked, BulkPreview},
        cell::signed,
        ids::RoomTypeId,
        night_key::NightKey,
        property::Property,
        sort::sorted_distinct,
    },
    panels::formatting::{naming, nights},
};

/// What may be done all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Fewer rooms than are held and sold.
    BelowSold,
    /// More rooms than there are in the house.
    AbovePhysical,
}

/// Why some nights keep what they have, or what is allowed of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Which nights.
    pub nights: String,
    /// The rest of the sentence.
    pub text: String,
    /// What would let them change.
    pub allowance: Option<Allowance>,
    /// Whether that is allowed already.
    pub is_allowed: bool,
}

/// The notes of a preview, those first that can be settled here.
pub fn warnings(preview: &BulkPreview, property: &Property) -> Vec<Warning> {
    let year = property.business_date.year();
    let ranks = sorted_distinct(preview.blocked.iter().map(|(_, blocked)| rank(*blocked)));
    let groups = ranks
        .into_iter()
        .map(|wanted| preview.blocked.iter().filter(|(_, blocked)| rank(*blocked) == wanted).collect::<Vec<_>>());
    let allowed = [
        (&preview.below_sold, "change to fewer rooms than are held and sold.", Allowance::BelowSold),
        (&preview.above_physical, "change to more rooms than there are in the house.", Allowance::AbovePhysical),
    ];
    let blocked = groups.filter_map(|group| {
        let (_, first) = group.first()?;
        let night_keys = || group.iter().map(|(night, _)| night);
        let named = match first {
            Blocked::Past | Blocked::BeyondHorizon => nights(distinct_nights(night_keys())),
            _ => naming(night_keys(), |room| name_of(property, room), year),
        };
        let is_one_case = group.iter().all(|(_, why)| why == first);
        Some(Warning {
            nights: named,
            text: sentence(*first, is_one_case, property),
            allowance: allowance(*first),
            is_allowed: false,
        })
    });
    let allowed =
        allowed.into_iter().filter(|(night_keys, ..)| !night_keys.is_empty()).map(|(night_keys, text, allowance)| {
            Warning {
                nights: naming(night_keys, |room| name_of(property, room), year),
                text: text.to_owned(),
                allowance: Some(allowance),
                is_allowed: true,
            }
        });
    blocked.chain(allowed).collect()
}

/// The order of the notes.
fn rank(why: Blocked) -> u8 {
    match why {
        Blocked::BelowSold { .. } => 0,
        Blocked::AbovePhysical { .. } => 1,
        Blocked::OutOfRange { .. } => 2,
        Blocked::NotLoaded => 3,
        Blocked::Unknown => 4,
        Blocked::Past => 5,
        Blocked::BeyondHorizon => 6,
    }
}

fn allowance(why: Blocked) -> Option<Allowance> {
    match why {
        Blocked::BelowSold { .. } => Some(Allowance::BelowSold),
        Blocked::AbovePhysical { .. } => Some(Allowance::AbovePhysical),
        _ => None,
    }
}

/// The name of a room type of the property.
pub fn name_of(property: &Property, room: &RoomTypeId) -> String {
    property.room_types.iter().find(|one| one.id == *room).map(|one| one.name.clone()).unwrap_or_default()
}

fn distinct_nights<'a>(night_keys: impl Iterator<Item = &'a NightKey>) -> usize {
    sorted_distinct(night_keys.map(|night| night.date)).len()
}

/// The sentence after the nights; `first` is the first case, and the only one if `is_one_case`.
fn sentence(first: Blocked, is_one_case: bool, property: &Property) -> String {
    match first {
        Blocked::BelowSold { would, promised } if is_one_case => {
            format!("would have {would} on sale where {promised} are held and sold.")
        }
        Blocked::BelowSold { would, promised } => {
            format!("would fall below what is held and sold: the first to {would} where {promised} are promised.")
        }
        Blocked::AbovePhysical { would, physical } if is_one_case => {
            format!("would pass the {physical} physical rooms with {would}.")
        }
        Blocked::AbovePhysical { would, physical } => {
            format!("would pass the physical rooms: the first with {would} where there are {physical}.")
        }
        Blocked::OutOfRange { would } => {
            format!("cannot have that many: a night has 0 to 10,000 rooms, not {}.", signed(would))
        }
        Blocked::NotLoaded => "not loaded: there is no count to adjust. Set one instead.".to_owned(),
        Blocked::Unknown => "could not be read, and so stay as they are.".to_owned(),
        Blocked::Past => format!("before {}, tonight at the hotel.", property.business_date.named()),
        Blocked::BeyondHorizon => "further ahead than the 1,096 nights that can be changed.".to_owned(),
    }
}
