//! The calendar's lines from top to bottom: hotels, room types, and the rows of their restrictions.

use std::{collections::HashMap, ops::Range};

use crate::domain::{
    dates::Day,
    ids::RoomTypeId,
    night_key::{CellKey, Field, NightKey},
    property::{Hotel, RoomType},
};

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A hotel's name, where several are shown.
    Hotel(usize),
    /// A row of cells.
    Cells {
        /// Which hotel.
        hotel: usize,
        /// Which of its room types.
        room: usize,
        /// What the cells show.
        field: Field,
    },
}

/// Heights in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heights {
    /// A room type.
    pub row: f64,
    /// A restriction's row, and a hotel's name.
    pub sub: f64,
}

impl Heights {
    /// With air.
    pub const COMFORTABLE: Self = Self { row: 48.0, sub: 34.0 };
    /// As much as fits.
    pub const COMPACT: Self = Self { row: 36.0, sub: 28.0 };
}

/// All lines, with where each begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    hotels: Vec<Hotel>,
    rows: Vec<Row>,
    /// One more than there are lines: the last is where they end.
    tops: Vec<f64>,
    by_row: HashMap<(RoomTypeId, Field), usize>,
}

impl Rows {
    /// The lines of these hotels. `restrictions`: restrictions that every room type shows; `expanded`: room types that show
    /// all of them.
    pub fn of(hotels: Vec<Hotel>, restrictions: &[Field], expanded: &[RoomTypeId], heights: Heights) -> Self {
        let mut all = Self { rows: Vec::new(), tops: vec![0.0], by_row: HashMap::new(), hotels: Vec::new() };
        let are_several = hotels.len() > 1;
        for (hotel, of_hotel) in hotels.iter().enumerate() {
            if are_several {
                all.push(Row::Hotel(hotel), heights.sub);
            }
            for (room, room_type) in of_hotel.room_types.iter().enumerate() {
                let is_open = expanded.contains(&room_type.id);
                let restrictions = Field::RESTRICTIONS.into_iter().filter(|one| is_open || restrictions.contains(one));
                for field in [Field::Allotment].into_iter().chain(restrictions) {
                    all.by_row.insert((room_type.id.clone(), field), all.rows.len());
                    let height = if field == Field::Allotment { heights.row } else { heights.sub };
                    all.push(Row::Cells { hotel, room, field }, height);
                }
            }
        }
        all.hotels = hotels;
        all
    }

    fn push(&mut self, row: Row, height: f64) {
        self.rows.push(row);
        self.tops.push(self.height() + height);
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The line of this number.
    pub fn row(&self, number: usize) -> Option<Row> {
        self.rows.get(number).copied()
    }

    /// The hotels, in their order.
    pub fn hotels(&self) -> &[Hotel] {
        &self.hotels
    }

    /// The hotel and room type of a row.
    pub fn room(&self, number: usize) -> Option<(&Hotel, &RoomType, Field)> {
        match self.row(number)? {
            Row::Hotel(_) => None,
            Row::Cells { hotel, room, field } => {
                let hotel = self.hotels.get(hotel)?;
                Some((hotel, hotel.room_types.get(room)?, field))
            }
        }
    }

    /// The value in a row on a date.
    pub fn key(&self, number: usize, date: Day) -> Option<CellKey> {
        let (hotel, room, field) = self.room(number)?;
        Some(CellKey { night: NightKey { hotel: hotel.id.clone(), room_type: room.id.clone(), date }, field })
    }

    /// The line in which a value stands.
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

    /// The row so many rows of cells below, or above when negative; the outermost where there are not so many.
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

    /// Where a line begins, in pixels from the top.
    pub fn top(&self, number: usize) -> f64 {
        self.tops.get(number).copied().unwrap_or_else(|| self.height())
    }

    /// The height of all of them in pixels.
    pub fn height(&self) -> f64 {
        self.tops.last().copied().unwrap_or_default()
    }

    /// The lines that have something between two heights.
    pub fn between(&self, top: f64, bottom: f64) -> Range<usize> {
        let first = self.tops.partition_point(|begin| *begin <= top).saturating_sub(1);
        let end = self.tops.partition_point(|begin| *begin < bottom).min(self.len());
        first.min(end)..end
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A hotel of three room types.
    pub fn hotel(code: &str) -> Hotel {
        let room = |name: &str| RoomType {
            id: format!("{code}-{name}").as_str().into(),
            code: name.to_owned(),
            name: name.to_owned(),
            physical_rooms: 10,
            max_occupancy: 2,
            low_at: 2,
        };
        Hotel {
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

    fn rows(hotels: &[&str], restrictions: &[Field], expanded: &[&str]) -> Rows {
        let expanded: Vec<_> = expanded.iter().map(|id| RoomTypeId::from(*id)).collect();
        Rows::of(hotels.iter().map(|code| hotel(code)).collect(), restrictions, &expanded, Heights::COMFORTABLE)
    }

    #[test]
    fn one_hotel_has_no_line_for_its_name() {
        let one = rows(&["A"], &[], &[]);
        assert_eq!((one.len(), one.height()), (3, 144.0));
        let two = rows(&["A", "B"], &[Field::StopSell], &["B-STD"]);
        assert_eq!(two.len(), 2 + 6 + 6 + 6);
        assert_eq!(two.row(0), Some(Row::Hotel(0)));
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
    fn a_value_knows_its_line_and_the_other_way_round() {
        let one = rows(&["A"], &[Field::StopSell], &[]);
        let key = one.key(3, Day::from_days_since_1970(20_005)).expect("a row");
        assert_eq!((key.field, key.night.room_type.as_str()), (Field::StopSell, "A-STD"));
        assert_eq!(one.row_of(&key), Some(3));
    }

    #[test]
    fn only_lines_in_sight_are_named() {
        let one = rows(&["A"], &[], &[]);
        assert_eq!(one.between(0.0, 48.0), 0..1);
        assert_eq!(one.between(47.0, 49.0), 0..2);
        assert_eq!(one.between(96.0, 900.0), 2..3);
        assert_eq!(one.between(500.0, 900.0), 3..3);
    }
}
