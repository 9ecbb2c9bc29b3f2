//! Writes of restrictions.
//!
//! The calendar shows one value per restriction, merged from the levels room night and shared pool. A write therefore
//! sets the new value at the room night and clears the value at the shared pool.

use cynic::MutationBuilder as _;

use super::session::Session;
use super::{
    ChangeSetInfo, Failure, Uuid, WriteResult,
    change_sets::{number, wire::StockPayload},
    schema,
    transport::execute,
};
use crate::{
    domain::batching::RestrictionRange,
    domain::{
        cell::Value,
        dates::Day,
        ids::{PropertyId, RoomTypeId},
        night_key::Field,
        sort::sorted_distinct,
    },
};

/// Sets and clears restrictions; all ranges or none.
pub async fn set_restrictions(
    session: Session,
    property: &PropertyId,
    ranges: &[RestrictionRange],
    info: ChangeSetInfo<'_>,
    key: &str,
) -> Result<WriteResult, Failure> {
    let changes = changes(ranges);
    if changes.is_empty() {
        return Ok(WriteResult::UNCHANGED);
    }
    let input = wire::SetRestrictionsInput {
        property_id: property.clone(),
        changes,
        change_set_id: Uuid(info.change_set.to_owned()),
        idempotency_key: key.to_owned(),
        reason: info.reason.map(str::to_owned),
    };
    let data = execute(session, wire::SetRestrictions::build(wire::SetVariables { input })).await?;
    Ok(data.set_restrictions.into())
}

/// Two changes per segment of nights, one for the room night and one for the shared pool. The API takes no overlapping
/// changes, so ranges of several fields are cut wherever one begins or ends.
fn changes(ranges: &[RestrictionRange]) -> Vec<wire::RestrictionChangeInput> {
    let mut changes = Vec::new();
    for room in sorted_distinct(ranges.iter().map(|range| &range.room_type)) {
        let of_room: Vec<_> = ranges.iter().filter(|range| range.room_type == *room).collect();
        let cuts = sorted_distinct(of_room.iter().flat_map(|range| [range.from, range.through.plus(1)]));
        for (from, next) in cuts.iter().zip(cuts.iter().skip(1)) {
            let covering: Vec<_> =
                of_room.iter().filter(|range| range.from <= *from && *from <= range.through).copied().collect();
            if !covering.is_empty() {
                changes.extend(segment_changes(room, *from, next.plus(-1), &covering));
            }
        }
    }
    changes
}

/// The changes of one segment of nights. Of two values of one field the later one counts.
fn segment_changes(
    room: &RoomTypeId,
    from: Day,
    through: Day,
    ranges: &[&RestrictionRange],
) -> [wire::RestrictionChangeInput; 2] {
    let blank = |level| wire::RestrictionChangeInput::blank(room.clone(), from, through, level);
    let mut room_night = blank(wire::RestrictionLevel::RoomNight(true));
    let mut shared = blank(wire::RestrictionLevel::Shared(true));
    for (index, range) in ranges.iter().enumerate() {
        let Some(field) = wire::RestrictionField::from_field(range.field) else { continue };
        if ranges[index + 1..].iter().any(|later| later.field == range.field) {
            continue;
        }
        if !room_night.set(range.field, range.value) {
            room_night.clear.push(field);
        }
        shared.clear.push(field);
        if let Some(value) = range.expected {
            let expected = room_night.expected.get_or_insert_default();
            if !expected.set(range.field, value) {
                expected.unset.push(field);
            }
        }
    }
    [room_night, shared]
}

mod wire {
    use super::{Day, Field, PropertyId, RoomTypeId, StockPayload, Uuid, Value, number, schema};

    #[derive(cynic::InputObject)]
    pub enum RestrictionLevel {
        RoomNight(bool),
        Shared(bool),
    }

    #[derive(cynic::Enum, Clone, Copy, PartialEq)]
    pub enum RestrictionField {
        StopSell,
        ClosedToArrival,
        ClosedToDeparture,
        MinStayArrival,
        MaxStayArrival,
        MinStayThrough,
        MaxStayThrough,
        MinAdvanceDays,
        MaxAdvanceDays,
        SellLimit,
    }

    impl RestrictionField {
        /// `None` for the allotment.
        pub fn from_field(field: Field) -> Option<Self> {
            match field {
                Field::Allotment => None,
                Field::StopSell => Some(Self::StopSell),
                Field::MinStayArrival => Some(Self::MinStayArrival),
                Field::MaxStayArrival => Some(Self::MaxStayArrival),
                Field::MinStayThrough => Some(Self::MinStayThrough),
                Field::MaxStayThrough => Some(Self::MaxStayThrough),
                Field::ClosedToArrival => Some(Self::ClosedToArrival),
                Field::ClosedToDeparture => Some(Self::ClosedToDeparture),
            }
        }
    }

    #[derive(cynic::InputObject)]
    pub struct RestrictionChangeInput {
        pub room_type_id: RoomTypeId,
        pub level: RestrictionLevel,
        pub from: Day,
        pub through: Day,
        // The API rejects an explicit null.
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub stop_sell: Option<bool>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub closed_to_arrival: Option<bool>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub closed_to_departure: Option<bool>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub min_stay_arrival: Option<i32>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub max_stay_arrival: Option<i32>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub min_stay_through: Option<i32>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub max_stay_through: Option<i32>,
        pub clear: Vec<RestrictionField>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub expected: Option<RestrictionExpectation>,
    }

    impl RestrictionChangeInput {
        /// A change without values.
        pub fn blank(room_type_id: RoomTypeId, from: Day, through: Day, level: RestrictionLevel) -> Self {
            Self {
                room_type_id,
                level,
                from,
                through,
                stop_sell: None,
                closed_to_arrival: None,
                closed_to_departure: None,
                min_stay_arrival: None,
                max_stay_arrival: None,
                min_stay_through: None,
                max_stay_through: None,
                clear: Vec::new(),
                expected: None,
            }
        }
    }

    #[derive(cynic::InputObject, Default)]
    pub struct RestrictionExpectation {
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub stop_sell: Option<bool>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub closed_to_arrival: Option<bool>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub closed_to_departure: Option<bool>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub min_stay_arrival: Option<i32>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub max_stay_arrival: Option<i32>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub min_stay_through: Option<i32>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub max_stay_through: Option<i32>,
        pub unset: Vec<RestrictionField>,
    }

    macro_rules! impl_set {
        ($($input:ident),+) => {
            $(impl $input {
                /// Sets a field. Returns false for an empty number, which a field cannot express.
                pub fn set(&mut self, field: Field, value: Value) -> bool {
                    match (field, value) {
                        (_, Value::Number(None)) => return false,
                        (Field::StopSell, Value::Flag(on)) => self.stop_sell = Some(on),
                        (Field::ClosedToArrival, Value::Flag(on)) => self.closed_to_arrival = Some(on),
                        (Field::ClosedToDeparture, Value::Flag(on)) => self.closed_to_departure = Some(on),
                        (Field::MinStayArrival, Value::Number(Some(nights))) => {
                            self.min_stay_arrival = Some(number(nights));
                        }
                        (Field::MaxStayArrival, Value::Number(Some(nights))) => {
                            self.max_stay_arrival = Some(number(nights));
                        }
                        (Field::MinStayThrough, Value::Number(Some(nights))) => {
                            self.min_stay_through = Some(number(nights));
                        }
                        (Field::MaxStayThrough, Value::Number(Some(nights))) => {
                            self.max_stay_through = Some(number(nights));
                        }
                        // A value of the wrong kind is ignored.
                        (_, Value::Number(Some(_)) | Value::Flag(_)) => {}
                    }
                    true
                }
            })+
        };
    }
    impl_set!(RestrictionChangeInput, RestrictionExpectation);

    #[derive(cynic::InputObject)]
    pub struct SetRestrictionsInput {
        pub property_id: PropertyId,
        pub changes: Vec<RestrictionChangeInput>,
        pub change_set_id: Uuid,
        pub idempotency_key: String,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub reason: Option<String>,
    }

    #[derive(cynic::QueryVariables)]
    pub struct SetVariables {
        pub input: SetRestrictionsInput,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Mutation", variables = "SetVariables")]
    pub struct SetRestrictions {
        #[arguments(input: $input)]
        pub set_restrictions: StockPayload,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn range(nights: [&str; 2], field: Field, value: Value, expected: Option<Value>) -> RestrictionRange {
        let [from, through] = nights.map(|text| Day::parse(text).expect("a date"));
        RestrictionRange { room_type: RoomTypeId::from("r1"), from, through, field, value, expected }
    }

    fn sent(ranges: &[RestrictionRange]) -> Json {
        serde_json::to_value(changes(ranges)).expect("an input")
    }

    #[test]
    fn a_new_value_is_set_at_the_room_night_and_cleared_at_the_shared_pool() {
        let nights = ["2026-12-24", "2026-12-26"];
        let stop = range(nights, Field::StopSell, Value::Flag(true), Some(Value::Flag(false)));
        let (room, from, through) = ("r1", "2026-12-24", "2026-12-26");
        let expected = json!([
            { "roomTypeId": room, "level": { "roomNight": true }, "from": from, "through": through, "stopSell": true,
              "clear": [], "expected": { "stopSell": false, "unset": [] } },
            { "roomTypeId": room, "level": { "shared": true }, "from": from, "through": through,
              "clear": ["STOP_SELL"] },
        ]);
        assert_eq!(sent(&[stop]), expected);
    }

    #[test]
    fn clearing_applies_to_both_levels() {
        let nights = ["2026-12-24", "2026-12-26"];
        let none = Value::Number(None);
        let sent = sent(&[range(nights, Field::MinStayArrival, none, Some(none))]);
        for level in [0, 1] {
            assert_eq!(sent[level]["clear"], json!(["MIN_STAY_ARRIVAL"]));
            assert_eq!(sent[level]["minStayArrival"], Json::Null);
        }
        assert_eq!(sent[0]["expected"], json!({ "unset": ["MIN_STAY_ARRIVAL"] }));
        assert!(sent[1].get("expected").is_none());
    }

    #[test]
    fn overlapping_restrictions_are_split() {
        let two = Value::Number(Some(2));
        let sent = sent(&[
            range(["2026-12-20", "2026-12-25"], Field::StopSell, Value::Flag(false), None),
            range(["2026-12-24", "2026-12-26"], Field::MinStayThrough, two, None),
            range(["2026-12-30", "2026-12-30"], Field::MinStayThrough, two, None),
        ]);
        let segments: Vec<_> = sent
            .as_array()
            .expect("changes")
            .iter()
            .filter(|change| change["level"]["roomNight"] == true)
            .map(|change| {
                let [from, through] = ["from", "through"].map(|end| change[end].as_str().unwrap_or_default());
                (from, through, change["stopSell"].as_bool(), change["minStayThrough"].as_i64())
            })
            .collect();
        let expected = [
            ("2026-12-20", "2026-12-23", Some(false), None),
            ("2026-12-24", "2026-12-25", Some(false), Some(2)),
            ("2026-12-26", "2026-12-26", None, Some(2)),
            ("2026-12-30", "2026-12-30", None, Some(2)),
        ];
        assert_eq!(segments, expected);
        assert_eq!(sent[3]["clear"], json!(["STOP_SELL", "MIN_STAY_THROUGH"]));
    }
}
