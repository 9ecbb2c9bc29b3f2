//! The grid component. It is one tab stop, with one listener per event for all cells.

use leptos::{
    ev,
    html::{Div, Input},
    prelude::*,
    web_sys::{ClipboardEvent, Element, HtmlElement, MouseEvent, ResizeObserver},
};
use wasm_bindgen::{JsCast as _, prelude::Closure};

use super::{
    cell_editor::CellEditor,
    input_controller::InputController,
    overlays::{CollaboratorOverlays, SelectionOverlay},
    renderer::GridElements,
    view_state::ViewState,
};

/// A handle to the input controller, which exists once the grid is in the page.
#[derive(Clone, Copy)]
pub struct ControllerHandle(StoredValue<Option<InputController>, LocalStorage>);

impl ControllerHandle {
    fn new() -> Self {
        Self(StoredValue::new_local(None))
    }

    /// Calls the controller, if the grid is in the page.
    pub fn call(self, act: impl Fn(&InputController)) {
        self.0.try_with_value(|controller| controller.as_ref().map(act));
    }
}

/// References to the elements of the grid.
#[derive(Clone, Copy, Default)]
struct GridNodes {
    frame: NodeRef<Div>,
    grid: NodeRef<Div>,
    bands: NodeRef<Div>,
    header: NodeRef<Div>,
    body: NodeRef<Div>,
}

impl GridNodes {
    /// The elements, once all of them are in the page; tracked.
    fn elements(self) -> Option<GridElements> {
        let element = |node: NodeRef<Div>| node.get().map(HtmlElement::from);
        let (frame, grid, bands, header, body) =
            (element(self.frame), element(self.grid), element(self.bands), element(self.header), element(self.body));
        Some(GridElements::new(frame?, grid?, bands?, header?, body?))
    }
}

/// The grid, its overlays and the cell editor.
#[component]
pub fn Grid(
    /// The view state of the calendar.
    view: ViewState,
) -> impl IntoView {
    let nodes = GridNodes::default();
    let input = NodeRef::<Input>::new();
    let controller = ControllerHandle::new();
    create_controller(view, nodes, input, controller);
    render_on_changes(view, controller);
    focus_on_request(view, controller);
    listen_to_clipboard(view, controller);
    view! {
        <div
            class="frame"
            node_ref=nodes.frame
            on:scroll=move |_| controller.call(InputController::on_scroll)
            on:keydown=move |event| controller.call(|controller| controller.on_key(&event))
            on:pointerdown=move |event| controller.call(|controller| controller.on_pointer_down(&event))
            on:pointermove=move |event| controller.call(|controller| controller.on_pointer_move(&event))
            on:pointerup=move |_| controller.call(InputController::on_pointer_up)
            on:pointercancel=move |_| controller.call(InputController::cancel_drag)
            on:dblclick=move |event| {
                if is_on_cell(&event) {
                    controller.call(|controller| controller.start_editing(""));
                }
            }
        >
            <div class="leaf">
                <Cells view nodes />
                <div class="layer">
                    <SelectionOverlay view />
                    <CollaboratorOverlays view />
                    <CellEditor view controller input />
                </div>
            </div>
        </div>
    }
}

/// The header and the rows. The renderer fills them.
#[component]
fn Cells(view: ViewState, nodes: GridNodes) -> impl IntoView {
    let count = move || view.rows.with(|rows| rows.len() + 1).to_string();
    view! {
        <div
            class="sheet"
            node_ref=nodes.grid
            role="grid"
            data-testid="grid"
            aria-label=move || format!("Rooms left to sell, shared pool, {}", names(view))
            aria-multiselectable="true"
            aria-rowcount=count
            aria-colcount=move || (view.days.get() + 1).to_string()
        >
            <div class="heads" role="rowgroup">
                <div class="row band" node_ref=nodes.bands aria-hidden="true"></div>
                <div class="row head" node_ref=nodes.header role="row" aria-rowindex="1"></div>
            </div>
            <div class="body" node_ref=nodes.body role="rowgroup"></div>
        </div>
    }
}

/// Creates the controller when the elements of the grid are in the page.
fn create_controller(view: ViewState, nodes: GridNodes, input: NodeRef<Input>, controller: ControllerHandle) {
    Effect::new(move |_| {
        let Some(elements) = nodes.elements() else { return };
        let frame = elements.frame.clone();
        controller.0.set_value(Some(InputController::new(view, elements, input)));
        follow_sizes(view, &frame, move || controller.call(InputController::on_scroll));
    });
}

/// Renders again when anything changes that the look of a cell depends on.
fn render_on_changes(view: ViewState, controller: ControllerHandle) {
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
        controller.call(|controller| {
            controller.preview();
            controller.schedule_render();
        });
    });
}

/// Focuses the active cell on request, and when a panel closes.
fn focus_on_request(view: ViewState, controller: ControllerHandle) {
    Effect::new(move |_| {
        if view.is_focus_requested.get() {
            view.is_focus_requested.set(false);
            controller.call(InputController::focus_soon);
        }
    });
    Effect::new(move |was: Option<bool>| {
        let is_open = view.panels.current().is_some();
        if was == Some(true) && !is_open {
            controller.call(InputController::focus_soon);
        }
        is_open
    });
}

/// Clipboard events go to the window, so they are handled only while the grid has the focus and no text is typed.
fn listen_to_clipboard(view: ViewState, controller: ControllerHandle) {
    let listen = |name: &'static str, act: fn(&InputController, &ClipboardEvent)| {
        let listener = window_event_listener(ev::Custom::<ClipboardEvent>::new(name), move |event| {
            controller.call(|controller| {
                if controller.has_focus() && view.typing.with_untracked(Option::is_none) {
                    act(controller, &event);
                }
            });
        });
        on_cleanup(move || listener.remove());
    };
    listen("copy", |controller, event| {
        controller.copy(event);
    });
    listen("cut", |controller, event| {
        if controller.copy(event) {
            controller.clear();
        }
    });
    listen("paste", InputController::paste);
}

/// Returns whether the event hits a cell.
fn is_on_cell(event: &MouseEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|element| element.closest(".c").ok().flatten().is_some())
}

/// The names of the shown properties; tracked.
fn names(view: ViewState) -> String {
    view.rows
        .with(|rows| rows.properties().iter().map(|property| property.name.as_str()).collect::<Vec<_>>().join(", "))
}

/// Keeps the width of the view state equal to the width of the main area. A panel that covers part of the grid does not
/// change it. Calls `on_resize` after each change of size.
fn follow_sizes(view: ViewState, frame: &HtmlElement, on_resize: impl Fn() + 'static) {
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
        on_resize();
    });
    if let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) {
        observer.observe(&main);
        observer.observe(frame);
        let observed = StoredValue::new_local((observer, callback));
        on_cleanup(move || {
            observed.try_with_value(|(observer, _)| observer.disconnect());
        });
    }
}
