//! Reads of the supplier's properties and their room types.

use cynic::QueryBuilder as _;

use super::session::Session;
use super::{Failure, schema, transport::execute, whole};
use crate::domain::{
    dates::{Day, Weekday},
    ids::{PropertyId, RoomTypeId},
    property::{Property, RoomType},
};

/// Reads all properties of the supplier, in the order of their creation, in pages of 200.
pub async fn properties(session: Session) -> Result<Vec<Property>, Failure> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = execute(session, wire::Properties::build(wire::PageVariables { after })).await?.properties;
        found.extend(page.nodes.into_iter().map(Property::from));
        after = page.page_info.end_cursor.filter(|_| page.page_info.has_next_page);
        if after.is_none() {
            return Ok(found);
        }
    }
}

impl From<wire::Property> for Property {
    fn from(property: wire::Property) -> Self {
        Self {
            id: property.id,
            code: property.code,
            name: property.name,
            place: property.place,
            time_zone: property.time_zone,
            business_date: property.business_date,
            weekend_days: property.weekend_days.into_iter().map(Weekday::from).collect(),
            room_types: property.room_types.into_iter().map(RoomType::from).collect(),
        }
    }
}

impl From<wire::RoomType> for RoomType {
    fn from(room_type: wire::RoomType) -> Self {
        Self {
            id: room_type.id,
            code: room_type.code,
            name: room_type.name,
            physical_rooms: whole(room_type.physical_rooms),
            max_occupancy: whole(room_type.max_occupancy),
            low_at: whole(room_type.low_at),
        }
    }
}

impl From<wire::Weekday> for Weekday {
    fn from(day: wire::Weekday) -> Self {
        match day {
            wire::Weekday::Monday => Self::Monday,
            wire::Weekday::Tuesday => Self::Tuesday,
            wire::Weekday::Wednesday => Self::Wednesday,
            wire::Weekday::Thursday => Self::Thursday,
            wire::Weekday::Friday => Self::Friday,
            wire::Weekday::Saturday => Self::Saturday,
            wire::Weekday::Sunday => Self::Sunday,
        }
    }
}

mod wire {
    use super::{Day, PropertyId, RoomTypeId, schema};

    #[derive(cynic::QueryVariables)]
    pub struct PageVariables {
        pub after: Option<String>,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query", variables = "PageVariables")]
    pub struct Properties {
        #[arguments(first: 200, after: $after)]
        pub properties: PropertyConnection,
    }

    #[derive(cynic::QueryFragment)]
    pub struct PropertyConnection {
        pub nodes: Vec<Property>,
        pub page_info: PageInfo,
    }

    #[derive(cynic::QueryFragment)]
    pub struct PageInfo {
        pub end_cursor: Option<String>,
        pub has_next_page: bool,
    }

    #[derive(cynic::QueryFragment)]
    pub struct Property {
        pub id: PropertyId,
        pub code: String,
        pub name: String,
        pub place: String,
        pub time_zone: String,
        pub business_date: Day,
        pub weekend_days: Vec<Weekday>,
        pub room_types: Vec<RoomType>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct RoomType {
        pub id: RoomTypeId,
        pub code: String,
        pub name: String,
        pub physical_rooms: i32,
        pub max_occupancy: i32,
        pub low_at: i32,
    }

    #[derive(cynic::Enum, Clone, Copy)]
    pub enum Weekday {
        Monday,
        Tuesday,
        Wednesday,
        Thursday,
        Friday,
        Saturday,
        Sunday,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn properties_are_queried_with_their_room_types() {
        let operation = wire::Properties::build(wire::PageVariables { after: Some("c2".to_owned()) });
        assert!(operation.query.contains("properties(first: 200, after: $after)"), "{}", operation.query);
        assert!(operation.query.contains("roomTypes"), "{}", operation.query);
        assert_eq!(serde_json::to_value(&operation.variables).expect("variables"), json!({ "after": "c2" }));
    }

    #[test]
    fn a_property_is_parsed_with_dates_and_room_types() {
        let data: wire::Properties = serde_json::from_value(json!({ "properties": {
            "nodes": [{
                "id": "p1", "code": "HARB", "name": "Harbour", "place": "Kiel", "timeZone": "Europe/Berlin",
                "businessDate": "2026-12-16", "weekendDays": ["FRIDAY", "SATURDAY"],
                "roomTypes": [
                    { "id": "r1", "code": "DLX", "name": "Deluxe", "physicalRooms": 20, "maxOccupancy": 3, "lowAt": 2 },
                ],
            }],
            "pageInfo": { "endCursor": "c1", "hasNextPage": false },
        } }))
        .expect("an answer of the schema");
        let properties: Vec<Property> = data.properties.nodes.into_iter().map(Property::from).collect();
        assert_eq!(properties[0].business_date.to_string(), "2026-12-16");
        assert_eq!(properties[0].weekend_days, [Weekday::Friday, Weekday::Saturday]);
        let room = RoomType {
            id: RoomTypeId::from("r1"),
            code: "DLX".to_owned(),
            name: "Deluxe".to_owned(),
            physical_rooms: 20,
            max_occupancy: 3,
            low_at: 2,
        };
        assert_eq!(properties[0].room_types, [room]);
    }
}
