//! The bulk edit panel.

mod change;
mod confirmations;
mod dates;
mod form;
mod loader;
mod operation;
mod preview;
mod scope;
mod submission;
mod warnings;

use leptos::prelude::*;

use self::{
    change::Change,
    dates::Dates,
    form::Form,
    loader::NightLoader,
    preview::Preview,
    scope::{Rooms, Weekdays},
    submission::Submission,
};
use super::{formatting::runs, property_by_id};
use crate::{
    domain::{
        bulk::{BulkPreview, preview},
        dates::Day,
        ids::PropertyId,
        property::Property,
        sort::sorted_distinct,
    },
    state::{self, Account, Panels, Selection, Stock},
    ui::drawer::Drawer,
};

/// Maximum length of a reason in characters; the gateway accepts longer ones.
const MAX_REASON_LENGTH: &str = "200";

/// The drawer; open while [`Panel::Bulk`](crate::state::Panel::Bulk) is open.
#[component]
pub fn Bulk() -> impl IntoView {
    let account = expect_context::<Account>();
    let selection = expect_context::<Selection>();
    // Only another property resets the form. An update of the same property keeps the values of the form.
    let property_id = Memo::new(move |_| property(account, selection).map(|property| property.id));
    move || {
        let opened = property_id.get().and_then(|_| untrack(|| property(account, selection)));
        opened.map(|property| view! { <BulkForm property /> })
    }
}

/// The property of the form: the selected one, or the one of the active cell while several are shown; tracked.
fn property(account: Account, selection: Selection) -> Option<Property> {
    let is_all = account.are_all_selected();
    let active = untrack(|| selection.cells()).active.filter(|_| is_all);
    active.and_then(|key| property_by_id(account, &key.night.property)).or_else(|| account.property())
}

/// The form, the preview and the buttons.
#[component]
fn BulkForm(property: Property) -> impl IntoView {
    let account = expect_context::<Account>();
    let stock = expect_context::<Stock>();
    let selection = expect_context::<Selection>();
    let panels = expect_context::<Panels>();
    let property = Memo::new(move |_| property_by_id(account, &property.id).unwrap_or_else(|| property.clone()));
    let form = Form::new(selection, property);
    let loader = NightLoader::new(property);
    // A memo: an equal list of ranges is not loaded again.
    let needed = Memo::new(move |_| form.needed());
    Effect::new(move |_| loader.load(needed.get()));
    let preview = preview_of(stock, form, loader);
    show_in_grid(panels, preview);
    let submission = Submission::new(form, loader, preview);

    let nights = Memo::new(move |_| form.nights());
    let selection = Signal::derive(move || selected(selection, &property.with(|property| property.id.clone())));
    let is_read_only = Signal::derive(move || !account.may_write());
    let foot = view! { <Buttons form submission is_read_only /> };
    view! {
        <Drawer
            test_id="bulk"
            title=Signal::derive(move || title(account, property))
            is_text=is_read_only
            on_close=Callback::new(move |()| panels.close())
            on_ctrl_enter=Callback::new(move |()| submission.apply(true))
            foot=foot.into_any()
        >
            <Show when=move || is_read_only.get()>
                <p class="panel-notice">
                    "Your role may view the calendar but not change it. Ask an owner of your organisation."
                </p>
            </Show>
            <fieldset disabled=is_read_only>
                <Dates form selection />
                <Weekdays form nights />
                <Rooms form nights />
                <Change form />
                <Reason form />
                <Preview
                    form
                    preview
                    is_reading=loader.is_reading.into()
                    failure=loader.failure.into()
                    on_retry=Callback::new(move |()| loader.load(needed.get_untracked()))
                />
            </fieldset>
        </Drawer>
    }
}

/// The title of the drawer. It names the property where the page shows several; tracked.
fn title(account: Account, property: Memo<Property>) -> String {
    let is_all = account.are_all_selected();
    if is_all {
        format!("Bulk edit · {}", property.with(|property| property.name.clone()))
    } else {
        "Bulk edit".to_owned()
    }
}

/// The preview of the form; none while the form is incomplete.
fn preview_of(stock: Stock, form: Form, loader: NightLoader) -> Memo<Option<BulkPreview>> {
    Memo::new(move |_| {
        stock.track();
        // Cells that are loaded for the first time cause no change notification.
        loader.is_reading.track();
        let plan = form.plan(form.operation().ok()?);
        Some(form.property.with(|property| preview(&plan, property, |night| stock.stored(night))))
    })
}

/// Shows the preview in the cells of the grid until the drawer closes.
fn show_in_grid(panels: Panels, preview: Memo<Option<BulkPreview>>) {
    Effect::new(move |_| {
        let in_grid = preview.with(|preview| {
            preview.as_ref().map(|preview| state::Preview {
                edits: preview.edits.clone(),
                blocked: preview.blocked.iter().map(|(night, _)| night.clone()).collect(),
            })
        });
        panels.preview.set(in_grid);
    });
    on_cleanup(move || panels.preview.set(None));
}

/// The result of the last Apply, and the buttons.
#[component]
fn Buttons(form: Form, submission: Submission, is_read_only: Signal<bool>) -> impl IntoView {
    // A disabled button loses the focus. These buttons stay enabled, and do nothing while they are not ready.
    view! {
        <div class="outcome" role="status">{move || submission.message()}</div>
        <button class="panel-button bare" type="button" disabled=is_read_only on:click=move |_| form.reset()>
            "Reset"
        </button>
        <span class="push"></span>
        <button
            class="panel-button"
            type="button"
            data-testid="bulk-apply"
            aria-disabled=move || (!submission.is_ready()).to_string()
            on:click=move |_| submission.apply(false)
        >
            "Apply"
        </button>
        <button
            class="panel-button pri"
            type="button"
            data-testid="bulk-apply-close"
            aria-disabled=move || (!submission.is_ready()).to_string()
            on:click=move |_| submission.apply(true)
        >
            "Apply and close"
            <kbd>"Ctrl Enter"</kbd>
        </button>
    }
}

/// The section of the reason, which the history shows.
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

/// First and last selected night of the property, if more than one night is selected; tracked.
fn selected(selection: Selection, property: &PropertyId) -> Option<(Day, Day)> {
    let keys = selection.cells().keys;
    let here = keys.into_iter().map(|key| key.night).filter(|night| night.property == *property);
    runs(sorted_distinct(here.map(|night| night.date)))
        .into_iter()
        .reduce(|(from, _), (_, through)| (from, through))
        .filter(|(from, through)| from < through)
}
