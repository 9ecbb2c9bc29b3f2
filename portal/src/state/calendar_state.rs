//! What lies on the desk: plain data behind the handle.

use std::collections::{HashMap, HashSet};

use crate::domain::{
    cell::Cell,
    cell_cache::Ledger,
    dates::Day,
    draft::Drafts,
    ids::HotelId,
    night_key::{Place, Spot},
    undo::Steps,
};

/// Nights of a hotel that somebody looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The hotel.
    pub hotel: HotelId,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
}

/// A mark on a cell that goes away by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Who changed it; none is oneself.
    pub initials: Option<String>,
    /// When it goes: milliseconds of the page's clock.
    until: f64,
}

/// What changed since somebody last looked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Touched {
    /// Perhaps everything.
    pub all: bool,
    /// These nights, unless it is everything.
    pub places: Vec<Place>,
}

/// More touched nights than this are as good as all.
const MOST_TOUCHED: usize = 1_000;
/// Ranges remembered a hotel: the calendar, the wallboard, a drawer, one to spare.
const MOST_WANTED: usize = 4;
/// A change by another is seen at a glance.
const FLASH_MS: f64 = 1_600.0;
/// A tick for what was saved.
const TICK_MS: f64 = 800.0;

/// What became of marks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Swept {
    /// The time of some was over.
    pub has_ended: bool,
    /// Some are left.
    pub has_more: bool,
}

/// Everything on the desk.
#[derive(Debug, Default)]
pub struct Book {
    /// What the gateway told.
    pub ledger: Ledger,
    /// What waits to be sent.
    pub drafts: Drafts,
    /// What can be taken back.
    pub steps: Steps,
    /// Whose drafts they are.
    pub owner: Option<String>,
    /// Change sets made on this page: their changes are nobody else's.
    pub own_sets: HashSet<String>,
    touched: Touched,
    wanted: Vec<Wanted>,
    flashes: HashMap<Place, Mark>,
    ticks: HashMap<Spot, Mark>,
}

impl Book {
    /// The night with what is wished for it.
    pub fn shown(&self, place: &Place) -> Option<Cell> {
        Some(self.drafts.shown(place, self.ledger.cell(place)?))
    }

    /// Remembers that somebody looks at these nights.
    pub fn want(&mut self, wanted: Wanted) {
        self.wanted.retain(|one| *one != wanted);
        let of_hotel = self.wanted.iter().filter(|one| one.hotel == wanted.hotel).count();
        if of_hotel >= MOST_WANTED
            && let Some(oldest) = self.wanted.iter().position(|one| one.hotel == wanted.hotel)
        {
            self.wanted.remove(oldest);
        }
        self.wanted.push(wanted);
    }

    /// What is looked at, of one hotel or of all.
    pub fn wanted(&self, hotel: Option<&HotelId>) -> Vec<Wanted> {
        self.wanted.iter().filter(|one| hotel.is_none_or(|hotel| one.hotel == *hotel)).cloned().collect()
    }

    /// Marks a night as just changed by another.
    pub fn flash(&mut self, place: Place, initials: String, now: f64) {
        self.flashes.insert(place, Mark { initials: Some(initials), until: now + FLASH_MS });
    }

    /// Marks a value as just saved.
    pub fn tick(&mut self, spot: Spot, now: f64) {
        self.ticks.insert(spot, Mark { initials: None, until: now + TICK_MS });
    }

    /// Who just changed a night.
    pub fn flashing(&self, place: &Place) -> Option<&str> {
        self.flashes.get(place)?.initials.as_deref()
    }

    /// Whether a value was just saved.
    pub fn is_ticked(&self, spot: &Spot) -> bool {
        self.ticks.contains_key(spot)
    }

    /// Takes marks away whose time is over.
    pub fn sweep(&mut self, now: f64) -> Swept {
        let over = |mark: &Mark| mark.until <= now;
        let flashes = self.flashes.iter().filter(|(_, mark)| over(mark)).map(|(place, _)| place.clone());
        let ticks = self.ticks.iter().filter(|(_, mark)| over(mark)).map(|(spot, _)| spot.place.clone());
        let gone: Vec<Place> = flashes.chain(ticks).collect();
        self.flashes.retain(|_, mark| !over(mark));
        self.ticks.retain(|_, mark| !over(mark));
        let has_ended = !gone.is_empty();
        self.touch(gone);
        Swept { has_ended, has_more: !(self.flashes.is_empty() && self.ticks.is_empty()) }
    }

    /// Something of these nights changed.
    pub fn touch(&mut self, places: impl IntoIterator<Item = Place>) {
        if !self.touched.all {
            self.touched.places.extend(places);
            if self.touched.places.len() > MOST_TOUCHED {
                self.touch_all();
            }
        }
    }

    /// Anything may have changed.
    pub fn touch_all(&mut self) {
        self.touched = Touched { all: true, places: Vec::new() };
    }

    /// What changed since this was asked last.
    pub fn take_touched(&mut self) -> Touched {
        std::mem::take(&mut self.touched)
    }
}

/// Two letters for a person or a machine: `front.office@hotel.example` is `FO`, `OPERA sync` is `OS`.
pub fn initials(actor: &str) -> String {
    let name = actor.split('@').next().unwrap_or_default();
    let mut words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("?");
    let second = words.next();
    let letters: String = match second {
        Some(second) => first.chars().take(1).chain(second.chars().take(1)).collect(),
        None => first.chars().take(2).collect(),
    };
    letters.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_two_letters() {
        let told = ["front.office@hotel.example", "OPERA sync", "owner@harbour.example", "é", "@"].map(initials);
        assert_eq!(told, ["FO", "OS", "OW", "É", "?"]);
    }

    #[test]
    fn a_hotel_is_looked_at_in_few_places() {
        let mut book = Book::default();
        let day = Day::from_days_since_1970(20_000);
        for nights in 0..9 {
            book.want(Wanted { hotel: "a".into(), from: day, through: day.plus(nights) });
        }
        book.want(Wanted { hotel: "b".into(), from: day, through: day });
        let wanted = book.wanted(Some(&"a".into()));
        assert_eq!(wanted.len(), MOST_WANTED);
        assert_eq!(wanted.last().map(|one| one.through), Some(day.plus(8)), "the latest is kept");
        assert_eq!(book.wanted(None).len(), MOST_WANTED + 1);
    }
}
