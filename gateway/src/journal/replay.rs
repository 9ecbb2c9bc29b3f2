//! Replay: the events that a subscriber missed, each with the state of its nights at that time.
//!
//! The state is the current one, taken back over the journal. Only one step of the journal is in memory at a time.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use lodgate_entities::ids::PropertyId;
use sea_orm::{ConnectionTrait, DbErr};

use super::events::events_after;
use super::load::{self, NightRange, StockState};
use super::rows::Head;
use crate::inventory::event::{Event, step_back, step_forward};
use crate::inventory::{Night, NightKey};
use crate::journal::{CommittedEvent, MAX_NIGHTS_SENT};

/// Events per step.
const STEP: u16 = 250;

/// The events of one property after a position, each with the state after it.
///
/// Three passes over the journal: the first collects the touched nights, the second takes their current state back to
/// the position, the third goes forward and delivers. Events that fit into one step are read once.
pub struct Replay {
    property: PropertyId,
    /// Latest event delivered.
    seq: i64,
    /// Latest event to deliver.
    through: i64,
    /// Events that were read and not delivered yet.
    read: VecDeque<Event>,
    /// The touched nights, as they were after `seq`.
    nights: HashMap<NightKey, Night>,
}

impl Replay {
    /// The events after seq `after`; `None` when there are none.
    ///
    /// # Errors
    /// Any error of the database, and one for a journal with a gap.
    pub async fn after(db: &impl ConnectionTrait, property: PropertyId, after: i64) -> Result<Option<Self>, DbErr> {
        let (mut touched, mut through, mut read) = (HashSet::new(), after, VecDeque::new());
        loop {
            let events = events_after(db, &[(property, through)], STEP.into()).await?;
            let Some(last) = events.last().map(|event| event.seq) else { break };
            touched.extend(events.iter().filter(|event| !is_wide(event)).flat_map(Event::nights));
            let (is_first, is_last) = (through == after, events.len() < usize::from(STEP));
            read = if is_first { events.into() } else { VecDeque::new() };
            through = last;
            if is_last {
                break;
            }
        }
        if through == after {
            return Ok(None);
        }
        let ranges: Vec<NightRange> = touched
            .iter()
            .map(|&(room_type, date)| NightRange { property, room_type, from: date, through: date })
            .collect();
        let mut now = StockState::default();
        if !ranges.is_empty() {
            now = load::nights(db, ranges).await?.remove(&property).unwrap_or_default();
        }
        let nights = touched.into_iter().map(|key| (key, now.nights.remove(&key).unwrap_or_default()));
        let mut nights: HashMap<NightKey, Night> = nights.collect();
        step_back_to(db, property, &mut nights, now.seq, after).await?;
        Ok(Some(Self { property, seq: after, through, read, nights }))
    }

    /// The next events in order, as a feed would have delivered them; empty at the end.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn next(&mut self, db: &impl ConnectionTrait) -> Result<Vec<CommittedEvent>, DbErr> {
        if self.read.is_empty() && self.seq < self.through {
            self.read = events_after(db, &[(self.property, self.seq)], STEP.into()).await?.into();
        }
        let (mut events, mut nights) = (Vec::new(), 0);
        while nights < MAX_NIGHTS_SENT
            && let Some(event) = self.read.pop_front()
        {
            if event.seq > self.through {
                self.read.clear();
                break;
            }
            self.seq = event.seq;
            step_forward(&mut self.nights, &event.cells);
            let range_only = is_wide(&event);
            let touched = if range_only { Vec::new() } else { event.nights() };
            let states: Vec<(NightKey, Night)> =
                touched.into_iter().filter_map(|key| Some((key, self.nights.get(&key)?.clone()))).collect();
            nights += states.len();
            events.push(CommittedEvent { event: Arc::new(event), nights: states, range_only });
        }
        Ok(events)
    }
}

/// The nights of one property as they were after the event `at`; without it the current ones. The head says which event
/// they include.
///
/// # Errors
/// Any error of the database, and one for a journal with a gap.
pub async fn nights_at(
    db: &impl ConnectionTrait,
    property: PropertyId,
    ranges: Vec<NightRange>,
    at: Option<Head>,
) -> Result<(Head, HashMap<NightKey, Night>), DbErr> {
    let StockState { seq, tag, mut nights } = load::nights(db, ranges).await?.remove(&property).unwrap_or_default();
    let Some(at) = at.filter(|at| at.seq < seq) else { return Ok((Head { seq, tag }, nights)) };
    step_back_to(db, property, &mut nights, seq, at.seq).await?;
    // A night that was first stored after `at` is a default night now.
    nights.retain(|_, night| *night != Night::default());
    Ok((at, nights))
}

/// Takes nights from the state after event `from` back to the state after the earlier event `to`.
async fn step_back_to(
    db: &impl ConnectionTrait,
    property: PropertyId,
    nights: &mut HashMap<NightKey, Night>,
    from: i64,
    to: i64,
) -> Result<(), DbErr> {
    let mut from = from;
    while from > to && !nights.is_empty() {
        let before = to.max(from - i64::from(STEP));
        let expected = u64::try_from(from - before).unwrap_or_default();
        let events = events_after(db, &[(property, before)], expected).await?;
        if events.len() as u64 != expected || events.last().is_some_and(|event| event.seq != from) {
            return Err(DbErr::Custom(format!("the journal of property {property} has a gap before {from}")));
        }
        for event in events.iter().rev() {
            step_back(nights, &event.cells);
        }
        from = before;
    }
    Ok(())
}

fn is_wide(event: &Event) -> bool {
    event.cells.len() > MAX_NIGHTS_SENT && event.nights().len() > MAX_NIGHTS_SENT
}
