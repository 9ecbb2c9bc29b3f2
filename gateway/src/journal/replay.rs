//! What a reader missed, and what it would have seen then: the state of now, taken back over the journal.
//!
//! However much there is, only a portion of it is in memory at a time.

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

/// Events read in one step.
const STEP: u16 = 250;

/// What a reader of one property missed, each event with the state that it left behind.
///
/// Three passes over the journal: which nights were touched; from their state of now back to where the reader stands;
/// and forward again, telling. What fits into one step is read once.
pub struct Replay {
    property: PropertyId,
    /// Latest event given.
    seq: i64,
    /// Latest event to give.
    through: i64,
    /// Read and not given yet.
    read: VecDeque<Event>,
    /// The touched nights as they were after `seq`.
    nights: HashMap<NightKey, Night>,
}

impl Replay {
    /// What the journal has after `after`; `None`: nothing.
    ///
    /// # Errors
    /// Whatever the database says, or a journal with a gap.
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
        take_back(db, property, &mut nights, now.seq, after).await?;
        Ok(Some(Self { property, seq: after, through, read, nights }))
    }

    /// The next of it, in order, as a feed would have told it; empty when all was given.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn next(&mut self, db: &impl ConnectionTrait) -> Result<Vec<CommittedEvent>, DbErr> {
        if self.read.is_empty() && self.seq < self.through {
            self.read = events_after(db, &[(self.property, self.seq)], STEP.into()).await?.into();
        }
        let (mut given, mut nights) = (Vec::new(), 0);
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
            given.push(CommittedEvent { event: Arc::new(event), nights: states, range_only });
        }
        Ok(given)
    }
}

/// The nights of one property as they were right after the event `at`; as they are now, and where that is, when it is
/// not given.
///
/// # Errors
/// Whatever the database says, or a journal with a gap.
pub async fn nights_at(
    db: &impl ConnectionTrait,
    property: PropertyId,
    ranges: Vec<NightRange>,
    at: Option<Head>,
) -> Result<(Head, HashMap<NightKey, Night>), DbErr> {
    let StockState { seq, tag, mut nights } = load::nights(db, ranges).await?.remove(&property).unwrap_or_default();
    let Some(at) = at.filter(|at| at.seq < seq) else { return Ok((Head { seq, tag }, nights)) };
    take_back(db, property, &mut nights, seq, at.seq).await?;
    // What was stored only since.
    nights.retain(|_, night| *night != Night::default());
    Ok((at, nights))
}

/// From the state after `from` to the state after `to`, the earlier one.
async fn take_back(
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
