//! One night of one room type: its counts, its restrictions and its status.

use super::{dates::Day, night_key::Field};

/// A night of a room type in the shared pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Rooms on sale; `None` for a night that was never loaded.
    pub allotted: Option<u32>,
    /// Rooms of holds that are not confirmed yet.
    pub held: u32,
    /// Rooms sold.
    pub sold: u32,
    /// Rooms that can still be sold.
    pub left: u32,
    /// Rooms promised beyond what is on sale.
    pub over: u32,
    /// Sales are stopped.
    pub stop_sell: bool,
    /// No stay may begin.
    pub closed_to_arrival: bool,
    /// No stay may end.
    pub closed_to_departure: bool,
    /// Minimum nights of a stay that begins here.
    pub min_stay_arrival: Option<u32>,
    /// Maximum nights of a stay that begins here.
    pub max_stay_arrival: Option<u32>,
    /// Minimum nights of a stay that includes this night.
    pub min_stay_through: Option<u32>,
    /// Maximum nights of a stay that includes this night.
    pub max_stay_through: Option<u32>,
}

/// The value of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
pub enum Value {
    /// A number; `None` for not loaded or not set.
    Number(Option<u32>),
    /// On or off.
    Flag(bool),
}

/// The status of a night, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellStatus {
    /// More rooms are held and sold than are on sale.
    Overcommitted,
    /// Sales are stopped, even if rooms are left.
    StopSell,
    /// Never put on sale.
    NotLoaded,
    /// No room is left.
    SoldOut,
    /// At most as many rooms are left as the room type's threshold.
    Low,
    /// On sale.
    Open,
}

impl CellStatus {
    /// The name in the page, used by the style sheets and browser tests.
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

    /// The text that colour and glyph stand for; empty for a night that is on sale.
    pub fn words(self) -> &'static str {
        match self {
            Self::Overcommitted => "overcommitted",
            Self::StopSell => "stop sell",
            Self::NotLoaded => "not loaded",
            Self::SoldOut => "sold out",
            Self::Low => "low",
            Self::Open => "",
        }
    }
}

impl Cell {
    /// The value of one field.
    pub fn value(&self, field: Field) -> Value {
        match field {
            Field::Allotment => Value::Number(self.allotted),
            Field::StopSell => Value::Flag(self.stop_sell),
            Field::MinStayArrival => Value::Number(self.min_stay_arrival),
            Field::MaxStayArrival => Value::Number(self.max_stay_arrival),
            Field::MinStayThrough => Value::Number(self.min_stay_through),
            Field::MaxStayThrough => Value::Number(self.max_stay_through),
            Field::ClosedToArrival => Value::Flag(self.closed_to_arrival),
            Field::ClosedToDeparture => Value::Flag(self.closed_to_departure),
        }
    }

    /// The night with a new value of one field. The rooms left are computed from the allotment alone: only the gateway
    /// knows sales limits and releases, and its next update corrects the number.
    pub fn with(mut self, field: Field, value: Value) -> Self {
        match (field, value) {
            (Field::Allotment, Value::Number(allotted)) => {
                let promised = self.promised();
                let on_sale = allotted.unwrap_or(0);
                self.allotted = allotted;
                self.left = on_sale.saturating_sub(promised);
                self.over = promised.saturating_sub(on_sale);
            }
            (Field::StopSell, Value::Flag(on)) => self.stop_sell = on,
            (Field::MinStayArrival, Value::Number(nights)) => self.min_stay_arrival = nights,
            (Field::MaxStayArrival, Value::Number(nights)) => self.max_stay_arrival = nights,
            (Field::MinStayThrough, Value::Number(nights)) => self.min_stay_through = nights,
            (Field::MaxStayThrough, Value::Number(nights)) => self.max_stay_through = nights,
            (Field::ClosedToArrival, Value::Flag(on)) => self.closed_to_arrival = on,
            (Field::ClosedToDeparture, Value::Flag(on)) => self.closed_to_departure = on,
            // A value of the wrong kind changes nothing.
            (_, Value::Number(_) | Value::Flag(_)) => {}
        }
        self
    }

    /// Rooms held and sold.
    pub fn promised(&self) -> u32 {
        self.held + self.sold
    }

    /// Rooms left; negative by the rooms promised beyond the allotment.
    pub fn balance(&self) -> i64 {
        if self.over > 0 { -i64::from(self.over) } else { i64::from(self.left) }
    }

    /// The most urgent status. At most `low_at` rooms left is low.
    pub fn status(&self, low_at: u32) -> CellStatus {
        if self.over > 0 {
            CellStatus::Overcommitted
        } else if self.stop_sell {
            CellStatus::StopSell
        } else if self.allotted.is_none() {
            CellStatus::NotLoaded
        } else if self.left == 0 {
            CellStatus::SoldOut
        } else if self.left <= low_at {
            CellStatus::Low
        } else {
            CellStatus::Open
        }
    }

    /// The promised share of the allotment, in twentieths, 0 to 20.
    pub fn share(&self) -> u32 {
        match self.allotted {
            Some(allotted) if allotted > 0 => (self.promised() * 20 / allotted).min(20),
            _ => 0,
        }
    }

    /// The night as text for screen readers.
    pub fn description(&self, room: &str, date: Day, low_at: u32) -> String {
        let mut text = format!("{room}, {}", date.spoken());
        if let Some(allotted) = self.allotted {
            let left = signed(self.balance());
            text.push_str(&format!(", {left} left of {allotted}, {} sold", self.sold));
            if self.held > 0 {
                text.push_str(&format!(", {} held", self.held));
            }
        }
        let status = self.status(low_at);
        if !status.words().is_empty() {
            text.push_str(&format!(", {}", status.words()));
        }
        let stays = [
            ("minimum stay on arrival", self.min_stay_arrival),
            ("maximum stay on arrival", self.max_stay_arrival),
            ("minimum stay through", self.min_stay_through),
            ("maximum stay through", self.max_stay_through),
        ];
        for (name, nights) in stays {
            if let Some(nights) = nights {
                text.push_str(&format!(", {name} {nights}"));
            }
        }
        for (name, is_on) in
            [("closed to arrival", self.closed_to_arrival), ("closed to departure", self.closed_to_departure)]
        {
            if is_on {
                text.push_str(&format!(", {name}"));
            }
        }
        text
    }
}

/// A number with the minus sign U+2212, which is as wide as a digit.
pub fn signed(number: i64) -> String {
    number.to_string().replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(allotted: Option<u32>, sold: u32) -> Cell {
        Cell { sold, ..Cell::default() }.with(Field::Allotment, Value::Number(allotted))
    }

    #[test]
    fn each_night_shows_its_most_urgent_status() {
        let stopped = Cell { stop_sell: true, ..cell(Some(16), 4) };
        let nights =
            [cell(Some(16), 10), cell(Some(16), 14), cell(Some(16), 16), cell(Some(16), 17), stopped, cell(None, 0)];
        let states = nights.map(|cell| cell.status(2));
        let expected = [
            CellStatus::Open,
            CellStatus::Low,
            CellStatus::SoldOut,
            CellStatus::Overcommitted,
            CellStatus::StopSell,
            CellStatus::NotLoaded,
        ];
        assert_eq!(states, expected);
    }

    #[test]
    fn a_night_is_described_in_full() {
        let day = Day::parse("2026-12-17").expect("a date");
        let low = Cell { held: 1, sold: 13, min_stay_arrival: Some(2), ..Cell::default() }
            .with(Field::Allotment, Value::Number(Some(16)));
        let expected =
            "Deluxe King, Thursday 17 December, 2 left of 16, 13 sold, 1 held, low, minimum stay on arrival 2";
        assert_eq!(low.description("Deluxe King", day, 2), expected);
        assert_eq!(cell(None, 0).description("Deluxe King", day, 2), "Deluxe King, Thursday 17 December, not loaded");
        let over = cell(Some(16), 17).description("Deluxe King", day, 2);
        assert_eq!(over, "Deluxe King, Thursday 17 December, −1 left of 16, 17 sold, overcommitted");
    }

    #[test]
    fn the_sold_share_is_at_most_the_whole_bar() {
        assert_eq!(
            [cell(Some(16), 17), cell(Some(10), 5), cell(None, 0), cell(Some(0), 0)].map(|cell| cell.share()),
            [20, 10, 0, 0]
        );
    }
}
