//! What happened last, as it happens.

use leptos::prelude::*;

use crate::{
    api,
    app::{page::Page, time_format},
    domain::property::Hotel,
    pages::{
        event_summary,
        event_summary::{Gesture, gestures},
        resource::{Reading, after_changes},
    },
    state::Desk,
    ui::icon::{Glyph, Icon},
};

/// As many events as fit beside the other list.
const MOST: u32 = 12;

/// The list, newest first.
#[component]
pub fn Latest(
    /// Whose history.
    hotel: Hotel,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let session = desk.session();
    let id = hotel.id.clone();
    let reading = Reading::of(move || {
        let id = id.clone();
        async move { api::history(session, &id, None, None, MOST).await }
    });
    after_changes(desk, move || reading.again());
    let activity = Page::Activity.url(Some(&hotel.code));
    let lines = move || {
        reading.value.with(|history| {
            let history = history.as_ref()?;
            if history.events.is_empty() {
                return Some(view! { <p class="quiet-note">"Nothing has happened at this hotel yet."</p> }.into_any());
            }
            let lines = gestures(&history.events).iter().map(|gesture| line(gesture, &hotel)).collect_view();
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
            {move || reading.trouble()}
            {lines}
        </section>
    }
}

fn line(gesture: &Gesture, hotel: &Hotel) -> Option<impl IntoView + use<>> {
    let head = gesture.head()?;
    let summary = event_summary::summary(gesture.changes(), hotel);
    let (what, values) = match summary {
        Some(summary) => {
            let what = match summary.measure {
                "" => summary.place,
                measure => format!("{}, {measure}", summary.place),
            };
            (what, summary.values)
        }
        None => (event_summary::cause_name(head.cause).to_owned(), None),
    };
    let title = format!("{}: {what}, {}", event_summary::cause_name(head.cause), head.actor);
    Some(view! {
        <li title=title>
            <time>{time_format::time(head.at_ms, &hotel.time_zone)}</time>
            <Icon glyph=event_summary::glyph(head) />
            <span class="what">
                {what}
                <span>" · " {event_summary::actor_name(&head.actor).to_owned()}</span>
            </span>
            <BeforeAfter values=values />
        </li>
    })
}

/// What it was, an arrow, what it is.
#[component]
pub fn BeforeAfter(
    /// Both.
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
