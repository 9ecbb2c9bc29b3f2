//! Renders the header of the grid: months, weeks and nights.

use std::collections::HashSet;

use leptos::web_sys::HtmlElement;
use wasm_bindgen::JsCast as _;

use super::{GridElements, Layout, Renderer};
use crate::{
    domain::{dates::Day, night_key::NightKey},
    pages::calendar::{header, header::NightHeader, view_state::ViewState},
};

impl Renderer {
    /// Renders the nights of the header. `night_keys` are the changed nights; none compares all of them.
    pub(super) fn render_header(
        &mut self,
        elements: &GridElements,
        layout: &Layout,
        view: ViewState,
        night_keys: Option<&[NightKey]>,
    ) {
        let nights = i32::try_from(layout.days).unwrap_or_default();
        let dates: Option<HashSet<Day>> =
            night_keys.map(|night_keys| night_keys.iter().map(|night| night.date).collect());
        let header = |night| {
            let date = layout.from.plus(night);
            let was = usize::try_from(night).ok().and_then(|night| self.headers.get(night));
            match (was, &dates) {
                (Some(was), Some(dates)) if !dates.contains(&date) => was.clone(),
                _ => NightHeader::new(view, date),
            }
        };
        let headers: Vec<NightHeader> = (0..nights).map(header).collect();
        if self.headers.len() != headers.len() {
            let corner = "<div class=\"corner\" role=\"columnheader\" aria-colindex=\"1\"><span>Room type</span>\
                          <span class=\"micro\">Left to sell · sold/allotted</span></div>";
            let cell = |(header, column): (&NightHeader, usize)| {
                format!(
                    "<div class=\"{}\" role=\"columnheader\" aria-colindex=\"{}\" data-date=\"{}\" data-v=\"{}\" aria-label=\"{}\">{}</div>",
                    header.class(layout.zoom),
                    column + 2,
                    header.date,
                    header.share,
                    header.label(),
                    header.content(layout.zoom)
                )
            };
            let all: String = headers.iter().zip(0..).map(cell).collect();
            elements.header.set_inner_html(&format!("{corner}{all}"));
        } else {
            let children = elements.header.children();
            for ((now, was), column) in headers.iter().zip(&self.headers).zip(1..) {
                if now != was
                    && let Some(element) = children.item(column)
                {
                    element.set_class_name(&now.class(layout.zoom));
                    let _ = element.set_attribute("aria-label", &now.label());
                    let _ = element.set_attribute("data-v", &now.share.to_string());
                    let content = now.content(layout.zoom);
                    if content != was.content(layout.zoom) {
                        element.set_inner_html(&content);
                    }
                }
            }
        }
        self.headers = headers;
    }
}

/// Renders the months and weeks.
pub(super) fn bands(elements: &GridElements, layout: &Layout) {
    let nights = i32::try_from(layout.days).unwrap_or_default();
    let bands = header::bands(layout.from, nights, layout.zoom);
    let band = |band: &header::Band| format!("<div><b>{}</b> <span>{}</span></div>", band.strong, band.faint);
    let all: String = bands.iter().map(band).collect();
    elements.bands.set_inner_html(&format!("<div><span>Shared pool</span></div>{all}"));
    let children = elements.bands.children();
    for (band, child) in bands.iter().zip(1..) {
        if let Some(element) = children.item(child).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            // The content security policy forbids style attributes in markup, but not properties set by script.
            let _ = element.style().set_property("grid-column", &format!("span {}", band.nights));
        }
    }
}
