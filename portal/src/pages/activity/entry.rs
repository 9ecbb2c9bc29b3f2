//! One entry of the Activity page: time, actor, change and a button to revert it.

use leptos::{prelude::*, task::spawn_local};

use super::super::today::BeforeAfter;
use crate::{
    api::ValueChange,
    app::time_format,
    browser::root_callback::root_callback,
    domain::{
        ids::{PropertyId, RoomTypeId},
        property::Property,
        sort::sorted,
    },
    pages::{
        event_summary,
        event_summary::{EventGroup, Summary, room_name, summary},
    },
    state::{Account, ChangeSets, Confirmation, Notifications},
    ui::icon::Icon,
};

/// The entry of one event group, with details to expand; `None` for an empty group.
pub fn entry(
    account: Account,
    change_sets: ChangeSets,
    notifications: Notifications,
    group: &EventGroup,
    property: &Property,
) -> Option<impl IntoView + use<>> {
    let head = group.head().cloned()?;
    let summary = summary(group.changes(), property);
    let text = description(summary.as_ref(), group);
    let values = summary.as_ref().and_then(|summary| summary.values.clone());
    let count = summary.as_ref().map_or(0, |summary| summary.cells);
    let cells = match count {
        0 => None,
        1 => Some("1 cell".to_owned()),
        count => Some(format!("{count} cells")),
    };
    let when = time_format::moment(head.at_ms, &property.time_zone);
    let details = details(group, property);
    let revert = group.change_set().map(|change_set| {
        let (change_set, text, property) = (change_set.to_owned(), text.clone(), property.id.clone());
        let confirm = move |_| confirm_revert(change_sets, notifications, &property, &change_set, &text);
        view! {
            <Show when=move || account.may_write()>
                <button class="button small quiet" type="button" data-testid="revert" on:click=confirm.clone()>
                    "Revert"
                </button>
            </Show>
        }
    });
    let is_supplier_change = revert.is_some();
    Some(view! {
        <li
            class="change-set"
            class:quieter=!is_supplier_change
            data-testid="change-set"
            data-seq=head.seq.to_string()
        >
            <time>{when}</time>
            <Icon glyph=event_summary::glyph(&head) />
            <div class="what">
                <b>{text.clone()}</b>
                <p>
                    {event_summary::cause_name(head.cause)}
                    " by "
                    {head.actor.clone()}
                    {cells.map(|cells| format!(" · {cells}"))}
                    {head.locator.clone().map(|locator| format!(" · {locator}"))}
                </p>
                {head.reason.clone().map(|reason| view! { <p class="reason">"“" {reason} "”"</p> })}
                {(details.len() > 1)
                    .then(|| {
                        let lines = details
                            .into_iter()
                            .map(|(subject, values)| {
                                view! {
                                    <li>
                                        <span>{subject}</span>
                                        <BeforeAfter values=values />
                                    </li>
                                }
                            })
                            .collect_view();
                        view! {
                            <details>
                                <summary>"What changed"</summary>
                                <ul class="details">{lines}</ul>
                            </details>
                        }
                    })}
            </div>
            <BeforeAfter values=values />
            <span class="act">{revert}</span>
        </li>
    })
}

fn description(summary: Option<&Summary>, group: &EventGroup) -> String {
    match summary {
        Some(Summary { subject, measure: "", .. }) => subject.clone(),
        Some(Summary { subject, measure, .. }) => format!("{subject}, {measure}"),
        None => group.head().map_or("", |head| event_summary::cause_name(head.cause)).to_owned(),
    }
}

/// One line per room type and measure, in the order of the property's room types.
fn details(group: &EventGroup, property: &Property) -> Vec<(String, Option<(String, String)>)> {
    let position =
        |room: &RoomTypeId| property.room_types.iter().position(|known| known.id == *room).unwrap_or(usize::MAX);
    let key = |change: &ValueChange| (position(&change.room_type), change.room_type.clone(), change.measure.clone());
    sorted(group.changes(), |left, right| key(left).cmp(&key(right)))
        .chunk_by(|left, right| key(left) == key(right))
        .filter_map(|changes| {
            let room = &changes.first()?.room_type;
            let summary = summary(changes.iter().copied(), property)?;
            let subject = if summary.measure.is_empty() {
                summary.subject
            } else {
                format!("{}, {}", summary.subject, summary.measure)
            };
            Some((if subject.is_empty() { room_name(room, property) } else { subject }, summary.values))
        })
        .collect()
}

fn confirm_revert(
    change_sets: ChangeSets,
    notifications: Notifications,
    property: &PropertyId,
    change_set: &str,
    text: &str,
) {
    let (property, change_set) = (property.clone(), change_set.to_owned());
    let name = format!("Revert {text}");
    notifications.ask(Confirmation {
        title: format!("Revert “{text}”?"),
        lines: vec![
            "Every cell of the change gets its previous value.".to_owned(),
            "If a cell was changed again since, nothing is reverted. A revert can itself be undone.".to_owned(),
        ],
        confirm_label: "Revert".to_owned(),
        is_destructive: false,
        on_confirm: root_callback(move || {
            let (property, change_set, name) = (property.clone(), change_set.clone(), name.clone());
            spawn_local(async move {
                change_sets.revert(property, change_set, name).await;
            });
        }),
    });
}
