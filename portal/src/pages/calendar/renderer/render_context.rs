//! The render context.

use std::collections::HashMap;

use leptos::prelude::*;

use super::Layout;
use crate::{
    domain::{
        dates::Day,
        night_key::{CellKey, Field, NightKey},
    },
    pages::calendar::{
        cell_view::CellPosition,
        view_state::{Block, ViewState},
    },
};

/// The values that all cells of one rendering share.
pub(super) struct RenderContext<'a> {
    pub layout: &'a Layout,
    pub active_at: Option<(usize, Day)>,
    pub block: Option<Block>,
    pub is_read_only: bool,
}

impl<'a> RenderContext<'a> {
    pub(super) fn new(view: ViewState, layout: &'a Layout) -> Self {
        let is_read_only = !view.account.may_write_untracked();
        let active = view.active.get_untracked();
        let active_at = active.and_then(|key| Some((layout.rows.row_of(&key)?, key.night.date)));
        Self { layout, active_at, block: view.block(), is_read_only }
    }

    /// The columns of these nights by row, as far as they are shown.
    pub(super) fn columns(&self, night_keys: &[NightKey]) -> HashMap<usize, Vec<i32>> {
        let nights = i32::try_from(self.layout.days).unwrap_or_default();
        let mut columns: HashMap<usize, Vec<i32>> = HashMap::new();
        for night in night_keys {
            let column = night.date.since(self.layout.from);
            if !(0..nights).contains(&column) {
                continue;
            }
            for field in [Field::Allotment].into_iter().chain(Field::RESTRICTIONS) {
                let key = CellKey { night: night.clone(), field };
                if let Some(row) = self.layout.rows.row_of(&key) {
                    columns.entry(row).or_default().push(column);
                }
            }
        }
        columns
    }

    /// The room type and night of a cell.
    pub(super) fn at(&self, row: usize, column: usize) -> Option<CellPosition<'_>> {
        let (_, room, _) = self.layout.rows.room(row)?;
        let date = self.layout.from.plus(i32::try_from(column).ok()?);
        Some(CellPosition { room_name: &room.name, date })
    }
}
