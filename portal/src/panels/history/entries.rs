//! The entries of the history, grouped by day, newest first.

use leptos::{prelude::*, task::spawn_local};

use super::{
    HistoryPage, HistoryState,
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

/// A line of the list.
#[derive(Clone, Debug, PartialEq)]
enum Row {
    /// The day of the entries below.
    Day(String),
    /// An event.
    Entry(Entry),
}

/// An event as it is shown.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    seq: u64,
    time: String,
    icon: Glyph,
    lines: Vec<Line>,
    by: String,
    /// By which it can be taken back.
    change_set: Option<String>,
}

impl Row {
    /// What tells rows apart; an event never changes.
    fn key(&self) -> String {
        match self {
            Self::Day(name) => name.clone(),
            Self::Entry(entry) => entry.seq.to_string(),
        }
    }
}

/// The section.
#[component]
pub fn Entries(history_state: HistoryState, property: Memo<Option<Property>>) -> impl IntoView {
    let rows = Memo::new(move |_| {
        let Some(zone) = property.with(|property| property.as_ref().map(|property| property.time_zone.clone())) else {
            return Vec::new();
        };
        let today = time_format::day(time_format::now_ms(), &zone);
        let night = history_state.night.get();
        let mut rows = Vec::new();
        let mut last = None;
        history_state.history.with(|history| {
            for event in &history.events {
                let Some(day) = time_format::day(event.at_ms, &zone) else { continue };
                if last != Some(day) {
                    last = Some(day);
                    rows.push(Row::Day(day_name(day, today)));
                }
                rows.push(Row::Entry(Entry {
                    seq: event.seq,
                    time: time_format::time(event.at_ms, &zone),
                    icon: icon(event),
                    lines: lines(event, &night),
                    by: attribution(event),
                    change_set: event.change_set.clone().filter(|_| event.cause.is_supplier_change()),
                }));
            }
        });
        rows
    });
    let notice = move || {
        let is_empty = rows.with(Vec::is_empty);
        let failure = history_state.failure.get().filter(|failure| *failure != Failure::SignedOut);
        match failure {
            Some(failure) => Some(
                view! {
                    <div class="panel-trouble" role="alert" data-testid="error">
                        <p>{failure.sentence()}</p>
                        <button
                            class="panel-link"
                            type="button"
                            data-testid="retry"
                            on:click=move |_| history_state.read(HistoryPage::First)
                        >
                            "Try again"
                        </button>
                    </div>
                }
                .into_any(),
            ),
            None if !is_empty => None,
            None => {
                let is_reading = history_state.is_reading.get();
                let text =
                    if is_reading { "Reading the history …" } else { "Nothing has happened to this night yet." };
                Some(view! { <p class="panel-hint">{text}</p> }.into_any())
            }
        }
    };
    view! {
        <section aria-busy=move || history_state.is_reading.get().to_string()>
            <h3>"Changes"</h3>
            {notice}
            <ul class="hist">
                <For each=move || rows.get() key=Row::key let:row>
                    {match row {
                        Row::Day(name) => view! { <li class="day">{name}</li> }.into_any(),
                        Row::Entry(entry) => view! { <OneEntry history_state entry /> }.into_any(),
                    }}
                </For>
            </ul>
        </section>
    }
}

#[component]
fn OneEntry(history_state: HistoryState, entry: Entry) -> impl IntoView {
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
                    on:click=move |_| confirm_revert(history_state, change_set.get_value())
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
fn confirm_revert(history_state: HistoryState, change_set: String) {
    let HistoryState { change_sets, notifications, .. } = history_state;
    let property = history_state.night.with_untracked(|night| night.property.clone());
    let count = history_state.history.with_untracked(|history| {
        cells(history.events.iter().filter(|event| event.change_set.as_deref() == Some(&change_set)))
    });
    let what = format!("Revert of {}", nights(count));
    let confirmation = Confirmation {
        title: format!("Take back {}?", nights(count)),
        lines: vec![
            "Every night of this change gets back what it had before.".to_owned(),
            "Nothing is taken back if one of them was changed again since.".to_owned(),
        ],
        confirm_label: "Take back".to_owned(),
        is_destructive: false,
        on_confirm: crate::browser::root_callback::root_callback(move || {
            let (property, change_set, what) = (property.clone(), change_set.clone(), what.clone());
            spawn_local(async move {
                // A toast tells what became of it; the night's change brings the history up to date.
                change_sets.revert(property, change_set, what).await;
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

/// `Today`, `Yesterday`, `Sunday 13 December`, and the year where it is another one.
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
