//! Many nights at once.

mod change;
mod confirmations;
mod dates;
mod form;
mod operation;
mod preview;
mod scope;
mod warnings;

use leptos::{prelude::*, task::spawn_local};

use self::{
    change::Change,
    dates::Dates,
    form::Form,
    operation::described,
    preview::Preview,
    scope::{Rooms, Weekdays},
};
use super::{
    formatting::{nights as counted, runs},
    hotel_of,
};
use crate::{
    api::Failure,
    domain::{
        bulk::{BulkPreview, preview},
        dates::Day,
        ids::HotelId,
        property::Hotel,
        sort::sorted_distinct,
    },
    state,
    state::{AppState, Question},
    ui::drawer::Drawer,
};

/// Characters of a reason; what the gateway takes at most is more.
const MAX_REASON_LENGTH: &str = "200";

/// The drawer; shown while [`Panel::Bulk`](crate::state::Panel::Bulk) is open.
#[component]
pub fn Bulk() -> impl IntoView {
    let state = expect_context::<AppState>();
    // Only another hotel begins the form anew; news of the same one must not take away what is filled in.
    let which = Memo::new(move |_| hotel(state).map(|hotel| hotel.id));
    move || {
        let opened = which.get().and_then(|_| untrack(|| hotel(state)));
        opened.map(|hotel| view! { <BulkOf hotel /> })
    }
}

/// The hotel that the drawer is about: the one that the page is about, or of all of them the one of the active cell.
fn hotel(state: AppState) -> Option<Hotel> {
    let is_all = state.chosen_hotel.with(|code| code.as_deref() == Some("all"));
    let active = untrack(|| state.selection()).active.filter(|_| is_all);
    active.and_then(|key| hotel_of(state, &key.night.hotel)).or_else(|| state.hotel())
}

/// What became of the last Apply.
#[derive(Clone, Debug, PartialEq)]
enum ApplyStatus {
    Nothing,
    Sending,
    Done(String),
    Refused,
}

#[component]
fn BulkOf(hotel: Hotel) -> impl IntoView {
    let state = expect_context::<AppState>();
    let hotel = Memo::new(move |_| hotel_of(state, &hotel.id).unwrap_or_else(|| hotel.clone()));
    let form = Form::new(state, hotel);
    let nights = Memo::new(move |_| form.nights());

    let is_reading = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    let needed = Memo::new(move |_| form.needed());
    let read = reader(state, hotel, is_reading, failure);
    Effect::new(move |_| {
        needed.track();
        read.run(needed.get_untracked());
    });

    let shown = Memo::new(move |_| {
        state.track();
        // What was read may have been known as nothing before, without a change that is told.
        is_reading.track();
        let plan = form.plan(form.operation().ok()?);
        Some(hotel.with(|hotel| preview(&plan, hotel, |night| state.stored(night))))
    });
    Effect::new(move |_| {
        let in_grid = shown.with(|shown| {
            shown.as_ref().map(|shown| state::Preview {
                edits: shown.edits.clone(),
                blocked: shown.blocked.iter().map(|(night, _)| night.clone()).collect(),
            })
        });
        state.preview.set(in_grid);
    });
    on_cleanup(move || state.preview.set(None));

    let told = RwSignal::new(ApplyStatus::Nothing);
    Effect::new(move |_| {
        // What is said of the last Apply holds until something else is filled in.
        form.ranges.track();
        form.weekdays.track();
        form.rooms.track();
        form.kind.track();
        form.value.track();
        told.set(ApplyStatus::Nothing);
    });
    let is_ready = move || {
        let has_edits = shown.with(|shown| shown.as_ref().is_some_and(|shown| shown.changing > 0));
        has_edits && state.may_write() && !is_reading.get() && told.get() != ApplyStatus::Sending
    };
    let apply = move |closes: bool| {
        if untrack(is_ready)
            && let Some(shown) = shown.get_untracked()
        {
            send(state, form, shown, told, closes);
        }
    };
    let selection = Signal::derive(move || selected(state, &hotel.with(|hotel| hotel.id.clone())));
    let title = Signal::derive(move || {
        let is_all = state.chosen_hotel.with(|code| code.as_deref() == Some("all"));
        if is_all { format!("Bulk edit · {}", hotel.with(|hotel| hotel.name.clone())) } else { "Bulk edit".to_owned() }
    });
    // The buttons are never taken out of use, which would lose the keyboard's place: they do nothing for a while.
    let foot = view! {
        <div class="outcome" role="status">{move || outcome(&told.get())}</div>
        <button
            class="panel-button bare"
            type="button"
            disabled=move || !state.may_write()
            on:click=move |_| form.reset()
        >
            "Reset"
        </button>
        <span class="push"></span>
        <button
            class="panel-button"
            type="button"
            data-testid="bulk-apply"
            aria-disabled=move || (!is_ready()).to_string()
            on:click=move |_| apply(false)
        >
            "Apply"
        </button>
        <button
            class="panel-button pri"
            type="button"
            data-testid="bulk-apply-close"
            aria-disabled=move || (!is_ready()).to_string()
            on:click=move |_| apply(true)
        >
            "Apply and close"
            <kbd>"Ctrl Enter"</kbd>
        </button>
    };
    view! {
        <Drawer
            test_id="bulk"
            title
            is_text=Signal::derive(move || !state.may_write())
            on_ctrl_enter=Callback::new(move |()| apply(true))
            foot=foot.into_any()
        >
            <Show when=move || !state.may_write()>
                <p class="panel-notice">
                    "Your role may look at the calendar but not change it. Ask an owner of your organisation."
                </p>
            </Show>
            <fieldset disabled=move || !state.may_write()>
                <Dates form selection />
                <Weekdays form nights />
                <Rooms form nights />
                <Change form />
                <Reason form />
                <Preview
                    form
                    preview=shown
                    is_reading=is_reading.into()
                    failure=failure.into()
                    on_retry=Callback::new(move |()| read.run(needed.get_untracked()))
                />
            </fieldset>
        </Drawer>
    }
}

/// Why, in a few words that the history shows.
#[component]
fn Reason(form: Form) -> impl IntoView {
    view! {
        <section>
            <h3><label for="bulk-reason">"Reason"</label><span>"optional, for the history"</span></h3>
            <input
                id="bulk-reason"
                class="reason"
                data-testid="bulk-reason"
                maxlength=MAX_REASON_LENGTH
                autocomplete="off"
                bind:value=form.reason
            />
        </section>
    }
}

/// Reads the nights of these ranges; of several readings only the last one tells.
fn reader(
    state: AppState,
    hotel: Memo<Hotel>,
    is_reading: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
) -> Callback<Vec<(Day, Day)>> {
    let last = StoredValue::new(0_u32);
    Callback::new(move |ranges: Vec<_>| {
        let turn = last.get_value() + 1;
        last.set_value(turn);
        is_reading.set(true);
        let hotel = hotel.with_untracked(|hotel| hotel.id.clone());
        spawn_local(async move {
            let mut trouble = None;
            for (from, through) in ranges {
                if let Err(failure) = state.load(&hotel, from, through).await {
                    trouble = Some(failure);
                    break;
                }
            }
            if last.try_get_value() == Some(turn) {
                failure.try_set(trouble);
                is_reading.try_set(false);
            }
        });
    })
}

/// Sends the changes of a preview, after asking where they are grave; tells in `told` what became of them.
fn send(state: AppState, form: Form, shown: BulkPreview, told: RwSignal<ApplyStatus>, closes: bool) {
    let Ok(operation) = untrack(|| form.operation()) else { return };
    let grave = form.hotel.with_untracked(|hotel| confirmations::grave(&shown, hotel));
    let count = counted(shown.changing);
    let what = format!("Bulk edit of {count}: {}", described(operation));
    let title = format!("Change {count}: {}?", described(operation));
    let edits = shown.edits;
    let reason =
        form.reason.with_untracked(|reason| Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty()));
    let go = move || {
        let (edits, what, count, reason) = (edits.clone(), what.clone(), count.clone(), reason.clone());
        told.try_set(ApplyStatus::Sending);
        spawn_local(async move {
            let is_written = state.save_with_reason(edits, what, reason).await;
            let outcome =
                if is_written { ApplyStatus::Done(format!("Applied to {count}.")) } else { ApplyStatus::Refused };
            // A drawer that was closed meanwhile has nothing to tell and nothing to close.
            if told.try_set(outcome).is_none() && is_written && closes {
                state.close_panel();
            }
        });
    };
    if grave.is_empty() {
        go();
    } else {
        let on_yes = crate::app::root_callback::root_callback(go);
        state.ask(Question { title, lines: grave, yes: "Apply".to_owned(), is_destructive: true, on_yes });
    }
}

fn outcome(told: &ApplyStatus) -> Option<impl IntoView + use<>> {
    let (class, text) = match told {
        ApplyStatus::Nothing => return None,
        ApplyStatus::Sending => ("panel-notice", "Sending …".to_owned()),
        ApplyStatus::Done(text) => ("panel-notice done", text.clone()),
        ApplyStatus::Refused => (
            "panel-notice refused",
            "Nothing was written. The calendar marks what stood in the way; the preview shows the nights as they are."
                .to_owned(),
        ),
    };
    Some(view! { <p class=class>{text}</p> })
}

/// What is chosen in the calendar of the hotel, if it is more than one night; tracked.
fn selected(state: AppState, hotel: &HotelId) -> Option<(Day, Day)> {
    let keys = state.selection().keys;
    let here = keys.into_iter().map(|key| key.night).filter(|night| night.hotel == *hotel);
    runs(sorted_distinct(here.map(|night| night.date)))
        .into_iter()
        .reduce(|(from, _), (_, through)| (from, through))
        .filter(|(from, through)| from < through)
}
