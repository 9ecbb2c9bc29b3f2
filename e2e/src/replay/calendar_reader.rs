//! The rooms sold according to the gateway.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result};
use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    date_shift::DateShift,
    rows::Row,
    sold_nights::{Cell, Difference, Sold},
};
use crate::{client::Client, stories::Property};

/// Nights per call.
const SLICE: u64 = 366;

/// A reader of the calendars of the replay's properties.
#[derive(Debug)]
pub struct Reader<'a> {
    supplier: &'a Client,
    properties: &'a BTreeMap<String, Property>,
    nights: (NaiveDate, NaiveDate),
    patience: Duration,
}

impl<'a> Reader<'a> {
    /// A reader of all nights of these rows.
    ///
    /// # Panics
    /// Without any row; [`Bookings`](super::rows::Bookings) always has rows.
    pub fn new(
        supplier: &'a Client,
        properties: &'a BTreeMap<String, Property>,
        rows: &[Row],
        shift: DateShift,
        patience: Duration,
    ) -> Self {
        let first = rows.iter().map(|row| row.arrival).min().expect("bookings are never empty");
        let end = rows.iter().map(Row::departure).max().expect("bookings are never empty");
        Self { supplier, properties, nights: (shift.apply(first), shift.apply(end)), patience }
    }

    /// Rooms sold by night, over the shared pool and all contracts.
    ///
    /// # Errors
    /// When the gateway does not respond, or not with one count per night.
    pub async fn sold(&self) -> Result<Sold> {
        let mut sold = Sold::default();
        for (name, property) in self.properties {
            let contracts = property.contracts.values().map(|id| json!({ "contractId": id }));
            let pools: Vec<Value> = std::iter::once(json!({ "shared": true })).chain(contracts).collect();
            for (code, room_type) in &property.room_types {
                for pool in &pools {
                    self.read(&mut sold, (name, code), room_type, pool)
                        .await
                        .with_context(|| format!("{name} {code}"))?;
                }
            }
        }
        Ok(sold)
    }

    /// Compares the gateway's counts with the expected ones.
    ///
    /// The cache of a read may lag behind the last bookings for a moment, which is allowed. So differences are read
    /// again, for a few seconds, before they count.
    ///
    /// # Errors
    /// As [`sold`](Self::sold).
    pub async fn compare(&self, expected: &Sold) -> Result<(Sold, Vec<Difference>)> {
        let mut looks = 0;
        loop {
            let found = self.sold().await?;
            let differences = expected.differences(&found);
            if differences.is_empty() || looks == 3 {
                return Ok((found, differences));
            }
            looks += 1;
            sleep(Duration::from_secs(1)).await;
        }
    }

    async fn read(&self, sold: &mut Sold, (property, code): (&str, &str), room_type: &str, pool: &Value) -> Result<()> {
        let mut from = self.nights.0;
        while from <= self.nights.1 {
            let through = (from + Days::new(SLICE - 1)).min(self.nights.1);
            let variables = json!({ "id": room_type, "from": from, "through": through, "pool": pool });
            let data = self.supplier.retrying(CALENDAR, &variables, self.patience).await?;
            let counts = data["node"]["calendar"]["sold"].as_array().context("it has no calendar")?;
            anyhow::ensure!(
                counts.len() as i64 == (through - from).num_days() + 1,
                "{} counts for the nights {from} to {through}",
                counts.len()
            );
            for (date, count) in from.iter_days().zip(counts) {
                let rooms = count.as_i64().with_context(|| format!("{count} is not a number of rooms"))?;
                if rooms != 0 {
                    sold.add(Cell { property: property.to_owned(), room_type: code.to_owned(), date }, rooms);
                }
            }
            from = through + Days::new(1);
        }
        Ok(())
    }
}

const CALENDAR: &str = "query($id: ID!, $from: Date!, $through: Date!, $pool: PoolInput) { node(id: $id) { ... on RoomType { calendar(from: $from, through: $through, pool: $pool) { sold } } } }";
