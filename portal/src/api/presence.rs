//! Sends the selection of this page to the other users of a property.

use cynic::MutationBuilder as _;

use super::session::Session;
use super::{Failure, schema, transport::execute};
use crate::domain::{
    dates::Day,
    ids::{PropertyId, RoomTypeId},
};

/// The selection of one page: the rectangle around it.
#[derive(Clone, Debug, PartialEq)]
pub struct PresenceSelection {
    /// The property.
    pub property: PropertyId,
    /// Its room types, each once.
    pub room_types: Vec<RoomTypeId>,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
}

/// Sends the selection of a page; `None` removes the page from the presence list. `page` is the id of the browser page.
pub async fn show_presence(session: Session, page: &str, selection: Option<PresenceSelection>) -> Result<(), Failure> {
    execute(session, wire::ShowPresence::build(variables(page, selection))).await.map(|_| ())
}

fn variables(page: &str, selection: Option<PresenceSelection>) -> wire::ShowPresenceVariables {
    let (from, through) = selection.as_ref().map(|selection| (selection.from, selection.through)).unzip();
    let (property_id, room_type_ids) = selection.map(|selection| (selection.property, selection.room_types)).unzip();
    let room_type_ids = room_type_ids.unwrap_or_default();
    let input = wire::ShowPresenceInput { page_id: page.to_owned(), property_id, room_type_ids, from, through };
    wire::ShowPresenceVariables { input }
}

mod wire {
    use super::{Day, PropertyId, RoomTypeId, schema};

    #[derive(cynic::QueryVariables)]
    pub struct ShowPresenceVariables {
        pub input: ShowPresenceInput,
    }

    #[derive(cynic::InputObject)]
    pub struct ShowPresenceInput {
        pub page_id: String,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub property_id: Option<PropertyId>,
        pub room_type_ids: Vec<RoomTypeId>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub from: Option<Day>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub through: Option<Day>,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Mutation", variables = "ShowPresenceVariables")]
    pub struct ShowPresence {
        #[arguments(input: $input)]
        #[allow(dead_code, reason = "a rejected presence is not shown")]
        pub show_presence: ShowPresencePayload,
    }

    #[derive(cynic::QueryFragment)]
    pub struct ShowPresencePayload {
        #[allow(dead_code, reason = "a payload needs a field")]
        pub user_errors: Vec<UserError>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct UserError {
        #[allow(dead_code, reason = "an error needs a field")]
        pub message: String,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selection_is_sent_and_leaving_sends_no_property() {
        let day = |text| Day::parse(text).expect("a date");
        let selection = PresenceSelection {
            property: PropertyId::from("p1"),
            room_types: vec![RoomTypeId::from("r1")],
            from: day("2026-12-24"),
            through: day("2026-12-26"),
        };
        let sent = |selection| serde_json::to_value(variables("page", selection).input).expect("an input");
        let expected = json!({
            "pageId": "page", "propertyId": "p1", "roomTypeIds": ["r1"], "from": "2026-12-24",
            "through": "2026-12-26",
        });
        assert_eq!(sent(Some(selection)), expected);
        assert_eq!(sent(None), json!({ "pageId": "page", "roomTypeIds": [] }));
    }
}
