//! The grid component. It is one tab stop, with one listener per event for all cells.

use std::rc::Rc;

use leptos::{
    ev,
    html::{Div, Input},
    prelude::*,
    web_sys::{ClipboardEvent, Element, HtmlElement, ResizeObserver},
};
use wasm_bindgen::{JsCast as _, prelude::Closure};

use super::{
    input_controller::InputController,
    overlays::{CollaboratorOverlays, SelectionOverlay, left, top},
    renderer::{GridElements, sum},
    view_state::ViewState,
};
use crate::domain::{cell::Value, input_parser, night_key::Field};

/// The grid, its overlays, and the field in which numbers are typed.
#[component]
pub fn Grid(
    /// What is shown.
    view: ViewState,
) -> impl IntoView {
    let frame = NodeRef::<Div>::new();
    let grid = NodeRef::<Div>::new();
    let bands = NodeRef::<Div>::new();
    let header = NodeRef::<Div>::new();
    let body = NodeRef::<Div>::new();
    let input = NodeRef::<Input>::new();
    let controller = StoredValue::new_local(None::<InputController>);
    let with_controller = move |act: &dyn Fn(&InputController)| {
        controller.try_with_value(|controller| controller.as_ref().map(act));
    };

    Effect::new(move |_| {
        let element = |node: Option<HtmlElement>| node;
        let (Some(frame), Some(grid), Some(bands), Some(header), Some(body)) = (
            element(frame.get().map(Into::into)),
            element(grid.get().map(Into::into)),
            element(bands.get().map(Into::into)),
            element(header.get().map(Into::into)),
            element(body.get().map(Into::into)),
        ) else {
            return;
        };
        let elements = GridElements { viewport: Rc::default(), frame, grid, bands, header, body };
        let frame = elements.frame.clone();
        controller.set_value(Some(InputController::new(view, elements, input)));
        follow_sizes(view, &frame, move || {
            with_controller(&InputController::on_scroll);
        });
    });

    // Everything that a cell's look depends on.
    Effect::new(move |_| {
        view.stock.track();
        view.panels.preview.track();
        view.account.viewer.track();
        view.rows.track();
        view.from.track();
        view.days.track();
        view.width.track();
        view.selection.cells();
        view.ensure_active();
        with_controller(&|controller| {
            controller.preview();
            controller.schedule_render();
        });
    });
    Effect::new(move |_| {
        if view.is_focus_requested.get() {
            view.is_focus_requested.set(false);
            with_controller(&InputController::focus_soon);
        }
    });
    // A drawer that closes gives the focus back.
    Effect::new(move |was: Option<bool>| {
        let is_open = view.panels.current().is_some();
        if was == Some(true) && !is_open {
            with_controller(&InputController::focus_soon);
        }
        is_open
    });

    let clipboard = |name: &'static str, act: fn(&InputController, &ClipboardEvent)| {
        let listener = window_event_listener(ev::Custom::<ClipboardEvent>::new(name), move |event| {
            with_controller(&|controller| {
                if controller.has_focus() && view.typing.with_untracked(Option::is_none) {
                    act(controller, &event);
                }
            });
        });
        on_cleanup(move || listener.remove());
    };
    clipboard("copy", |controller, event| {
        controller.copy(event);
    });
    clipboard("cut", |controller, event| {
        if controller.copy(event) {
            controller.clear();
        }
    });
    clipboard("paste", InputController::paste);

    let count = move || view.rows.with(|rows| rows.len() + 1).to_string();
    view! {
        <div
            class="frame"
            node_ref=frame
            on:scroll=move |_| with_controller(&InputController::on_scroll)
            on:keydown=move |event| with_controller(&|controller| controller.on_key(&event))
            on:pointerdown=move |event| with_controller(&|controller| controller.on_pointer_down(&event))
            on:pointermove=move |event| with_controller(&|controller| controller.on_pointer_move(&event))
            on:pointerup=move |_| with_controller(&InputController::on_pointer_up)
            on:pointercancel=move |_| with_controller(&InputController::cancel_drag)
            on:dblclick=move |event| {
                let on_cell = event.target().and_then(|target| target.dyn_into::<Element>().ok()).and_then(|element| element.closest(".c").ok().flatten());
                if on_cell.is_some() {
                    with_controller(&|controller| controller.start_editing(""));
                }
            }
        >
            <div class="leaf">
                <div
                    class="sheet"
                    node_ref=grid
                    role="grid"
                    data-testid="grid"
                    aria-label=move || format!("Rooms left to sell, shared pool, {}", names(view))
                    aria-multiselectable="true"
                    aria-rowcount=count
                    aria-colcount=move || (view.days.get() + 1).to_string()
                >
                    <div class="heads" role="rowgroup">
                        <div class="row band" node_ref=bands aria-hidden="true"></div>
                        <div class="row head" node_ref=header role="row" aria-rowindex="1"></div>
                    </div>
                    <div class="body" node_ref=body role="rowgroup"></div>
                </div>
                <div class="layer">
                    <SelectionOverlay view />
                    <CollaboratorOverlays view />
                    <div class="field" class:on=move || view.typing.with(Option::is_some)
                        aria-hidden=move || view.typing.with(Option::is_none).then_some("true") style:left=move || left(view) style:top=move || top(view) style:width=move || format!("{}px", view.columns().day.max(64.0))>
                        <input
                            node_ref=input
                            class="cell-input"
                            data-testid=move || view.typing.with(Option::is_some).then_some("cell-input")
                            inputmode="text"
                            autocomplete="off"
                            spellcheck="false"
                            tabindex="-1"
                            aria-label=move || field_name(view)
                            aria-invalid=move || view.typing_error.with(Option::is_some).then_some("true")
                            on:input=move |event| {
                                view.typing_error.set(None);
                                view.typing.set(Some(event_target_value(&event)));
                            }
                            on:blur=move |_| with_controller(&InputController::on_field_blur)
                        />
                        <div class="cell-hint" class:bad=move || view.typing_error.with(Option::is_some) role="status">{move || hint(view)}</div>
                    </div>
                </div>
            </div>
        </div>
    }
}

fn names(view: ViewState) -> String {
    view.rows
        .with(|rows| rows.properties().iter().map(|property| property.name.as_str()).collect::<Vec<_>>().join(", "))
}

fn field_name(view: ViewState) -> String {
    let Some(key) = view.active.get() else { return "Cell".to_owned() };
    let room = view.rows.with(|rows| {
        rows.row_of(&key).and_then(|row| rows.room(row).map(|(_, room, _)| room.name.clone())).unwrap_or_default()
    });
    format!("{} of {room}, {}", key.field.name(), key.night.date.spoken())
}

/// What the typed text comes to, or what is wrong with it.
fn hint(view: ViewState) -> Option<String> {
    if let Some(error) = view.typing_error.get() {
        return Some(error);
    }
    let (text, key) = (view.typing.get()?, view.active.get()?);
    let cell = view.drafts.shown(&key.night)?;
    let input = input_parser::parse(&text, key.field).ok()?;
    let stored = view.stock.stored(&key.night)?;
    match input.change(key.field, &cell)?.value(&stored) {
        Value::Number(Some(rooms)) if key.field == Field::Allotment => Some(sum(rooms, cell.held, cell.sold)),
        _ => None,
    }
}

/// The width that the sheet has follows the window, not a drawer that lies over it; `act` hears of every size that the
/// frame takes.
fn follow_sizes(view: ViewState, frame: &HtmlElement, act: impl Fn() + 'static) {
    let Some(main) = frame.closest("main").ok().flatten() else { return };
    let main_element = main.clone();
    let update_width = move || {
        let width = f64::from(main_element.client_width());
        if view.width.try_get_untracked().is_some_and(|was| was != width) {
            view.width.set(width);
        }
    };
    update_width();
    let callback = Closure::<dyn FnMut()>::new(move || {
        update_width();
        act();
    });
    if let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) {
        observer.observe(&main);
        observer.observe(frame);
        let stored = StoredValue::new_local((observer, callback));
        on_cleanup(move || {
            stored.try_with_value(|(observer, _)| observer.disconnect());
        });
    }
}
