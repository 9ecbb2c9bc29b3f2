//! Handles keyboard, pointer and clipboard input of the grid, and the field over the active cell.

mod clipboard;
mod editing;
mod focus;
mod keyboard;
mod pointer;

use std::{cell::RefCell, rc::Rc};

use leptos::{html::Input, prelude::*};

use self::pointer::Drag;
use super::{
    renderer::{GridElements, Renderer},
    view_state::ViewState,
};

/// The state shared by the grid's listeners.
#[derive(Clone)]
pub struct InputController {
    view: ViewState,
    elements: GridElements,
    renderer: Rc<RefCell<Renderer>>,
    is_scheduled: StoredValue<bool>,
    is_focus_requested: StoredValue<bool>,
    drag: StoredValue<Drag>,
    input: NodeRef<Input>,
}

impl InputController {
    /// A controller of these elements and this input field.
    pub fn new(view: ViewState, elements: GridElements, input: NodeRef<Input>) -> Self {
        Self {
            view,
            elements,
            renderer: Rc::default(),
            is_scheduled: StoredValue::new(false),
            is_focus_requested: StoredValue::new(false),
            drag: StoredValue::new(Drag::None),
            input,
        }
    }

    /// Passes the preview of the bulk edit panel to the renderer.
    pub fn preview(&self) {
        self.view.panels.preview.with_untracked(|preview| self.renderer.borrow_mut().preview(preview.as_ref()));
    }

    /// Takes the selected nights off sale, after a confirmation.
    pub fn clear(&self) {
        self.view.clear();
    }

    /// Handles a scroll or resize of the grid.
    pub fn on_scroll(&self) {
        self.elements.invalidate_viewport();
        self.schedule_render();
    }

    /// Renders before the next frame, once per frame at most.
    pub fn schedule_render(&self) {
        if self.is_scheduled.try_get_value() != Some(false) {
            return;
        }
        self.is_scheduled.set_value(true);
        let controller = self.clone();
        request_animation_frame(move || {
            // The calendar may be closed by then, and its signals disposed.
            if controller.is_scheduled.try_get_value().is_some() && !controller.view.active.is_disposed() {
                controller.is_scheduled.set_value(false);
                controller.render();
            }
        });
    }

    fn render(&self) {
        let had_focus = self.body_has_focus();
        self.renderer.borrow_mut().render(&self.elements, self.view);
        let is_typing = self.view.typing.with_untracked(Option::is_some);
        if !is_typing && (self.is_focus_requested.get_value() || (had_focus && !self.body_has_focus())) {
            self.focus();
        }
        self.is_focus_requested.set_value(false);
    }
}
