//! The header of the grid: months and weeks, and the nights with the rooms left.

use leptos::prelude::*;

use super::{cell_view::Zoom, view_state::ViewState};
use crate::domain::{
    cell::CellStatus,
    dates::Day,
    night_key::{Field, NightKey},
};

/// Consecutive nights under one heading.
#[derive(Debug, PartialEq)]
pub struct Band {
    /// The emphasised part of the heading.
    pub strong: String,
    /// The rest of the heading.
    pub faint: String,
    /// The number of nights.
    pub nights: i32,
}

/// The headings of the nights: weeks at the wide zoom, else months.
pub fn bands(from: Day, nights: i32, zoom: Zoom) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    for night in 0..nights {
        let date = from.plus(night);
        let begins = match zoom {
            Zoom::Wide => date.weekday() as u8 == 0,
            Zoom::Narrow | Zoom::Heat => date.of_month() == 1,
        };
        if let Some(band) = bands.last_mut().filter(|_| !begins) {
            band.nights += 1;
            continue;
        }
        let month = format!("{} {}", date.month_name(), date.year());
        let (strong, faint) = match zoom {
            Zoom::Wide => {
                let sunday = date.plus(6 - date.weekday() as i32).min(from.plus(nights - 1));
                let faint =
                    format!("{} – {}", date.of_month(), sunday.brief().split_once(' ').map_or("", |(_, rest)| rest));
                let week = format!("Week {}", date.iso_week());
                if bands.is_empty() || date.of_month() <= 7 {
                    (month, format!("{week} · {faint}"))
                } else {
                    (week, faint)
                }
            }
            Zoom::Narrow | Zoom::Heat => (month, String::new()),
        };
        bands.push(Band { strong, faint, nights: 1 });
    }
    bands
}

/// The header of a night.
#[derive(Clone, Debug, PartialEq)]
pub struct NightHeader {
    /// The night.
    pub date: Day,
    /// Rooms that can be sold, over all shown room types; none until all of them are loaded.
    pub left: Option<u32>,
    /// The part of the allotment that is held or sold, in twentieths.
    pub share: u32,
    /// True if it is a weekend night of the first property.
    pub is_weekend: bool,
    /// True if it is the business date of the first property.
    pub is_today: bool,
    /// True if it is before that business date.
    pub is_past: bool,
}

impl NightHeader {
    /// The header of a night, over all shown properties.
    pub fn new(view: ViewState, date: Day) -> Self {
        let (mut left, mut promised, mut allotted, mut is_known) = (0, 0, 0, true);
        let rows = view.rows.get_untracked();
        for property in rows.properties() {
            for room in &property.room_types {
                let night = NightKey { property: property.id.clone(), room_type: room.id.clone(), date };
                let Some(cell) = view.drafts.shown(&night) else {
                    is_known = false;
                    continue;
                };
                // A stopped room type cannot be sold, so its rooms do not count.
                if matches!(cell.status(room.low_at), CellStatus::Open | CellStatus::Low) {
                    left += cell.left;
                }
                promised += cell.promised();
                allotted += cell.allotted.unwrap_or(0);
            }
        }
        let first = rows.properties().first();
        Self {
            date,
            left: is_known.then_some(left),
            share: (promised * 20).checked_div(allotted).unwrap_or_default().min(20),
            is_weekend: first.is_some_and(|property| property.weekend_days.contains(&date.weekday())),
            is_today: first.is_some_and(|property| property.business_date == date),
            is_past: first.is_some_and(|property| date < property.business_date),
        }
    }

    /// The class of the element.
    pub fn class(&self, zoom: Zoom) -> String {
        let mut class = "d".to_owned();
        let is_full = self.left == Some(0) && self.share > 0;
        for (applies, name) in [
            (zoom == Zoom::Narrow, " narrow"),
            (zoom == Zoom::Heat, " heat"),
            (self.is_weekend, " we"),
            (self.is_today, " today"),
            (self.is_past, " past"),
            (is_full, " full"),
        ] {
            if applies {
                class.push_str(name);
            }
        }
        class
    }

    /// The accessible name.
    pub fn label(&self) -> String {
        let today = if self.is_today { ", today" } else { "" };
        match self.left {
            Some(left) => format!("{}{today}, {left} left in the hotel", self.date.spoken()),
            None => format!("{}{today}", self.date.spoken()),
        }
    }

    /// The content, as markup.
    pub fn content(&self, zoom: Zoom) -> String {
        let (weekday, day) = (self.date.weekday().short(), self.date.of_month());
        let left = self.left.map(|left| format!("{left} left")).unwrap_or_default();
        // The style sheet takes the width of the bar from `data-v` of the header.
        let bar = "<span class=\"mb\"><i></i></span>";
        match zoom {
            Zoom::Wide => format!(
                "<span class=\"wd\">{weekday}</span><span class=\"dn\">{day}</span><span class=\"lf\">{left}</span>{bar}"
            ),
            Zoom::Narrow => {
                format!("<span class=\"wd\">{}</span><span class=\"dn\">{day}</span>{bar}", &weekday[..2])
            }
            Zoom::Heat if self.date.weekday() as u8 == 0 => format!("<span class=\"dn\">{day}</span>"),
            Zoom::Heat => String::new(),
        }
    }
}

/// The name and the facts in a row header.
pub fn row_head(name: &str, code: &str, physical_rooms: u32, sleeps: u32, field: Field) -> (String, String) {
    if field == Field::Allotment {
        (name.to_owned(), format!("{code} · {physical_rooms} rooms · sleeps {sleeps}"))
    } else {
        (field.name().to_owned(), String::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_nights_are_headed_by_weeks_and_narrow_ones_by_months() {
        let from = Day::parse("2026-12-16").expect("a date");
        let weeks = bands(from, 14, Zoom::Wide);
        let text: Vec<(String, String, i32)> =
            weeks.into_iter().map(|band| (band.strong, band.faint, band.nights)).collect();
        assert_eq!(text[0], ("December 2026".to_owned(), "Week 51 · 16 – 20 Dec".to_owned(), 5));
        assert_eq!(text[1], ("Week 52".to_owned(), "21 – 27 Dec".to_owned(), 7));
        assert_eq!(text[2], ("Week 53".to_owned(), "28 – 29 Dec".to_owned(), 2));
        let months: Vec<i32> = bands(from, 31, Zoom::Narrow).iter().map(|band| band.nights).collect();
        assert_eq!(months, [16, 15]);
    }
}
