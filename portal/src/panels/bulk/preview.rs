//! The section that shows the preview.

use leptos::prelude::*;

use super::{
    form::Form,
    warnings::{Allowance, Warning, name_of, warnings},
};
use crate::{
    api::Failure,
    domain::{
        bulk::{BulkPreview, RoomTotals},
        night_key::Field,
        property::Property,
    },
    panels::formatting::{by_room, grouped, listed, nights},
    ui::icon::{Glyph, Icon},
};

/// The section of the preview.
#[component]
pub fn Preview(
    form: Form,
    /// The changes; none while the form is incomplete.
    preview: Memo<Option<BulkPreview>>,
    /// True while nights are loading.
    is_reading: Signal<bool>,
    /// Why the nights could not be loaded.
    failure: Signal<Option<Failure>>,
    /// Loads them again.
    on_retry: Callback<()>,
) -> impl IntoView {
    let summary = move || {
        if is_reading.get() {
            return "loading nights …".to_owned();
        }
        preview.with(|preview| {
            let cells = preview.as_ref().map(|preview| preview.changing + preview.unchanged + preview.blocked.len());
            cells.map(|cells| format!("of {}", nights(cells))).unwrap_or_default()
        })
    };
    let missing = move || form.operation().err();
    view! {
        <section aria-busy=move || is_reading.get().to_string()>
            <h3>"Preview" <span>{summary}</span></h3>
            <Counts preview />
            {move || failure.get().and_then(|failure| load_error(&failure, on_retry))}
            <p class="panel-hint">{missing}</p>
            {move || details(form, preview, is_reading)}
        </section>
    }
}

/// The numbers of nights that change, stay or are blocked.
#[component]
fn Counts(preview: Memo<Option<BulkPreview>>) -> impl IntoView {
    let number = move |count: fn(&BulkPreview) -> usize| {
        move || preview.with(|preview| preview.as_ref().map_or("0".to_owned(), |preview| grouped(count(preview))))
    };
    let has_blocked =
        move || preview.with(|preview| preview.as_ref().is_some_and(|preview| !preview.blocked.is_empty()));
    view! {
        <div class="pv" role="status">
            <div data-testid="bulk-will-change">
                <b>{number(|preview| preview.changing)}</b>
                <span>"will change"</span>
            </div>
            <div data-testid="bulk-unchanged">
                <b>{number(|preview| preview.unchanged)}</b>
                <span>"unchanged"</span>
            </div>
            <div data-testid="bulk-blocked" class:bad=has_blocked>
                <b>{number(|preview| preview.blocked.len())}</b>
                <span>"blocked"</span>
            </div>
        </div>
    }
}

/// The error of a load, with a button to try again. A lost session has a page of its own.
fn load_error(failure: &Failure, on_retry: Callback<()>) -> Option<impl IntoView + use<>> {
    let text = (*failure != Failure::SignedOut).then(|| failure.sentence())?;
    Some(view! {
        <div class="panel-trouble" role="alert">
            <p>{text}</p>
            <button class="panel-link" type="button" on:click=move |_| on_retry.run(())>"Try again"</button>
        </div>
    })
}

/// The table, the nights that become sellable, and the warnings; tracked.
fn details(form: Form, preview: Memo<Option<BulkPreview>>, is_reading: Signal<bool>) -> Option<impl IntoView + use<>> {
    let property = form.property.get();
    let restriction = form.operation().ok().and_then(|operation| operation.restriction());
    preview.with(|preview| {
        let preview = preview.as_ref()?;
        let all_warnings = warnings(preview, &property);
        let warnings = all_warnings.into_iter().map(|warning| warning_row(form, warning)).collect_view();
        Some(view! {
            {table(&preview.per_room, restriction, &property)}
            {sellable(preview, &property)}
            {(!is_reading.get()).then_some(warnings)}
        })
    })
}

/// The totals per room type, before and after.
fn table(lines: &[RoomTotals], restriction: Option<Field>, property: &Property) -> Option<impl IntoView + use<>> {
    if lines.is_empty() {
        return None;
    }
    let sum = |value: fn(&RoomTotals) -> u64| lines.iter().map(value).sum::<u64>();
    let total = (lines.len() > 1).then(|| {
        row("Total".to_owned(), lines.iter().map(|line| line.cells).sum(), sum(|line| line.now), sum(|line| line.after))
    });
    let rows = lines.iter().map(|line| row(name_of(property, &line.room), line.cells, line.now, line.after));
    let caption = restriction.map_or("Rooms on sale, now and after", |field| match field {
        Field::StopSell => "Nights stopped, now and after",
        Field::ClosedToArrival => "Nights closed to arrival, now and after",
        Field::ClosedToDeparture => "Nights closed to departure, now and after",
        _ => "Nights with this restriction, now and after",
    });
    Some(view! {
        <table class="tbl">
            <caption class:unseen=restriction.is_none()>{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Room type"</th>
                    <th scope="col">"Changing"</th>
                    <th scope="col">"Now"</th>
                    <th scope="col">"After"</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
            <tfoot>{total}</tfoot>
        </table>
    })
}

/// A row of the table.
fn row(name: String, cells: usize, now: u64, after: u64) -> impl IntoView {
    let number = |number: u64| grouped(usize::try_from(number).unwrap_or(usize::MAX));
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td>{grouped(cells)}</td>
            <td>{number(now)}</td>
            <td class:changed=now != after>{number(after)}</td>
        </tr>
    }
}

/// The nights that can be sold after the change but not now. The list is collapsed: it may be a year long.
fn sellable(preview: &BulkPreview, property: &Property) -> Option<impl IntoView + use<>> {
    let night_keys = &preview.becomes_sellable;
    if night_keys.is_empty() {
        return None;
    }
    let year = property.business_date.year();
    let rooms = by_room(night_keys).into_iter().map(|(room, runs)| {
        view! {
            <li>
                <b>{name_of(property, &room)}</b>
                " "
                {listed(&runs, year)}
            </li>
        }
    });
    Some(view! {
        <details class="sellable" data-testid="bulk-sellable">
            <summary>{format!("{} would become sellable", nights(night_keys.len()))}</summary>
            <ul>{rooms.collect_view()}</ul>
        </details>
    })
}

/// A warning, with a button where the change can be allowed.
fn warning_row(form: Form, warning: Warning) -> impl IntoView {
    let Warning { nights, text, allowance, is_allowed } = warning;
    let switch = allowance.map(|allowance| {
        let allowed = match allowance {
            Allowance::BelowSold => form.allow_below_sold,
            Allowance::AbovePhysical => form.allow_above_physical,
        };
        view! {
            <button class="panel-link" type="button" on:click=move |_| allowed.set(!is_allowed)>
                {if is_allowed { "Leave them out" } else { "Allow anyway" }}
            </button>
        }
    });
    view! {
        <p class="note">
            <Icon glyph=Glyph::Warning />
            <span>
                <b>{nights}</b>
                {format!(" {text} ")}
                {switch}
            </span>
        </p>
    }
}
