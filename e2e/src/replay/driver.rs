//! The calls of the partners: every booking and cancellation, many at the same time.
//!
//! One task decides what is sent next and receives every response, so there is nothing to lock; the calls themselves
//! run on all threads. A cancellation waits only for the response to its own booking and does not delay other calls.

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

/// The number of refusals that are kept for the report.
const KEPT: usize = 10;

/// The inputs of the calls.
pub struct Driver<'a> {
    /// The rows; all indexes refer to them.
    pub rows: &'a [Row],
    /// The shift of the dates.
    pub shift: DateShift,
    /// The first part of every key.
    pub run: &'a str,
    /// The properties by name.
    pub properties: &'a BTreeMap<String, Property>,
    /// The partners' clients.
    pub partners: &'a [Client],
    /// Their tenant codes, in the same order.
    pub codes: &'a [String],
    /// The number of calls at the same time.
    pub in_flight: usize,
    /// The time that the gateway may be unavailable.
    pub patience: Duration,
    /// Checks refusals, where refusals are expected.
    pub refusal_check: Option<RefusalCheck>,
    /// Counts every finished step.
    pub progress: &'a Progress,
}

/// The result of all rows.
#[derive(Debug, Default)]
pub struct DriverResult {
    /// Accepted bookings.
    pub booked: u64,
    /// Accepted cancellations.
    pub cancelled: u64,
    /// Accepted calls, of both kinds, that repeat the response to an earlier call with the same key.
    pub replayed: u64,
    /// Refused bookings and cancellations.
    pub refused: u64,
    /// Refusals that name no full night, where refusals are expected; otherwise all refusals.
    pub unexplained: u64,
    /// The first unexplained refusals, for the report.
    pub samples: Vec<String>,
    /// Rows that were booked and not cancelled.
    pub standing: Vec<usize>,
    /// From the first call to the last response.
    pub elapsed: Duration,
}

/// The response to one call.
struct Answer {
    step: Step,
    payload: Value,
}

/// The state of a row's booking.
enum Booking {
    InFlight(Option<Sent>),
    Made(String),
    Refused,
}

impl Driver<'_> {
    /// Sends all calls and receives all responses.
    ///
    /// # Errors
    /// With the first call that gets no response, or whose response has no booking.
    pub async fn run(mut self) -> Result<DriverResult> {
        let steps = in_order(self.rows);
        self.progress.total.store(steps.len() as u64, Ordering::Relaxed);
        let mut steps = steps.into_iter();
        let mut bookings: HashMap<usize, Booking> = HashMap::with_capacity(self.rows.len());
        let mut waiting: HashSet<usize> = HashSet::new();
        let mut ready: VecDeque<usize> = VecDeque::new();
        let mut calls: JoinSet<Result<Answer>> = JoinSet::new();
        let mut result = DriverResult::default();
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
                        let sent = self.refusal_check.as_mut().map(|it| it.sent(cells(&self.rows[index], self.shift)));
                        bookings.insert(index, Booking::InFlight(sent));
                        self.call(&mut calls, step, BOOK, self.booking(index)?);
                    }
                    Step::Cancel(index) => match bookings.get(&index) {
                        Some(Booking::Made(id)) => {
                            self.call(&mut calls, step, CANCEL, self.cancellation(index, id));
                        }
                        // A refused booking needs no cancellation.
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
            result.replayed += u64::from(payload["replayed"] == true);
            match step {
                Step::Book(index) => {
                    let booking = self.booked(&mut result, index, bookings.remove(&index), &payload)?;
                    bookings.insert(index, booking);
                    if waiting.remove(&index) {
                        ready.push_back(index);
                    }
                }
                Step::Cancel(index) => {
                    if user_errors(&payload).is_empty() {
                        result.cancelled += 1;
                        bookings.remove(&index);
                        if let Some(refusal_check) = &mut self.refusal_check {
                            refusal_check.cancelled(cells(&self.rows[index], self.shift));
                        }
                    } else {
                        result.refuse(true, || {
                            format!("cancellation of row {}: {}", self.rows[index].number, payload["userErrors"])
                        });
                    }
                }
            }
        }
        result.elapsed = begun.elapsed();
        result.standing = bookings
            .into_iter()
            .filter(|(_, booking)| matches!(booking, Booking::Made(_)))
            .map(|(index, _)| index)
            .collect();
        Ok(result)
    }

    /// Evaluates the response to a booking.
    fn booked(
        &mut self,
        result: &mut DriverResult,
        index: usize,
        before: Option<Booking>,
        payload: &Value,
    ) -> Result<Booking> {
        let row = &self.rows[index];
        let errors = user_errors(payload);
        if errors.is_empty() {
            let id = payload["reservation"]["id"].as_str();
            let id =
                id.with_context(|| format!("row {} has neither a reservation nor an error: {payload}", row.number))?;
            result.booked += 1;
            return Ok(Booking::Made(id.to_owned()));
        }
        self.progress.refused.fetch_add(1, Ordering::Relaxed);
        let named: Vec<Cell> = errors.iter().filter_map(|error| full_night(row, error)).collect();
        let wrong = match (&mut self.refusal_check, before) {
            (Some(refusal_check), Some(Booking::InFlight(Some(sent)))) => Some(refusal_check.refused(&sent, &named)),
            _ => None,
        };
        let explained = named.len() == errors.len() && wrong.is_some_and(|wrong| wrong.is_empty());
        result.refuse(!explained, || format!("booking of row {}: {}", row.number, payload["userErrors"]));
        Ok(Booking::Refused)
    }

    fn booking(&self, index: usize) -> Result<Value> {
        let row = &self.rows[index];
        let property = self.properties.get(&row.hotel).context("every property was created")?;
        let partner = &self.codes[self.partner(index)];
        Ok(json!({
            "propertyId": property.id,
            "contractId": property.contracts.get(partner).with_context(|| format!("{partner} has no contract"))?,
            "idempotencyKey": format!("{}-{}", self.run, row.number),
            "reference": format!("row-{}", row.number),
            "lines": [{
                "roomTypeId": property.room_types.get(&row.room_type).context("every room type was created")?,
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

    /// The row number decides the partner, so that a resumed replay uses the same partners.
    fn partner(&self, index: usize) -> usize {
        self.rows[index].number as usize % self.partners.len()
    }

    fn call(&self, calls: &mut JoinSet<Result<Answer>>, step: Step, document: &'static str, input: Value) {
        let (Step::Book(index) | Step::Cancel(index)) = step;
        let client = self.partners[self.partner(index)].clone();
        let (number, patience) = (self.rows[index].number, self.patience);
        calls.spawn(async move {
            let answer = client.retrying(document, &json!({ "input": input }), patience).await;
            let mut data = answer.with_context(|| format!("row {number} has no response"))?;
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

/// The night that a user error reports as full; `None` for any other error.
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
