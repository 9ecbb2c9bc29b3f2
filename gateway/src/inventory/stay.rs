//! A guest's stay: half open, from check-in to check-out.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Most nights of one stay.
pub const MAX_STAY: i64 = 366;

/// `[check_in, check_out)`: the night of `check_out` is not slept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    /// First night.
    pub check_in: NaiveDate,
    /// The morning of leaving.
    pub check_out: NaiveDate,
}

impl Stay {
    /// Number of nights; not positive for a stay that is empty or reversed.
    pub fn length(self) -> i64 {
        (self.check_out - self.check_in).num_days()
    }

    /// The nights slept, ascending.
    pub fn nights(self) -> impl Iterator<Item = NaiveDate> {
        self.check_in.iter_days().take_while(move |date| *date < self.check_out)
    }
}
