//! The section that selects the operation and its number.

use leptos::{ev::KeyboardEvent, prelude::*};

use super::{
    dates::DateFields,
    form::Form,
    operation::{GROUPS, Needs, OperationKind},
};
use crate::ui::icon::{Glyph, Icon};

/// The section of the operation.
#[component]
pub fn Change(form: Form) -> impl IntoView {
    let needs = Memo::new(move |_| form.kind.get().needs());
    let needs_number = move || matches!(needs.get(), Needs::Number(..));
    let needs_source = move || needs.get() == Needs::Source;
    let explanation = move || match form.kind.get() {
        OperationKind::StopSellOff => "Allotments stay as they are. The preview lists the nights that become sellable.",
        OperationKind::StopSellOn => "Allotments stay as they are.",
        OperationKind::Copy => "Copies allotments and restrictions weekday by weekday, repeated over the range.",
        OperationKind::NotLoaded => "Removes the allotment: nothing can be sold for these nights.",
        _ => "",
    };
    view! {
        <section>
            <h3>"Change"</h3>
            <div class="op" class:alone=move || !needs_number()>
                <KindSelect form />
                <Show when=needs_number>
                    <Stepper form />
                </Show>
            </div>
            <Show when=move || form.kind.get().can_clear()>
                <label class="panel-tick">
                    <input
                        type="checkbox"
                        data-testid="bulk-clear"
                        prop:checked=move || form.is_cleared.get()
                        on:change=move |event| form.is_cleared.set(event_target_checked(&event))
                    />
                    "Clear the restriction"
                </label>
            </Show>
            <Show when=needs_source>
                <DateFields
                    names=("bulk-copy-from", "bulk-copy-through")
                    property=form.property
                    range=form.source.into()
                    on_change=Callback::new(move |range| form.source.set(range))
                />
            </Show>
            <p class="panel-hint">{explanation}</p>
        </section>
    }
}

/// The list of operations.
#[component]
fn KindSelect(form: Form) -> impl IntoView {
    let groups = GROUPS.map(|(name, kinds)| {
        let options = kinds.iter().map(|&kind| {
            view! {
                <option value=kind.key() selected=move || form.kind.get() == kind>
                    {kind.label()}
                </option>
            }
        });
        view! { <optgroup label=name>{options.collect_view()}</optgroup> }
    });
    let choose = move |event| {
        if let Some(kind) = OperationKind::from_key(&event_target_value(&event)) {
            form.choose(kind);
        }
    };
    view! {
        <span class="panel-select">
            <select
                data-testid="bulk-operation"
                aria-label="Change"
                prop:value=move || form.kind.get().key()
                on:change=choose
            >
                {groups.into_iter().collect_view()}
            </select>
            <Icon glyph=Glyph::Down />
        </span>
    }
}

/// The number, with a button to either side.
#[component]
fn Stepper(form: Form) -> impl IntoView {
    let is_disabled = move || form.is_cleared.get();
    let is_invalid = move || {
        let kind = form.kind.get();
        form.value.with(|value| !value.trim().is_empty() && kind.number(value).is_err())
    };
    let on_key = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowUp" => form.step(1),
            "ArrowDown" => form.step(-1),
            _ => return,
        }
        event.prevent_default();
    };
    let unit = move || match form.kind.get() {
        OperationKind::Percent => "Percent",
        kind if kind.can_clear() => "Nights",
        _ => "Rooms",
    };
    view! {
        <div class="stepper" role="group" aria-label=unit>
            <button type="button" aria-label="Less" disabled=is_disabled on:click=move |_| form.step(-1)>
                <Icon glyph=Glyph::Minus />
            </button>
            <input
                type="text"
                inputmode=move || if form.kind.get().is_difference() { "text" } else { "numeric" }
                autocomplete="off"
                data-testid="bulk-value"
                aria-label=unit
                aria-invalid=move || is_invalid().to_string()
                disabled=is_disabled
                prop:value=move || form.value.get()
                on:input=move |event| form.write(event_target_value(&event))
                on:keydown=on_key
            />
            <button type="button" aria-label="More" disabled=is_disabled on:click=move |_| form.step(1)>
                <Icon glyph=Glyph::Plus />
            </button>
        </div>
    }
}
