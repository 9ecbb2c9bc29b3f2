//! Computes the view of a cell from the stock, the drafts and the preview.

use super::{Renderer, render_context::RenderContext};
use crate::{
    domain::{
        cell::Value,
        draft::Stage,
        night_key::{CellKey, Field, NightKey},
    },
    pages::calendar::{
        cell_view::{CellView, Editing, Previewed},
        view_state::ViewState,
    },
};

impl Renderer {
    /// The view of the cell in a row and column; none in a row without cells.
    pub(super) fn cell_view(
        &self,
        context: &RenderContext<'_>,
        view: ViewState,
        row: usize,
        night: i32,
    ) -> Option<CellView> {
        let (property, room, field) = context.layout.rows.room(row)?;
        let date = context.layout.from.plus(night);
        let key =
            CellKey { night: NightKey { property: property.id.clone(), room_type: room.id.clone(), date }, field };
        let snapshot = view.drafts.snapshot(&key);
        let change = self.preview.get(&key);
        let mut cell = snapshot.shown;
        let mut preview = None;
        if let (Some(change), Some(stored)) = (change, snapshot.stored) {
            let after = stored.with(field, change.value(&stored));
            let by = (field == Field::Allotment).then(|| after.balance() - stored.balance());
            // The cell is shown as the edit leaves it: number, status and colour.
            preview = Some(Previewed::Changes(by));
            cell = Some(after);
        } else if field == Field::Allotment && self.blocked.contains(&key.night) {
            preview = Some(Previewed::Blocked);
        }
        let editing = match (&snapshot.draft, snapshot.stored) {
            (Some(draft), Some(stored)) => match &draft.stage {
                Stage::Saving => Editing::Saving,
                _ if draft.is_in_conflict(&stored) => {
                    let text = |value: Value| match value {
                        Value::Number(Some(number)) => number.to_string(),
                        Value::Flag(true) => "on".to_owned(),
                        Value::Number(None) | Value::Flag(false) => "–".to_owned(),
                    };
                    Editing::Conflict(text(draft.change.value(&stored)), text(stored.value(field)))
                }
                Stage::Failed(reason) => Editing::Failed(reason.clone()),
                Stage::Waiting => Editing::Draft(stored.balance()),
            },
            _ if snapshot.is_just_saved => Editing::Saved,
            _ => Editing::None,
        };
        Some(CellView {
            field,
            cell,
            low_at: room.low_at,
            zoom: context.layout.zoom,
            is_weekend: property.weekend_days.contains(&date.weekday()),
            is_past: date < property.business_date,
            is_active: context.active_at == Some((row, date)),
            is_selected: context.block.is_some_and(|block| block.contains(row, date)),
            is_read_only: context.is_read_only,
            editing,
            remote: snapshot.changed_by,
            preview,
        })
    }
}
