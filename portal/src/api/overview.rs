//! The overview of a property: attention items, night totals and pickup, read in one request.

use cynic::QueryBuilder as _;

use super::{AttentionItem, Failure, NightTotal, Pickup, schema, session::Session, transport::execute};
use crate::domain::{dates::Day, ids::PropertyId};

/// The overview of one property.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    /// Nights of the next 30 that need attention, most urgent first.
    pub attention: Vec<AttentionItem>,
    /// Totals of 365 nights from the business date on.
    pub totals: Vec<NightTotal>,
    /// Pickup of the last 24 hours.
    pub pickup: Pickup,
}

/// Reads the overview of a property whose business date is `today`.
pub async fn overview(session: Session, property: &PropertyId, today: Day) -> Result<Overview, Failure> {
    let variables = wire::OverviewVariables { property: property.clone(), from: today, through: today.plus(364) };
    let data = execute(session, wire::Overview::build(variables)).await?;
    Ok(data.property.ok_or_else(Failure::no_property)?.into())
}

impl From<wire::PropertyOverview> for Overview {
    fn from(property: wire::PropertyOverview) -> Self {
        Self {
            attention: property.attention.into_iter().filter_map(AttentionItem::from_wire).collect(),
            totals: property.night_totals.into_iter().map(NightTotal::from).collect(),
            pickup: property.pickup.into(),
        }
    }
}

mod wire {
    use super::{Day, PropertyId, schema};
    use crate::api::{attention::wire::AttentionItem, night_totals::wire::NightTotal, pickup::wire::Pickup};

    #[derive(cynic::QueryVariables)]
    pub struct OverviewVariables {
        pub property: PropertyId,
        pub from: Day,
        pub through: Day,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query", variables = "OverviewVariables")]
    pub struct Overview {
        #[arguments(id: $property)]
        pub property: Option<PropertyOverview>,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Property", variables = "OverviewVariables")]
    pub struct PropertyOverview {
        #[arguments(from: $from, days: 30, first: 200)]
        pub attention: Vec<AttentionItem>,
        #[arguments(from: $from, through: $through)]
        pub night_totals: Vec<NightTotal>,
        #[arguments(hours: 24)]
        pub pickup: Pickup,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::{AttentionKind, PickupHour};

    #[test]
    fn an_overview_is_parsed() {
        let item = |kind: &str| {
            json!({
                "kind": kind, "roomType": { "id": "r1", "code": "DLX", "name": "Deluxe" },
                "contract": { "code": "MERIDIAN" }, "from": "2026-12-24", "through": "2026-12-26", "nights": 3,
                "leastLeft": 0, "roomsOver": 2,
            })
        };
        let data: wire::Overview = serde_json::from_value(json!({ "property": {
            "attention": [item("OVERCOMMITTED"), item("ON_FIRE")],
            "nightTotals": [],
            "pickup": { "net": -1, "sold": 2, "cancelled": 3, "hours": [{ "sold": 2, "cancelled": 3 }] },
        } }))
        .expect("an answer of the schema");
        let overview = Overview::from(data.property.expect("a property"));
        // Unknown kinds are left out.
        assert_eq!(overview.attention.len(), 1);
        let first = &overview.attention[0];
        assert_eq!((first.kind, first.nights, first.rooms_over), (AttentionKind::Overcommitted, 3, 2));
        assert_eq!(first.contract.as_deref(), Some("MERIDIAN"));
        let hours = vec![PickupHour { sold: 2, cancelled: 3 }];
        assert_eq!(overview.pickup, Pickup { net: -1, sold: 2, cancelled: 3, hours });
    }

    #[test]
    fn an_overview_is_one_request() {
        let from = Day::parse("2026-12-16").expect("a date");
        let variables = wire::OverviewVariables { property: PropertyId::from("p1"), from, through: from.plus(364) };
        let operation = wire::Overview::build(variables);
        assert!(operation.query.contains("attention(from: $from, days: 30, first: 200)"), "{}", operation.query);
        assert!(operation.query.contains("pickup(hours: 24)"), "{}", operation.query);
    }
}
