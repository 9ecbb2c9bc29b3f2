//! Decisions: the changes that a command makes to a stock, or the reasons why it is refused.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::cell::{Night, NightKey};
use super::command::{Action, Command, Structure};
use super::event::{self, Cause, CellChange, EventDraft};
use super::refusal::{Problem, Refusal};
use super::reservation::Reservation;
use super::stock::Stock;
use super::{allotment, booking, restriction, undo};

/// Everything that a command changes. Without an event nothing changed and nothing is stored.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// The changed nights after the command, with all pools.
    pub nights: Vec<(NightKey, Night)>,
    /// The reservation after the command.
    pub reservation: Option<Reservation>,
    /// The structure after the command.
    pub structure: Option<Structure>,
    /// The event for the journal.
    pub event: Option<EventDraft>,
    /// Number of cells that already had the value.
    pub unchanged: usize,
    /// Cells that were left out because they conflict, when the caller allows that.
    pub skipped: Vec<Problem>,
}

/// Decides one command. A refusal changes nothing and has every reason.
///
/// # Errors
/// The problems of the command, at least one.
pub fn decide(stock: &Stock, command: &Command, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    match &command.action {
        Action::SetCounts(set) => allotment::set_counts(stock, set, now),
        Action::SetRestrictions(changes) => restriction::set(stock, changes, now),
        Action::Undo(change_set) => undo::undo(stock, *change_set, command.change_set, now),
        Action::Book(booking) => booking::book(stock, booking, now),
        Action::ExtendHold { reservation, by_minutes } => booking::extend(stock, *reservation, *by_minutes, now),
        Action::Confirm { reservation } => booking::confirm(stock, *reservation, now),
        Action::Cancel { reservation, lines } => booking::cancel(stock, *reservation, lines.as_deref(), now),
        Action::Expire { reservation } => booking::expire(stock, *reservation, now),
        Action::Structure(structure) => super::property_admin::change(stock, structure),
    }
}

/// Nights in change: reads fall through to the stock, writes stay here until the decision.
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

    /// The nights that differ from the stock, and their changes.
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

    /// A decision about cells only.
    pub(super) fn decide(self, cause: Cause) -> Decision {
        let (nights, cells) = self.finish();
        let event = (!cells.is_empty()).then_some(EventDraft { cause, cells, reservation: None, structure: None });
        Decision { nights, event, ..Decision::default() }
    }

    /// A decision about a reservation and its cells. It always has an event, because the reservation changed.
    pub(super) fn decide_reservation(self, cause: Cause, reservation: Reservation) -> Decision {
        let (nights, cells) = self.finish();
        let event =
            EventDraft { cause, cells, reservation: Some((reservation.id, reservation.revision)), structure: None };
        Decision { nights, event: Some(event), reservation: Some(reservation), ..Decision::default() }
    }
}
