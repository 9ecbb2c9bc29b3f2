//! Renders the grid. Only rows in the viewport are in the page, and only cells that changed are updated.
//!
//! Thousands of cells with a dozen reactive attributes each would cost the framework more time than the browser takes to
//! show them. The renderer keeps the data of the rendered cells, compares it with the new data, and writes the difference.

mod cell_views;
mod grid_elements;
mod header_row;
mod render_context;
mod rendered_row;
mod visible_rows;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use leptos::{prelude::*, web_sys::HtmlElement};
use wasm_bindgen::JsCast as _;

pub use self::grid_elements::{GridElements, Viewport};
use self::{header_row::bands, rendered_row::RenderedRow};
use super::{cell_view::Zoom, header::NightHeader, rows::Rows, view_state::ViewState};
use crate::{
    domain::{
        dates::Day,
        draft::Change,
        night_key::{CellKey, NightKey},
    },
    state::Preview,
};

/// Height of the header, which stays visible.
pub const HEADER_HEIGHT: f64 = 86.0;

/// The renderer, with the data of everything that it rendered.
#[derive(Default)]
pub struct Renderer {
    layout: Option<Layout>,
    /// The rendered rows with their numbers, from the top.
    rendered_rows: Vec<(usize, RenderedRow)>,
    /// The rendered headers of the nights.
    headers: Vec<NightHeader>,
    /// Any cell may have changed: the next rendering compares all of them.
    is_stale: bool,
    preview: HashMap<CellKey, Change>,
    blocked: HashSet<NightKey>,
}

/// Cells are patched while the layout stays the same. A new layout renders everything again.
#[derive(Clone, PartialEq)]
struct Layout {
    rows: Arc<Rows>,
    from: Day,
    days: u32,
    zoom: Zoom,
}

impl Renderer {
    /// Stores the preview of the bulk edit panel for the next rendering.
    pub fn preview(&mut self, preview: Option<&Preview>) {
        let had_preview = !(self.preview.is_empty() && self.blocked.is_empty());
        self.is_stale |= had_preview || preview.is_some();
        let edits = preview.map(|preview| preview.edits.as_slice()).unwrap_or_default();
        let key = |night: &NightKey, change: Change| CellKey { night: night.clone(), field: change.field() };
        self.preview = edits.iter().map(|edit| (key(&edit.night, edit.change), edit.change)).collect();
        self.blocked = preview.map(|preview| preview.blocked.iter().cloned().collect()).unwrap_or_default();
    }

    /// Updates the page to the state of the view.
    pub fn render(&mut self, elements: &GridElements, view: ViewState) {
        let columns = view.columns_untracked();
        let layout = Layout {
            rows: view.rows.get_untracked(),
            from: view.from.get_untracked(),
            days: view.days.get_untracked(),
            zoom: columns.zoom(),
        };
        let style = elements.grid.style();
        for (name, value) in [("--day", columns.day), ("--rowhead", columns.head)] {
            let _ = style.set_property(name, &format!("{value}px"));
        }
        let is_same = self.layout.as_ref().is_some_and(|was| {
            Arc::ptr_eq(&was.rows, &layout.rows)
                && (was.from, was.days, was.zoom) == (layout.from, layout.days, layout.zoom)
        });
        if !is_same {
            elements.invalidate_viewport();
            let _ = style.set_property("--days", &layout.days.to_string());
            let _ = elements.body.style().set_property("height", &format!("{}px", layout.rows.height()));
            for (_, rendered) in std::mem::take(&mut self.rendered_rows) {
                rendered.element.remove();
            }
            self.headers.clear();
            bands(elements, &layout);
        }
        let changed = view.stock.take_changed_nights();
        let is_full = !is_same || changed.all || std::mem::take(&mut self.is_stale);
        let night_keys = (!is_full).then_some(changed.night_keys.as_slice());
        self.render_header(elements, &layout, view, night_keys);
        self.render_rows(elements, &layout, view, night_keys);
        self.layout = Some(layout);
    }

    /// The element of a cell; none if its row is not in the page.
    pub fn element(&self, rows: &Rows, key: &CellKey) -> Option<HtmlElement> {
        let row = rows.row_of(key)?;
        let (_, rendered) = self.rendered_rows.iter().find(|(at, _)| *at == row)?;
        let column = key.night.date.since(self.layout.as_ref()?.from) + 1;
        rendered.element.children().item(u32::try_from(column).ok()?)?.dyn_into().ok()
    }
}
