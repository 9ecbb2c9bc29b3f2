//! The accessible name of a cell.

use super::{CellPosition, CellView, Editing, Previewed};
use crate::domain::{cell::Value, night_key::Field};

impl CellView {
    /// Room type, night and value in words, with the editing state.
    pub(super) fn description(&self, at: CellPosition<'_>) -> String {
        let Some(cell) = self.cell else { return format!("{}, {}, loading", at.room_name, at.date.spoken()) };
        let mut text = if self.field == Field::Allotment {
            cell.description(at.room_name, at.date, self.low_at)
        } else {
            let value = match cell.value(self.field) {
                Value::Number(Some(nights)) => format!("{nights}"),
                Value::Flag(true) => "on".to_owned(),
                Value::Number(None) | Value::Flag(false) => "not set".to_owned(),
            };
            format!("{}, {}, {}: {value}", at.room_name, at.date.spoken(), self.field.name().to_lowercase())
        };
        match &self.editing {
            Editing::Draft(_) => text.push_str(", draft"),
            Editing::Failed(reason) => text.push_str(&format!(", not saved: {reason}")),
            Editing::Conflict(mine, theirs) => {
                text.push_str(&format!(", conflict: your value {mine}, new value {theirs}"))
            }
            Editing::None | Editing::Saving | Editing::Saved => {}
        }
        if self.preview == Some(Previewed::Blocked) {
            text.push_str(", would be blocked");
        }
        text
    }
}
