//! Changes of the calendar, each atomic for its hotel.

use cynic::MutationBuilder as _;

use super::{
    Cursor, Failure, Uuid,
    scalars::{UserErrorCode, seq},
    schema,
    transport::ask,
    whole,
};
use crate::{
    app::session::Session,
    domain::{
        dates::Day,
        ids::{HotelId, RoomTypeId},
    },
};

/// New rooms on sale for consecutive nights of the shared pool.
#[derive(Clone, Debug, PartialEq)]
pub struct AllotmentRange {
    /// The room type.
    pub room_type: RoomTypeId,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
    /// Rooms on sale; none takes the nights off sale.
    pub rooms: Option<u32>,
    /// Rooms on sale that this replaces: if another number stands there, nothing is written. Outer none: don't care.
    pub expected: Option<Option<u32>>,
}

/// A night that stands in the way, or the whole request where there is no night.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// Which room type.
    pub room_type: Option<RoomTypeId>,
    /// Which night.
    pub date: Option<Day>,
    /// `CONFLICT`, `BELOW_SOLD`, `BELOW_GUARANTEED`, `CELLS_MOVED`, `REFUSED`, …
    pub code: String,
    /// A sentence for a person.
    pub message: String,
    /// What stands there now, where something else was expected.
    pub current: Option<i32>,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is stored.
    Written {
        /// Number of the event; none where nothing had to change.
        seq: Option<u64>,
        /// Cells that changed.
        changed: u32,
        /// Give it to reads: they will not be older.
        cursor: Option<String>,
    },
    /// Nothing was written, for these reasons.
    Refused(Vec<Refused>),
}

/// What belongs to every call of one gesture.
#[derive(Clone, Copy, Debug)]
pub struct Gesture<'a> {
    /// By which it can be taken back: a UUID.
    pub change_set: &'a str,
    /// Why, for the history.
    pub reason: Option<&'a str>,
}

/// Sets rooms on sale; all ranges or none. Ranges must not overlap. `key` makes a repeated call count once.
pub async fn set_allotments(
    session: Session,
    hotel: &HotelId,
    ranges: &[AllotmentRange],
    allow_overcommit: bool,
    gesture: Gesture<'_>,
    key: &str,
) -> Result<Outcome, Failure> {
    if ranges.is_empty() {
        return Ok(Outcome::NOTHING);
    }
    let input = wire::SetAllotmentsInput {
        property_id: hotel.clone(),
        changes: ranges.iter().map(wire::AllotmentChange::of).collect(),
        allow_overcommit,
        change_set_id: Uuid(gesture.change_set.to_owned()),
        idempotency_key: key.to_owned(),
        reason: gesture.reason.map(str::to_owned),
    };
    let done = ask(session, wire::SetAllotments::build(wire::SetVariables { input })).await?;
    Ok(done.set_allotments.into())
}

/// Takes a change set back, unless its cells were changed again since. The undo is itself a change set: `as_change_set`,
/// by which it can be taken back in turn.
pub async fn undo_change_set(
    session: Session,
    hotel: &HotelId,
    change_set: &str,
    as_change_set: &str,
    key: &str,
) -> Result<Outcome, Failure> {
    let input = wire::UndoChangeSetInput {
        property_id: hotel.clone(),
        change_set_id: Uuid(change_set.to_owned()),
        as_change_set_id: Uuid(as_change_set.to_owned()),
        idempotency_key: key.to_owned(),
    };
    let done = ask(session, wire::UndoChangeSet::build(wire::UndoVariables { input })).await?;
    Ok(done.undo_change_set.into())
}

impl Outcome {
    /// There was nothing to write.
    pub(super) const NOTHING: Self = Self::Written { seq: None, changed: 0, cursor: None };
}

impl From<wire::StockPayload> for Outcome {
    fn from(payload: wire::StockPayload) -> Self {
        if payload.user_errors.is_empty() {
            Self::Written {
                seq: payload.event.map(|event| seq(event.seq)),
                changed: whole(payload.changed_cells),
                cursor: payload.cursor.map(|Cursor(text)| text),
            }
        } else {
            Self::Refused(payload.user_errors.into_iter().map(Refused::from).collect())
        }
    }
}

impl From<wire::UserError> for Refused {
    fn from(error: wire::UserError) -> Self {
        let UserErrorCode(code) = error.code;
        Self {
            room_type: error.room_type.map(|room_type| room_type.id),
            date: error.date,
            code,
            message: error.message,
            current: error.current,
        }
    }
}

pub(super) mod wire {
    use super::{AllotmentRange, Cursor, Day, HotelId, RoomTypeId, UserErrorCode, Uuid, schema};

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
        /// As the interface has it.
        pub fn of(range: &AllotmentRange) -> Self {
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

    /// What is too large for the interface is refused there.
    pub fn number(rooms: u32) -> i32 {
        i32::try_from(rooms).unwrap_or(i32::MAX)
    }

    #[derive(cynic::InputObject)]
    pub struct SetAllotmentsInput {
        pub property_id: HotelId,
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

    #[derive(cynic::InputObject)]
    pub struct UndoChangeSetInput {
        pub property_id: HotelId,
        pub change_set_id: Uuid,
        pub as_change_set_id: Uuid,
        pub idempotency_key: String,
    }

    #[derive(cynic::QueryVariables)]
    pub struct UndoVariables {
        pub input: UndoChangeSetInput,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Mutation", variables = "UndoVariables")]
    pub struct UndoChangeSet {
        #[arguments(input: $input)]
        pub undo_change_set: StockPayload,
    }

    #[derive(cynic::QueryFragment)]
    pub struct StockPayload {
        pub changed_cells: i32,
        pub cursor: Option<Cursor>,
        pub event: Option<StockEvent>,
        pub user_errors: Vec<UserError>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct StockEvent {
        pub seq: i32,
    }

    #[derive(cynic::QueryFragment)]
    pub struct UserError {
        pub code: UserErrorCode,
        pub current: Option<i32>,
        pub date: Option<Day>,
        pub message: String,
        pub room_type: Option<RoomType>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct RoomType {
        pub id: RoomTypeId,
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
    fn counts_are_set_or_taken_off_sale() {
        let change = |rooms, expected| {
            serde_json::to_value(wire::AllotmentChange::of(&range(rooms, expected))).expect("an input")
        };
        let set = change(Some(12), Some(Some(10)));
        assert_eq!(set, written(&json!({ "count": { "allotted": 12 }, "expectedAllotted": 10 })));
        let loaded = change(Some(12), Some(None));
        assert_eq!(loaded, written(&json!({ "count": { "allotted": 12 }, "expectedNotLoaded": true })));
        assert_eq!(change(None, None), written(&json!({ "count": { "notLoaded": true } })));
    }

    #[test]
    fn what_was_written_is_told_with_its_cursor() {
        let done: wire::SetAllotments = serde_json::from_value(json!({ "setAllotments": {
            "changedCells": 3, "cursor": "c7", "event": { "seq": 7 }, "userErrors": [],
        } }))
        .expect("an answer of the schema");
        let expected = Outcome::Written { seq: Some(7), changed: 3, cursor: Some("c7".to_owned()) };
        assert_eq!(Outcome::from(done.set_allotments), expected);
    }

    #[test]
    fn what_stands_in_the_way_is_told_night_by_night() {
        let done: wire::UndoChangeSet = serde_json::from_value(json!({ "undoChangeSet": {
            "changedCells": 0, "cursor": null, "event": null, "userErrors": [
                { "code": "CELLS_MOVED", "current": null, "date": null, "message": "changed since", "roomType": null },
                { "code": "CONFLICT", "current": 9, "date": "2026-12-24", "message": "is now 9",
                  "roomType": { "id": "r1" } },
            ],
        } }))
        .expect("an answer of the schema");
        let Outcome::Refused(reasons) = Outcome::from(done.undo_change_set) else { panic!("refused") };
        assert_eq!((reasons[0].code.as_str(), &reasons[0].room_type), ("CELLS_MOVED", &None));
        let expected = Refused {
            room_type: Some(RoomTypeId::from("r1")),
            date: Day::parse("2026-12-24"),
            code: "CONFLICT".to_owned(),
            message: "is now 9".to_owned(),
            current: Some(9),
        };
        assert_eq!(reasons[1], expected);
    }
}
