//! One night of one room type as the calendar shows it.

use crate::{
    api::RoomType,
    dates::{Day, Weekday},
};

/// A cell of the calendar.
#[derive(Clone, Debug, PartialEq)]
pub struct Night {
    /// The stay date.
    pub date: Day,
    /// Rooms that can still be sold; below zero by what was sold beyond the allotment.
    pub left: i64,
    /// Rooms sold.
    pub sold: i64,
    /// Rooms held for a booking not yet confirmed.
    pub held: i64,
    /// Rooms put on sale, if the night was ever loaded.
    pub allotted: Option<i64>,
    /// What the cell has to say first.
    pub state: State,
}

/// What a night looks like, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// More sold than allotted: somebody has to act.
    Overcommitted,
    /// Selling is stopped, whatever is left.
    StopSell,
    /// Never put on sale.
    NotLoaded,
    /// Nothing left.
    SoldOut,
    /// No more left than the room type's threshold.
    Low,
    /// On sale.
    Open,
}

impl State {
    /// The name in the page: style sheet and browser tests go by it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Overcommitted => "overcommitted",
            Self::StopSell => "stop-sell",
            Self::NotLoaded => "not-loaded",
            Self::SoldOut => "sold-out",
            Self::Low => "low",
            Self::Open => "open",
        }
    }

    /// The word beside the glyph, so that colour is never alone; empty where the number says it all.
    pub fn mark(self) -> &'static str {
        match self {
            Self::StopSell => "STOP",
            Self::SoldOut => "SOLD",
            Self::Overcommitted | Self::Low | Self::NotLoaded | Self::Open => "",
        }
    }

    fn spoken(self) -> &'static str {
        match self {
            Self::Overcommitted => ", overcommitted",
            Self::StopSell => ", stop-sell",
            Self::NotLoaded => ", not loaded",
            Self::SoldOut => ", sold out",
            Self::Low => ", low",
            Self::Open => "",
        }
    }
}

impl Night {
    /// The share of the allotment that is sold, in tenths from 0 to 10.
    pub fn sold_tenths(&self) -> i64 {
        match self.allotted {
            Some(allotted) if allotted > 0 => (self.sold * 10 / allotted).clamp(0, 10),
            _ => 0,
        }
    }

    /// The cell for somebody who hears the page.
    pub fn spoken(&self, room: &str) -> String {
        let date = self.date.spoken();
        let Some(allotted) = self.allotted else { return format!("{room}, {date}{}", self.state.spoken()) };
        let held = if self.held == 0 { String::new() } else { format!(", {} held", self.held) };
        format!("{room}, {date}, {} left of {allotted}, {} sold{held}{}", self.left, self.sold, self.state.spoken())
    }
}

/// The nights of one room type from `from` on, as many as every column has.
pub fn nights(room: &RoomType, from: Day) -> Vec<Night> {
    let columns = &room.calendar;
    let rows = columns.allotted.iter().zip(&columns.held).zip(&columns.sold).zip(&columns.left_to_sell);
    let rows = rows.zip(&columns.overcommitted_by).zip(&columns.stop_sell);
    rows.zip(0..)
        .map(|((((((&allotted, &held), &sold), &left), &over), &stop_sell), offset)| Night {
            date: from.plus(offset),
            left: if over > 0 { -over } else { left },
            sold,
            held,
            allotted,
            state: state(allotted, left, over, stop_sell, room.low_at),
        })
        .collect()
}

/// Whether a date is one of the hotel's weekend nights.
pub fn is_weekend(date: Day, weekend: &[Weekday]) -> bool {
    weekend.contains(&date.weekday())
}

fn state(allotted: Option<i64>, left: i64, over: i64, stop_sell: bool, low_at: i64) -> State {
    if over > 0 {
        State::Overcommitted
    } else if stop_sell {
        State::StopSell
    } else if allotted.is_none() {
        State::NotLoaded
    } else if left <= 0 {
        State::SoldOut
    } else if left <= low_at {
        State::Low
    } else {
        State::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Columns;

    fn room() -> RoomType {
        RoomType {
            code: "DLX".to_owned(),
            name: "Deluxe King".to_owned(),
            physical_rooms: 24,
            max_occupancy: 2,
            low_at: 2,
            calendar: Columns {
                allotted: vec![Some(16), Some(16), Some(16), Some(16), Some(16), None],
                held: vec![0, 1, 0, 0, 0, 0],
                sold: vec![10, 13, 16, 17, 4, 0],
                left_to_sell: vec![6, 2, 0, 0, 12, 0],
                overcommitted_by: vec![0, 0, 0, 1, 0, 0],
                stop_sell: vec![false, false, false, false, true, false],
            },
        }
    }

    #[test]
    fn each_night_says_what_matters_most() {
        let from = Day::parse("2026-12-16").expect("a date");
        let states: Vec<State> = nights(&room(), from).iter().map(|night| night.state).collect();
        let expected =
            [State::Open, State::Low, State::SoldOut, State::Overcommitted, State::StopSell, State::NotLoaded];
        assert_eq!(states, expected);
    }

    #[test]
    fn a_night_is_spoken_in_full() {
        let from = Day::parse("2026-12-16").expect("a date");
        let nights = nights(&room(), from);
        let spoken: Vec<String> = nights.iter().map(|night| night.spoken("Deluxe King")).collect();
        assert_eq!(spoken[1], "Deluxe King, Thursday 17 December, 2 left of 16, 13 sold, 1 held, low");
        assert_eq!(spoken[3], "Deluxe King, Saturday 19 December, -1 left of 16, 17 sold, overcommitted");
        assert_eq!(spoken[5], "Deluxe King, Monday 21 December, not loaded");
    }

    #[test]
    fn the_sold_share_stays_in_its_bar() {
        let from = Day::parse("2026-12-16").expect("a date");
        let tenths: Vec<i64> = nights(&room(), from).iter().map(Night::sold_tenths).collect();
        assert_eq!(tenths, [6, 8, 10, 10, 2, 0]);
    }
}
