//! A guest's stay: half open, from check-in to check-out.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::refusal::{Code, Problem};

/// Most nights of one stay.
pub const MAX_STAY_NIGHTS: i64 = 366;

/// `[check_in, check_out)`: the night of `check_out` is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    /// First night.
    pub check_in: NaiveDate,
    /// The morning of departure.
    pub check_out: NaiveDate,
}

impl Stay {
    /// Number of nights; not positive for a stay that is empty or reversed.
    pub fn length(self) -> i64 {
        (self.check_out - self.check_in).num_days()
    }

    /// The problem with its length, at the field `checkOut`: a stay has 1 to 366 nights.
    pub fn length_problem(self) -> Option<Problem> {
        let problem = match self.length() {
            ..=0 => Problem::new(Code::EmptyStay, "checkOut must lie after checkIn: a stay has at least one night"),
            1..=MAX_STAY_NIGHTS => return None,
            _ => Problem::new(Code::Invalid, format!("a stay has at most {MAX_STAY_NIGHTS} nights")),
        };
        Some(problem.at_field(&["checkOut"]))
    }

    /// The nights of the stay, ascending.
    pub fn nights(self) -> impl Iterator<Item = NaiveDate> {
        self.check_in.iter_days().take_while(move |date| *date < self.check_out)
    }
}
