//! The content of a cell, as markup.

use super::{CellView, Editing, Previewed, Zoom};
use crate::{
    domain::{
        cell::{Cell, CellStatus, signed},
        night_key::Field,
    },
    pages::calendar::cell_icons,
};

/// The content of a cell. Only the number is text. CSS draws everything else from `data-t`, so that it is not
/// part of the text of the page: the accessible name of the cell has it in words.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Any other content.
    Markup(String),
    /// A count. Its numbers change often, the markup around them seldom.
    Count {
        /// Markup before the number: one element, or none.
        before: String,
        /// The number.
        number: String,
        /// Markup between the number and the text below it: one element, or none.
        between: String,
        /// The text below the number, where the width allows it.
        sub: Option<String>,
    },
}

impl Content {
    /// The content as markup.
    pub fn markup(&self) -> String {
        let mut markup = String::new();
        self.write(&mut markup);
        markup
    }

    /// Appends the content to markup.
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
        Content::Count { before: self.glyph(status), number, between: short_restrictions(cell), sub: Some(sub) }
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

/// The restrictions of the night in short, for the cell of the allotment: `≥2 A D`.
fn short_restrictions(cell: &Cell) -> String {
    let mut rules = Vec::new();
    let min = cell.min_stay_arrival.max(cell.min_stay_through).filter(|nights| *nights > 1);
    rules.extend(min.map(|nights| format!("≥{nights}")));
    if cell.closed_to_arrival {
        rules.push("A".to_owned());
    }
    if cell.closed_to_departure {
        rules.push("D".to_owned());
    }
    if rules.is_empty() { String::new() } else { format!("<span class=\"r\" data-t=\"{}\"></span>", rules.join(" ")) }
}
