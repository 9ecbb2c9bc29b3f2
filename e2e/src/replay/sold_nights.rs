//! Rooms sold by night, counted from the file and compared with what the gateway says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use chrono::NaiveDate;

use super::{date_shift::DateShift, rows::Row};

/// One night of one room type, on the moved calendar.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The property's name.
    pub property: String,
    /// The room type's code.
    pub room_type: String,
    /// The stay date.
    pub date: NaiveDate,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.property, self.room_type, self.date)
    }
}

/// Rooms sold by cell; a cell that isn't there has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sold(pub BTreeMap<Cell, i64>);

impl Sold {
    /// Counts the nights of these rows.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Row>, shift: DateShift) -> Self {
        let mut sold = Self::default();
        rows.into_iter().flat_map(|row| cells(row, shift)).for_each(|cell| sold.add(cell, 1));
        sold
    }

    /// Adds rooms to a cell.
    pub fn add(&mut self, cell: Cell, rooms: i64) {
        *self.0.entry(cell).or_default() += rooms;
    }

    /// The rooms of a cell.
    pub fn at(&self, cell: &Cell) -> i64 {
        self.0.get(cell).copied().unwrap_or_default()
    }

    /// The cells in which the other count differs, in order.
    pub fn differences(&self, found: &Self) -> Vec<Difference> {
        let cells: BTreeSet<&Cell> = self.0.keys().chain(found.0.keys()).collect();
        let differs = |cell: &Cell| Difference { cell: cell.clone(), expected: self.at(cell), found: found.at(cell) };
        cells.into_iter().map(differs).filter(|cell| cell.expected != cell.found).collect()
    }
}

/// The cells that a row takes a room of.
pub fn cells(row: &Row, shift: DateShift) -> impl Iterator<Item = Cell> + '_ {
    row.stay().map(move |date| Cell {
        property: row.hotel.clone(),
        room_type: row.room_type.clone(),
        date: shift.apply(date),
    })
}

/// A cell on which the file and the gateway disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub cell: Cell,
    /// Rooms sold by the file.
    pub expected: i64,
    /// Rooms sold by the gateway.
    pub found: i64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} expected, {} sold", self.cell, self.expected, self.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::rows::tests::{date, sample};

    fn cell(property: &str, room_type: &str, night: &str) -> Cell {
        Cell { property: property.into(), room_type: room_type.into(), date: date(night) }
    }

    #[test]
    fn stays_that_were_not_cancelled_are_counted_by_night() {
        let rows = sample().rows;
        let stayed = Sold::of(rows.iter().filter(|row| row.cancelled.is_none()), DateShift::weeks(0));

        let nights: i64 = rows.iter().filter(|row| row.cancelled.is_none()).map(|row| i64::from(row.nights)).sum();
        assert_eq!(stayed.0.values().sum::<i64>(), nights);
        assert_eq!(stayed.at(&cell("Resort Hotel", "A", "2015-07-03")), 2, "rows 2 and 5");
        assert_eq!(stayed.at(&cell("Resort Hotel", "A", "2015-07-04")), 1, "row 2 has left");
        assert_eq!(stayed.at(&cell("City Hotel", "A", "2015-07-10")), 5, "repeated rows are bookings of their own");
    }

    #[test]
    fn moved_nights_are_the_same_nights() {
        let rows = sample().rows;

        let moved = Sold::of(&rows, DateShift::weeks(596));

        assert_eq!(moved.0.len(), Sold::of(&rows, DateShift::weeks(0)).0.len());
        assert_eq!(
            moved.at(&cell("Resort Hotel", "A", "2026-12-02")),
            Sold::of(&rows, DateShift::weeks(0)).at(&cell("Resort Hotel", "A", "2015-07-01"))
        );
    }

    #[test]
    fn a_difference_is_found_whichever_side_is_short() {
        let (here, there) = (cell("H", "A", "2030-01-01"), cell("H", "A", "2030-01-02"));
        let mut expected = Sold::default();
        let mut found = Sold::default();
        expected.add(here.clone(), 2);
        found.add(there.clone(), 1);

        let differences = expected.differences(&found);

        assert_eq!(
            differences,
            [Difference { cell: here, expected: 2, found: 0 }, Difference { cell: there, expected: 0, found: 1 },]
        );
        assert_eq!(expected.differences(&expected), []);
    }
}
