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

/// A limit that the user can lift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Allotments below the rooms that are held and sold.
    BelowSold,
    /// Allotments above the physical rooms.
    AbovePhysical,
}

/// Nights that are blocked, or that pass a lifted limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The nights, as text.
    pub nights: String,
    /// The rest of the sentence.
    pub text: String,
    /// The limit that lets them change, if the user can lift it.
    pub allowance: Option<Allowance>,
    /// True if the limit is lifted.
    pub is_allowed: bool,
}

/// The warnings of a preview. Those with a limit that can be lifted come first.
pub fn warnings(preview: &BulkPreview, property: &Property) -> Vec<Warning> {
    let year = property.business_date.year();
    let ranks = sorted_distinct(preview.blocked.iter().map(|(_, blocked)| rank(*blocked)));
    let groups = ranks
        .into_iter()
        .map(|wanted| preview.blocked.iter().filter(|(_, blocked)| rank(*blocked) == wanted).collect::<Vec<_>>());
    let allowed = [
        (&preview.below_sold, "change to fewer rooms than are held and sold.", Allowance::BelowSold),
        (&preview.above_physical, "change to more rooms than the hotel has.", Allowance::AbovePhysical),
    ];
    let blocked = groups.filter_map(|group| {
        let (_, first) = group.first()?;
        let night_keys = || group.iter().map(|(night, _)| night);
        let named = match first {
            Blocked::Past | Blocked::BeyondHorizon => nights(distinct_nights(night_keys())),
            _ => naming(night_keys(), |room| name_of(property, room), year),
        };
        let is_same_case = group.iter().all(|(_, why)| why == first);
        Some(Warning {
            nights: named,
            text: sentence(*first, is_same_case, property),
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

/// The order of the warnings.
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
    property.room_types.iter().find(|candidate| candidate.id == *room).map(|room| room.name.clone()).unwrap_or_default()
}

fn distinct_nights<'a>(night_keys: impl Iterator<Item = &'a NightKey>) -> usize {
    sorted_distinct(night_keys.map(|night| night.date)).len()
}

/// The text after the nights. `first` is the first case; all nights have the same one if `is_same_case`.
fn sentence(first: Blocked, is_same_case: bool, property: &Property) -> String {
    match first {
        Blocked::BelowSold { would, promised } if is_same_case => {
            format!("would have {would} on sale, with {promised} held and sold.")
        }
        Blocked::BelowSold { would, promised } => {
            format!("would fall below the rooms held and sold: the first to {would}, with {promised} held and sold.")
        }
        Blocked::AbovePhysical { would, physical } if is_same_case => {
            format!("would have {would} on sale, with {physical} physical rooms.")
        }
        Blocked::AbovePhysical { would, physical } => {
            format!("would pass the physical rooms: the first with {would}, of {physical}.")
        }
        Blocked::OutOfRange { would } => {
            format!("would have {} rooms; a night has 0 to 10,000.", signed(would))
        }
        Blocked::NotLoaded => "not loaded: there is no count to adjust. Set one instead.".to_owned(),
        Blocked::Unknown => "could not be loaded, and stay as they are.".to_owned(),
        Blocked::Past => format!("before {}, tonight at the hotel.", property.business_date.named()),
        Blocked::BeyondHorizon => "further ahead than the 1,096 nights that can be changed.".to_owned(),
    }
}
