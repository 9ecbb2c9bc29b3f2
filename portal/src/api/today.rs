//! The data of the Today page: attention items, night totals and pickup.

use cynic::QueryBuilder as _;

use super::{Failure, NightTotal, schema, transport::execute, whole};
use crate::{
    api::session::Session,
    domain::{
        dates::Day,
        ids::{PropertyId, RoomTypeId},
    },
};

/// Why nights need a look, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttentionKind {
    /// More rooms are promised than there are on sale.
    Overcommitted,
    /// Rooms were on sale and none is left.
    SoldOut,
    /// Few are left.
    Low,
    /// Sales are stopped.
    StopSell,
}

/// Consecutive nights of one room type that need a look for the same reason.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionItem {
    /// Why.
    pub kind: AttentionKind,
    /// The room type.
    pub room_type: RoomTypeId,
    /// Its code.
    pub room_code: String,
    /// Its name.
    pub room_name: String,
    /// Code of the contract whose own rooms it is about; none is the shared pool.
    pub contract: Option<String>,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
    /// How many nights.
    pub nights: u32,
    /// Fewest rooms left on any of them.
    pub least_left: u32,
    /// Most rooms promised beyond what is on sale on one of them.
    pub rooms_over: u32,
}

/// Room nights sold and given back within one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PickupHour {
    /// Sold.
    pub sold: u32,
    /// Given back.
    pub cancelled: u32,
}

/// What partners took and gave back lately.
#[derive(Clone, Debug, PartialEq)]
pub struct Pickup {
    /// Room nights sold less given back.
    pub net: i32,
    /// Room nights sold.
    pub sold: u32,
    /// Room nights given back.
    pub cancelled: u32,
    /// Hour by hour, oldest first.
    pub hours: Vec<PickupHour>,
}

/// The first page of one property, read at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Today {
    /// What needs a look in the next 30 nights, most urgent first.
    pub attention: Vec<AttentionItem>,
    /// 365 nights from the business date on.
    pub totals: Vec<NightTotal>,
    /// The last 24 hours.
    pub pickup: Pickup,
}

/// The first page of a property whose business date is `today`.
pub async fn today(session: Session, property: &PropertyId, today: Day) -> Result<Today, Failure> {
    let variables = wire::TodayVariables { property: property.clone(), from: today, through: today.plus(364) };
    let data = execute(session, wire::Today::build(variables)).await?;
    Ok(data.property.ok_or_else(Failure::no_property)?.into())
}

impl From<wire::PropertyToday> for Today {
    fn from(property: wire::PropertyToday) -> Self {
        Self {
            attention: property.attention.into_iter().filter_map(AttentionItem::from_wire).collect(),
            totals: property.night_totals.into_iter().map(NightTotal::from).collect(),
            pickup: property.pickup.into(),
        }
    }
}

impl AttentionItem {
    /// None for a reason that this portal does not know yet: it could not say what to do about it.
    fn from_wire(item: wire::AttentionItem) -> Option<Self> {
        let kind = match item.kind {
            wire::AttentionKind::Overcommitted => AttentionKind::Overcommitted,
            wire::AttentionKind::SoldOut => AttentionKind::SoldOut,
            wire::AttentionKind::Low => AttentionKind::Low,
            wire::AttentionKind::StopSell => AttentionKind::StopSell,
            wire::AttentionKind::Unknown => return None,
        };
        Some(Self {
            kind,
            room_type: item.room_type.id,
            room_code: item.room_type.code,
            room_name: item.room_type.name,
            contract: item.contract.map(|contract| contract.code),
            from: item.from,
            through: item.through,
            nights: whole(item.nights),
            least_left: whole(item.least_left),
            rooms_over: whole(item.rooms_over),
        })
    }
}

impl From<wire::Pickup> for Pickup {
    fn from(pickup: wire::Pickup) -> Self {
        let hour = |hour: wire::PickupHour| PickupHour { sold: whole(hour.sold), cancelled: whole(hour.cancelled) };
        Self {
            net: pickup.net,
            sold: whole(pickup.sold),
            cancelled: whole(pickup.cancelled),
            hours: pickup.hours.into_iter().map(hour).collect(),
        }
    }
}

mod wire {
    use super::{Day, PropertyId, RoomTypeId, schema};
    use crate::api::allotment_calendar::wire::NightTotal;

    #[derive(cynic::QueryVariables)]
    pub struct TodayVariables {
        pub property: PropertyId,
        pub from: Day,
        pub through: Day,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query", variables = "TodayVariables")]
    pub struct Today {
        #[arguments(id: $property)]
        pub property: Option<PropertyToday>,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Property", variables = "TodayVariables")]
    pub struct PropertyToday {
        #[arguments(from: $from, days: 30, first: 200)]
        pub attention: Vec<AttentionItem>,
        #[arguments(from: $from, through: $through)]
        pub night_totals: Vec<NightTotal>,
        #[arguments(hours: 24)]
        pub pickup: Pickup,
    }

    #[derive(cynic::QueryFragment)]
    pub struct AttentionItem {
        pub kind: AttentionKind,
        pub room_type: RoomType,
        pub contract: Option<Contract>,
        pub from: Day,
        pub through: Day,
        pub nights: i32,
        pub least_left: i32,
        pub rooms_over: i32,
    }

    #[derive(cynic::Enum, Clone, Copy)]
    pub enum AttentionKind {
        Overcommitted,
        SoldOut,
        Low,
        StopSell,
        #[cynic(fallback)]
        Unknown,
    }

    #[derive(cynic::QueryFragment)]
    pub struct RoomType {
        pub id: RoomTypeId,
        pub code: String,
        pub name: String,
    }

    #[derive(cynic::QueryFragment)]
    pub struct Contract {
        pub code: String,
    }

    #[derive(cynic::QueryFragment)]
    pub struct Pickup {
        pub net: i32,
        pub sold: i32,
        pub cancelled: i32,
        pub hours: Vec<PickupHour>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct PickupHour {
        pub sold: i32,
        pub cancelled: i32,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_page_is_read_at_once() {
        let item = |kind: &str| {
            json!({
                "kind": kind, "roomType": { "id": "r1", "code": "DLX", "name": "Deluxe" },
                "contract": { "code": "MERIDIAN" }, "from": "2026-12-24", "through": "2026-12-26", "nights": 3,
                "leastLeft": 0, "roomsOver": 2,
            })
        };
        let data: wire::Today = serde_json::from_value(json!({ "property": {
            "attention": [item("OVERCOMMITTED"), item("ON_FIRE")],
            "nightTotals": [],
            "pickup": { "net": -1, "sold": 2, "cancelled": 3, "hours": [{ "sold": 2, "cancelled": 3 }] },
        } }))
        .expect("an answer of the schema");
        let today = Today::from(data.property.expect("the hotel"));
        // What is not known yet is left out.
        assert_eq!(today.attention.len(), 1);
        let first = &today.attention[0];
        assert_eq!((first.kind, first.nights, first.rooms_over), (AttentionKind::Overcommitted, 3, 2));
        assert_eq!(first.contract.as_deref(), Some("MERIDIAN"));
        let hours = vec![PickupHour { sold: 2, cancelled: 3 }];
        assert_eq!(today.pickup, Pickup { net: -1, sold: 2, cancelled: 3, hours });
    }

    #[test]
    fn a_year_of_totals_is_asked_for() {
        let from = Day::parse("2026-12-16").expect("a date");
        let variables = wire::TodayVariables { property: PropertyId::from("p1"), from, through: from.plus(364) };
        let operation = wire::Today::build(variables);
        assert!(operation.query.contains("attention(from: $from, days: 30, first: 200)"), "{}", operation.query);
        assert!(operation.query.contains("pickup(hours: 24)"), "{}", operation.query);
    }
}
