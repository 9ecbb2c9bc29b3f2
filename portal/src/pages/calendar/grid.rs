//! The sheet: a grid that is one stop on the way through the page, with one listener for everything in it.

use std::rc::Rc;

use leptos::{
    ev,
    html::{Div, Input},
    prelude::*,
    web_sys::{ClipboardEvent, Element, HtmlElement, ResizeObserver},
};
use wasm_bindgen::{JsCast as _, prelude::Closure};

use super::{
    input_controller::Hands,
    overlays::{Chosen, Others, left, top},
    renderer::{Canvas, sum},
    view_state::View,
};
use crate::domain::{cell::Value, input_parser, night_key::Measure};

/// The grid, its overlays, and the field in which numbers are typed.
#[component]
pub fn Sheet(
    /// What is shown.
    view: View,
) -> impl IntoView {
    let frame = NodeRef::<Div>::new();
    let sheet = NodeRef::<Div>::new();
    let bands = NodeRef::<Div>::new();
    let heads = NodeRef::<Div>::new();
    let body = NodeRef::<Div>::new();
    let input = NodeRef::<Input>::new();
    let hands = StoredValue::new_local(None::<Hands>);
    let with_hands = move |act: &dyn Fn(&Hands)| {
        hands.try_with_value(|hands| hands.as_ref().map(act));
    };

    Effect::new(move |_| {
        let element = |node: Option<HtmlElement>| node;
        let (Some(frame), Some(sheet), Some(bands), Some(heads), Some(body)) = (
            element(frame.get().map(Into::into)),
            element(sheet.get().map(Into::into)),
            element(bands.get().map(Into::into)),
            element(heads.get().map(Into::into)),
            element(body.get().map(Into::into)),
        ) else {
            return;
        };
        let canvas = Canvas { sight: Rc::default(), frame, sheet, bands, heads, body };
        let frame = canvas.frame.clone();
        hands.set_value(Some(Hands::new(view, canvas, input)));
        follow_sizes(view, &frame, move || {
            with_hands(&Hands::scrolled);
        });
    });

    // Everything that a cell's look depends on.
    Effect::new(move |_| {
        view.desk.track();
        view.desk.preview.track();
        view.desk.viewer.track();
        view.lines.track();
        view.from.track();
        view.days.track();
        view.width.track();
        view.desk.selection();
        view.settle();
        with_hands(&|hands| {
            hands.preview();
            hands.paint_soon();
        });
    });
    Effect::new(move |_| {
        if view.wants_focus.get() {
            view.wants_focus.set(false);
            with_hands(&Hands::focus_soon);
        }
    });
    // A drawer that closes gives the focus back.
    Effect::new(move |was: Option<bool>| {
        let is_open = view.desk.panel().is_some();
        if was == Some(true) && !is_open {
            with_hands(&Hands::focus_soon);
        }
        is_open
    });

    let clipboard = |name: &'static str, act: fn(&Hands, &ClipboardEvent)| {
        let listener = window_event_listener(ev::Custom::<ClipboardEvent>::new(name), move |event| {
            with_hands(&|hands| {
                if hands.has_focus() && view.typing.with_untracked(Option::is_none) {
                    act(hands, &event);
                }
            });
        });
        on_cleanup(move || listener.remove());
    };
    clipboard("copy", |hands, event| {
        hands.copy(event);
    });
    clipboard("cut", |hands, event| {
        if hands.copy(event) {
            hands.clear();
        }
    });
    clipboard("paste", Hands::paste);

    let count = move || view.lines.with(|lines| lines.len() + 1).to_string();
    view! {
        <div
            class="frame"
            node_ref=frame
            on:scroll=move |_| with_hands(&Hands::scrolled)
            on:keydown=move |event| with_hands(&|hands| hands.key(&event))
            on:pointerdown=move |event| with_hands(&|hands| hands.pressed(&event))
            on:pointermove=move |event| with_hands(&|hands| hands.moved(&event))
            on:pointerup=move |_| with_hands(&Hands::released)
            on:pointercancel=move |_| with_hands(&Hands::let_go)
            on:dblclick=move |event| {
                let on_cell = event.target().and_then(|target| target.dyn_into::<Element>().ok()).and_then(|element| element.closest(".c").ok().flatten());
                if on_cell.is_some() {
                    with_hands(&|hands| hands.begin(""));
                }
            }
        >
            <div class="leaf">
                <div
                    class="sheet"
                    node_ref=sheet
                    role="grid"
                    data-testid="grid"
                    aria-label=move || format!("Rooms left to sell, shared pool, {}", names(view))
                    aria-multiselectable="true"
                    aria-rowcount=count
                    aria-colcount=move || (view.days.get() + 1).to_string()
                >
                    <div class="heads" role="rowgroup">
                        <div class="row band" node_ref=bands aria-hidden="true"></div>
                        <div class="row head" node_ref=heads role="row" aria-rowindex="1"></div>
                    </div>
                    <div class="body" node_ref=body role="rowgroup"></div>
                </div>
                <div class="layer">
                    <Chosen view />
                    <Others view />
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
                            on:blur=move |_| with_hands(&Hands::leave_field)
                        />
                        <div class="cell-hint" class:bad=move || view.typing_error.with(Option::is_some) role="status">{move || hint(view)}</div>
                    </div>
                </div>
            </div>
        </div>
    }
}

fn names(view: View) -> String {
    view.lines.with(|lines| lines.hotels().iter().map(|hotel| hotel.name.as_str()).collect::<Vec<_>>().join(", "))
}

fn field_name(view: View) -> String {
    let Some(spot) = view.active.get() else { return "Cell".to_owned() };
    let room = view.lines.with(|lines| {
        lines.line_of(&spot).and_then(|line| lines.room(line).map(|(_, room, _)| room.name.clone())).unwrap_or_default()
    });
    format!("{} of {room}, {}", spot.measure.name(), spot.place.date.spoken())
}

/// What the typed text comes to, or what is wrong with it.
fn hint(view: View) -> Option<String> {
    if let Some(error) = view.typing_error.get() {
        return Some(error);
    }
    let (text, spot) = (view.typing.get()?, view.active.get()?);
    let cell = view.desk.shown(&spot.place)?;
    let typed = input_parser::read(&text, spot.measure).ok()?;
    let stored = view.desk.stored(&spot.place)?;
    match typed.change(spot.measure, &cell)?.value(&stored) {
        Value::Number(Some(rooms)) if spot.measure == Measure::Allotment => Some(sum(rooms, cell.held, cell.sold)),
        _ => None,
    }
}

/// The width that the sheet has follows the window, not a drawer that lies over it; `act` hears of every size that the
/// frame takes.
fn follow_sizes(view: View, frame: &HtmlElement, act: impl Fn() + 'static) {
    let Some(main) = frame.closest("main").ok().flatten() else { return };
    let measured = main.clone();
    let measure = move || {
        let width = f64::from(measured.client_width());
        if view.width.try_get_untracked().is_some_and(|was| was != width) {
            view.width.set(width);
        }
    };
    measure();
    let callback = Closure::<dyn FnMut()>::new(move || {
        measure();
        act();
    });
    if let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) {
        observer.observe(&main);
        observer.observe(frame);
        let kept = StoredValue::new_local((observer, callback));
        on_cleanup(move || {
            kept.try_with_value(|(observer, _)| observer.disconnect());
        });
    }
}
