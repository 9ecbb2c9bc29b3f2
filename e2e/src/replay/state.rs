//! The state of a replay, with which it resumes after it or the gateway was killed.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{date_shift::DateShift, rows::Bookings};

/// The state, in a file from before the first call until the user removes it.
///
/// Every idempotency key consists of `run` and the row number, and every row goes to the same partner, so sending
/// everything again changes nothing that was already done.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct State {
    /// The first part of every key and the last part of every property code, so two runs on one gateway do not collide.
    pub run: String,
    /// The shift of the dates, in weeks.
    pub weeks: i64,
    /// The inputs of the replay.
    pub plan: Plan,
}

/// The inputs that must stay the same in all parts of one replay.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// CRC-32 of the unpacked file.
    pub file: u32,
    /// The number of rows.
    pub rows: u32,
    /// The allotment per night, when a small one was asked for.
    pub allotted: Option<u32>,
    /// The supplier's tenant code.
    pub supplier: String,
    /// The partners' tenant codes, in the order in which they get rows.
    pub partners: Vec<String>,
}

impl State {
    /// Resumes the replay of this file, or begins it.
    ///
    /// # Errors
    /// When the file belongs to another replay, or is so old that the first arrival has passed.
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
            serde_json::from_str(&text).with_context(|| format!("{} is not the state of a replay", file.display()))?;
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

    /// The shift of the dates.
    pub fn shift(&self) -> DateShift {
        DateShift::weeks(self.weeks)
    }

    /// Writes another file and renames it, so that the state is always complete.
    fn save(&self, file: &Path) -> Result<()> {
        let mut partial = file.as_os_str().to_owned();
        partial.push(".partial");
        std::fs::write(&partial, serde_json::to_string_pretty(self)? + "\n")
            .and_then(|()| std::fs::rename(&partial, file))
            .with_context(|| format!("cannot write {}", file.display()))
    }
}

/// A state, with its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// The state.
    pub state: State,
    /// True when an earlier process began this replay.
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
    fn a_resumed_replay_keeps_its_keys_and_dates() {
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
    fn another_or_an_outdated_replay_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("state.json");
        let today = date("2026-11-24");
        State::resume_or_begin(&file, plan(), &sample(), today).expect("begun");

        let fewer = Plan { partners: vec!["beta".to_owned()], ..plan() };
        let error = State::resume_or_begin(&file, fewer, &sample(), today).expect_err("rows would change partners");
        assert!(error.to_string().contains("belongs to another replay"), "{error}");

        let error = State::resume_or_begin(&file, plan(), &sample(), date("2027-01-01")).expect_err("too late");
        assert!(error.to_string().contains("too old"), "{error}");
    }
}
