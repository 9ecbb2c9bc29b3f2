//! Renders the rows in the viewport.

use leptos::prelude::*;

use super::{GridElements, Layout, Renderer, Viewport, render_context::RenderContext, rendered_row::RenderedRow};
use crate::{
    domain::{night_key::NightKey, sort::sorted_distinct},
    pages::calendar::view_state::ViewState,
};

/// Extra height rendered above and below the viewport, in pixels.
const MARGIN: f64 = 144.0;

impl Renderer {
    /// Renders the rows of the viewport, and removes the others. `night_keys` are the changed nights; none compares all
    /// cells.
    pub(super) fn render_rows(
        &mut self,
        elements: &GridElements,
        layout: &Layout,
        view: ViewState,
        night_keys: Option<&[NightKey]>,
    ) {
        let Viewport { top, height, .. } = elements.viewport();
        let mut wanted: Vec<usize> = layout.rows.between(top - MARGIN, top + height + MARGIN).collect();
        // The active cell may have the focus, which its removal would lose, so its row stays in the page.
        let active = view.active.get_untracked().and_then(|key| layout.rows.row_of(&key));
        if let Some(active) = active.filter(|active| !wanted.contains(active)) {
            wanted.push(active);
            wanted = sorted_distinct(wanted);
        }
        let mut before = std::mem::take(&mut self.rendered_rows);
        before.retain(|(row, rendered)| {
            let is_wanted = wanted.contains(row);
            if !is_wanted {
                rendered.element.remove();
            }
            is_wanted
        });
        let context = RenderContext::new(view, layout);
        let changed = night_keys.map(|night_keys| context.columns(night_keys));
        let nights = i32::try_from(layout.days).unwrap_or_default();
        for row in wanted {
            let cell_views = || (0..nights).filter_map(|night| self.cell_view(&context, view, row, night)).collect();
            // `wanted` and `before` are both in the order of the rows, so the first entry is the only candidate.
            let is_rendered = before.first().is_some_and(|(first, _)| *first == row);
            let rendered = match (is_rendered.then(|| before.remove(0).1), &changed) {
                (Some(mut rendered), None) => {
                    rendered.patch(&context, row, cell_views());
                    Some(rendered)
                }
                (Some(mut rendered), Some(changed)) => {
                    for night in changed.get(&row).into_iter().flatten() {
                        if let (Some(cell_view), Ok(column)) =
                            (self.cell_view(&context, view, row, *night), usize::try_from(*night))
                        {
                            rendered.patch_cell(&context, row, column, cell_view);
                        }
                    }
                    rendered.select(&context, row);
                    Some(rendered)
                }
                (None, _) => {
                    let rendered = RenderedRow::new(&context, row, cell_views());
                    if let Some(rendered) = &rendered {
                        let next = before.first().map(|(_, rendered)| &rendered.element);
                        let _ = elements.body.insert_before(&rendered.element, next.map(AsRef::as_ref));
                    }
                    rendered
                }
            };
            self.rendered_rows.extend(rendered.map(|rendered| (row, rendered)));
        }
    }
}
