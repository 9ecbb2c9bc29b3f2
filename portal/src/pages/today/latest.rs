//! The list of the latest changes.

use leptos::prelude::*;

use crate::{
    api::{self, session::Session},
    app::{page::Page, time_format},
    domain::{property::Property, selected_property::SelectedProperty},
    pages::{
        event_summary,
        event_summary::{EventGroup, event_groups},
        resource::{Resource, on_changes},
    },
    state::Stock,
    ui::icon::{Glyph, Icon},
};

/// Number of events that fit beside the attention list.
const MAX_ENTRIES: u32 = 12;

/// The list, newest first.
#[component]
pub fn Latest(
    /// The property.
    property: Property,
) -> impl IntoView {
    let stock = expect_context::<Stock>();
    let session = expect_context::<Session>();
    let id = property.id.clone();
    let resource = Resource::new(move || {
        let id = id.clone();
        async move { api::history(session, &id, None, None, MAX_ENTRIES).await }
    });
    on_changes(stock, move || resource.refetch());
    let activity = Page::Activity.url(Some(&SelectedProperty::One(property.code.clone())));
    let lines = move || {
        resource.value.with(|history| {
            let history = history.as_ref()?;
            if history.events.is_empty() {
                return Some(view! { <p class="quiet-note">"Nothing has happened at this hotel yet."</p> }.into_any());
            }
            let lines = event_groups(&history.events).iter().map(|group| line(group, &property)).collect_view();
            Some(view! { <ul>{lines}</ul> }.into_any())
        })
    };
    view! {
        <section class="card latest">
            <h2>
                "Latest changes "
                <span>"live"</span>
                <a href=activity>"Activity"</a>
            </h2>
            {move || resource.error_view()}
            {lines}
        </section>
    }
}

fn line(group: &EventGroup, property: &Property) -> Option<impl IntoView + use<>> {
    let head = group.head()?;
    let summary = event_summary::summary(group.changes(), property);
    let (text, values) = match summary {
        Some(summary) => {
            let text = match summary.measure {
                "" => summary.subject,
                measure => format!("{}, {measure}", summary.subject),
            };
            (text, summary.values)
        }
        None => (event_summary::cause_name(head.cause).to_owned(), None),
    };
    let title = format!("{}: {text}, {}", event_summary::cause_name(head.cause), head.actor);
    Some(view! {
        <li title=title>
            <time>{time_format::time(head.at_ms, &property.time_zone)}</time>
            <Icon glyph=event_summary::glyph(head) />
            <span class="what">
                {text}
                <span>" · " {event_summary::actor_name(&head.actor).to_owned()}</span>
            </span>
            <BeforeAfter values=values />
        </li>
    })
}

/// The value before, an arrow, and the value after.
#[component]
pub fn BeforeAfter(
    /// The values before and after.
    values: Option<(String, String)>,
) -> impl IntoView {
    values.map(|(before, after)| {
        view! {
            <span class="values">
                <span class="was">{before}</span>
                <Icon glyph=Glyph::Arrow size="small" />
                <span class="unseen">"to"</span>
                <b>{after}</b>
            </span>
        }
    })
}
