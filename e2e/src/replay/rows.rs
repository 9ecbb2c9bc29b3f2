//! The file of real bookings.

use std::{io::Read, path::Path};

use anyhow::{Context, Result, ensure};
use chrono::{Days, NaiveDate};
use flate2::{Crc, read::MultiGzDecoder};
use serde::Deserialize;

/// A booking of at least one night.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The row number in the file, from 1; the file has no booking ids.
    pub number: u32,
    /// The name of the hotel.
    pub hotel: String,
    /// The code of the reserved room type.
    pub room_type: String,
    /// The day of the booking.
    pub booked: NaiveDate,
    /// The first night.
    pub arrival: NaiveDate,
    /// The number of nights, at least 1.
    pub nights: u32,
    /// At least 1: a row without an adult counts as one.
    pub adults: u32,
    /// Children without babies.
    pub children: u32,
    /// Children under two years.
    pub babies: u32,
    /// The day of the cancellation or no-show; never before `booked`.
    pub cancelled: Option<NaiveDate>,
}

impl Row {
    /// The day of departure, whose night is not part of the stay.
    pub fn departure(&self) -> NaiveDate {
        self.arrival + Days::new(self.nights.into())
    }

    /// The nights of the stay, in order.
    pub fn stay(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        self.arrival.iter_days().take(self.nights as usize)
    }

    /// The ages of the children: a baby is 1, a child 8, because the file has no ages.
    pub fn child_ages(&self) -> Vec<u32> {
        let babies = std::iter::repeat_n(1, self.babies as usize);
        std::iter::repeat_n(8, self.children as usize).chain(babies).collect()
    }
}

/// The content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookings {
    /// The rows of at least one night, in the order of the file.
    pub rows: Vec<Row>,
    /// The number of rows, day use included.
    pub total: u32,
    /// Rows without a night: rooms used by day, which have no allotment.
    pub day_use: u32,
    /// The first arrival of the whole file, also when only a part is replayed.
    pub first_arrival: NaiveDate,
    /// CRC-32 of the whole unpacked file, which identifies the file.
    pub checksum: u32,
}

impl Bookings {
    /// Reads a file, gzipped or plain; with `limit` only its first rows.
    ///
    /// # Errors
    /// When it cannot be read, or a row is not a hotel booking; the message has the row number.
    pub fn read(file: &Path, limit: Option<u32>) -> Result<Self> {
        let packed = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let plain = if packed.starts_with(&[0x1f, 0x8b]) {
            let mut plain = Vec::new();
            MultiGzDecoder::new(&*packed)
                .read_to_end(&mut plain)
                .with_context(|| format!("cannot unpack {}", file.display()))?;
            plain
        } else {
            packed
        };
        Self::parse(&plain, limit).with_context(|| format!("{} is not a file of hotel bookings", file.display()))
    }

    /// Reads the text of a file. See [`read`](Self::read).
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(text: &[u8], limit: Option<u32>) -> Result<Self> {
        let mut checksum = Crc::new();
        checksum.update(text);
        let (mut rows, mut total, mut day_use, mut first_arrival) = (Vec::new(), 0, 0, NaiveDate::MAX);
        for (record, number) in csv::Reader::from_reader(text).deserialize::<Record>().zip(1..) {
            let row = record.map_err(Into::into).and_then(|record| record.into_row(number));
            let row = row.with_context(|| format!("row {number}"))?;
            first_arrival = first_arrival.min(row.arrival);
            if limit.is_some_and(|limit| number > limit) {
                continue;
            }
            total += 1;
            if row.nights == 0 {
                day_use += 1;
            } else {
                rows.push(row);
            }
        }
        ensure!(!rows.is_empty(), "it has no booking of at least one night");
        Ok(Self { rows, total, day_use, first_arrival, checksum: checksum.sum() })
    }
}

/// The columns that are used, under their names in the file.
#[derive(Deserialize)]
struct Record {
    hotel: String,
    lead_time: u64,
    arrival_date_year: i32,
    arrival_date_month: String,
    arrival_date_day_of_month: u32,
    stays_in_weekend_nights: u32,
    stays_in_week_nights: u32,
    adults: u32,
    /// `NA` in four rows.
    children: String,
    babies: u32,
    reserved_room_type: String,
    reservation_status: Status,
    reservation_status_date: NaiveDate,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
enum Status {
    #[serde(rename = "Check-Out")]
    CheckOut,
    Canceled,
    #[serde(rename = "No-Show")]
    NoShow,
}

impl Record {
    fn into_row(self, number: u32) -> Result<Row> {
        let month: chrono::Month = self.arrival_date_month.parse().ok().context("arrival_date_month is not a month")?;
        let arrival =
            NaiveDate::from_ymd_opt(self.arrival_date_year, month.number_from_month(), self.arrival_date_day_of_month)
                .context("the arrival is not a date")?;
        let booked = arrival.checked_sub_days(Days::new(self.lead_time)).context("lead_time is too long")?;
        let cancelled = (self.status() != Status::CheckOut).then_some(self.reservation_status_date.max(booked));
        let children =
            if self.children == "NA" { 0 } else { self.children.parse().context("children is not a number")? };
        Ok(Row {
            number,
            hotel: self.hotel,
            room_type: self.reserved_room_type,
            booked,
            arrival,
            // Only the sum of the two is correct in this file.
            nights: self.stays_in_weekend_nights + self.stays_in_week_nights,
            adults: self.adults.max(1),
            children,
            babies: self.babies,
            cancelled,
        })
    }

    fn status(&self) -> Status {
        self.reservation_status
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Invented rows with the oddities of the real ones.
    pub(crate) const SAMPLE: &[u8] = include_bytes!("../../testdata/bookings.csv");

    pub(crate) fn sample() -> Bookings {
        Bookings::parse(SAMPLE, None).expect("the sample is valid")
    }

    pub(crate) fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn row(number: u32) -> Row {
        sample().rows.into_iter().find(|row| row.number == number).expect("a row of at least one night")
    }

    #[test]
    fn day_use_rows_are_counted_and_left_out() {
        let bookings = sample();

        assert_eq!((bookings.total, bookings.day_use, bookings.rows.len()), (36, 3, 33));
        assert!(bookings.rows.iter().all(|row| row.nights > 0));
        assert_eq!(bookings.first_arrival, date("2015-07-01"));
    }

    #[test]
    fn a_row_has_a_booking_date_and_nights() {
        let row = row(2);

        assert_eq!((row.hotel.as_str(), row.room_type.as_str()), ("Resort Hotel", "A"));
        assert_eq!((row.booked, row.arrival), (date("2015-06-21"), date("2015-07-01")));
        assert_eq!(row.departure(), date("2015-07-04"));
        assert_eq!(row.stay().collect::<Vec<_>>(), [date("2015-07-01"), date("2015-07-02"), date("2015-07-03")]);
        assert_eq!(row.cancelled, None);
    }

    #[test]
    fn missing_children_count_as_zero_and_missing_adults_as_one() {
        assert_eq!(row(4).children, 0, "the file says NA");
        assert_eq!(row(5).adults, 1, "the file says 0");
        assert_eq!(row(6).child_ages(), [8, 8, 1]);
    }

    #[test]
    fn a_no_show_frees_the_room_on_the_day_of_arrival() {
        assert_eq!(row(7).cancelled, Some(row(7).arrival), "no-show");
        assert_eq!(row(8).cancelled, Some(row(8).booked), "cancelled on the day of booking");
    }

    #[test]
    fn a_cancellation_is_never_before_its_booking() {
        // The status date of row 9 is before its booking, which no real row has.
        assert_eq!(row(9).cancelled, Some(row(9).booked));
    }

    #[test]
    fn a_part_of_the_file_has_the_checksum_of_the_whole_file() {
        let part = Bookings::parse(SAMPLE, Some(5)).expect("sound");

        assert_eq!((part.total, part.rows.last().map(|row| row.number)), (5, Some(5)));
        assert_eq!((part.checksum, part.first_arrival), (sample().checksum, sample().first_arrival));
    }

    #[test]
    fn an_invalid_row_is_named_in_the_error() {
        let text = String::from_utf8_lossy(SAMPLE).replace(",July,", ",Brumaire,");
        let error = Bookings::parse(text.as_bytes(), None).expect_err("an unknown month");

        assert!(format!("{error:#}").starts_with("row 1: "), "{error:#}");
    }
}
