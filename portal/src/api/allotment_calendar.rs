//! Reads of the shared pool: the allotment calendar per room type.

use cynic::QueryBuilder as _;

use super::session::Session;
use super::{Cursor, Failure, scalars::seq, schema, transport::execute, whole};
use crate::domain::{
    cell::Cell,
    dates::Day,
    ids::{PropertyId, RoomTypeId},
};

/// Consecutive nights of one room type.
#[derive(Clone, Debug, PartialEq)]
pub struct Nights {
    /// The room type.
    pub room_type: RoomTypeId,
    /// Number of the property's event that the nights reflect.
    pub seq: u64,
    /// One per night, from the first requested night through the last.
    pub cells: Vec<Cell>,
}

/// Reads the shared pool of every room type of one property, both ends included, at most 1,096 nights. `at_least` is
/// the cursor of a write; the answer is not older than that write.
pub async fn nights(
    session: Session,
    property: &PropertyId,
    from: Day,
    through: Day,
    at_least: Option<&str>,
) -> Result<Vec<Nights>, Failure> {
    let at_least = at_least.map(|cursor| Cursor(cursor.to_owned()));
    let variables = wire::CalendarVariables { property: property.clone(), from, through, at_least };
    let data = execute(session, wire::Calendar::build(variables)).await?;
    let rooms = data.property.ok_or_else(Failure::no_property)?.room_types;
    let length = usize::try_from(through.since(from) + 1).unwrap_or_default();
    rooms.into_iter().map(|room| nights_of(room, length).ok_or_else(Failure::unreadable)).collect()
}

/// The nights of one room type from its columns. `None` unless each column has `length` values.
fn nights_of(room: wire::RoomTypeNights, length: usize) -> Option<Nights> {
    let columns = room.calendar;
    let limit = |column: &[Option<i32>], night: usize| column.get(night).copied().map(|number| number.map(whole));
    let cell = |night: usize| {
        Some(Cell {
            allotted: limit(&columns.allotted, night)?,
            held: whole(*columns.held.get(night)?),
            sold: whole(*columns.sold.get(night)?),
            left: whole(*columns.left_to_sell.get(night)?),
            over: whole(*columns.overcommitted_by.get(night)?),
            stop_sell: *columns.stop_sell.get(night)?,
            closed_to_arrival: *columns.closed_to_arrival.get(night)?,
            closed_to_departure: *columns.closed_to_departure.get(night)?,
            min_stay_arrival: limit(&columns.min_stay_arrival, night)?,
            max_stay_arrival: limit(&columns.max_stay_arrival, night)?,
            min_stay_through: limit(&columns.min_stay_through, night)?,
            max_stay_through: limit(&columns.max_stay_through, night)?,
        })
    };
    let cells = (0..length).map(cell).collect::<Option<Vec<_>>>()?;
    Some(Nights { room_type: room.id, seq: seq(columns.as_of_seq), cells })
}

mod wire {
    use super::{Cursor, Day, PropertyId, RoomTypeId, schema};

    #[derive(cynic::QueryVariables)]
    pub struct CalendarVariables {
        pub property: PropertyId,
        pub from: Day,
        pub through: Day,
        pub at_least: Option<Cursor>,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query", variables = "CalendarVariables")]
    pub struct Calendar {
        #[arguments(id: $property)]
        pub property: Option<PropertyNights>,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Property", variables = "CalendarVariables")]
    pub struct PropertyNights {
        pub room_types: Vec<RoomTypeNights>,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "RoomType", variables = "CalendarVariables")]
    pub struct RoomTypeNights {
        pub id: RoomTypeId,
        #[arguments(from: $from, through: $through, atLeast: $at_least, pool: { shared: true })]
        pub calendar: AllotmentCalendar,
    }

    #[derive(cynic::QueryFragment)]
    pub struct AllotmentCalendar {
        pub as_of_seq: i32,
        pub allotted: Vec<Option<i32>>,
        pub held: Vec<i32>,
        pub sold: Vec<i32>,
        pub left_to_sell: Vec<i32>,
        pub overcommitted_by: Vec<i32>,
        pub stop_sell: Vec<bool>,
        pub closed_to_arrival: Vec<bool>,
        pub closed_to_departure: Vec<bool>,
        pub min_stay_arrival: Vec<Option<i32>>,
        pub max_stay_arrival: Vec<Option<i32>>,
        pub min_stay_through: Vec<Option<i32>>,
        pub max_stay_through: Vec<Option<i32>>,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a date")
    }

    fn columns() -> Value {
        json!({
            "asOfSeq": 41, "allotted": [16, null], "held": [1, 0], "sold": [16, 0], "leftToSell": [0, 0],
            "overcommittedBy": [1, 0], "stopSell": [false, true], "closedToArrival": [true, false],
            "closedToDeparture": [false, true], "minStayArrival": [2, null], "maxStayArrival": [null, 7],
            "minStayThrough": [null, null], "maxStayThrough": [14, null],
        })
    }

    fn room(calendar: &Value) -> wire::RoomTypeNights {
        let answer = json!({ "property": { "roomTypes": [{ "id": "r1", "calendar": calendar }] } });
        let data: wire::Calendar = serde_json::from_value(answer).expect("an answer of the schema");
        data.property.expect("a property").room_types.remove(0)
    }

    #[test]
    fn the_shared_pool_is_requested() {
        let variables = wire::CalendarVariables {
            property: PropertyId::from("p1"),
            from: day("2026-12-14"),
            through: day("2026-12-27"),
            at_least: None,
        };
        let operation = wire::Calendar::build(variables);
        assert!(operation.query.contains("pool: {shared: true}"), "{}", operation.query);
        let expected = json!({ "property": "p1", "from": "2026-12-14", "through": "2026-12-27", "atLeast": null });
        assert_eq!(serde_json::to_value(&operation.variables).expect("variables"), expected);
    }

    #[test]
    fn columns_become_nights() {
        let nights = nights_of(room(&columns()), 2).expect("whole columns");
        assert_eq!((nights.room_type, nights.seq), (RoomTypeId::from("r1"), 41));
        let first = Cell {
            allotted: Some(16),
            held: 1,
            sold: 16,
            over: 1,
            closed_to_arrival: true,
            min_stay_arrival: Some(2),
            max_stay_through: Some(14),
            ..Cell::default()
        };
        let second = Cell { stop_sell: true, closed_to_departure: true, max_stay_arrival: Some(7), ..Cell::default() };
        assert_eq!(nights.cells, [first, second]);
    }

    #[test]
    fn a_short_column_is_rejected() {
        let mut short = columns();
        short["maxStayThrough"] = json!([14]);
        assert_eq!(nights_of(room(&short), 2), None);
        assert_eq!(nights_of(room(&columns()), 3), None);
    }
}
