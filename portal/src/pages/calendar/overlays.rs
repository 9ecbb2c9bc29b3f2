//! Overlays of the grid: the selection, and the selections of other users.

use leptos::prelude::*;

use super::view_state::{Block, ViewState};
use crate::{
    domain::night_key::{CellKey, Field},
    state::{Collaborator, initials},
};

/// The rectangle of what is chosen, with the handle that fills.
#[component]
pub fn SelectionOverlay(
    /// What is shown.
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

/// What others have chosen.
#[component]
pub fn CollaboratorOverlays(
    /// What is shown.
    view: ViewState,
) -> impl IntoView {
    move || {
        let rows = view.rows.get();
        // One's own other pages are nobody to look out for.
        let own = view.account.viewer.with(|viewer| viewer.as_ref().map(|viewer| viewer.email.clone()));
        let one = |collaborator: &Collaborator| {
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
        view.feed.collaborators.with(|collaborators| collaborators.iter().filter_map(one).collect_view())
    }
}

/// A rectangle's place on the sheet, as far as it is in the window: left, top, width, height.
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

/// Where the active cell begins, from the left.
pub fn left(view: ViewState) -> String {
    let active = view.active.get();
    let column = active.map_or(0, |key| key.night.date.since(view.from.get()));
    let columns = view.columns();
    format!("{}px", columns.head + columns.day * f64::from(column))
}

/// Where the active cell begins, from the top of the first line.
pub fn top(view: ViewState) -> String {
    let active = view.active.get();
    let top = view.rows.with(|rows| active.and_then(|key| rows.row_of(&key)).map(|row| rows.top(row)));
    format!("{}px", top.unwrap_or_default())
}
