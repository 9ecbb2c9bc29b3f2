//! From a stock and a command to a decision: what changes, or why nothing does.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::cell::{Night, NightKey};
use super::command::{Action, Command, Structure};
use super::event::{self, Cause, CellChange, EventDraft};
use super::refusal::{Problem, Refusal};
use super::reservation::Reservation;
use super::stock::Stock;
use super::{allotment, booking, restriction, undo};

/// Everything a command changes. Without an event nothing changed, and nothing is to be stored.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// The touched nights as they are afterwards, all pools.
    pub nights: Vec<(NightKey, Night)>,
    /// The reservation as it is afterwards.
    pub reservation: Option<Reservation>,
    /// The structure as it is to be stored.
    pub structure: Option<Structure>,
    /// What the journal records.
    pub event: Option<EventDraft>,
    /// Cells that were named and already had the value.
    pub unchanged: usize,
    /// Cells that were left out because they conflict, where the caller asked for that.
    pub skipped: Vec<Problem>,
}

/// Decides one command. A refusal changes nothing and names every reason.
///
/// # Errors
/// The problems that stand against the command, at least one.
pub fn decide(stock: &Stock, command: &Command, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    match &command.action {
        Action::SetCounts(set) => allotment::set_counts(stock, set, now),
        Action::SetRestrictions(changes) => restriction::set(stock, changes, now),
        Action::Undo(change_set) => undo::undo(stock, *change_set, command.change_set, now),
        Action::Claim(claim) => booking::claim(stock, claim, now),
        Action::ExtendHold { reservation, by_minutes } => booking::extend(stock, *reservation, *by_minutes, now),
        Action::Confirm { reservation } => booking::confirm(stock, *reservation, now),
        Action::Cancel { reservation, lines } => booking::cancel(stock, *reservation, lines.as_deref(), now),
        Action::Expire { reservation } => booking::expire(stock, *reservation, now),
        Action::Structure(structure) => super::property_admin::change(stock, structure),
    }
}

/// Nights under change: reads fall through to the stock, writes stay here until the decision is made.
pub(super) struct Draft<'a> {
    stock: &'a Stock,
    nights: BTreeMap<NightKey, Night>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(stock: &'a Stock) -> Self {
        Self { stock, nights: BTreeMap::new() }
    }

    pub(super) fn night(&mut self, key: NightKey) -> &mut Night {
        self.nights.entry(key).or_insert_with(|| self.stock.night(key))
    }

    /// The touched nights that really differ, and how.
    pub(super) fn finish(self) -> (Vec<(NightKey, Night)>, Vec<CellChange>) {
        let mut cells = Vec::new();
        let empty = Night::default();
        let mut nights = Vec::with_capacity(self.nights.len());
        for (key, night) in self.nights {
            let changed = event::difference(key, self.stock.nights.get(&key).unwrap_or(&empty), &night);
            if !changed.is_empty() {
                cells.extend(changed);
                nights.push((key, night));
            }
        }
        (nights, cells)
    }

    /// A decision about cells alone.
    pub(super) fn decide(self, cause: Cause) -> Decision {
        let (nights, cells) = self.finish();
        let event = (!cells.is_empty()).then_some(EventDraft { cause, cells, reservation: None, structure: None });
        Decision { nights, event, ..Decision::default() }
    }

    /// A decision about a reservation and its cells. It always makes an event: a reservation changed.
    pub(super) fn decide_reservation(self, cause: Cause, reservation: Reservation) -> Decision {
        let (nights, cells) = self.finish();
        let event =
            EventDraft { cause, cells, reservation: Some((reservation.id, reservation.revision)), structure: None };
        Decision { nights, event: Some(event), reservation: Some(reservation), ..Decision::default() }
    }
}
