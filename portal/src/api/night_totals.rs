//! Totals of the shared pool per night, over all room types.

use cynic::QueryBuilder as _;

use super::{Failure, schema, session::Session, transport::execute, whole};
use crate::domain::{dates::Day, ids::PropertyId};

/// Totals of one night over all room types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NightTotal {
    /// The stay date.
    pub date: Day,
    /// Rooms on sale.
    pub allotted: u32,
    /// Rooms held.
    pub held: u32,
    /// Rooms sold.
    pub sold: u32,
    /// Rooms that can still be sold.
    pub left: u32,
    /// Rooms promised beyond what is on sale.
    pub over: u32,
    /// Number of room types that are low.
    pub low_room_types: u32,
    /// Number of room types that are sold out.
    pub sold_out_room_types: u32,
    /// Number of room types whose sales are stopped.
    pub stopped_room_types: u32,
}

/// Reads the totals per night, both ends included, at most 1,096 nights.
pub async fn night_totals(
    session: Session,
    property: &PropertyId,
    from: Day,
    through: Day,
) -> Result<Vec<NightTotal>, Failure> {
    let variables = wire::TotalsVariables { property: property.clone(), from, through };
    let data = execute(session, wire::Totals::build(variables)).await?;
    let totals = data.property.ok_or_else(Failure::no_property)?.night_totals;
    Ok(totals.into_iter().map(NightTotal::from).collect())
}

impl From<wire::NightTotal> for NightTotal {
    fn from(total: wire::NightTotal) -> Self {
        Self {
            date: total.date,
            allotted: whole(total.allotted),
            held: whole(total.held),
            sold: whole(total.sold),
            left: whole(total.left_to_sell),
            over: whole(total.overcommitted_by),
            low_room_types: whole(total.low_room_types),
            sold_out_room_types: whole(total.sold_out_room_types),
            stopped_room_types: whole(total.stopped_room_types),
        }
    }
}

pub(super) mod wire {
    use super::{Day, PropertyId, schema};

    #[derive(cynic::QueryVariables)]
    pub struct TotalsVariables {
        pub property: PropertyId,
        pub from: Day,
        pub through: Day,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query", variables = "TotalsVariables")]
    pub struct Totals {
        #[arguments(id: $property)]
        pub property: Option<PropertyTotals>,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Property", variables = "TotalsVariables")]
    pub struct PropertyTotals {
        #[arguments(from: $from, through: $through)]
        pub night_totals: Vec<NightTotal>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct NightTotal {
        pub date: Day,
        pub allotted: i32,
        pub held: i32,
        pub sold: i32,
        pub left_to_sell: i32,
        pub overcommitted_by: i32,
        pub low_room_types: i32,
        pub sold_out_room_types: i32,
        pub stopped_room_types: i32,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn totals_are_parsed() {
        let data: wire::Totals = serde_json::from_value(json!({ "property": { "nightTotals": [{
            "date": "2026-12-24", "allotted": 40, "held": 2, "sold": 30, "leftToSell": 9, "overcommittedBy": 1,
            "lowRoomTypes": 2, "soldOutRoomTypes": 1, "stoppedRoomTypes": 3,
        }] } }))
        .expect("an answer of the schema");
        let totals = data.property.expect("a property").night_totals.into_iter().map(NightTotal::from);
        let expected = NightTotal {
            date: Day::parse("2026-12-24").expect("a date"),
            allotted: 40,
            held: 2,
            sold: 30,
            left: 9,
            over: 1,
            low_room_types: 2,
            sold_out_room_types: 1,
            stopped_room_types: 3,
        };
        assert_eq!(totals.collect::<Vec<_>>(), [expected]);
    }
}
