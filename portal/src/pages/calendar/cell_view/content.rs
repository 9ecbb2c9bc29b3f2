//! The content of a cell, as markup.

use super::{CellView, Editing, Previewed, Zoom};
use crate::{
    domain::{
        cell::{Cell, CellStatus, signed},
        night_key::Field,
    },
    pages::calendar::cell_icons,
};

/// What is in a cell. The number alone is text: it is part of the cell's name, which says the rest in words. Everything
/// else is drawn by the style sheet out of `data-t`.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Something rare.
    Markup(String),
    /// A count, which changes often while what is around it stays.
    Count {
        /// Markup before the number: one element, or none.
        before: String,
        /// The number.
        number: String,
        /// Markup between the number and what is below it: one element, or none.
        between: String,
        /// What is below the number, where there is room.
        sub: Option<String>,
    },
}

impl Content {
    /// As markup.
    pub fn markup(&self) -> String {
        let mut markup = String::new();
        self.write(&mut markup);
        markup
    }

    /// Adds it to markup.
    pub fn write(&self, to: &mut String) {
        let mut write = |parts: &[&str]| parts.iter().for_each(|part| to.push_str(part));
        match self {
            Self::Markup(markup) => write(&[markup]),
            Self::Count { before, number, between, sub } => {
                write(&[before, "<span class=\"n\">", number, "</span>", between]);
                if let Some(sub) = sub {
                    write(&["<span class=\"s\" data-t=\"", sub, "\"></span>"]);
                }
            }
        }
    }
}

impl CellView {
    /// The content.
    pub fn content(&self) -> Content {
        if let Editing::Conflict(mine, theirs) = &self.editing
            && self.zoom == Zoom::Wide
        {
            return Content::Markup(format!(
                "{}<span class=\"mine\">{mine}<small data-t=\"you\"></small></span><span class=\"their\" data-t=\"{theirs}\"></span>",
                cell_icons::CUT
            ));
        }
        match (self.field, self.cell) {
            (_, None) => Content::Markup("<span class=\"n\"></span>".to_owned()),
            (Field::Allotment, Some(cell)) => self.allotment(&cell),
            (_, Some(_)) => Content::Markup(self.restriction()),
        }
    }

    fn allotment(&self, cell: &Cell) -> Content {
        if self.zoom == Zoom::Heat {
            return Content::Markup(String::new());
        }
        let status = cell.status(self.low_at);
        let number = if status == CellStatus::NotLoaded { "·".to_owned() } else { signed(cell.balance()) };
        if self.zoom == Zoom::Narrow {
            return Content::Count { before: self.small_glyph(status), number, between: String::new(), sub: None };
        }
        let sub = match cell.allotted {
            Some(allotted) => format!("{}/{allotted}", cell.sold),
            None => "not loaded".to_owned(),
        };
        Content::Count { before: self.glyph(status), number, between: rules(cell), sub: Some(sub) }
    }

    fn glyph(&self, status: CellStatus) -> String {
        let mut inner = String::new();
        match status {
            CellStatus::Low => inner.push_str(cell_icons::LOW),
            CellStatus::SoldOut => inner.push_str(cell_icons::DOT),
            CellStatus::Overcommitted => inner.push_str(cell_icons::WARNING),
            CellStatus::StopSell => inner.push_str("<span data-t=\"STOP\"></span>"),
            CellStatus::NotLoaded | CellStatus::Open => {}
        }
        match (&self.editing, self.preview) {
            (Editing::Failed(_), _) => inner = cell_icons::CROSS.to_owned(),
            (Editing::Saved, _) => inner = cell_icons::TICK.to_owned(),
            (_, Some(Previewed::Blocked)) => inner = cell_icons::WARNING.to_owned(),
            (_, Some(Previewed::Changes(Some(by)))) => {
                inner.push_str(&format!(
                    "<span class=\"pv1\" data-t=\"{}{}\"></span>",
                    if by > 0 { "+" } else { "" },
                    signed(by)
                ));
            }
            (_, Some(Previewed::Changes(None))) => {
                inner.push_str(&format!("<span class=\"pv1\">{}</span>", cell_icons::PENCIL))
            }
            (Editing::Draft(before), _) => {
                inner = format!("{}<s data-t=\"{}\"></s>", cell_icons::PENCIL, signed(*before))
            }
            _ => {}
        }
        if inner.is_empty() { inner } else { format!("<span class=\"g\">{inner}</span>") }
    }

    fn small_glyph(&self, status: CellStatus) -> String {
        let glyph = match (&self.editing, status) {
            (Editing::Failed(_) | Editing::Conflict(..), _) => cell_icons::CROSS,
            (_, CellStatus::Low) => cell_icons::LOW,
            (_, CellStatus::SoldOut) => cell_icons::DOT,
            (_, CellStatus::Overcommitted) => cell_icons::WARNING,
            (_, CellStatus::StopSell) => cell_icons::STOP,
            (_, CellStatus::NotLoaded | CellStatus::Open) => return String::new(),
        };
        format!("<span class=\"g\">{glyph}</span>")
    }

    fn restriction(&self) -> String {
        if self.zoom == Zoom::Heat {
            return String::new();
        }
        let value = self.value_text();
        let word = match (self.field, value.as_str()) {
            (Field::StopSell, "on") => "STOP",
            (Field::ClosedToArrival, "on") => "CTA",
            (Field::ClosedToDeparture, "on") => "CTD",
            (_, "–") => "–",
            (_, nights) => return format!("<span class=\"n\">{nights}</span>"),
        };
        format!("<span class=\"n\" data-t=\"{word}\"></span>")
    }
}

/// Rules that a glance at the allotment shall not miss.
fn rules(cell: &Cell) -> String {
    let mut sentence = Vec::new();
    let min = cell.min_stay_arrival.max(cell.min_stay_through).filter(|nights| *nights > 1);
    sentence.extend(min.map(|nights| format!("≥{nights}")));
    if cell.closed_to_arrival {
        sentence.push("A".to_owned());
    }
    if cell.closed_to_departure {
        sentence.push("D".to_owned());
    }
    if sentence.is_empty() {
        String::new()
    } else {
        format!("<span class=\"r\" data-t=\"{}\"></span>", sentence.join(" "))
    }
}
