//! The calendar's lines from top to bottom: hotels, room types, and the rows of their restrictions.

use std::{collections::HashMap, ops::Range};

use crate::domain::{
    dates::Day,
    ids::RoomTypeId,
    night_key::{Measure, Place, Spot},
    property::{Hotel, RoomType},
};

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A hotel's name, where several are shown.
    Hotel(usize),
    /// A row of cells.
    Row {
        /// Which hotel.
        hotel: usize,
        /// Which of its room types.
        room: usize,
        /// What the cells show.
        measure: Measure,
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
pub struct Lines {
    hotels: Vec<Hotel>,
    lines: Vec<Line>,
    /// One more than there are lines: the last is where they end.
    tops: Vec<f64>,
    by_row: HashMap<(RoomTypeId, Measure), usize>,
}

impl Lines {
    /// The lines of these hotels. `measures`: restrictions that every room type shows; `opened`: room types that show
    /// all of them.
    pub fn of(hotels: Vec<Hotel>, measures: &[Measure], opened: &[RoomTypeId], heights: Heights) -> Self {
        let mut all = Self { lines: Vec::new(), tops: vec![0.0], by_row: HashMap::new(), hotels: Vec::new() };
        let are_several = hotels.len() > 1;
        for (hotel, of_hotel) in hotels.iter().enumerate() {
            if are_several {
                all.push(Line::Hotel(hotel), heights.sub);
            }
            for (room, room_type) in of_hotel.room_types.iter().enumerate() {
                let is_open = opened.contains(&room_type.id);
                let restrictions = Measure::RESTRICTIONS.into_iter().filter(|one| is_open || measures.contains(one));
                for measure in [Measure::Allotment].into_iter().chain(restrictions) {
                    all.by_row.insert((room_type.id.clone(), measure), all.lines.len());
                    let height = if measure == Measure::Allotment { heights.row } else { heights.sub };
                    all.push(Line::Row { hotel, room, measure }, height);
                }
            }
        }
        all.hotels = hotels;
        all
    }

    fn push(&mut self, line: Line, height: f64) {
        self.lines.push(line);
        self.tops.push(self.height() + height);
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// The line of this number.
    pub fn line(&self, number: usize) -> Option<Line> {
        self.lines.get(number).copied()
    }

    /// The hotels, in their order.
    pub fn hotels(&self) -> &[Hotel] {
        &self.hotels
    }

    /// The hotel and room type of a row.
    pub fn room(&self, number: usize) -> Option<(&Hotel, &RoomType, Measure)> {
        match self.line(number)? {
            Line::Hotel(_) => None,
            Line::Row { hotel, room, measure } => {
                let hotel = self.hotels.get(hotel)?;
                Some((hotel, hotel.room_types.get(room)?, measure))
            }
        }
    }

    /// The value in a row on a date.
    pub fn spot(&self, number: usize, date: Day) -> Option<Spot> {
        let (hotel, room, measure) = self.room(number)?;
        Some(Spot { place: Place { hotel: hotel.id.clone(), room_type: room.id.clone(), date }, measure })
    }

    /// The line in which a value stands.
    pub fn line_of(&self, spot: &Spot) -> Option<usize> {
        self.by_row.get(&(spot.place.room_type.clone(), spot.measure)).copied()
    }

    /// The first row of cells.
    pub fn first_row(&self) -> Option<usize> {
        self.lines.iter().position(|line| matches!(line, Line::Row { .. }))
    }

    /// The last row of cells.
    pub fn last_row(&self) -> Option<usize> {
        self.lines.iter().rposition(|line| matches!(line, Line::Row { .. }))
    }

    /// The row so many rows of cells below, or above when negative; the outermost where there are not so many.
    pub fn stepped(&self, number: usize, rows: i32) -> usize {
        let (mut at, mut left) = (number, rows.unsigned_abs());
        let mut next = number;
        while left > 0 {
            let stepped = if rows > 0 { next.checked_add(1) } else { next.checked_sub(1) };
            match stepped.and_then(|stepped| self.line(stepped).map(|line| (stepped, line))) {
                None => break,
                Some((stepped, line)) => {
                    next = stepped;
                    if matches!(line, Line::Row { .. }) {
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

    fn lines(hotels: &[&str], measures: &[Measure], opened: &[&str]) -> Lines {
        let opened: Vec<_> = opened.iter().map(|id| RoomTypeId::from(*id)).collect();
        Lines::of(hotels.iter().map(|code| hotel(code)).collect(), measures, &opened, Heights::COMFORTABLE)
    }

    #[test]
    fn one_hotel_has_no_line_for_its_name() {
        let one = lines(&["A"], &[], &[]);
        assert_eq!((one.len(), one.height()), (3, 144.0));
        let two = lines(&["A", "B"], &[Measure::StopSell], &["B-STD"]);
        assert_eq!(two.len(), 2 + 6 + 6 + 6);
        assert_eq!(two.line(0), Some(Line::Hotel(0)));
        assert_eq!((two.first_row(), two.last_row()), (Some(1), Some(19)));
    }

    #[test]
    fn steps_pass_over_names_and_stay_inside() {
        let two = lines(&["A", "B"], &[], &[]);
        assert_eq!(two.stepped(3, 1), 5, "from the last room of A to the first of B");
        assert_eq!(two.stepped(5, -1), 3);
        assert_eq!(two.stepped(1, -1), 1);
        assert_eq!(two.stepped(6, 9), 7);
    }

    #[test]
    fn a_value_knows_its_line_and_the_other_way_round() {
        let one = lines(&["A"], &[Measure::StopSell], &[]);
        let spot = one.spot(3, Day::from_days_since_1970(20_005)).expect("a row");
        assert_eq!((spot.measure, spot.place.room_type.as_str()), (Measure::StopSell, "A-STD"));
        assert_eq!(one.line_of(&spot), Some(3));
    }

    #[test]
    fn only_lines_in_sight_are_named() {
        let one = lines(&["A"], &[], &[]);
        assert_eq!(one.between(0.0, 48.0), 0..1);
        assert_eq!(one.between(47.0, 49.0), 0..2);
        assert_eq!(one.between(96.0, 900.0), 2..3);
        assert_eq!(one.between(500.0, 900.0), 3..3);
    }
}
