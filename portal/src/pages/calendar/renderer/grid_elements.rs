//! The elements of the grid that the renderer writes to.

use std::{cell::Cell as StdCell, rc::Rc};

use leptos::web_sys::HtmlElement;

/// The visible part of the grid, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Viewport {
    /// Scroll position from the top.
    pub top: f64,
    /// Scroll position from the left.
    pub left: f64,
    /// Height, header included.
    pub height: f64,
    /// Width, row headers included.
    pub width: f64,
}

/// The elements that the renderer writes to.
#[derive(Clone)]
pub struct GridElements {
    /// The viewport, if it was measured since the last change. A measurement forces the browser to lay out the page.
    viewport: Rc<StdCell<Option<Viewport>>>,
    /// The element that scrolls.
    pub frame: HtmlElement,
    /// The whole grid; it carries the widths as custom properties.
    pub grid: HtmlElement,
    /// Months and weeks.
    pub bands: HtmlElement,
    /// Nights.
    pub header: HtmlElement,
    /// The rows.
    pub body: HtmlElement,
}

impl GridElements {
    /// Elements whose viewport is not measured yet.
    pub fn new(
        frame: HtmlElement,
        grid: HtmlElement,
        bands: HtmlElement,
        header: HtmlElement,
        body: HtmlElement,
    ) -> Self {
        Self { viewport: Rc::default(), frame, grid, bands, header, body }
    }

    /// The viewport, measured if necessary.
    pub fn viewport(&self) -> Viewport {
        let viewport = self.viewport.get().unwrap_or_else(|| Viewport {
            top: self.frame.scroll_top().into(),
            left: self.frame.scroll_left().into(),
            height: self.frame.client_height().into(),
            width: self.frame.client_width().into(),
        });
        self.viewport.set(Some(viewport));
        viewport
    }

    /// Makes the next [`viewport`](Self::viewport) measure again.
    pub fn invalidate_viewport(&self) {
        self.viewport.set(None);
    }
}
