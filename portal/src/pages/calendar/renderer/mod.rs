//! Renders the grid. Only rows in the viewport are in the page, and only cells that changed are updated.
//!
//! Thousands of cells with a dozen reactive attributes each cost the framework more time than the browser needs. The
//! renderer keeps the rendered cells as data and compares.

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

/// What was painted.
#[derive(Default)]
pub struct Renderer {
    frame: Option<Layout>,
    /// By row number, from the top.
    rendered_rows: Vec<(usize, RenderedRow)>,
    header: Vec<NightHeader>,
    /// What was painted may be wrong everywhere.
    is_stale: bool,
    preview: HashMap<CellKey, Change>,
    blocked: HashSet<NightKey>,
}

/// While this stays the same, cells are patched; else everything is painted anew.
#[derive(Clone, PartialEq)]
struct Layout {
    rows: Arc<Rows>,
    from: Day,
    days: u32,
    zoom: Zoom,
}

impl Renderer {
    /// Takes in what the bulk drawer would do.
    pub fn preview(&mut self, preview: Option<&Preview>) {
        let had_some = !(self.preview.is_empty() && self.blocked.is_empty());
        self.is_stale |= had_some || preview.is_some();
        let edits = preview.map(|preview| preview.edits.as_slice()).unwrap_or_default();
        let key = |night: &NightKey, what: Change| CellKey { night: night.clone(), field: what.field() };
        self.preview = edits.iter().map(|edit| (key(&edit.night, edit.change), edit.change)).collect();
        self.blocked = preview.map(|preview| preview.blocked.iter().cloned().collect()).unwrap_or_default();
    }

    /// Brings the page up to date with the view.
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
        let is_same = self.frame.as_ref().is_some_and(|was| {
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
            self.header.clear();
            bands(elements, &layout);
        }
        let touched = view.state.take_changed_nights();
        let is_whole = !is_same || touched.all || std::mem::take(&mut self.is_stale);
        let night_keys = (!is_whole).then_some(touched.night_keys.as_slice());
        self.render_heads(elements, &layout, view, night_keys);
        self.render_rows(elements, &layout, view, night_keys);
        self.frame = Some(layout);
    }

    /// The element of a cell, if it is in the page.
    pub fn element(&self, rows: &Rows, key: &CellKey) -> Option<HtmlElement> {
        let row = rows.row_of(key)?;
        let (_, rendered) = self.rendered_rows.iter().find(|(at, _)| *at == row)?;
        let column = key.night.date.since(self.frame.as_ref()?.from) + 1;
        rendered.element.children().item(u32::try_from(column).ok()?)?.dyn_into().ok()
    }
}
