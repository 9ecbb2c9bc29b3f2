//! The filter of a subscription: properties, room types and nights.

use async_graphql::{ID, Result};
use aws_lc_rs::digest;
use chrono::{DateTime, Days, NaiveDate, Utc};
use lodgate_entities::ids::{PropertyId, RoomTypeId};

use crate::graphql::access::PropertyAccess;
use crate::graphql::error::{bad_argument, bad_input};
use crate::graphql::scalars::{Date, NodeId, property_id};
use crate::inventory::NightKey;
use crate::inventory::calendar::{MAX_RANGE_NIGHTS, order_problem};

/// Most properties of one subscription.
pub(super) const MAX_PROPERTIES: usize = 200;

/// The cells that a subscriber receives.
#[derive(Clone, Debug)]
pub struct SubscriptionFilter {
    pub(super) properties: Option<Vec<PropertyId>>,
    pub(super) room_types: Option<Vec<RoomTypeId>>,
    nights: Nights,
}

#[derive(Clone, Copy, Debug)]
enum Nights {
    Between(NaiveDate, NaiveDate),
    Rolling(u64),
}

impl SubscriptionFilter {
    /// From the arguments.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for too many properties, a foreign kind of id, a reversed range, or both ways to name nights.
    pub fn new(
        properties: Option<&[ID]>,
        room_types: Option<&[ID]>,
        from: Option<Date>,
        through: Option<Date>,
        days: Option<i32>,
    ) -> Result<Self> {
        if properties.is_some_and(|list| list.is_empty() || list.len() > MAX_PROPERTIES) {
            return Err(bad_input("propertyIds", format!("1 to {MAX_PROPERTIES} properties")));
        }
        let unknown = || bad_input("propertyIds", "no such property");
        let properties =
            properties.map(|list| list.iter().map(|id| property_id(id).ok_or_else(unknown)).collect::<Result<_>>());
        let room_types = room_types.map(|list| {
            list.iter()
                .map(|id| match NodeId::decode(id) {
                    Some(NodeId::RoomType(_, id)) => Ok(id),
                    _ => Err(bad_input("roomTypeIds", "no such room type")),
                })
                .collect::<Result<_>>()
        });
        let nights = match (days, from, through) {
            (Some(days), None, None) if (1..=MAX_RANGE_NIGHTS).contains(&i64::from(days)) => {
                Nights::Rolling(u64::from(days.unsigned_abs()))
            }
            (Some(_), None, None) => return Err(bad_input("days", "1 to 1,096 nights")),
            (Some(_), ..) => return Err(bad_input("days", "give either days or from and through")),
            (None, from, through) => {
                let range = (from.map_or(NaiveDate::MIN, |date| date.0), through.map_or(NaiveDate::MAX, |date| date.0));
                if let Some(problem) = order_problem(range.0, range.1) {
                    return Err(bad_argument("", &problem));
                }
                Nights::Between(range.0, range.1)
            }
        };
        Ok(Self { properties: properties.transpose()?, room_types: room_types.transpose()?, nights })
    }

    /// A hash that is part of the cursor, so that a cursor of another filter is detected.
    pub(super) fn hash(&self) -> u64 {
        let text = format!("{self:?}");
        let hash = digest::digest(&digest::SHA256, text.as_bytes());
        hash.as_ref().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    pub(super) fn wants(&self, access: &PropertyAccess, now: DateTime<Utc>, key: NightKey) -> bool {
        let (from, through) = self.range(access, now);
        self.room_types.as_ref().is_none_or(|list| list.contains(&key.0)) && (from..=through).contains(&key.1)
    }

    pub(super) fn range(&self, access: &PropertyAccess, now: DateTime<Utc>) -> (NaiveDate, NaiveDate) {
        match self.nights {
            Nights::Between(from, through) => (from, through),
            Nights::Rolling(days) => {
                let today = access.property().business_date(now);
                (today, today + Days::new(days - 1))
            }
        }
    }
}
