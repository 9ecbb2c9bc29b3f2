//! The view state of the calendar: shown nights, rows and selection. Every copy of the handle is the same state.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    cell_view::Zoom,
    rows::{Heights, Rows},
};
use crate::{
    app::{
        calendar_address::{CalendarAddress, SelectedNights},
        theme::{Appearance, Density},
    },
    browser::storage,
    domain::{
        dates::Day,
        ids::RoomTypeId,
        night_key::{CellKey, Field, NightKey},
        property::Property,
    },
    state::{Account, ChangeSets, Drafts, FeedStatus, Notifications, Panels, SelectedCells, Selection, Stock},
};

/// Nights from the business date on that can be on sale; the limit of the gateway.
pub const HORIZON: i32 = 1_096;
/// Minimum width of a row header in pixels.
const ROW_HEAD: f64 = 220.0;
/// Minimum width of a night at the wide zoom, in pixels.
const WIDE: f64 = 60.0;
/// Minimum width of a night at the narrow zoom, in pixels.
const NARROW: f64 = 26.0;

/// Widths of the grid's columns in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Columns {
    /// A row header.
    pub head: f64,
    /// A night.
    pub day: f64,
}

impl Columns {
    /// Widths at which the nights fill `width`. A night has a minimum width; below it the grid scrolls.
    pub fn fit(width: f64, days: u32) -> Self {
        let least = match days {
            0..=14 => 64.0,
            15..=31 => 32.0,
            _ => 11.0,
        };
        let day = ((width - ROW_HEAD) / f64::from(days.max(1))).floor().max(least);
        Self { head: (width - day * f64::from(days)).max(ROW_HEAD), day }
    }

    /// The zoom at this width of a night.
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

/// A rectangle of cells: rows and nights, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// First and last row.
    pub rows: (usize, usize),
    /// First and last night.
    pub dates: (Day, Day),
}

/// The view state. Every copy is the same state.
#[derive(Clone, Copy)]
pub struct ViewState {
    /// The signed-in account.
    pub account: Account,
    /// Cells of every known night.
    pub stock: Stock,
    /// The drafts.
    pub drafts: Drafts,
    /// Writes change sets.
    pub change_sets: ChangeSets,
    /// The selection that other pages see.
    pub selection: Selection,
    /// The drawer beside the calendar.
    pub panels: Panels,
    /// Toasts and confirmations.
    pub notifications: Notifications,
    /// Status of the live feed.
    pub feed: FeedStatus,
    /// The first night shown.
    pub from: RwSignal<Day>,
    /// Nights shown.
    pub days: RwSignal<u32>,
    /// Width of the grid in pixels.
    pub width: RwSignal<f64>,
    /// The text in the cell editor; none while it is closed.
    pub typing: RwSignal<Option<String>>,
    /// The error of that text.
    pub typing_error: RwSignal<Option<String>>,
    /// Restrictions that every room type shows.
    pub restrictions: RwSignal<Vec<Field>>,
    /// Room types that show all restrictions.
    pub expanded: RwSignal<Vec<RoomTypeId>>,
    /// The rows.
    pub rows: Memo<Arc<Rows>>,
    /// True if the calendar is a list instead of a grid.
    pub is_list: RwSignal<bool>,
    /// A pending request to focus the active cell.
    pub is_focus_requested: RwSignal<bool>,
    /// A pending request to focus the date field of the toolbar.
    pub is_date_requested: RwSignal<bool>,
    /// The active cell.
    pub active: RwSignal<Option<CellKey>>,
    /// The corner of the selection that stays when it is extended.
    anchor: RwSignal<Option<CellKey>>,
}

impl ViewState {
    /// The view of an address. `properties` must be loaded: the first one gives the business date.
    pub fn new(properties: Memo<Vec<Property>>, address: &CalendarAddress) -> Self {
        let today = properties.with_untracked(|properties| properties.first().map(|property| property.business_date));
        let today = today.unwrap_or(Day::from_days_since_1970(0));
        let stored = storage::recall(storage::ROWS);
        let restrictions =
            RwSignal::new(stored.unwrap_or_default().split(',').filter_map(Field::from_key).collect::<Vec<_>>());
        let expanded = RwSignal::new(Vec::new());
        let appearance = expect_context::<Appearance>();
        let rows = Memo::new(move |_| {
            let heights =
                if appearance.density() == Density::Compact { Heights::COMPACT } else { Heights::COMFORTABLE };
            let rows = restrictions.with(|restrictions| {
                expanded.with(|expanded| Rows::new(properties.get(), restrictions, expanded, heights))
            });
            Arc::new(rows)
        });
        Self {
            account: expect_context(),
            stock: expect_context(),
            drafts: expect_context(),
            change_sets: expect_context(),
            selection: expect_context(),
            panels: expect_context(),
            notifications: expect_context(),
            feed: expect_context(),
            from: RwSignal::new(address.from.unwrap_or(today)),
            days: RwSignal::new(address.days.unwrap_or(14)),
            width: RwSignal::new(0.0),
            typing: RwSignal::new(None),
            typing_error: RwSignal::new(None),
            restrictions,
            expanded,
            rows,
            is_list: RwSignal::new(address.is_list),
            is_focus_requested: RwSignal::new(false),
            is_date_requested: RwSignal::new(false),
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

    /// The business date of the first property; not tracked.
    pub fn today_untracked(self) -> Option<Day> {
        self.rows.with_untracked(|rows| rows.properties().first().map(|property| property.business_date))
    }

    /// Shows the nights from a date on, within 366 past nights and the horizon.
    pub fn show_from(self, from: Day) {
        let Some(today) =
            self.rows.with_untracked(|rows| rows.properties().first().map(|property| property.business_date))
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

    /// Shows this number of nights, and keeps the active cell visible.
    pub fn zoom(self, days: u32) {
        self.days.set(days);
        if let Some(active) = self.active.get_untracked() {
            self.bring_into_window(active.night.date);
        }
    }

    /// Selects a cell, or with `extend` the rectangle from the anchor to it.
    pub fn select(self, key: CellKey, extend: bool) {
        if !extend || self.anchor.with_untracked(Option::is_none) {
            self.anchor.set(Some(key.clone()));
        }
        self.bring_into_window(key.night.date);
        self.active.set(Some(key));
        self.publish_selection();
    }

    /// Selects the rectangle between two cells; the first is active.
    pub fn select_between(self, active: CellKey, other: CellKey) {
        self.anchor.set(Some(other));
        self.active.set(Some(active));
        self.publish_selection();
    }

    /// Selects the nights of an address.
    pub fn select_address(self, selected_nights: &SelectedNights) {
        let rows = self.rows.get_untracked();
        let number = (0..rows.len()).find(|number| {
            rows.room(*number)
                .is_some_and(|(_, room, field)| room.code == selected_nights.room && field == Field::Allotment)
        });
        let ends = number.and_then(|number| {
            Some((rows.key(number, selected_nights.from)?, rows.key(number, selected_nights.through)?))
        });
        if let Some((first, last)) = ends {
            self.select_between(first, last);
        }
    }

    /// Keeps the active cell if its row exists; else activates the first room type, on the first shown night that is not
    /// past.
    pub fn ensure_active(self) {
        let rows = self.rows.get_untracked();
        let stays = self.active.with_untracked(|active| active.as_ref().is_some_and(|key| rows.row_of(key).is_some()));
        if !stays {
            let from = self.from.get_untracked();
            let first = rows.first_row().and_then(|row| {
                let (property, ..) = rows.room(row)?;
                let date = if property.business_date < from.plus(1) { from } else { property.business_date };
                let last = from.plus(self.nights_untracked() - 1);
                rows.key(row, date.min(last))
            });
            self.anchor.set(first.clone());
            self.active.set(first);
            self.publish_selection();
        }
    }

    /// Shifts the shown nights by whole weeks until the date is among them.
    fn bring_into_window(self, date: Day) {
        let (from, days) = (self.from.get_untracked(), self.nights_untracked());
        let from = if date < from {
            from.plus(-((from.since(date) + 6) / 7) * 7)
        } else if date > from.plus(days - 1) {
            from.plus((date.since(from.plus(days - 1)) + 6) / 7 * 7)
        } else {
            return;
        };
        self.show_from(from);
    }

    /// The selected rectangle; not tracked.
    pub fn block(self) -> Option<Block> {
        let rows = self.rows.get_untracked();
        let (active, anchor) = (self.active.get_untracked()?, self.anchor.get_untracked()?);
        let (row, other) = (rows.row_of(&active)?, rows.row_of(&anchor).or_else(|| rows.row_of(&active))?);
        let (date, other_date) = (active.night.date, anchor.night.date);
        Some(Block { rows: (row.min(other), row.max(other)), dates: (date.min(other_date), date.max(other_date)) })
    }

    /// The selected cells, row by row, with the active one; not tracked.
    pub fn keys(self) -> Vec<CellKey> {
        let Some(block) = self.block() else { return Vec::new() };
        self.rows.with_untracked(|rows| block.keys(rows))
    }

    /// Passes the selection to the shared state.
    fn publish_selection(self) {
        self.selection.select(SelectedCells { active: self.active.get_untracked(), keys: self.keys() });
    }

    /// Expands or collapses the restrictions of a room type.
    pub fn toggle_restrictions(self, room_type: &RoomTypeId) {
        self.expanded.update(|expanded| match expanded.iter().position(|id| id == room_type) {
            Some(at) => {
                expanded.remove(at);
            }
            None => expanded.push(room_type.clone()),
        });
        self.reset_hidden_selection();
    }

    /// Shows or hides a restriction for all room types, and stores the choice in the browser.
    pub fn toggle_restriction(self, field: Field) {
        self.restrictions.update(|restrictions| match restrictions.iter().position(|shown| *shown == field) {
            Some(at) => {
                restrictions.remove(at);
            }
            None => restrictions.push(field),
        });
        let keys = self
            .restrictions
            .with_untracked(|restrictions| restrictions.iter().map(|field| field.key()).collect::<Vec<_>>().join(","));
        storage::remember(storage::ROWS, &keys);
        self.reset_hidden_selection();
    }

    /// Moves the selection from hidden rows to the allotment of the same room type.
    fn reset_hidden_selection(self) {
        let rows = self.rows.get_untracked();
        for signal in [self.active, self.anchor] {
            let hidden = signal.get_untracked().filter(|key| rows.row_of(key).is_none());
            if let Some(key) = hidden {
                signal.set(Some(CellKey { field: Field::Allotment, ..key }));
            }
        }
        self.publish_selection();
    }

    /// Returns whether the night is before the business date of its property; such a night cannot change.
    pub fn is_past(self, night: &NightKey) -> bool {
        let first = self.rows.with_untracked(|rows| {
            rows.properties()
                .iter()
                .find(|property| property.id == night.property)
                .map(|property| property.business_date)
        });
        first.is_some_and(|first| night.date < first)
    }

    /// The address of the view; tracked.
    pub fn address(self) -> CalendarAddress {
        CalendarAddress {
            property: self.account.selected_property.get(),
            from: Some(self.from.get()),
            days: Some(self.days.get()),
            is_list: self.is_list.get(),
            selected_nights: None,
        }
    }
}

impl Block {
    /// The cells of the block, row by row.
    pub fn keys(&self, rows: &Rows) -> Vec<CellKey> {
        let nights = self.dates.1.since(self.dates.0);
        (self.rows.0..=self.rows.1)
            .flat_map(|row| (0..=nights).filter_map(move |night| rows.key(row, self.dates.0.plus(night))))
            .collect()
    }

    /// Returns whether the block contains a cell.
    pub fn contains(&self, row: usize, date: Day) -> bool {
        (self.rows.0..=self.rows.1).contains(&row) && (self.dates.0..=self.dates.1).contains(&date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::calendar::rows::tests::property;

    #[test]
    fn nights_fill_the_grid_in_whole_pixels() {
        assert_eq!(Columns::fit(1376.0, 14), Columns { head: 228.0, day: 82.0 });
        assert_eq!(Columns::fit(1376.0, 14).zoom(), Zoom::Wide);
        assert_eq!(Columns::fit(1376.0, 31).day, 37.0);
        assert_eq!(Columns::fit(1376.0, 31).zoom(), Zoom::Narrow);
        assert_eq!(Columns::fit(1376.0, 92).zoom(), Zoom::Heat);
        assert_eq!(Columns::fit(700.0, 14).day, 64.0, "the grid scrolls instead of narrower nights");
    }

    #[test]
    fn a_block_is_its_rows_and_nights_without_names() {
        let rows = Rows::new(vec![property("A"), property("B")], &[], &[], Heights::COMFORTABLE);
        let day = Day::from_days_since_1970(20_000);
        let block = Block { rows: (3, 5), dates: (day, day.plus(1)) };
        let rooms: Vec<String> = block.keys(&rows).iter().map(|key| key.night.room_type.to_string()).collect();
        assert_eq!(rooms, ["A-STE", "A-STE", "B-DLX", "B-DLX"], "row 4 is the name of B");
        assert!(block.contains(5, day.plus(1)) && !block.contains(2, day) && !block.contains(3, day.plus(2)));
    }
}
