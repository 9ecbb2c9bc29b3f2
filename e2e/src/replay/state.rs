//! What a replay must remember to be able to go on after it, or the gateway, was killed.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{date_shift::DateShift, rows::Bookings};

/// Kept in a file from before the first call until the caller removes it.
///
/// Every idempotency key is made of `run` and the row's number, and every row goes to the same partner, so that
/// sending everything again changes nothing that was done.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct State {
    /// Begins every key and ends every property's code: two runs on one gateway don't meet.
    pub run: String,
    /// How far the dates were moved.
    pub weeks: i64,
    /// What is replayed.
    pub plan: Plan,
}

/// What must not change between the parts of one replay.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// CRC-32 of the unpacked file.
    pub file: u32,
    /// How many of its rows are replayed.
    pub rows: u32,
    /// Rooms on sale every night, when it was asked to run out of rooms.
    pub allotted: Option<u32>,
    /// The supplier's tenant code.
    pub supplier: String,
    /// The partners' tenant codes, in the order in which rows are dealt to them.
    pub partners: Vec<String>,
}

impl State {
    /// Goes on with the replay of that file, or begins one there.
    ///
    /// # Errors
    /// When the file belongs to another replay, or is so old that the first arrival is no longer ahead.
    pub fn resume_or_begin(file: &Path, plan: Plan, bookings: &Bookings, today: NaiveDate) -> Result<Resumed> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let shift = DateShift::ahead_of(today, bookings.first_arrival);
                let random = Uuid::new_v4().simple().to_string();
                let state = Self { run: random[..8].to_owned(), weeks: shift.in_weeks(), plan };
                state.save(file)?;
                return Ok(Resumed { state, resumed: false });
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        let state: Self =
            serde_json::from_str(&text).with_context(|| format!("{} is no replay's state", file.display()))?;
        ensure!(
            state.plan == plan,
            "{} belongs to another replay ({:?}, not {plan:?}); remove it to begin anew, or name another with --state",
            file.display(),
            state.plan
        );
        ensure!(
            state.shift().apply(bookings.first_arrival) > today,
            "the replay of {} is too old to go on with: its first arrival has come; remove it to begin anew",
            file.display()
        );
        Ok(Resumed { state, resumed: true })
    }

    /// How far the dates are moved.
    pub fn shift(&self) -> DateShift {
        DateShift::weeks(self.weeks)
    }

    /// Written beside and renamed, so that it is there whole or not at all.
    fn save(&self, file: &Path) -> Result<()> {
        let mut partial = file.as_os_str().to_owned();
        partial.push(".partial");
        std::fs::write(&partial, serde_json::to_string_pretty(self)? + "\n")
            .and_then(|()| std::fs::rename(&partial, file))
            .with_context(|| format!("cannot write {}", file.display()))
    }
}

/// A state, and whether it was there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// The state.
    pub state: State,
    /// Whether an earlier process began this replay.
    pub resumed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::rows::tests::{date, sample};

    fn plan() -> Plan {
        let partners = vec!["beta".to_owned(), "gamma".to_owned()];
        Plan { file: 7, rows: 36, allotted: None, supplier: "alpha".to_owned(), partners }
    }

    #[test]
    fn a_replay_goes_on_with_its_keys_and_dates() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("state.json");
        let today = date("2026-11-24");

        let begun = State::resume_or_begin(&file, plan(), &sample(), today).expect("begun");
        let later = State::resume_or_begin(&file, plan(), &sample(), date("2026-11-27")).expect("resumed");

        assert_eq!((begun.resumed, later.resumed), (false, true));
        assert_eq!(begun.state, later.state);
        assert!(begun.state.shift().apply(sample().first_arrival) > today);
    }

    #[test]
    fn another_replay_or_a_stale_one_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("state.json");
        let today = date("2026-11-24");
        State::resume_or_begin(&file, plan(), &sample(), today).expect("begun");

        let fewer = Plan { partners: vec!["beta".to_owned()], ..plan() };
        let error = State::resume_or_begin(&file, fewer, &sample(), today).expect_err("rows would change hands");
        assert!(error.to_string().contains("belongs to another replay"), "{error}");

        let error = State::resume_or_begin(&file, plan(), &sample(), date("2027-01-01")).expect_err("too late");
        assert!(error.to_string().contains("too old"), "{error}");
    }
}
