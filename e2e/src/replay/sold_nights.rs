//! Rooms sold by night, counted from the file and compared with the gateway's counts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use chrono::NaiveDate;

use super::{date_shift::DateShift, rows::Row};

/// One night of one room type, with a shifted date.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The name of the property.
    pub property: String,
    /// The code of the room type.
    pub room_type: String,
    /// The stay date.
    pub date: NaiveDate,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.property, self.room_type, self.date)
    }
}

/// Rooms sold by cell; a missing cell has none.
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

    /// The cells whose count differs from `found`, in order.
    pub fn differences(&self, found: &Self) -> Vec<Difference> {
        let cells: BTreeSet<&Cell> = self.0.keys().chain(found.0.keys()).collect();
        let differs = |cell: &Cell| Difference { cell: cell.clone(), expected: self.at(cell), found: found.at(cell) };
        cells.into_iter().map(differs).filter(|cell| cell.expected != cell.found).collect()
    }
}

/// The cells of a row's stay.
pub fn cells(row: &Row, shift: DateShift) -> impl Iterator<Item = Cell> + '_ {
    row.stay().map(move |date| Cell {
        property: row.hotel.clone(),
        room_type: row.room_type.clone(),
        date: shift.apply(date),
    })
}

/// A cell with different counts in the file and at the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The cell.
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
    fn stays_without_cancellation_are_counted_by_night() {
        let rows = sample().rows;
        let stayed = Sold::of(rows.iter().filter(|row| row.cancelled.is_none()), DateShift::weeks(0));

        let nights: i64 = rows.iter().filter(|row| row.cancelled.is_none()).map(|row| i64::from(row.nights)).sum();
        assert_eq!(stayed.0.values().sum::<i64>(), nights);
        assert_eq!(stayed.at(&cell("Resort Hotel", "A", "2015-07-03")), 2, "rows 2 and 5");
        assert_eq!(stayed.at(&cell("Resort Hotel", "A", "2015-07-04")), 1, "row 2 has departed");
        assert_eq!(stayed.at(&cell("City Hotel", "A", "2015-07-10")), 5, "equal rows are separate bookings");
    }

    #[test]
    fn a_date_shift_keeps_the_counts() {
        let rows = sample().rows;

        let moved = Sold::of(&rows, DateShift::weeks(596));

        assert_eq!(moved.0.len(), Sold::of(&rows, DateShift::weeks(0)).0.len());
        assert_eq!(
            moved.at(&cell("Resort Hotel", "A", "2026-12-02")),
            Sold::of(&rows, DateShift::weeks(0)).at(&cell("Resort Hotel", "A", "2015-07-01"))
        );
    }

    #[test]
    fn a_difference_is_found_in_both_directions() {
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
