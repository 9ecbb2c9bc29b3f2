//! The unit of caching: one room type's nights of one month, all pools, free of tenants.

use std::collections::HashMap;

use aws_lc_rs::digest;
use chrono::{Datelike, Days, Months, NaiveDate};
use lodgate_entities::ids::{PropertyId, RoomTypeId};
use serde::{Deserialize, Serialize};

use crate::inventory::{Night, NightKey};
use crate::journal::NightRange;

/// A calendar month: `year * 12 + month0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Month(pub i32);

impl Month {
    /// The month of a date.
    pub fn of(date: NaiveDate) -> Self {
        Self(date.year() * 12 + date.month0() as i32)
    }

    /// Its first day.
    pub fn first(self) -> NaiveDate {
        let month = u32::try_from(self.0.rem_euclid(12)).unwrap_or(0) + 1;
        NaiveDate::from_ymd_opt(self.0.div_euclid(12), month, 1).unwrap_or_default()
    }

    /// Its last day.
    pub fn last(self) -> NaiveDate {
        self.first() + Months::new(1) - Days::new(1)
    }

    /// Every month that the closed range touches.
    pub fn range(from: NaiveDate, through: NaiveDate) -> impl Iterator<Item = Self> {
        (Self::of(from).0..=Self::of(through).0).map(Self)
    }
}

/// The key of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockKey {
    /// The property.
    pub property: PropertyId,
    /// The room type.
    pub room_type: RoomTypeId,
    /// The month.
    pub month: Month,
}

impl BlockKey {
    /// The nights that it covers.
    pub fn range(self) -> NightRange {
        NightRange {
            property: self.property,
            room_type: self.room_type,
            from: self.month.first(),
            through: self.month.last(),
        }
    }
}

/// Nights of one room type and month, by day of the month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Latest event included, or a newer one.
    pub seq: i64,
    nights: Vec<Night>,
}

/// Version of the encoding. Raise it with every change of the layout of [`Night`]: other versions are cache misses.
const FORMAT: u8 = 1;
const CHECKSUM: usize = 8;

impl Block {
    /// The block of a key, out of the nights of its property.
    pub fn new(key: BlockKey, seq: i64, nights: &HashMap<NightKey, Night>) -> Self {
        let days = key.month.first().iter_days().take_while(|date| *date <= key.month.last());
        Self { seq, nights: days.map(|date| nights.get(&(key.room_type, date)).cloned().unwrap_or_default()).collect() }
    }

    /// The night of a date of its month.
    pub fn night(&self, date: NaiveDate) -> Option<&Night> {
        self.nights.get(date.day0() as usize)
    }

    /// Replaces one night.
    pub fn set(&mut self, date: NaiveDate, night: Night) {
        if let Some(slot) = self.nights.get_mut(date.day0() as usize) {
            *slot = night;
        }
    }

    /// The block as bytes: format version, checksum, nights.
    pub fn encode(&self) -> Vec<u8> {
        let payload = postcard::to_stdvec(&self.nights).unwrap_or_default();
        let mut bytes = vec![FORMAT];
        bytes.extend_from_slice(&checksum(&payload));
        bytes.extend_from_slice(&payload);
        bytes
    }

    /// The reverse of [`Block::encode`]; `None` for any other bytes, which count as a miss.
    pub fn decode(key: BlockKey, seq: i64, bytes: &[u8]) -> Option<Self> {
        let (head, payload) = bytes.split_at_checked(1 + CHECKSUM)?;
        if head[0] != FORMAT || head[1..] != checksum(payload) {
            return None;
        }
        let nights: Vec<Night> = postcard::from_bytes(payload).ok()?;
        let days = key.month.last().day() as usize;
        (nights.len() == days).then_some(Self { seq, nights })
    }
}

fn checksum(payload: &[u8]) -> [u8; CHECKSUM] {
    let mut first = [0; CHECKSUM];
    first.copy_from_slice(&digest::digest(&digest::SHA256, payload).as_ref()[..CHECKSUM]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> BlockKey {
        let month = Month::of(NaiveDate::from_ymd_opt(2028, 2, 10).unwrap());
        BlockKey { property: PropertyId(1), room_type: RoomTypeId(2), month }
    }

    #[test]
    fn a_block_decodes_only_from_its_own_bytes() {
        let date = NaiveDate::from_ymd_opt(2028, 2, 29).unwrap();
        let mut night = Night::default();
        night.shared.allotted = Some(7);
        let block = Block::new(key(), 9, &HashMap::from([((RoomTypeId(2), date), night)]));
        let bytes = block.encode();
        assert_eq!(Block::decode(key(), 9, &bytes), Some(block));
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 1;
            assert_eq!(Block::decode(key(), 9, &broken), None, "byte {at}");
        }
        assert_eq!(Block::decode(key(), 9, &bytes[..5]), None);
        assert_eq!(Block::decode(key(), 9, b""), None);
    }
}
