//! Overlays of the grid: the selection, and the selections of other users.

use leptos::prelude::*;

use super::view_state::{Block, ViewState};
use crate::{
    domain::night_key::{CellKey, Field},
    state::{Collaborator, initials},
};

/// The rectangle of the selection, with the handle that fills.
#[component]
pub fn SelectionOverlay(
    /// The view state of the calendar.
    view: ViewState,
) -> impl IntoView {
    let rectangle = move || {
        view.selection.cells();
        let block = view.block()?;
        (block.rows.0 != block.rows.1 || block.dates.0 != block.dates.1).then_some(block)
    };
    move || {
        let (left, top, width, height) = placed(view, rectangle()?)?;
        Some(view! {
            <div class="cov" style:left=left style:top=top style:width=width style:height=height>
                <i class="h" data-act="fill"></i>
            </div>
        })
    }
}

/// The selections of other users.
#[component]
pub fn CollaboratorOverlays(
    /// The view state of the calendar.
    view: ViewState,
) -> impl IntoView {
    move || {
        let rows = view.rows.get();
        // The viewer's own other pages are not shown.
        let own = view.account.viewer.with(|viewer| viewer.as_ref().map(|viewer| viewer.email.clone()));
        let overlay = |collaborator: &Collaborator| {
            if Some(&collaborator.email) == own.as_ref() {
                return None;
            }
            let numbers = collaborator
                .night_keys
                .iter()
                .filter_map(|night| rows.row_of(&CellKey { night: night.clone(), field: Field::Allotment }));
            let dates = || collaborator.night_keys.iter().map(|night| night.date);
            let (first, last) = (numbers.clone().min()?, numbers.max()?);
            let block = Block { rows: (first, last), dates: (dates().min()?, dates().max()?) };
            let (left, top, width, height) = placed(view, block)?;
            let (initials, email) = (initials(&collaborator.email), collaborator.email.clone());
            Some(view! {
                <div class="cov other" data-testid="other" style:left=left style:top=top style:width=width style:height=height>
                    <span class="tag" title=email>{initials}</span>
                </div>
            })
        };
        view.feed.collaborators.with(|collaborators| collaborators.iter().filter_map(overlay).collect_view())
    }
}

/// Left, top, width and height of the visible part of a block; none if no part is visible.
fn placed(view: ViewState, block: Block) -> Option<(String, String, String, String)> {
    let (columns, from, through) = (view.columns(), view.from.get(), view.through());
    let (first, last) = (block.dates.0.max(from), block.dates.1.min(through));
    if first > last {
        return None;
    }
    let (top, bottom) = view.rows.with(|rows| (rows.top(block.rows.0), rows.top(block.rows.1 + 1)));
    let pixels = |value: f64| format!("{value}px");
    let left = columns.head + columns.day * f64::from(first.since(from));
    let width = columns.day * f64::from(last.since(first) + 1);
    Some((pixels(left), pixels(top), pixels(width), pixels(bottom - top)))
}

/// The left edge of the active cell.
pub fn left(view: ViewState) -> String {
    let active = view.active.get();
    let column = active.map_or(0, |key| key.night.date.since(view.from.get()));
    let columns = view.columns();
    format!("{}px", columns.head + columns.day * f64::from(column))
}

/// The top edge of the active cell, from the top of the first row.
pub fn top(view: ViewState) -> String {
    let active = view.active.get();
    let top = view.rows.with(|rows| active.and_then(|key| rows.row_of(&key)).map(|row| rows.top(row)));
    format!("{}px", top.unwrap_or_default())
}
