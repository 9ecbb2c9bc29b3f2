//! The rows of the grid from top to bottom: properties, room types, and their restrictions.

use std::{collections::HashMap, ops::Range};

use crate::domain::{
    dates::Day,
    ids::RoomTypeId,
    night_key::{CellKey, Field, NightKey},
    property::{Property, RoomType},
};

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// The name of a property; only while several are shown.
    Property(usize),
    /// A row of cells.
    Cells {
        /// The index of the property.
        property: usize,
        /// The index of the room type in the property.
        room: usize,
        /// The field that the cells show.
        field: Field,
    },
}

/// Row heights in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heights {
    /// The row of a room type.
    pub row: f64,
    /// The row of a restriction or of a property name.
    pub sub: f64,
}

impl Heights {
    /// The heights of the comfortable density.
    pub const COMFORTABLE: Self = Self { row: 48.0, sub: 34.0 };
    /// The heights of the compact density.
    pub const COMPACT: Self = Self { row: 36.0, sub: 28.0 };
}

/// All rows, with the top of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    properties: Vec<Property>,
    rows: Vec<Row>,
    /// The top of each row, and the total height at the end.
    tops: Vec<f64>,
    by_row: HashMap<(RoomTypeId, Field), usize>,
}

impl Rows {
    /// The rows of these properties. Every room type shows `restrictions`; the room types in `expanded` show all
    /// restrictions.
    pub fn new(properties: Vec<Property>, restrictions: &[Field], expanded: &[RoomTypeId], heights: Heights) -> Self {
        let mut all = Self { rows: Vec::new(), tops: vec![0.0], by_row: HashMap::new(), properties: Vec::new() };
        let are_several = properties.len() > 1;
        for (property, of_property) in properties.iter().enumerate() {
            if are_several {
                all.push(Row::Property(property), heights.sub);
            }
            for (room, room_type) in of_property.room_types.iter().enumerate() {
                let is_open = expanded.contains(&room_type.id);
                let restrictions =
                    Field::RESTRICTIONS.into_iter().filter(|field| is_open || restrictions.contains(field));
                for field in [Field::Allotment].into_iter().chain(restrictions) {
                    all.by_row.insert((room_type.id.clone(), field), all.rows.len());
                    let height = if field == Field::Allotment { heights.row } else { heights.sub };
                    all.push(Row::Cells { property, room, field }, height);
                }
            }
        }
        all.properties = properties;
        all
    }

    fn push(&mut self, row: Row, height: f64) {
        self.rows.push(row);
        self.tops.push(self.height() + height);
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The row at an index.
    pub fn row(&self, number: usize) -> Option<Row> {
        self.rows.get(number).copied()
    }

    /// The properties, in their order.
    pub fn properties(&self) -> &[Property] {
        &self.properties
    }

    /// The property and room type of a row.
    pub fn room(&self, number: usize) -> Option<(&Property, &RoomType, Field)> {
        match self.row(number)? {
            Row::Property(_) => None,
            Row::Cells { property, room, field } => {
                let property = self.properties.get(property)?;
                Some((property, property.room_types.get(room)?, field))
            }
        }
    }

    /// The cell of a row and a date.
    pub fn key(&self, number: usize, date: Day) -> Option<CellKey> {
        let (property, room, field) = self.room(number)?;
        Some(CellKey { night: NightKey { property: property.id.clone(), room_type: room.id.clone(), date }, field })
    }

    /// The row of a cell.
    pub fn row_of(&self, key: &CellKey) -> Option<usize> {
        self.by_row.get(&(key.night.room_type.clone(), key.field)).copied()
    }

    /// The first row of cells.
    pub fn first_row(&self) -> Option<usize> {
        self.rows.iter().position(|row| matches!(row, Row::Cells { .. }))
    }

    /// The last row of cells.
    pub fn last_row(&self) -> Option<usize> {
        self.rows.iter().rposition(|row| matches!(row, Row::Cells { .. }))
    }

    /// The row `rows` rows of cells below `number`, or above it if negative; at most the last or first one.
    pub fn stepped(&self, number: usize, rows: i32) -> usize {
        let (mut at, mut left) = (number, rows.unsigned_abs());
        let mut next = number;
        while left > 0 {
            let stepped = if rows > 0 { next.checked_add(1) } else { next.checked_sub(1) };
            match stepped.and_then(|stepped| self.row(stepped).map(|row| (stepped, row))) {
                None => break,
                Some((stepped, row)) => {
                    next = stepped;
                    if matches!(row, Row::Cells { .. }) {
                        at = stepped;
                        left -= 1;
                    }
                }
            }
        }
        at
    }

    /// The top of a row in pixels.
    pub fn top(&self, number: usize) -> f64 {
        self.tops.get(number).copied().unwrap_or_else(|| self.height())
    }

    /// The height of all of them in pixels.
    pub fn height(&self) -> f64 {
        self.tops.last().copied().unwrap_or_default()
    }

    /// The rows that lie between two positions in pixels, at least in part.
    pub fn between(&self, top: f64, bottom: f64) -> Range<usize> {
        let first = self.tops.partition_point(|begin| *begin <= top).saturating_sub(1);
        let end = self.tops.partition_point(|begin| *begin < bottom).min(self.len());
        first.min(end)..end
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A property of three room types.
    pub fn property(code: &str) -> Property {
        let room = |name: &str| RoomType {
            id: format!("{code}-{name}").as_str().into(),
            code: name.to_owned(),
            name: name.to_owned(),
            physical_rooms: 10,
            max_occupancy: 2,
            low_at: 2,
        };
        Property {
            id: code.into(),
            code: code.to_owned(),
            name: code.to_owned(),
            place: String::new(),
            time_zone: "Europe/Lisbon".to_owned(),
            business_date: Day::from_days_since_1970(20_000),
            weekend_days: Vec::new(),
            room_types: vec![room("DLX"), room("STD"), room("STE")],
        }
    }

    fn rows(properties: &[&str], restrictions: &[Field], expanded: &[&str]) -> Rows {
        let expanded: Vec<_> = expanded.iter().map(|id| RoomTypeId::from(*id)).collect();
        Rows::new(properties.iter().map(|code| property(code)).collect(), restrictions, &expanded, Heights::COMFORTABLE)
    }

    #[test]
    fn one_property_has_no_name_row() {
        let single = rows(&["A"], &[], &[]);
        assert_eq!((single.len(), single.height()), (3, 144.0));
        let two = rows(&["A", "B"], &[Field::StopSell], &["B-STD"]);
        assert_eq!(two.len(), 2 + 6 + 6 + 6);
        assert_eq!(two.row(0), Some(Row::Property(0)));
        assert_eq!((two.first_row(), two.last_row()), (Some(1), Some(19)));
    }

    #[test]
    fn steps_pass_over_names_and_stay_inside() {
        let two = rows(&["A", "B"], &[], &[]);
        assert_eq!(two.stepped(3, 1), 5, "from the last room of A to the first of B");
        assert_eq!(two.stepped(5, -1), 3);
        assert_eq!(two.stepped(1, -1), 1);
        assert_eq!(two.stepped(6, 9), 7);
    }

    #[test]
    fn a_cell_key_and_its_row_number_convert_both_ways() {
        let single = rows(&["A"], &[Field::StopSell], &[]);
        let key = single.key(3, Day::from_days_since_1970(20_005)).expect("a row");
        assert_eq!((key.field, key.night.room_type.as_str()), (Field::StopSell, "A-STD"));
        assert_eq!(single.row_of(&key), Some(3));
    }

    #[test]
    fn only_rows_in_the_viewport_are_returned() {
        let single = rows(&["A"], &[], &[]);
        assert_eq!(single.between(0.0, 48.0), 0..1);
        assert_eq!(single.between(47.0, 49.0), 0..2);
        assert_eq!(single.between(96.0, 900.0), 2..3);
        assert_eq!(single.between(500.0, 900.0), 3..3);
    }
}
