//! Occupancy: the parties that a room type takes, and the assignment of several parties to the rooms that are left.

use std::cmp::Reverse;

use super::property::RoomType;
use super::refusal::{Problem, Rule};

/// Oldest age that counts as a child, in years.
pub const MAX_CHILD_AGE: i32 = 17;

/// The guests of one room.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// Adults.
    pub adults: i32,
    /// Age of each child in years.
    pub child_ages: &'a [i32],
}

impl Party<'_> {
    fn children(self) -> i32 {
        i32::try_from(self.child_ages.len()).unwrap_or(i32::MAX)
    }

    /// The limit of the room type that the party exceeds: adults first, then children, then all guests together.
    fn exceeded_limit(self, room_type: &RoomType) -> Option<i32> {
        if self.adults > room_type.max_adults {
            Some(room_type.max_adults)
        } else if self.children() > room_type.max_children {
            Some(room_type.max_children)
        } else if self.adults.saturating_add(self.children()) > room_type.max_occupancy {
            Some(room_type.max_occupancy)
        } else {
            None
        }
    }

    /// `true` when one room of the type takes the party.
    pub fn fits(self, room_type: &RoomType) -> bool {
        self.exceeded_limit(room_type).is_none()
    }
}

/// The problem with a party in a room of the type, at the path of its input.
pub fn occupancy_problem(room_type: &RoomType, party: Party<'_>, path: &[&str]) -> Option<Problem> {
    let at = |field| [path, &[field]].concat();
    if party.adults < 1 {
        return Some(Problem::invalid(&at("adults"), "a room takes at least one adult"));
    }
    if party.child_ages.iter().any(|age| !(0..=MAX_CHILD_AGE).contains(age)) {
        return Some(Problem::invalid(&at("childAges"), format!("a child's age is 0 to {MAX_CHILD_AGE} years")));
    }
    let limit = party.exceeded_limit(room_type)?;
    Some(Problem::blocked(Rule::Occupancy, Some(limit)).in_room_type(room_type.id).at_field(path))
}

/// `true` when all parties fit at the same time into the rooms left of each type.
///
/// A greedy assignment: the largest party first, each into the smallest room type that takes it. It never returns `true`
/// where the rooms do not suffice; with unusual limits it may return `false` although another assignment exists.
pub fn all_fit(mut left: Vec<(&RoomType, i32)>, parties: &[Party<'_>]) -> bool {
    let mut parties = parties.to_vec();
    parties.sort_by_key(|party| Reverse((party.child_ages.len(), party.adults)));
    left.sort_by_key(|(room_type, _)| (room_type.max_occupancy, room_type.max_adults));
    parties.iter().all(|party| match left.iter_mut().find(|(room_type, rooms)| *rooms > 0 && party.fits(room_type)) {
        Some((_, rooms)) => {
            *rooms -= 1;
            true
        }
        None => false,
    })
}
