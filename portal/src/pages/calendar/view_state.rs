//! What the calendar shows and what is chosen in it. Every copy of the handle is the same view.

use std::{sync::Arc, time::Duration};

use leptos::prelude::*;

use super::{
    cell_view::Zoom,
    rows::{Heights, Lines},
};
use crate::{
    app::{
        calendar_address::{CalendarAddress, Chosen},
        storage,
        theme::{Density, Look},
    },
    domain::{
        dates::Day,
        ids::RoomTypeId,
        night_key::{Measure, Place, Spot},
        property::Hotel,
    },
    state::{Desk, Selected},
};

/// Nights that can be on sale: the gateway's horizon.
pub const HORIZON: i32 = 1_096;
/// Narrowest head of a row, in pixels.
const ROW_HEAD: f64 = 220.0;
/// Below this width of a night its sub-line has no room.
const WIDE: f64 = 60.0;
/// Below this width of a night its number has no room.
const NARROW: f64 = 26.0;

/// Widths of the sheet's columns in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Columns {
    /// The head of a row.
    pub head: f64,
    /// A night.
    pub day: f64,
}

impl Columns {
    /// So that so many nights fill a width; nights stay wide enough to hit, and then the sheet scrolls.
    pub fn fit(width: f64, days: u32) -> Self {
        let least = match days {
            0..=14 => 64.0,
            15..=31 => 32.0,
            _ => 11.0,
        };
        let day = ((width - ROW_HEAD) / f64::from(days.max(1))).floor().max(least);
        Self { head: (width - day * f64::from(days)).max(ROW_HEAD), day }
    }

    /// What has room in a night.
    pub fn zoom(self) -> Zoom {
        if self.day >= WIDE {
            Zoom::Wide
        } else if self.day >= NARROW {
            Zoom::Narrow
        } else {
            Zoom::Heat
        }
    }
}

/// A rectangle of cells: lines and nights, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// First and last line.
    pub lines: (usize, usize),
    /// First and last night.
    pub dates: (Day, Day),
}

/// The handle.
#[derive(Clone, Copy)]
pub struct View {
    /// What is shared with the other pages.
    pub desk: Desk,
    /// The first night shown.
    pub from: RwSignal<Day>,
    /// Nights shown.
    pub days: RwSignal<u32>,
    /// Width that the sheet has, in pixels.
    pub width: RwSignal<f64>,
    /// What is typed into the active cell, while it is.
    pub typing: RwSignal<Option<String>>,
    /// What is wrong with what was typed.
    pub typing_error: RwSignal<Option<String>>,
    /// Restrictions that every room type shows.
    pub measures: RwSignal<Vec<Measure>>,
    /// Room types that show all restrictions.
    pub opened: RwSignal<Vec<RoomTypeId>>,
    /// The lines.
    pub lines: Memo<Arc<Lines>>,
    /// Whether it is a table to read rather than a grid to work in.
    pub is_list: RwSignal<bool>,
    /// Whether the grid shall get the focus.
    pub wants_focus: RwSignal<bool>,
    /// Whether the date field in the toolbar shall get the focus.
    pub wants_date: RwSignal<bool>,
    /// The active cell.
    pub active: RwSignal<Option<Spot>>,
    anchor: RwSignal<Option<Spot>>,
}

impl View {
    /// What the address says, once there are hotels.
    pub fn new(desk: Desk, hotels: Memo<Vec<Hotel>>, address: &CalendarAddress) -> Self {
        let today = hotels.with_untracked(|hotels| hotels.first().map(|hotel| hotel.business_date));
        let today = today.unwrap_or(Day::from_days_since_1970(0));
        let kept = storage::recall(storage::ROWS);
        let measures =
            RwSignal::new(kept.unwrap_or_default().split(',').filter_map(Measure::of_key).collect::<Vec<_>>());
        let opened = RwSignal::new(Vec::new());
        let look = expect_context::<Look>();
        let lines = Memo::new(move |_| {
            let heights = if look.density() == Density::Compact { Heights::COMPACT } else { Heights::COMFORTABLE };
            let lines =
                measures.with(|measures| opened.with(|opened| Lines::of(hotels.get(), measures, opened, heights)));
            Arc::new(lines)
        });
        Self {
            desk,
            from: RwSignal::new(address.from.unwrap_or(today)),
            days: RwSignal::new(address.days.unwrap_or(14)),
            width: RwSignal::new(0.0),
            typing: RwSignal::new(None),
            typing_error: RwSignal::new(None),
            measures,
            opened,
            lines,
            is_list: RwSignal::new(address.is_list),
            wants_focus: RwSignal::new(false),
            wants_date: RwSignal::new(false),
            active: RwSignal::new(None),
            anchor: RwSignal::new(None),
        }
    }

    /// The last night shown; tracked.
    pub fn through(self) -> Day {
        self.from.get().plus(self.nights() - 1)
    }

    /// Nights shown, as a difference of dates; tracked.
    pub fn nights(self) -> i32 {
        i32::try_from(self.days.get()).unwrap_or(14)
    }

    /// Nights shown, as a difference of dates; not tracked.
    pub fn nights_untracked(self) -> i32 {
        i32::try_from(self.days.get_untracked()).unwrap_or(14)
    }

    /// Widths of the columns; tracked.
    pub fn columns(self) -> Columns {
        Columns::fit(self.width.get(), self.days.get())
    }

    /// Widths of the columns; not tracked.
    pub fn columns_untracked(self) -> Columns {
        Columns::fit(self.width.get_untracked(), self.days.get_untracked())
    }

    /// The business date of the first hotel; not tracked.
    pub fn today_untracked(self) -> Option<Day> {
        self.lines.with_untracked(|lines| lines.hotels().first().map(|hotel| hotel.business_date))
    }

    /// Shows nights from another one on, kept within what can be on sale.
    pub fn travel(self, from: Day) {
        let Some(today) = self.lines.with_untracked(|lines| lines.hotels().first().map(|hotel| hotel.business_date))
        else {
            return;
        };
        let nights = self.nights_untracked();
        let (first, last) = (today.plus(-366), today.plus(HORIZON - nights));
        let from = from.max(first).min(last.max(first));
        if self.from.get_untracked() != from {
            self.from.set(from);
        }
    }

    /// Shows so many nights, from the first one that was chosen on if it would be out of sight.
    pub fn zoom(self, days: u32) {
        self.days.set(days);
        if let Some(active) = self.active.get_untracked() {
            self.bring_into_window(active.place.date);
        }
    }

    /// Chooses one cell, or with `extend` everything from the anchor to it.
    pub fn choose(self, spot: Spot, extend: bool) {
        if !extend || self.anchor.with_untracked(Option::is_none) {
            self.anchor.set(Some(spot.clone()));
        }
        self.bring_into_window(spot.place.date);
        self.active.set(Some(spot));
        self.tell_desk();
    }

    /// Chooses a rectangle between two cells; the first is active.
    pub fn choose_between(self, active: Spot, other: Spot) {
        self.anchor.set(Some(other));
        self.active.set(Some(active));
        self.tell_desk();
    }

    /// What an address chooses.
    pub fn choose_named(self, chosen: &Chosen) {
        let lines = self.lines.get_untracked();
        let number = (0..lines.len()).find(|number| {
            lines
                .room(*number)
                .is_some_and(|(_, room, measure)| room.code == chosen.room && measure == Measure::Allotment)
        });
        let ends =
            number.and_then(|number| Some((lines.spot(number, chosen.from)?, lines.spot(number, chosen.through)?)));
        if let Some((first, last)) = ends {
            self.choose_between(first, last);
        }
    }

    /// Something is active: what was, or else the first room type on its first night that can be changed.
    pub fn settle(self) {
        let lines = self.lines.get_untracked();
        let stays =
            self.active.with_untracked(|active| active.as_ref().is_some_and(|spot| lines.line_of(spot).is_some()));
        if !stays {
            let from = self.from.get_untracked();
            let first = lines.first_row().and_then(|row| {
                let (hotel, ..) = lines.room(row)?;
                let date = if hotel.business_date < from.plus(1) { from } else { hotel.business_date };
                let last = from.plus(self.nights_untracked() - 1);
                lines.spot(row, date.min(last))
            });
            self.anchor.set(first.clone());
            self.active.set(first);
            self.tell_desk();
        }
    }

    fn bring_into_window(self, date: Day) {
        let (from, days) = (self.from.get_untracked(), self.nights_untracked());
        let from = if date < from {
            from.plus(-((from.since(date) + 6) / 7) * 7)
        } else if date > from.plus(days - 1) {
            from.plus((date.since(from.plus(days - 1)) + 6) / 7 * 7)
        } else {
            return;
        };
        self.travel(from);
    }

    /// The rectangle that is chosen; not tracked.
    pub fn block(self) -> Option<Block> {
        let lines = self.lines.get_untracked();
        let (active, anchor) = (self.active.get_untracked()?, self.anchor.get_untracked()?);
        let (one, other) = (lines.line_of(&active)?, lines.line_of(&anchor).or_else(|| lines.line_of(&active))?);
        let (date, with) = (active.place.date, anchor.place.date);
        Some(Block { lines: (one.min(other), one.max(other)), dates: (date.min(with), date.max(with)) })
    }

    /// Every chosen value, row by row; the active one is among them. Not tracked.
    pub fn spots(self) -> Vec<Spot> {
        let Some(block) = self.block() else { return Vec::new() };
        self.lines.with_untracked(|lines| block.spots(lines))
    }

    fn tell_desk(self) {
        self.desk.select(Selected { active: self.active.get_untracked(), spots: self.spots() });
    }

    /// Opens or closes all restrictions of the active room type.
    pub fn toggle_restrictions(self, room_type: &RoomTypeId) {
        self.opened.update(|opened| match opened.iter().position(|one| one == room_type) {
            Some(at) => {
                opened.remove(at);
            }
            None => opened.push(room_type.clone()),
        });
        self.back_to_a_line();
    }

    /// Shows or hides a restriction for all room types, and remembers it.
    pub fn toggle_measure(self, measure: Measure) {
        self.measures.update(|measures| match measures.iter().position(|one| *one == measure) {
            Some(at) => {
                measures.remove(at);
            }
            None => measures.push(measure),
        });
        let keys =
            self.measures.with_untracked(|measures| measures.iter().map(|one| one.key()).collect::<Vec<_>>().join(","));
        storage::remember(storage::ROWS, &keys);
        self.back_to_a_line();
    }

    /// A row that was hidden hands its choice to the room type's first row.
    fn back_to_a_line(self) {
        let lines = self.lines.get_untracked();
        for signal in [self.active, self.anchor] {
            let hidden = signal.get_untracked().filter(|spot| lines.line_of(spot).is_none());
            if let Some(spot) = hidden {
                signal.set(Some(Spot { measure: Measure::Allotment, ..spot }));
            }
        }
        self.tell_desk();
    }

    /// Nights that can't be changed any more.
    pub fn is_past(self, place: &Place) -> bool {
        let first = self.lines.with_untracked(|lines| {
            lines.hotels().iter().find(|hotel| hotel.id == place.hotel).map(|hotel| hotel.business_date)
        });
        first.is_some_and(|first| place.date < first)
    }

    /// The address of what is shown.
    pub fn address(self) -> CalendarAddress {
        CalendarAddress {
            hotel: self.desk.chosen_hotel.get(),
            from: Some(self.from.get()),
            days: Some(self.days.get()),
            is_list: self.is_list.get(),
            chosen: None,
        }
    }
}

impl Block {
    /// Every value in it, row by row.
    pub fn spots(&self, lines: &Lines) -> Vec<Spot> {
        let nights = self.dates.1.since(self.dates.0);
        (self.lines.0..=self.lines.1)
            .flat_map(|line| (0..=nights).filter_map(move |night| lines.spot(line, self.dates.0.plus(night))))
            .collect()
    }

    /// Whether a cell lies in it.
    pub fn holds(&self, line: usize, date: Day) -> bool {
        (self.lines.0..=self.lines.1).contains(&line) && (self.dates.0..=self.dates.1).contains(&date)
    }
}

/// How long the address may lag behind what is shown.
pub const ADDRESS_LAG: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::calendar::rows::tests::hotel;

    #[test]
    fn nights_fill_the_sheet_in_whole_pixels() {
        assert_eq!(Columns::fit(1376.0, 14), Columns { head: 228.0, day: 82.0 });
        assert_eq!(Columns::fit(1376.0, 14).zoom(), Zoom::Wide);
        assert_eq!(Columns::fit(1376.0, 31).day, 37.0);
        assert_eq!(Columns::fit(1376.0, 31).zoom(), Zoom::Narrow);
        assert_eq!(Columns::fit(1376.0, 92).zoom(), Zoom::Heat);
        assert_eq!(Columns::fit(700.0, 14).day, 64.0, "and scroll where they would be too narrow");
    }

    #[test]
    fn a_block_is_its_rows_and_nights_without_names() {
        let lines = Lines::of(vec![hotel("A"), hotel("B")], &[], &[], Heights::COMFORTABLE);
        let day = Day::from_days_since_1970(20_000);
        let block = Block { lines: (3, 5), dates: (day, day.plus(1)) };
        let rooms: Vec<String> = block.spots(&lines).iter().map(|spot| spot.place.room_type.to_string()).collect();
        assert_eq!(rooms, ["A-STE", "A-STE", "B-DLX", "B-DLX"], "line 4 is the name of B");
        assert!(block.holds(5, day.plus(1)) && !block.holds(2, day) && !block.holds(3, day.plus(2)));
    }
}
