//! Writes of the shared pool's allotments.

use cynic::MutationBuilder as _;

use super::session::Session;
use super::{
    ChangeSetInfo, Failure, Uuid, WriteResult,
    change_sets::{number, wire::StockPayload},
    schema,
    transport::execute,
};
use crate::domain::{
    batching::AllotmentRange,
    dates::Day,
    ids::{PropertyId, RoomTypeId},
};

/// Sets rooms on sale; all ranges or none. Ranges must not overlap. `key` is the idempotency key: repeated calls with
/// one key are applied once.
pub async fn set_allotments(
    session: Session,
    property: &PropertyId,
    ranges: &[AllotmentRange],
    allow_overcommit: bool,
    info: ChangeSetInfo<'_>,
    key: &str,
) -> Result<WriteResult, Failure> {
    if ranges.is_empty() {
        return Ok(WriteResult::UNCHANGED);
    }
    let input = wire::SetAllotmentsInput {
        property_id: property.clone(),
        changes: ranges.iter().map(wire::AllotmentChange::from_range).collect(),
        allow_overcommit,
        change_set_id: Uuid(info.change_set.to_owned()),
        idempotency_key: key.to_owned(),
        reason: info.reason.map(str::to_owned),
    };
    let data = execute(session, wire::SetAllotments::build(wire::SetVariables { input })).await?;
    Ok(data.set_allotments.into())
}

mod wire {
    use super::{AllotmentRange, Day, PropertyId, RoomTypeId, StockPayload, Uuid, number, schema};

    #[derive(cynic::InputObject)]
    pub enum PoolInput {
        Shared(bool),
    }

    #[derive(cynic::InputObject)]
    pub enum CountInput {
        Allotted(i32),
        NotLoaded(bool),
    }

    #[derive(cynic::InputObject)]
    pub struct AllotmentChange {
        pub room_type_id: RoomTypeId,
        pub pool: PoolInput,
        pub from: Day,
        pub through: Day,
        pub count: CountInput,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub expected_allotted: Option<i32>,
        #[cynic(skip_serializing_if = "std::ops::Not::not")]
        pub expected_not_loaded: bool,
    }

    impl AllotmentChange {
        /// The range as the API takes it.
        pub fn from_range(range: &AllotmentRange) -> Self {
            Self {
                room_type_id: range.room_type.clone(),
                pool: PoolInput::Shared(true),
                from: range.from,
                through: range.through,
                count: range.rooms.map_or(CountInput::NotLoaded(true), |rooms| CountInput::Allotted(number(rooms))),
                expected_allotted: range.expected.flatten().map(number),
                expected_not_loaded: range.expected == Some(None),
            }
        }
    }

    #[derive(cynic::InputObject)]
    pub struct SetAllotmentsInput {
        pub property_id: PropertyId,
        pub changes: Vec<AllotmentChange>,
        pub allow_overcommit: bool,
        pub change_set_id: Uuid,
        pub idempotency_key: String,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub reason: Option<String>,
    }

    #[derive(cynic::QueryVariables)]
    pub struct SetVariables {
        pub input: SetAllotmentsInput,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Mutation", variables = "SetVariables")]
    pub struct SetAllotments {
        #[arguments(input: $input)]
        pub set_allotments: StockPayload,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn range(rooms: Option<u32>, expected: Option<Option<u32>>) -> AllotmentRange {
        let day = |text| Day::parse(text).expect("a date");
        let room_type = RoomTypeId::from("r1");
        AllotmentRange { room_type, from: day("2026-12-24"), through: day("2026-12-26"), rooms, expected }
    }

    fn written(fields: &Value) -> Value {
        let mut expected = json!({
            "roomTypeId": "r1", "pool": { "shared": true }, "from": "2026-12-24", "through": "2026-12-26",
        });
        let all = expected.as_object_mut().expect("fields");
        all.extend(fields.as_object().expect("fields").clone());
        expected
    }

    #[test]
    fn counts_are_set_or_nights_taken_off_sale() {
        let change = |rooms, expected| {
            serde_json::to_value(wire::AllotmentChange::from_range(&range(rooms, expected))).expect("an input")
        };
        let set = change(Some(12), Some(Some(10)));
        assert_eq!(set, written(&json!({ "count": { "allotted": 12 }, "expectedAllotted": 10 })));
        let loaded = change(Some(12), Some(None));
        assert_eq!(loaded, written(&json!({ "count": { "allotted": 12 }, "expectedNotLoaded": true })));
        assert_eq!(change(None, None), written(&json!({ "count": { "notLoaded": true } })));
    }

    #[test]
    fn a_write_returns_its_cursor() {
        let data: wire::SetAllotments = serde_json::from_value(json!({ "setAllotments": {
            "changedCells": 3, "cursor": "c7", "event": { "seq": 7 }, "userErrors": [],
        } }))
        .expect("an answer of the schema");
        let expected = WriteResult::Written { seq: Some(7), changed: 3, cursor: Some("c7".to_owned()) };
        assert_eq!(WriteResult::from(data.set_allotments), expected);
    }
}
