//! Reads of the shared pool: allotment calendars per room type, and totals per night.

use cynic::QueryBuilder as _;

use super::{Cursor, Failure, scalars::seq, schema, transport::execute, whole};
use crate::{
    api::session::Session,
    domain::{
        cell::Cell,
        dates::Day,
        ids::{PropertyId, RoomTypeId},
    },
};

/// Consecutive nights of one room type.
#[derive(Clone, Debug, PartialEq)]
pub struct Nights {
    /// The room type.
    pub room_type: RoomTypeId,
    /// The event of the property up to which they are true.
    pub seq: u64,
    /// One a night, from the first asked for through the last.
    pub cells: Vec<Cell>,
}

/// The house of one night, all room types of the shared pool together.
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
    /// Room types that are low.
    pub low_room_types: u32,
    /// Room types that are sold out.
    pub sold_out_room_types: u32,
    /// Room types of which sales are stopped.
    pub stopped_room_types: u32,
}

/// The shared pool of every room type of one property, both ends included, at most 1,096 nights. `at_least`: a cursor
/// of one's own write that the answer must not be older than.
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

/// The nights of one room type out of its columns, none unless each column has all of them.
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

/// Totals by night, both ends included, at most 1,096.
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
        data.property.expect("the hotel").room_types.remove(0)
    }

    #[test]
    fn the_shared_pool_is_asked_for() {
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
    fn a_short_column_is_no_calendar() {
        let mut short = columns();
        short["maxStayThrough"] = json!([14]);
        assert_eq!(nights_of(room(&short), 2), None);
        assert_eq!(nights_of(room(&columns()), 3), None);
    }

    #[test]
    fn totals_are_read() {
        let data: wire::Totals = serde_json::from_value(json!({ "property": { "nightTotals": [{
            "date": "2026-12-24", "allotted": 40, "held": 2, "sold": 30, "leftToSell": 9, "overcommittedBy": 1,
            "lowRoomTypes": 2, "soldOutRoomTypes": 1, "stoppedRoomTypes": 3,
        }] } }))
        .expect("an answer of the schema");
        let totals = data.property.expect("the hotel").night_totals.into_iter().map(NightTotal::from);
        let expected = NightTotal {
            date: day("2026-12-24"),
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
