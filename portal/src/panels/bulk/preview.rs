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

/// The section.
#[component]
pub fn Preview(
    form: Form,
    /// What would change; none while something is missing to tell.
    preview: Memo<Option<BulkPreview>>,
    /// Whether nights are being read.
    is_reading: Signal<bool>,
    /// Why nights could not be read.
    failure: Signal<Option<Failure>>,
    /// Reads them again.
    on_retry: Callback<()>,
) -> impl IntoView {
    let figure = move |of: fn(&BulkPreview) -> usize| {
        move || preview.with(|preview| preview.as_ref().map_or("0".to_owned(), |preview| grouped(of(preview))))
    };
    let blocked = |preview: &BulkPreview| preview.blocked.len();
    let has_blocked =
        move || preview.with(|preview| preview.as_ref().is_some_and(|preview| !preview.blocked.is_empty()));
    let summary = move || {
        if is_reading.get() {
            return "reading nights …".to_owned();
        }
        preview.with(|preview| {
            let cells = preview.as_ref().map(|preview| preview.changing + preview.unchanged + preview.blocked.len());
            cells.map(|cells| format!("of {}", nights(cells))).unwrap_or_default()
        })
    };
    let missing = move || form.operation().err();
    let error_view = move || {
        failure.get().filter(|failure| *failure != Failure::SignedOut).map(|failure| {
            view! {
                <div class="panel-trouble" role="alert">
                    <p>{failure.sentence()}</p>
                    <button class="panel-link" type="button" on:click=move |_| on_retry.run(())>"Try again"</button>
                </div>
            }
        })
    };
    let details = move || {
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
    };
    view! {
        <section aria-busy=move || is_reading.get().to_string()>
            <h3>"Preview" <span>{summary}</span></h3>
            <div class="pv" role="status">
                <div data-testid="bulk-will-change">
                    <b>{figure(|preview| preview.changing)}</b>
                    <span>"will change"</span>
                </div>
                <div data-testid="bulk-unchanged">
                    <b>{figure(|preview| preview.unchanged)}</b>
                    <span>"unchanged"</span>
                </div>
                <div data-testid="bulk-blocked" class:bad=has_blocked>
                    <b>{figure(blocked)}</b>
                    <span>"blocked"</span>
                </div>
            </div>
            {error_view}
            <p class="panel-hint">{missing}</p>
            {details}
        </section>
    }
}

fn table(lines: &[RoomTotals], restriction: Option<Field>, property: &Property) -> Option<impl IntoView + use<>> {
    if lines.is_empty() {
        return None;
    }
    let sum = |of: fn(&RoomTotals) -> u64| lines.iter().map(of).sum::<u64>();
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

/// Every night that could be sold afterwards and cannot be now; folded, for it may be a year.
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

fn warning_row(form: Form, warning: Warning) -> impl IntoView {
    let Warning { who, text, allowance, is_allowed } = warning;
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
                <b>{who}</b>
                {format!(" {text} ")}
                {switch}
            </span>
        </p>
    }
}
