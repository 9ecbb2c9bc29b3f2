//! The entries of the history, grouped by day, newest first.

use leptos::{prelude::*, task::spawn_local};

use super::{
    loader::{HistoryLoader, HistoryPage},
    timeline::{Line, attribution, cells, lines},
};
use crate::{
    api::{Cause, Event, Failure},
    app::time_format,
    domain::{dates::Day, property::Property},
    panels::formatting::nights,
    state::{Account, Confirmation},
    ui::icon::{Glyph, Icon},
};

/// A row of the list.
#[derive(Clone, Debug, PartialEq)]
enum Row {
    /// The heading of a day.
    Day(String),
    /// An event.
    Entry(Entry),
}

/// An event, as text.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    seq: u64,
    time: String,
    icon: Glyph,
    lines: Vec<Line>,
    by: String,
    /// The change set that Revert undoes.
    change_set: Option<String>,
}

impl Row {
    /// The key of the row in the list. Events never change, so the sequence number is enough.
    fn key(&self) -> String {
        match self {
            Self::Day(name) => name.clone(),
            Self::Entry(entry) => entry.seq.to_string(),
        }
    }
}

/// The section of the entries.
#[component]
pub fn Entries(loader: HistoryLoader, property: Memo<Option<Property>>) -> impl IntoView {
    let rows = Memo::new(move |_| property.with(|property| property.as_ref().map(|property| rows(loader, property))));
    let is_empty = move || rows.with(|rows| rows.as_ref().is_none_or(Vec::is_empty));
    view! {
        <section aria-busy=move || loader.is_reading.get().to_string()>
            <h3>"Changes"</h3>
            {move || notice(loader, is_empty())}
            <ul class="hist">
                <For each=move || rows.get().unwrap_or_default() key=Row::key let:row>
                    {match row {
                        Row::Day(name) => view! { <li class="day">{name}</li> }.into_any(),
                        Row::Entry(entry) => view! { <HistoryEntry loader entry /> }.into_any(),
                    }}
                </For>
            </ul>
        </section>
    }
}

/// The rows of the list, by the local time of the property; tracked.
fn rows(loader: HistoryLoader, property: &Property) -> Vec<Row> {
    let zone = &property.time_zone;
    let today = time_format::day(time_format::now_ms(), zone);
    let night = loader.night.get();
    let mut rows = Vec::new();
    let mut last = None;
    loader.history.with(|history| {
        for event in &history.events {
            let Some(day) = time_format::day(event.at_ms, zone) else { continue };
            if last != Some(day) {
                last = Some(day);
                rows.push(Row::Day(day_name(day, today)));
            }
            rows.push(Row::Entry(Entry {
                seq: event.seq,
                time: time_format::time(event.at_ms, zone),
                icon: icon(event),
                lines: lines(event, &night),
                by: attribution(event),
                change_set: event.change_set.clone().filter(|_| event.cause.is_supplier_change()),
            }));
        }
    });
    rows
}

/// The failure of the last load, or the message of an empty list; tracked.
fn notice(loader: HistoryLoader, is_empty: bool) -> Option<AnyView> {
    let failure = loader.failure.get().filter(|failure| *failure != Failure::SignedOut);
    if let Some(failure) = failure {
        let notice = view! {
            <div class="panel-trouble" role="alert" data-testid="error">
                <p>{failure.sentence()}</p>
                <button
                    class="panel-link"
                    type="button"
                    data-testid="retry"
                    on:click=move |_| loader.read(HistoryPage::First)
                >
                    "Try again"
                </button>
            </div>
        };
        return Some(notice.into_any());
    }
    is_empty.then(|| {
        let text = if loader.is_reading.get() { "Loading the history …" } else { "No events for this night yet." };
        view! { <p class="panel-hint">{text}</p> }.into_any()
    })
}

/// An event, with the button that undoes its change set.
#[component]
fn HistoryEntry(loader: HistoryLoader, entry: Entry) -> impl IntoView {
    let account = expect_context::<Account>();
    let Entry { seq, time, icon, lines, by, change_set } = entry;
    let change = |line: Line| {
        view! {
            <span class="chg">
                {line.name} " " <s>{line.before}</s> " "
                <span class="unseen">"became"</span>
                <Icon glyph=Glyph::Arrow size="small" /> " " <b>{line.after}</b>
            </span>
        }
    };
    let revert = change_set.map(|change_set| {
        let change_set = StoredValue::new(change_set);
        view! {
            <Show when=move || account.may_write()>
                <button
                    class="panel-button bare sm"
                    type="button"
                    data-testid="revert"
                    on:click=move |_| confirm_revert(loader, change_set.get_value())
                >
                    "Revert"
                </button>
            </Show>
        }
    });
    view! {
        <li class="entry" data-testid="history-entry" data-seq=seq.to_string()>
            <span class="tm">{time}</span>
            <Icon glyph=icon />
            <span>
                {lines.into_iter().map(change).collect_view()}
                <span class="by">{by}</span>
            </span>
            {revert}
        </li>
    }
}

/// Asks for a confirmation and undoes a change set.
fn confirm_revert(loader: HistoryLoader, change_set: String) {
    let HistoryLoader { change_sets, notifications, .. } = loader;
    let property = loader.night.with_untracked(|night| night.property.clone());
    let count = loader.history.with_untracked(|history| {
        cells(history.events.iter().filter(|event| event.change_set.as_deref() == Some(&change_set)))
    });
    let description = format!("Revert of {}", nights(count));
    let confirmation = Confirmation {
        title: format!("Revert {}?", nights(count)),
        lines: vec![
            "Every night of this change gets its previous values.".to_owned(),
            "Nothing is reverted if any of them has changed since.".to_owned(),
        ],
        confirm_label: "Revert".to_owned(),
        is_destructive: false,
        on_confirm: crate::browser::root_callback::root_callback(move || {
            let (property, change_set, description) = (property.clone(), change_set.clone(), description.clone());
            spawn_local(async move {
                // The result is shown as a toast. The changed cell refreshes the history.
                change_sets.revert(property, change_set, description).await;
            });
        }),
    };
    notifications.ask(confirmation);
}

fn icon(event: &Event) -> Glyph {
    match event.cause {
        Cause::Hold | Cause::Confirm | Cause::Book => Glyph::Basket,
        Cause::Cancel => Glyph::Cross,
        Cause::Extend | Cause::Expire => Glyph::Activity,
        Cause::Undo => Glyph::Undo,
        Cause::Structure => Glyph::Home,
        Cause::AdjustAllotments | Cause::SetAllotments | Cause::SetRestrictions | Cause::Other => {
            if event.actor.contains('@') { Glyph::Person } else { Glyph::ApiClient }
        }
    }
}

/// The name of a day: `Today`, `Yesterday`, `Sunday 13 December`; with the year if it is not the current one.
fn day_name(day: Day, today: Option<Day>) -> String {
    match today.map(|today| (today.since(day), today.year() == day.year())) {
        Some((0, _)) => "Today".to_owned(),
        Some((1, _)) => "Yesterday".to_owned(),
        Some((_, true)) => day.spoken(),
        _ => format!("{} {}", day.spoken(), day.year()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_relative_names() {
        let day = |text| Day::parse(text).expect("a date");
        let named = |text| day_name(day(text), Some(day("2026-12-16")));
        assert_eq!(["2026-12-16", "2026-12-15", "2026-12-13"].map(named), ["Today", "Yesterday", "Sunday 13 December"]);
        assert_eq!(named("2025-12-13"), "Saturday 13 December 2025");
        assert_eq!(day_name(day("2026-12-16"), None), "Wednesday 16 December 2026");
    }
}
