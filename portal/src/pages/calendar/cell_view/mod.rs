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

/// How much room a night has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zoom {
    /// Number and sub-line.
    Wide,
    /// The number alone.
    Narrow,
    /// A tint.
    Heat,
}

/// What somebody is doing to a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Editing {
    /// Nothing.
    #[default]
    None,
    /// A draft; with what is left by what is stored.
    Draft(i64),
    /// On its way.
    Saving,
    /// Just stored.
    Saved,
    /// Not stored, for this reason.
    Failed(String),
    /// Another value was put there meanwhile: mine and theirs, as they are shown.
    Conflict(String, String),
}

/// What the bulk drawer would do to a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previewed {
    /// It would be another value; by so many rooms, where it is rooms.
    Changes(Option<i64>),
    /// Something forbids it.
    Blocked,
}

/// Everything that a cell's look depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct CellView {
    /// What it shows.
    pub field: Field,
    /// The night with drafts and preview; none while it is not known.
    pub cell: Option<Cell>,
    /// As many left or fewer is low.
    pub low_at: u32,
    /// How wide.
    pub zoom: Zoom,
    /// A weekend night of the property.
    pub is_weekend: bool,
    /// Before the business date.
    pub is_past: bool,
    /// Has the keyboard's attention.
    pub is_active: bool,
    /// Chosen.
    pub is_selected: bool,
    /// May not be changed by who looks.
    pub is_read_only: bool,
    /// What somebody is doing to it.
    pub editing: Editing,
    /// Who else just changed it.
    pub remote: Option<String>,
    /// What the bulk drawer would do.
    pub preview: Option<Previewed>,
}

/// Where a cell stands, for its attributes.
#[derive(Clone, Copy, Debug)]
pub struct CellPosition<'a> {
    /// The room type's name.
    pub room_name: &'a str,
    /// The night.
    pub date: Day,
}

/// An attribute: its name, and its value if it is there.
pub type Attribute = (&'static str, Option<Cow<'static, str>>);

impl CellView {
    fn status(&self) -> Option<CellStatus> {
        self.cell.map(|cell| cell.status(self.low_at))
    }

    /// The attributes, always the same ones in the same order.
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

    /// How much of the bar along the bottom is filled, in twentieths.
    fn share(&self) -> Option<u32> {
        let has_bar = self.field == Field::Allotment && self.zoom != Zoom::Heat;
        self.cell.filter(|_| has_bar).map(|cell| cell.share())
    }

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
        for (is, name) in [
            (self.is_weekend, "we"),
            (self.is_past, "past"),
            (self.is_active, "active"),
            (self.remote.is_some(), "remote"),
            (matches!(self.preview, Some(Previewed::Changes(_))), "pv"),
        ] {
            if is {
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

    /// The value as it is shown and copied: a number, `on`, or a dash for none.
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
        cell_view.attributes(AT).into_iter().find(|(one, _)| *one == name).and_then(|(_, value)| value)
    }

    #[test]
    fn every_state_has_a_glyph_or_a_word_beside_its_colour() {
        assert!(cell_view(Some(16), 14).content().markup().contains(cell_icons::LOW));
        assert!(cell_view(Some(16), 16).content().markup().contains(cell_icons::DOT));
        assert!(cell_view(Some(16), 17).content().markup().contains(cell_icons::WARNING));
        assert!(cell_view(Some(16), 17).content().markup().contains("−1"));
        assert!(cell_view(None, 0).content().markup().contains("not loaded"));
        let mut stopped = cell_view(Some(16), 3);
        stopped.cell = stopped.cell.map(|cell| cell.with(Field::StopSell, Value::Flag(true)));
        assert!(
            stopped.content().markup().contains("STOP") && stopped.content().markup().contains("13"),
            "the count stays in sight"
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
    fn names_of_people_and_rooms_cannot_be_markup() {
        let text = written(&cell_view(Some(1), 0).attributes(AT));
        assert!(text.contains("Deluxe &lt;King&gt;"));
        let touched = CellView { remote: Some("<b".to_owned()), ..cell_view(Some(16), 3) };
        assert!(written(&touched.attributes(AT)).contains("data-who=\"&lt;b\""));
    }
}
