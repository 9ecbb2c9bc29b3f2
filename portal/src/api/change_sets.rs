//! Change sets: the result that every write returns, and undo.

use cynic::MutationBuilder as _;

use super::{Cursor, Failure, Uuid, scalars::seq, schema, session::Session, transport::execute, whole};
use crate::domain::{
    dates::Day,
    ids::{PropertyId, RoomTypeId},
};

/// Kind of a user error. The portal acts on the kinds that are named here.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[cynic(non_exhaustive)]
pub enum UserErrorCode {
    /// The stored value differs from the expected one.
    Conflict,
    /// A later change set changed a cell of this one.
    CellsMoved,
    /// Any other kind. The portal shows its message.
    #[cynic(fallback)]
    Other,
}

/// An error in the user's input: one per invalid night, or one for the whole request.
#[derive(Clone, Debug, PartialEq)]
pub struct UserError {
    /// Invalid room type.
    pub room_type: Option<RoomTypeId>,
    /// Invalid night.
    pub date: Option<Day>,
    /// Kind of the error.
    pub code: UserErrorCode,
    /// Sentence to show.
    pub message: String,
    /// Stored value, if it differs from the expected one.
    pub current: Option<i32>,
}

/// The result of a write.
#[derive(Clone, Debug, PartialEq)]
pub enum WriteResult {
    /// The write is stored.
    Written {
        /// Number of the event; `None` if nothing changed.
        seq: Option<u64>,
        /// Number of changed cells.
        changed: u32,
        /// A read with this cursor is not older than the write.
        cursor: Option<String>,
    },
    /// Nothing is written because of these errors.
    Rejected(Vec<UserError>),
}

/// The change set that a write belongs to.
#[derive(Clone, Copy, Debug)]
pub struct ChangeSetInfo<'a> {
    /// Id of the change set, a UUID.
    pub change_set: &'a str,
    /// Reason, shown in the history.
    pub reason: Option<&'a str>,
}

/// Undoes a change set, unless its cells were changed again since. The undo is itself the change set `as_change_set`,
/// and can be undone too.
pub async fn undo_change_set(
    session: Session,
    property: &PropertyId,
    change_set: &str,
    as_change_set: &str,
    key: &str,
) -> Result<WriteResult, Failure> {
    let input = wire::UndoChangeSetInput {
        property_id: property.clone(),
        change_set_id: Uuid(change_set.to_owned()),
        as_change_set_id: Uuid(as_change_set.to_owned()),
        idempotency_key: key.to_owned(),
    };
    let data = execute(session, wire::UndoChangeSet::build(wire::UndoVariables { input })).await?;
    Ok(data.undo_change_set.into())
}

impl WriteResult {
    /// The result of an empty write.
    pub(super) const UNCHANGED: Self = Self::Written { seq: None, changed: 0, cursor: None };
}

impl From<wire::StockPayload> for WriteResult {
    fn from(payload: wire::StockPayload) -> Self {
        if payload.user_errors.is_empty() {
            Self::Written {
                seq: payload.event.map(|event| seq(event.seq)),
                changed: whole(payload.changed_cells),
                cursor: payload.cursor.map(|Cursor(text)| text),
            }
        } else {
            Self::Rejected(payload.user_errors.into_iter().map(UserError::from).collect())
        }
    }
}

impl From<wire::UserError> for UserError {
    fn from(error: wire::UserError) -> Self {
        Self {
            room_type: error.room_type.map(|room_type| room_type.id),
            date: error.date,
            code: error.code,
            message: error.message,
            current: error.current,
        }
    }
}

/// A count as a GraphQL `Int`; the API rejects counts that are too large.
pub(super) fn number(rooms: u32) -> i32 {
    i32::try_from(rooms).unwrap_or(i32::MAX)
}

pub(super) mod wire {
    use super::{Cursor, Day, PropertyId, RoomTypeId, UserErrorCode, Uuid, schema};

    #[derive(cynic::InputObject)]
    pub struct UndoChangeSetInput {
        pub property_id: PropertyId,
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
    use serde_json::json;

    use super::*;

    #[test]
    fn user_errors_name_their_nights() {
        let data: wire::UndoChangeSet = serde_json::from_value(json!({ "undoChangeSet": {
            "changedCells": 0, "cursor": null, "event": null, "userErrors": [
                { "code": "CELLS_MOVED", "current": null, "date": null, "message": "changed since", "roomType": null },
                { "code": "CONFLICT", "current": 9, "date": "2026-12-24", "message": "is now 9",
                  "roomType": { "id": "r1" } },
            ],
        } }))
        .expect("an answer of the schema");
        let WriteResult::Rejected(user_errors) = WriteResult::from(data.undo_change_set) else { panic!("rejected") };
        assert_eq!((user_errors[0].code, &user_errors[0].room_type), (UserErrorCode::CellsMoved, &None));
        let expected = UserError {
            room_type: Some(RoomTypeId::from("r1")),
            date: Day::parse("2026-12-24"),
            code: UserErrorCode::Conflict,
            message: "is now 9".to_owned(),
            current: Some(9),
        };
        assert_eq!(user_errors[1], expected);
    }
}
