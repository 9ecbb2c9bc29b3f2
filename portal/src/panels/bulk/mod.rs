//! The bulk edit panel.

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
    property_by_id,
};
use crate::{
    api::Failure,
    domain::{
        bulk::{BulkPreview, preview},
        dates::Day,
        ids::PropertyId,
        property::Property,
        sort::sorted_distinct,
    },
    state,
    state::{Account, ChangeSets, Confirmation, Notifications, Panels, Selection, Stock},
    ui::drawer::Drawer,
};

/// Characters of a reason; what the gateway takes at most is more.
const MAX_REASON_LENGTH: &str = "200";

/// The drawer; shown while [`Panel::Bulk`](crate::state::Panel::Bulk) is open.
#[component]
pub fn Bulk() -> impl IntoView {
    let account = expect_context::<Account>();
    let selection = expect_context::<Selection>();
    // Only another property resets the form; an update of the same one must keep what is filled in.
    let which = Memo::new(move |_| property(account, selection).map(|property| property.id));
    move || {
        let opened = which.get().and_then(|_| untrack(|| property(account, selection)));
        opened.map(|property| view! { <BulkForm property /> })
    }
}

/// The property that the drawer is about: the one that the page is about, or of all of them the one of the active cell.
fn property(account: Account, selection: Selection) -> Option<Property> {
    let is_all = account.are_all_selected();
    let active = untrack(|| selection.cells()).active.filter(|_| is_all);
    active.and_then(|key| property_by_id(account, &key.night.property)).or_else(|| account.property())
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
fn BulkForm(property: Property) -> impl IntoView {
    let account = expect_context::<Account>();
    let stock = expect_context::<Stock>();
    let change_sets = expect_context::<ChangeSets>();
    let selection = expect_context::<Selection>();
    let panels = expect_context::<Panels>();
    let notifications = expect_context::<Notifications>();
    let property = Memo::new(move |_| property_by_id(account, &property.id).unwrap_or_else(|| property.clone()));
    let form = Form::new(selection, property);
    let nights = Memo::new(move |_| form.nights());

    let is_reading = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    let needed = Memo::new(move |_| form.needed());
    let read = reader(stock, property, is_reading, failure);
    Effect::new(move |_| {
        needed.track();
        read.run(needed.get_untracked());
    });

    let shown = Memo::new(move |_| {
        stock.track();
        // Cells that were read for the first time cause no change notification.
        is_reading.track();
        let plan = form.plan(form.operation().ok()?);
        Some(property.with(|property| preview(&plan, property, |night| stock.stored(night))))
    });
    Effect::new(move |_| {
        let in_grid = shown.with(|shown| {
            shown.as_ref().map(|shown| state::Preview {
                edits: shown.edits.clone(),
                blocked: shown.blocked.iter().map(|(night, _)| night.clone()).collect(),
            })
        });
        panels.preview.set(in_grid);
    });
    on_cleanup(move || panels.preview.set(None));

    let status = RwSignal::new(ApplyStatus::Nothing);
    Effect::new(move |_| {
        // What is said of the last Apply holds until something else is filled in.
        form.ranges.track();
        form.weekdays.track();
        form.rooms.track();
        form.kind.track();
        form.value.track();
        status.set(ApplyStatus::Nothing);
    });
    let is_ready = move || {
        let has_edits = shown.with(|shown| shown.as_ref().is_some_and(|shown| shown.changing > 0));
        has_edits && account.may_write() && !is_reading.get() && status.get() != ApplyStatus::Sending
    };
    let apply = move |closes: bool| {
        if untrack(is_ready)
            && let Some(shown) = shown.get_untracked()
        {
            send(change_sets, panels, notifications, form, shown, status, closes);
        }
    };
    let selection = Signal::derive(move || selected(selection, &property.with(|property| property.id.clone())));
    let title = Signal::derive(move || {
        let is_all = account.are_all_selected();
        if is_all {
            format!("Bulk edit · {}", property.with(|property| property.name.clone()))
        } else {
            "Bulk edit".to_owned()
        }
    });
    // The buttons are never taken out of use, which would lose the keyboard's place: they do nothing for a while.
    let foot = view! {
        <div class="outcome" role="status">{move || status_message(&status.get())}</div>
        <button
            class="panel-button bare"
            type="button"
            disabled=move || !account.may_write()
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
            is_text=Signal::derive(move || !account.may_write())
            on_ctrl_enter=Callback::new(move |()| apply(true))
            foot=foot.into_any()
        >
            <Show when=move || !account.may_write()>
                <p class="panel-notice">
                    "Your role may look at the calendar but not change it. Ask an owner of your organisation."
                </p>
            </Show>
            <fieldset disabled=move || !account.may_write()>
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
    stock: Stock,
    property: Memo<Property>,
    is_reading: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
) -> Callback<Vec<(Day, Day)>> {
    let last = StoredValue::new(0_u32);
    Callback::new(move |ranges: Vec<_>| {
        let turn = last.get_value() + 1;
        last.set_value(turn);
        is_reading.set(true);
        let property = property.with_untracked(|property| property.id.clone());
        spawn_local(async move {
            let mut error = None;
            for (from, through) in ranges {
                if let Err(failure) = stock.load(&property, from, through).await {
                    error = Some(failure);
                    break;
                }
            }
            if last.try_get_value() == Some(turn) {
                failure.try_set(error);
                is_reading.try_set(false);
            }
        });
    })
}

/// Sends the changes of a preview, after a confirmation where it is needed. Writes the outcome to `status`.
fn send(
    change_sets: ChangeSets,
    panels: Panels,
    notifications: Notifications,
    form: Form,
    shown: BulkPreview,
    status: RwSignal<ApplyStatus>,
    closes: bool,
) {
    let Ok(operation) = untrack(|| form.operation()) else { return };
    let confirmations = form.property.with_untracked(|property| confirmations::confirmations(&shown, property));
    let count = counted(shown.changing);
    let what = format!("Bulk edit of {count}: {}", described(operation));
    let title = format!("Change {count}: {}?", described(operation));
    let edits = shown.edits;
    let reason =
        form.reason.with_untracked(|reason| Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty()));
    let go = move || {
        let (edits, what, count, reason) = (edits.clone(), what.clone(), count.clone(), reason.clone());
        status.try_set(ApplyStatus::Sending);
        spawn_local(async move {
            let is_written = change_sets.save_with_reason(edits, what, reason).await;
            let result =
                if is_written { ApplyStatus::Done(format!("Applied to {count}.")) } else { ApplyStatus::Refused };
            // A drawer that was closed meanwhile has nothing to tell and nothing to close.
            if status.try_set(result).is_none() && is_written && closes {
                panels.close();
            }
        });
    };
    if confirmations.is_empty() {
        go();
    } else {
        let on_confirm = crate::browser::root_callback::root_callback(go);
        notifications.ask(Confirmation {
            title,
            lines: confirmations,
            confirm_label: "Apply".to_owned(),
            is_destructive: true,
            on_confirm,
        });
    }
}

fn status_message(status: &ApplyStatus) -> Option<impl IntoView + use<>> {
    let (class, text) = match status {
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

/// What is chosen in the calendar of the property, if it is more than one night; tracked.
fn selected(selection: Selection, property: &PropertyId) -> Option<(Day, Day)> {
    let keys = selection.cells().keys;
    let here = keys.into_iter().map(|key| key.night).filter(|night| night.property == *property);
    runs(sorted_distinct(here.map(|night| night.date)))
        .into_iter()
        .reduce(|(from, _), (_, through)| (from, through))
        .filter(|(from, through)| from < through)
}
