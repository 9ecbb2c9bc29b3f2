//! The attributes, class and content of a cell, as text, computed from data alone.

mod aria;
mod content;
mod markup;

use std::borrow::Cow;

pub use self::{
    content::Content,
    markup::{escaped, write_attributes},
};
use crate::domain::{
    cell::{Cell, CellStatus, Value},
    dates::Day,
    night_key::Field,
};

/// The detail that the width of a night allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zoom {
    /// The rooms left, and a line below with sold and allotted rooms.
    Wide,
    /// The rooms left alone.
    Narrow,
    /// A colour alone.
    Heat,
}

/// The editing state of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Editing {
    /// Nothing.
    #[default]
    None,
    /// A draft; with the rooms left before it.
    Draft(i64),
    /// The draft is being sent.
    Saving,
    /// The edit was saved a moment ago.
    Saved,
    /// The edit was refused, for this reason.
    Failed(String),
    /// Another user changed the value after the draft: the draft and the new value, as text.
    Conflict(String, String),
}

/// The effect of a bulk edit on a cell, before it is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previewed {
    /// The value changes; with the difference in rooms for an allotment.
    Changes(Option<i64>),
    /// The edit is blocked.
    Blocked,
}

/// The data that a cell is rendered from.
#[derive(Clone, Debug, PartialEq)]
pub struct CellView {
    /// The field that the cell shows.
    pub field: Field,
    /// The night with drafts and preview; none until it is loaded.
    pub cell: Option<Cell>,
    /// The status is low at this number of rooms left or fewer.
    pub low_at: u32,
    /// The detail.
    pub zoom: Zoom,
    /// True if it is a weekend night of the property.
    pub is_weekend: bool,
    /// True if it is before the business date.
    pub is_past: bool,
    /// True if it is the active cell.
    pub is_active: bool,
    /// True if it is selected.
    pub is_selected: bool,
    /// True if the viewer may not change it.
    pub is_read_only: bool,
    /// The editing state.
    pub editing: Editing,
    /// The other user who changed it a moment ago.
    pub remote: Option<String>,
    /// The preview of a bulk edit.
    pub preview: Option<Previewed>,
}

/// The room type and night of a cell, for its attributes.
#[derive(Clone, Copy, Debug)]
pub struct CellPosition<'a> {
    /// The room type's name.
    pub room_name: &'a str,
    /// The night.
    pub date: Day,
}

/// An attribute: its name, and its value; none removes it.
pub type Attribute = (&'static str, Option<Cow<'static, str>>);

impl CellView {
    fn status(&self) -> Option<CellStatus> {
        self.cell.map(|cell| cell.status(self.low_at))
    }

    /// The attributes. Names and order are the same for all cells, so that two lists can be compared pair by pair.
    pub fn attributes(&self, at: CellPosition<'_>) -> Vec<Attribute> {
        let cell = self.cell.unwrap_or_default();
        let number = |number: Option<u32>| number.map(|number| Cow::Owned(number.to_string()));
        let known = |number: u32| self.cell.is_some().then_some(number);
        let is_flag = |is: bool| is.then_some(Cow::Borrowed("true"));
        vec![
            ("class", Some(self.class().into())),
            ("data-state", self.status().map(|status| status.key().into())),
            ("data-edit", self.edit_key().map(Cow::from)),
            ("data-left", number(known(cell.left))),
            ("data-allotted", number(cell.allotted)),
            ("data-sold", number(known(cell.sold))),
            ("data-value", self.cell.map(|_| self.value_text().into())),
            ("data-who", self.remote.clone().map(Cow::from)),
            ("data-v", number(self.share())),
            ("aria-label", Some(self.description(at).into())),
            ("aria-selected", Some(if self.is_selected { "true" } else { "false" }.into())),
            ("aria-readonly", is_flag(self.is_past || self.is_read_only)),
            ("aria-busy", is_flag(self.cell.is_none() || self.editing == Editing::Saving)),
            ("aria-invalid", is_flag(matches!(self.editing, Editing::Failed(_) | Editing::Conflict(..)))),
            ("tabindex", Some(if self.is_active { "0" } else { "-1" }.into())),
        ]
    }

    /// The filled part of the bar along the bottom edge, in twentieths.
    fn share(&self) -> Option<u32> {
        let has_bar = self.field == Field::Allotment && self.zoom != Zoom::Heat;
        self.cell.filter(|_| has_bar).map(|cell| cell.share())
    }

    /// The editing state as an attribute value.
    fn edit_key(&self) -> Option<&'static str> {
        match self.editing {
            Editing::None => None,
            Editing::Draft(_) => Some("draft"),
            Editing::Saving => Some("saving"),
            Editing::Saved => Some("saved"),
            Editing::Failed(_) => Some("failed"),
            Editing::Conflict(..) => Some("conflict"),
        }
    }

    fn class(&self) -> String {
        let mut class = "c".to_owned();
        let mut add = |name: &str| {
            class.push(' ');
            class.push_str(name);
        };
        match self.zoom {
            Zoom::Wide => {}
            Zoom::Narrow => add("narrow"),
            Zoom::Heat => add("heat"),
        }
        if self.field == Field::Allotment {
            match self.status() {
                Some(CellStatus::Overcommitted) => add("over"),
                Some(CellStatus::StopSell) => add("stop"),
                Some(CellStatus::NotLoaded) => add("empty"),
                Some(CellStatus::SoldOut) => add("sold"),
                Some(CellStatus::Low) => add("low"),
                Some(CellStatus::Open) => {}
                None => add("unknown"),
            }
            if self.zoom == Zoom::Heat
                && let Some(cell) = self.cell
            {
                add(["h0", "h1", "h2", "h3", "h4", "h5"][(cell.share() / 4).min(5) as usize]);
            }
        } else if self.value_text() == "–" {
            add("none");
        }
        for (applies, name) in [
            (self.is_weekend, "we"),
            (self.is_past, "past"),
            (self.is_active, "active"),
            (self.remote.is_some(), "remote"),
            (matches!(self.preview, Some(Previewed::Changes(_))), "pv"),
        ] {
            if applies {
                add(name);
            }
        }
        match &self.editing {
            Editing::Conflict(..) => add("conf"),
            Editing::None => {}
            other => add(match other {
                Editing::Draft(_) => "draft",
                Editing::Saving => "saving",
                Editing::Saved => "saved",
                _ => "failed",
            }),
        }
        class
    }

    /// The value as text: a number, `on`, or a dash for none.
    pub fn value_text(&self) -> String {
        match self.cell.map(|cell| cell.value(self.field)) {
            Some(Value::Number(Some(number))) => number.to_string(),
            Some(Value::Flag(true)) => "on".to_owned(),
            Some(Value::Number(None) | Value::Flag(false)) | None => "–".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::calendar::cell_icons;

    fn cell_view(allotted: Option<u32>, sold: u32) -> CellView {
        let cell = Cell { sold, ..Cell::default() }.with(Field::Allotment, Value::Number(allotted));
        CellView {
            field: Field::Allotment,
            cell: Some(cell),
            low_at: 2,
            zoom: Zoom::Wide,
            is_weekend: false,
            is_past: false,
            is_active: false,
            is_selected: false,
            is_read_only: false,
            editing: Editing::None,
            remote: None,
            preview: None,
        }
    }

    const AT: CellPosition<'_> = CellPosition { room_name: "Deluxe <King>", date: DAY };
    const DAY: Day = Day::from_days_since_1970(20_804);

    fn written(attributes: &[Attribute]) -> String {
        let mut markup = String::new();
        write_attributes(&mut markup, attributes);
        markup
    }

    fn attribute(cell_view: &CellView, name: &str) -> Option<Cow<'static, str>> {
        cell_view.attributes(AT).into_iter().find(|(candidate, _)| *candidate == name).and_then(|(_, value)| value)
    }

    #[test]
    fn every_status_has_an_icon_or_a_word_beside_its_colour() {
        assert!(cell_view(Some(16), 14).content().markup().contains(cell_icons::LOW));
        assert!(cell_view(Some(16), 16).content().markup().contains(cell_icons::DOT));
        assert!(cell_view(Some(16), 17).content().markup().contains(cell_icons::WARNING));
        assert!(cell_view(Some(16), 17).content().markup().contains("−1"));
        assert!(cell_view(None, 0).content().markup().contains("not loaded"));
        let mut stopped = cell_view(Some(16), 3);
        stopped.cell = stopped.cell.map(|cell| cell.with(Field::StopSell, Value::Flag(true)));
        assert!(
            stopped.content().markup().contains("STOP") && stopped.content().markup().contains("13"),
            "the count stays visible"
        );
    }

    #[test]
    fn attributes_carry_the_exact_numbers() {
        let over = cell_view(Some(16), 17);
        assert_eq!(attribute(&over, "data-left").as_deref(), Some("0"));
        assert_eq!(attribute(&over, "data-state").as_deref(), Some("overcommitted"));
        assert_eq!(attribute(&over, "data-edit"), None);
        assert_eq!(attribute(&cell_view(None, 0), "data-allotted"), None);
        let unknown = CellView { cell: None, ..cell_view(None, 0) };
        assert_eq!(attribute(&unknown, "data-left"), None);
        assert!(attribute(&unknown, "aria-label").is_some_and(|label| label.ends_with("loading")));
    }

    #[test]
    fn names_of_users_and_room_types_are_escaped() {
        let text = written(&cell_view(Some(1), 0).attributes(AT));
        assert!(text.contains("Deluxe &lt;King&gt;"));
        let changed = CellView { remote: Some("<b".to_owned()), ..cell_view(Some(16), 3) };
        assert!(written(&changed.attributes(AT)).contains("data-who=\"&lt;b\""));
    }
}
