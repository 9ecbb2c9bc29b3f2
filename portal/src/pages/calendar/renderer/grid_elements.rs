//! The elements of the grid that the renderer writes to.

use std::{cell::Cell as StdCell, rc::Rc};

use leptos::web_sys::HtmlElement;

/// The visible part of the grid, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Viewport {
    /// How far it is scrolled down.
    pub top: f64,
    /// How far it is scrolled to the end.
    pub left: f64,
    /// Height, heads included.
    pub height: f64,
    /// Width, heads included.
    pub width: f64,
}

/// The places in the page that are painted into.
#[derive(Clone)]
pub struct GridElements {
    /// What is in sight, as far as it is known: asking the browser makes it lay out the page at once.
    viewport: Rc<StdCell<Option<Viewport>>>,
    /// What scrolls.
    pub frame: HtmlElement,
    /// The whole grid, which carries the widths.
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

    /// What is in sight.
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

    /// What is in sight may be something else now.
    pub fn invalidate_viewport(&self) {
        self.viewport.set(None);
    }
}
