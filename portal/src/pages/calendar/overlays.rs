//! What lies over the cells: what is chosen, and what others have chosen.

use leptos::prelude::*;

use super::view_state::{Block, View};
use crate::{
    domain::night_key::{Measure, Spot},
    state::{Other, initials},
};

/// The rectangle of what is chosen, with the handle that fills.
#[component]
pub fn Chosen(
    /// What is shown.
    view: View,
) -> impl IntoView {
    let rectangle = move || {
        view.desk.selection();
        let block = view.block()?;
        (block.lines.0 != block.lines.1 || block.dates.0 != block.dates.1).then_some(block)
    };
    let place = move |block: Block| placed(view, block);
    move || {
        let (left, top, width, height) = place(rectangle()?)?;
        Some(view! {
            <div class="cov" style:left=left style:top=top style:width=width style:height=height>
                <i class="h" data-act="fill"></i>
            </div>
        })
    }
}

/// What others have chosen.
#[component]
pub fn Others(
    /// What is shown.
    view: View,
) -> impl IntoView {
    move || {
        let lines = view.lines.get();
        // One's own other pages are nobody to look out for.
        let own = view.desk.viewer.with(|viewer| viewer.as_ref().map(|viewer| viewer.email.clone()));
        let one = |other: &Other| {
            if Some(&other.email) == own.as_ref() {
                return None;
            }
            let rows = other
                .places
                .iter()
                .filter_map(|place| lines.line_of(&Spot { place: place.clone(), measure: Measure::Allotment }));
            let dates = || other.places.iter().map(|place| place.date);
            let (first, last) = (rows.clone().min()?, rows.max()?);
            let block = Block { lines: (first, last), dates: (dates().min()?, dates().max()?) };
            let (left, top, width, height) = placed(view, block)?;
            let (initials, email) = (initials(&other.email), other.email.clone());
            Some(view! {
                <div class="cov other" data-testid="other" style:left=left style:top=top style:width=width style:height=height>
                    <span class="tag" title=email>{initials}</span>
                </div>
            })
        };
        view.desk.others.with(|others| others.iter().filter_map(one).collect_view())
    }
}

/// A rectangle's place on the sheet, as far as it is in the window: left, top, width, height.
fn placed(view: View, block: Block) -> Option<(String, String, String, String)> {
    let (columns, from, through) = (view.columns(), view.from.get(), view.through());
    let (first, last) = (block.dates.0.max(from), block.dates.1.min(through));
    if first > last {
        return None;
    }
    let (top, bottom) = view.lines.with(|lines| (lines.top(block.lines.0), lines.top(block.lines.1 + 1)));
    let pixels = |value: f64| format!("{value}px");
    let left = columns.head + columns.day * f64::from(first.since(from));
    let width = columns.day * f64::from(last.since(first) + 1);
    Some((pixels(left), pixels(top), pixels(width), pixels(bottom - top)))
}

/// Where the active cell begins, from the left.
pub fn left(view: View) -> String {
    let active = view.active.get();
    let column = active.map_or(0, |spot| spot.place.date.since(view.from.get()));
    let columns = view.columns();
    format!("{}px", columns.head + columns.day * f64::from(column))
}

/// Where the active cell begins, from the top of the first line.
pub fn top(view: View) -> String {
    let active = view.active.get();
    let top = view.lines.with(|lines| active.and_then(|spot| lines.line_of(&spot)).map(|line| lines.top(line)));
    format!("{}px", top.unwrap_or_default())
}
