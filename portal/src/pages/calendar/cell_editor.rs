//! The cell editor: the input field over the active cell, with a hint below it.

use leptos::{html::Input, prelude::*};

use super::{
    equation::left_equation,
    grid::ControllerHandle,
    input_controller::InputController,
    overlays::{left, top},
    view_state::ViewState,
};
use crate::domain::{cell::Value, input_parser, night_key::Field};

/// The input field is in the page at all times: a hidden field cannot take the focus, and would lose the first key.
#[component]
pub fn CellEditor(
    /// The view state of the calendar.
    view: ViewState,
    /// The input controller of the grid.
    controller: ControllerHandle,
    /// The reference that the controller uses to fill and focus the field.
    input: NodeRef<Input>,
) -> impl IntoView {
    let is_typing = move || view.typing.with(Option::is_some);
    let has_error = move || view.typing_error.with(Option::is_some);
    view! {
        <div class="field" class:on=is_typing
            aria-hidden=move || (!is_typing()).then_some("true") style:left=move || left(view) style:top=move || top(view) style:width=move || format!("{}px", view.columns().day.max(64.0))>
            <input
                node_ref=input
                class="cell-input"
                data-testid=move || is_typing().then_some("cell-input")
                inputmode="text"
                autocomplete="off"
                spellcheck="false"
                tabindex="-1"
                aria-label=move || field_name(view)
                aria-invalid=move || has_error().then_some("true")
                on:input=move |event| {
                    view.typing_error.set(None);
                    view.typing.set(Some(event_target_value(&event)));
                }
                on:blur=move |_| controller.call(InputController::on_field_blur)
            />
            <div class="cell-hint" class:bad=has_error role="status">{move || hint(view)}</div>
        </div>
    }
}

/// The accessible name of the input field; tracked.
fn field_name(view: ViewState) -> String {
    let Some(key) = view.active.get() else { return "Cell".to_owned() };
    let room = view.rows.with(|rows| {
        rows.row_of(&key).and_then(|row| rows.room(row).map(|(_, room, _)| room.name.clone())).unwrap_or_default()
    });
    format!("{} of {room}, {}", key.field.name(), key.night.date.spoken())
}

/// The error of the typed text, or the rooms left after it; tracked.
fn hint(view: ViewState) -> Option<String> {
    if let Some(error) = view.typing_error.get() {
        return Some(error);
    }
    let (text, key) = (view.typing.get()?, view.active.get()?);
    let cell = view.drafts.shown(&key.night)?;
    let input = input_parser::parse(&text, key.field).ok()?;
    let stored = view.stock.stored(&key.night)?;
    match input.change(key.field, &cell)?.value(&stored) {
        Value::Number(Some(rooms)) if key.field == Field::Allotment => Some(left_equation(rooms, cell.held, cell.sold)),
        _ => None,
    }
}
