//! The Activity page: the change sets and reservations of a property, with undo.

mod entry;

use leptos::{prelude::*, task::spawn_local};

use self::entry::entry;
use super::{
    event_summary::event_groups,
    property_page::PropertyPage,
    resource::{Resource, on_changes},
};
use crate::{
    api::{self, Cause, Event, Failure, History, session::Session},
    domain::{ids::PropertyId, property::Property, sort::sorted},
    state::{Account, ChangeSets, Notifications, Stock},
    ui::{error_panel::ErrorPanel, skeleton::Skeleton},
};

/// Events per page.
const PAGE: u32 = 50;

/// The events to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    Supplier,
    Bookings,
    All,
}

impl Filter {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Supplier, "Supplier changes"), (Self::Bookings, "Bookings"), (Self::All, "All")];

    fn matches(self, cause: Cause) -> bool {
        let is_booking =
            matches!(cause, Cause::Hold | Cause::Extend | Cause::Confirm | Cause::Book | Cause::Cancel | Cause::Expire);
        match self {
            Self::Supplier => !is_booking,
            Self::Bookings => is_booking,
            Self::All => true,
        }
    }
}

/// The page at `/activity`.
#[component]
pub fn Activity() -> impl IntoView {
    view! { <PropertyPage name="Activity" page=|property| view! { <PropertyActivity property /> } /> }
}

/// The events read so far, newest first, and where the next page begins.
#[derive(Clone, Debug, Default)]
struct LoadedEvents {
    events: Vec<Event>,
    next: Option<u64>,
}

impl LoadedEvents {
    /// Adds the newest page. When it does not reach down to the events read before, events are missing in between, and
    /// the older ones are dropped.
    fn renew(&mut self, page: History) {
        let lowest = page.events.iter().map(|event| event.seq).min().unwrap_or(0);
        let reaches = self.events.first().is_some_and(|highest| lowest <= highest.seq + 1);
        if !reaches {
            *self = Self { events: Vec::new(), next: page.next };
        }
        self.extend(page.events);
    }

    fn extend(&mut self, events: Vec<Event>) {
        let all = events.into_iter().chain(std::mem::take(&mut self.events));
        self.events = sorted(all, |left, right| right.seq.cmp(&left.seq));
        // The later reading of an event comes first and is kept.
        self.events.dedup_by_key(|event| event.seq);
    }
}

/// The page's content for one property.
#[component]
fn PropertyActivity(property: Property) -> impl IntoView {
    let account = expect_context::<Account>();
    let session = expect_context::<Session>();
    let stock = expect_context::<Stock>();
    let change_sets = expect_context::<ChangeSets>();
    let notifications = expect_context::<Notifications>();
    let filter = RwSignal::new(Filter::All);
    let loaded = RwSignal::new(LoadedEvents::default());
    let newest = read_newest(session, stock, &property, loaded);
    let shown = Memo::new(move |_| {
        let filter = filter.get();
        loaded.with(|loaded| {
            let events = loaded.events.iter().filter(|event| filter.matches(event.cause));
            event_groups(&events.cloned().collect::<Vec<_>>())
        })
    });
    let is_read = Memo::new(move |_| newest.value.with(Option::is_some));
    let id = property.id.clone();
    let name = property.name.clone();
    let property = StoredValue::new(property);
    view! {
        <div class="page activity">
            <div class="busy-line" hidden=move || !(newest.is_busy.get() && is_read.get())></div>
            <header>
                <div>
                    <h1>"Activity"</h1>
                    <p>{name} ": changes and bookings, in the hotel's local time."</p>
                </div>
                <FilterButtons filter />
            </header>
            {move || newest.error_view()}
            <Show
                when=move || is_read.get()
                fallback=move || newest.failure.get().is_none().then(|| view! { <Skeleton lines=8 /> })
            >
                <Show
                    when=move || shown.with(|shown| !shown.is_empty())
                    fallback=move || view! { <NothingShown filter /> }
                >
                    <ol class="card change-sets">
                        // The number of events is part of the key, because an older page can add events to a group.
                        <For
                            each=move || shown.get()
                            key=|group| (group.seq, group.events.len())
                            children=move |group| property.with_value(|property| entry(account, change_sets, notifications, &group, property))
                        />
                    </ol>
                </Show>
                <OlderEvents property=id.clone() loaded />
            </Show>
        </div>
    }
}

/// Reads the newest page, at first and after every change of the property.
fn read_newest(
    session: Session,
    stock: Stock,
    property: &Property,
    loaded: RwSignal<LoadedEvents>,
) -> Resource<History> {
    let id = property.id.clone();
    let newest = Resource::new(move || {
        let id = id.clone();
        async move { api::history(session, &id, None, None, PAGE).await }
    });
    Effect::new(move |_| {
        if let Some(page) = newest.value.get() {
            loaded.update(|loaded| loaded.renew(page));
        }
    });
    // The nights are loaded because their changes announce new events. Their values are not used here.
    let (id, today) = (property.id.clone(), property.business_date);
    spawn_local(async move {
        let _ = stock.load(&id, today, today.plus(29)).await;
    });
    on_changes(stock, move || newest.refetch());
    newest
}

/// One button per filter.
#[component]
fn FilterButtons(filter: RwSignal<Filter>) -> impl IntoView {
    let button = move |(value, name)| {
        let is_chosen = move || (filter.get() == value).to_string();
        view! {
            <button type="button" aria-pressed=is_chosen on:click=move |_| filter.set(value)>
                {name}
            </button>
        }
    };
    view! { <div class="segments push" role="group" aria-label="Show">{Filter::ALL.map(button).collect_view()}</div> }
}

/// Shown when no event read so far matches the filter.
#[component]
fn NothingShown(filter: RwSignal<Filter>) -> impl IntoView {
    view! {
        <div class="nothing">
            <h2>"Nothing to show"</h2>
            <p>"None of the events read so far matches."</p>
            <Show when=move || filter.get() != Filter::All>
                <button class="button" type="button" on:click=move |_| filter.set(Filter::All)>
                    "Show all"
                </button>
            </Show>
        </div>
    }
}

/// The button that reads the next older page, with its failure.
#[component]
fn OlderEvents(property: PropertyId, loaded: RwSignal<LoadedEvents>) -> impl IntoView {
    let session = expect_context::<Session>();
    let is_busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    let read = Callback::new(move |()| {
        let next = loaded.with_untracked(|loaded| loaded.next);
        let Some(before) = next.filter(|_| !is_busy.get_untracked()) else { return };
        is_busy.set(true);
        let id = property.clone();
        spawn_local(async move {
            match api::history(session, &id, None, Some(before), PAGE).await {
                Ok(page) => {
                    loaded.try_update(|loaded| {
                        loaded.next = page.next;
                        loaded.extend(page.events);
                    });
                    failure.try_set(None);
                }
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
            is_busy.try_set(false);
        });
    });
    let has_more = Memo::new(move |_| loaded.with(|loaded| loaded.next.is_some()));
    view! {
        {move || failure.get().map(|failure| view! { <ErrorPanel failure=failure on_retry=read /> })}
        <Show when=move || has_more.get()>
            <button
                class="button more"
                type="button"
                data-testid="more"
                disabled=move || is_busy.get()
                on:click=move |_| read.run(())
            >
                {move || if is_busy.get() { "Loading…" } else { "Show more" }}
            </button>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(seqs: impl Iterator<Item = u64>, next: Option<u64>) -> History {
        let event = |seq| Event {
            seq,
            at_ms: 0.0,
            cause: Cause::SetAllotments,
            actor: String::new(),
            reason: None,
            change_set: None,
            locator: None,
            changes: Vec::new(),
        };
        History { events: seqs.map(event).collect(), next }
    }

    #[test]
    fn newer_pages_extend_or_replace_loaded_events() {
        let mut loaded = LoadedEvents::default();
        loaded.renew(page((51..=100).rev(), Some(51)));
        loaded.extend(page((1..=50).rev(), None).events);
        loaded.next = None;
        loaded.renew(page((60..=109).rev(), Some(60)));
        assert_eq!((loaded.events.len(), loaded.next), (109, None));
        loaded.renew(page((151..=200).rev(), Some(151)));
        assert_eq!((loaded.events.len(), loaded.next), (50, Some(151)));
    }
}
