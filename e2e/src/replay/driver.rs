//! The partners' part: every booking and cancellation, many at once.
//!
//! One task decides what is sent next and hears every answer, so there is nothing to lock; the calls themselves run
//! on all threads. A cancellation waits only for the answer to its own booking, and holds up nothing meanwhile.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    Progress,
    date_shift::DateShift,
    refusal_check::{RefusalCheck, Sent},
    rows::Row,
    sold_nights::{Cell, cells},
    timeline::{Step, in_order},
};
use crate::{client::Client, stories::Property};

/// How many refusals are kept word by word.
const KEPT: usize = 10;

/// Everything that driving needs.
pub struct Driver<'a> {
    /// The rows; all indexes are into these.
    pub rows: &'a [Row],
    /// How far their dates are moved.
    pub shift: DateShift,
    /// Begins every key.
    pub run: &'a str,
    /// The properties by name.
    pub properties: &'a BTreeMap<String, Property>,
    /// The partners' clients.
    pub partners: &'a [Client],
    /// Their tenant codes, in the same order.
    pub codes: &'a [String],
    /// Calls under way at any time.
    pub in_flight: usize,
    /// How long the gateway may be silent or unwell.
    pub patience: Duration,
    /// Where refusals are expected: the judge of them.
    pub fullness: Option<RefusalCheck>,
    /// Told of every step.
    pub progress: &'a Progress,
}

/// What became of the rows.
#[derive(Debug, Default)]
pub struct DriverResult {
    /// Bookings acknowledged.
    pub booked: u64,
    /// Cancellations acknowledged.
    pub cancelled: u64,
    /// Answers, among both, that repeat the answer to an earlier call with the same key.
    pub replayed: u64,
    /// Bookings and cancellations refused.
    pub refused: u64,
    /// Refusals that name no full night, where full nights were to be expected; otherwise all of them.
    pub unexplained: u64,
    /// The first unexplained refusals, for people.
    pub samples: Vec<String>,
    /// Rows that were booked and not cancelled.
    pub standing: Vec<usize>,
    /// From the first call to the last answer.
    pub elapsed: Duration,
}

/// The answer to one call.
struct Answer {
    step: Step,
    payload: Value,
}

/// What is known of a row's booking.
enum Booking {
    InFlight(Option<Sent>),
    Made(String),
    Refused,
}

impl Driver<'_> {
    /// Sends everything and hears every answer.
    ///
    /// # Errors
    /// With the first call that stays without an answer, or whose answer is none of a booking.
    pub async fn run(mut self) -> Result<DriverResult> {
        let steps = in_order(self.rows);
        self.progress.total.store(steps.len() as u64, Ordering::Relaxed);
        let mut steps = steps.into_iter();
        let mut bookings: HashMap<usize, Booking> = HashMap::with_capacity(self.rows.len());
        let mut waiting: HashSet<usize> = HashSet::new();
        let mut ready: VecDeque<usize> = VecDeque::new();
        let mut calls: JoinSet<Result<Answer>> = JoinSet::new();
        let mut driven = DriverResult::default();
        let begun = Instant::now();
        loop {
            while calls.len() < self.in_flight {
                let step = match ready.pop_front() {
                    Some(index) => Step::Cancel(index),
                    None => match steps.next() {
                        Some(step) => step,
                        None => break,
                    },
                };
                match step {
                    Step::Book(index) => {
                        let sent = self.fullness.as_mut().map(|it| it.sent(cells(&self.rows[index], self.shift)));
                        bookings.insert(index, Booking::InFlight(sent));
                        self.call(&mut calls, step, BOOK, self.booking(index)?);
                    }
                    Step::Cancel(index) => match bookings.get(&index) {
                        Some(Booking::Made(id)) => {
                            self.call(&mut calls, step, CANCEL, self.cancellation(index, id));
                        }
                        // What was never booked needs no cancellation.
                        Some(Booking::Refused) => self.progress.step(),
                        Some(Booking::InFlight(_)) | None => {
                            waiting.insert(index);
                        }
                    },
                }
            }
            let Some(answer) = calls.join_next().await else { break };
            let Answer { step, payload } = answer??;
            self.progress.step();
            driven.replayed += u64::from(payload["replayed"] == true);
            match step {
                Step::Book(index) => {
                    let booking = self.booked(&mut driven, index, bookings.remove(&index), &payload)?;
                    bookings.insert(index, booking);
                    if waiting.remove(&index) {
                        ready.push_back(index);
                    }
                }
                Step::Cancel(index) => {
                    if user_errors(&payload).is_empty() {
                        driven.cancelled += 1;
                        bookings.remove(&index);
                        if let Some(fullness) = &mut self.fullness {
                            fullness.cancelled(cells(&self.rows[index], self.shift));
                        }
                    } else {
                        driven.refuse(true, || {
                            format!("cancellation of row {}: {}", self.rows[index].number, payload["userErrors"])
                        });
                    }
                }
            }
        }
        driven.elapsed = begun.elapsed();
        driven.standing = bookings
            .into_iter()
            .filter(|(_, booking)| matches!(booking, Booking::Made(_)))
            .map(|(index, _)| index)
            .collect();
        Ok(driven)
    }

    /// Takes the answer to a booking.
    fn booked(
        &mut self,
        driven: &mut DriverResult,
        index: usize,
        before: Option<Booking>,
        payload: &Value,
    ) -> Result<Booking> {
        let row = &self.rows[index];
        let errors = user_errors(payload);
        if errors.is_empty() {
            let id = payload["reservation"]["id"].as_str();
            let id = id.with_context(|| format!("row {} was neither booked nor refused: {payload}", row.number))?;
            driven.booked += 1;
            return Ok(Booking::Made(id.to_owned()));
        }
        self.progress.refused.fetch_add(1, Ordering::Relaxed);
        let named: Vec<Cell> = errors.iter().filter_map(|error| full_night(row, error)).collect();
        let lies = match (&mut self.fullness, before) {
            (Some(fullness), Some(Booking::InFlight(Some(sent)))) => Some(fullness.refused(&sent, &named)),
            _ => None,
        };
        let explained = named.len() == errors.len() && lies.is_some_and(|lies| lies.is_empty());
        driven.refuse(!explained, || format!("booking of row {}: {}", row.number, payload["userErrors"]));
        Ok(Booking::Refused)
    }

    fn booking(&self, index: usize) -> Result<Value> {
        let row = &self.rows[index];
        let property = self.properties.get(&row.hotel).context("every property was opened")?;
        let partner = &self.codes[self.partner(index)];
        Ok(json!({
            "propertyId": property.id,
            "contractId": property.contracts.get(partner).with_context(|| format!("{partner} has no contract"))?,
            "idempotencyKey": format!("{}-{}", self.run, row.number),
            "reference": format!("row-{}", row.number),
            "lines": [{
                "roomTypeId": property.room_types.get(&row.room_type).context("every room type was made")?,
                "checkIn": self.shift.apply(row.arrival),
                "checkOut": self.shift.apply(row.departure()),
                "adults": row.adults,
                "childAges": row.child_ages(),
            }],
        }))
    }

    fn cancellation(&self, index: usize, reservation: &str) -> Value {
        let key = format!("{}-{}-cancel", self.run, self.rows[index].number);
        json!({ "reservationId": reservation, "idempotencyKey": key })
    }

    /// Rows are dealt to the partners by their number: a replay that goes on must deal them alike.
    fn partner(&self, index: usize) -> usize {
        self.rows[index].number as usize % self.partners.len()
    }

    fn call(&self, calls: &mut JoinSet<Result<Answer>>, step: Step, document: &'static str, input: Value) {
        let (Step::Book(index) | Step::Cancel(index)) = step;
        let client = self.partners[self.partner(index)].clone();
        let (number, patience) = (self.rows[index].number, self.patience);
        calls.spawn(async move {
            let answer = client.retrying(document, &json!({ "input": input }), patience).await;
            let mut data = answer.with_context(|| format!("row {number} has no answer"))?;
            let field = if matches!(step, Step::Book(_)) { "bookRooms" } else { "cancelReservation" };
            Ok(Answer { step, payload: data[field].take() })
        });
    }
}

impl DriverResult {
    fn refuse(&mut self, unexplained: bool, text: impl FnOnce() -> String) {
        self.refused += 1;
        self.unexplained += u64::from(unexplained);
        if unexplained && self.samples.len() < KEPT {
            self.samples.push(text());
        }
    }
}

/// The night that a user error calls full; `None` when it says anything else.
fn full_night(row: &Row, error: &Value) -> Option<Cell> {
    let full = error["code"] == "REFUSED" && error["rule"] == "SOLD_OUT";
    let date = error["date"].as_str()?.parse().ok()?;
    full.then(|| Cell { property: row.hotel.clone(), room_type: row.room_type.clone(), date })
}

fn user_errors(payload: &Value) -> &[Value] {
    payload["userErrors"].as_array().map(Vec::as_slice).unwrap_or_default()
}

const BOOK: &str = "mutation Book($input: BookRoomsInput!) { bookRooms(input: $input) { reservation { id } replayed userErrors { code message rule date } } }";
const CANCEL: &str = "mutation Cancel($input: CancelReservationInput!) { cancelReservation(input: $input) { reservation { id } replayed userErrors { code message } } }";
