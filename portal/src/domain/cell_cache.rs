//! What the gateway told about every night, and up to which event that is true.

use std::collections::{BTreeMap, HashMap};

use super::{
    cell::Cell,
    dates::Day,
    ids::{HotelId, RoomTypeId},
    night_key::Place,
};

/// What the feed of live changes tells the calendar.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// Nights as they are after event `seq` of the hotel.
    Cells {
        /// The event up to which they are true.
        seq: u64,
        /// The nights, of the shared pool only.
        cells: Vec<(Place, Cell)>,
        /// Who did it, as the journal names them.
        actor: Option<String>,
        /// The gesture it belongs to.
        change_set: Option<String>,
    },
    /// Too many nights changed to be told: read them anew.
    Range {
        /// The hotel.
        hotel: HotelId,
        /// Its room types.
        room_types: Vec<RoomTypeId>,
        /// First night.
        from: Day,
        /// Last night, included.
        through: Day,
    },
    /// The hotel's room types changed, or something may have been missed: read it anew. None: every hotel.
    Anew(Option<HotelId>),
}

/// Every night that is known. Later words replace earlier ones by the number of their event, in whatever order they
/// come.
#[derive(Debug, Default)]
pub struct Ledger {
    rows: HashMap<RoomTypeId, BTreeMap<Day, Known>>,
    ages: HashMap<HotelId, Age>,
}

/// Counts how often everything known of a hotel became doubtful. What was asked for in an earlier age may have missed
/// a change, however late it is answered.
pub type Age = u32;

#[derive(Clone, Copy, Debug)]
struct Known {
    cell: Cell,
    seq: u64,
    age: Age,
}

impl Ledger {
    /// The night, if it is known; perhaps of an earlier age, which is better than nothing.
    pub fn cell(&self, place: &Place) -> Option<Cell> {
        Some(self.rows.get(&place.room_type)?.get(&place.date)?.cell)
    }

    /// The present age of what is known of a hotel. Take it before asking, and give it with the answer.
    pub fn age(&self, hotel: &HotelId) -> Age {
        self.ages.get(hotel).copied().unwrap_or_default()
    }

    /// From now on only new answers about the hotel count as known.
    pub fn doubt(&mut self, hotel: &HotelId) {
        *self.ages.entry(hotel.clone()).or_default() += 1;
    }

    /// Whether every one of these nights is known without a doubt.
    pub fn knows<'a>(
        &self,
        hotel: &HotelId,
        room_types: impl IntoIterator<Item = &'a RoomTypeId>,
        from: Day,
        through: Day,
    ) -> bool {
        let age = self.age(hotel);
        let nights = usize::try_from(through.since(from) + 1).unwrap_or_default();
        room_types.into_iter().all(|room_type| {
            let known = self.rows.get(room_type).map(|row| row.range(from..=through));
            known.is_some_and(|known| known.filter(|(_, known)| known.age == age).count() == nights)
        })
    }

    /// Takes in one night as it is after event `seq`; tells what was known before, if that is now another.
    pub fn take(&mut self, place: &Place, seq: u64, age: Age, cell: Cell) -> Option<Option<Cell>> {
        let row = self.rows.entry(place.room_type.clone()).or_default();
        let told = Known { cell, seq, age };
        match row.get_mut(&place.date) {
            // An age that went by doubts what it knew, its numbers included: history may have forked.
            Some(known) if known.age == age && known.seq > seq => None,
            Some(known) if known.age > age => None,
            Some(known) => {
                let before = known.cell;
                *known = told;
                (before != cell).then_some(Some(before))
            }
            None => {
                row.insert(place.date, told);
                Some(None)
            }
        }
    }

    /// What an answer to one's own change makes of a night that it did not tell whole. The feed's word on the same
    /// event replaces it, as counts may have moved just before.
    pub fn expect(&mut self, place: &Place, seq: u64, cell: Cell) {
        if let Some(known) = self.rows.get_mut(&place.room_type).and_then(|row| row.get_mut(&place.date))
            && known.seq < seq
        {
            (known.cell, known.seq) = (cell, seq);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{cell::Value, night_key::Measure};

    fn cell(allotted: u32) -> Cell {
        Cell::default().with(Measure::Allotment, Value::Number(Some(allotted)))
    }

    fn place(date: &str) -> Place {
        Place { hotel: "h".into(), room_type: "r".into(), date: Day::parse(date).expect("a date") }
    }

    #[test]
    fn later_events_win_in_whatever_order_they_come() {
        let mut ledger = Ledger::default();
        let night = place("2026-12-17");
        assert_eq!(ledger.take(&night, 5, 0, cell(5)), Some(None));
        assert_eq!(ledger.take(&night, 4, 0, cell(4)), None, "older than what is known");
        assert_eq!(ledger.take(&night, 6, 0, cell(5)), None, "the same number again");
        assert_eq!(ledger.take(&night, 7, 0, cell(7)), Some(Some(cell(5))));
        assert_eq!(ledger.cell(&night), Some(cell(7)));
    }

    #[test]
    fn an_answer_asked_for_before_a_doubt_does_not_end_it() {
        let mut ledger = Ledger::default();
        let (hotel, room) = (HotelId::from("h"), RoomTypeId::from("r"));
        let night = place("2026-12-17");
        let asked = ledger.age(&hotel);
        ledger.doubt(&hotel);
        ledger.take(&night, 5, asked, cell(5));
        assert!(!ledger.knows(&hotel, [&room], night.date, night.date));
        let again = ledger.age(&hotel);
        ledger.take(&night, 3, again, cell(3));
        assert!(ledger.knows(&hotel, [&room], night.date, night.date), "and a forked history may count lower");
        assert_eq!(ledger.cell(&night), Some(cell(3)));
        ledger.take(&night, 9, asked, cell(9));
        assert_eq!(ledger.cell(&night), Some(cell(3)), "late answers of an earlier age are no news");
    }

    #[test]
    fn nights_are_known_when_every_one_is() {
        let mut ledger = Ledger::default();
        let (hotel, room) = (HotelId::from("h"), RoomTypeId::from("r"));
        let (first, last) = (place("2026-12-30"), place("2027-01-01"));
        ledger.take(&first, 1, 0, cell(1));
        ledger.take(&last, 1, 0, cell(1));
        assert!(!ledger.knows(&hotel, [&room], first.date, last.date));
        ledger.take(&place("2026-12-31"), 1, 0, cell(1));
        assert!(ledger.knows(&hotel, [&room], first.date, last.date));
    }
}
