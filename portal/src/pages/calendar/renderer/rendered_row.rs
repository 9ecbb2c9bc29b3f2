//! A row in the page, with the data of its cells.

use leptos::{
    prelude::*,
    web_sys::{Element, HtmlElement},
};
use wasm_bindgen::JsCast as _;

use super::render_context::RenderContext;
use crate::{
    domain::night_key::Field,
    pages::calendar::{
        cell_icons,
        cell_view::{Attribute, CellView, Content, escaped, write_attributes},
        header,
        rows::Row,
    },
};

/// Most cells of a row that are patched one by one. Above it, one new element is less work for the browser.
const MAX_PATCHES: usize = 8;

pub(super) struct RenderedRow {
    pub element: HtmlElement,
    cell_views: Vec<CellView>,
}

impl RenderedRow {
    pub(super) fn new(context: &RenderContext<'_>, row: usize, cell_views: Vec<CellView>) -> Option<Self> {
        let rows = &context.layout.rows;
        let element: HtmlElement = document().create_element("div").ok()?.dyn_into().ok()?;
        let set = |name: &str, value: &str| {
            let _ = element.set_attribute(name, value);
        };
        set("role", "row");
        set("aria-rowindex", &(row + 2).to_string());
        set("data-r", &row.to_string());
        let style = element.style();
        let _ = style.set_property("top", &format!("{}px", rows.top(row)));
        let _ = style.set_property("height", &format!("{}px", rows.top(row + 1) - rows.top(row)));
        match rows.row(row)? {
            Row::Property(number) => {
                let property = rows.properties().get(number)?;
                element.set_class_name("row name");
                let (name, town) = (escaped(&property.name), escaped(&property.place));
                let span = context.layout.days + 1;
                element.set_inner_html(&format!(
                    "<div class=\"rh\" role=\"rowheader\" aria-colspan=\"{span}\"><span class=\"nm\"><b>{name}</b> \
                     <small>{town}</small></span></div>"
                ));
            }
            Row::Cells { field, .. } => {
                let (_, room, _) = rows.room(row)?;
                element.set_class_name(if field == Field::Allotment { "row" } else { "row sub" });
                let (name, facts) =
                    header::row_head(&room.name, &room.code, room.physical_rooms, room.max_occupancy, field);
                let (name, facts) = (escaped(&name), escaped(&facts));
                let head = if field == Field::Allotment {
                    format!(
                        "<div class=\"rh\" role=\"rowheader\" aria-colindex=\"1\"><button class=\"tw\" type=\"button\" \
                         tabindex=\"-1\" data-act=\"open\" aria-label=\"Restrictions of {name}\">{}</button>\
                         <span class=\"nm\"><b>{name}</b><small>{facts}</small></span></div>",
                        cell_icons::CHEVRON
                    )
                } else {
                    format!("<div class=\"rh\" role=\"rowheader\" aria-colindex=\"1\"><span>{name}</span></div>")
                };
                let (mut markup, room) = (head, escaped(&room.code));
                for (column, cell_view) in cell_views.iter().enumerate() {
                    let at = context.at(row, column)?;
                    markup.push_str(&format!(
                        "<div role=\"gridcell\" data-testid=\"cell\" data-room=\"{room}\" data-date=\"{}\" \
                         data-row=\"{}\" data-c=\"{column}\" aria-colindex=\"{}\"",
                        at.date,
                        field.key(),
                        column + 2,
                    ));
                    write_attributes(&mut markup, &cell_view.attributes(at));
                    markup.push('>');
                    cell_view.content().write(&mut markup);
                    markup.push_str("</div>");
                }
                element.set_inner_html(&markup);
            }
        }
        Some(Self { element, cell_views })
    }

    /// Updates the row to new cells: cell by cell, or as a new element if more than [`MAX_PATCHES`] cells changed.
    pub(super) fn patch(&mut self, context: &RenderContext<'_>, row: usize, cell_views: Vec<CellView>) {
        let changed = cell_views.iter().zip(&self.cell_views).filter(|(now, was)| now != was).count();
        if changed > MAX_PATCHES {
            if let Some(rendered) = Self::new(context, row, cell_views) {
                let _ = self.element.replace_with_with_node_1(&rendered.element);
                *self = rendered;
            }
            return;
        }
        for (column, cell_view) in cell_views.into_iter().enumerate() {
            self.patch_cell(context, row, column, cell_view);
        }
    }

    /// Updates the active cell and the selection, and nothing else.
    pub(super) fn select(&mut self, context: &RenderContext<'_>, row: usize) {
        for column in 0..self.cell_views.len() {
            let Ok(night) = i32::try_from(column) else { return };
            let date = context.layout.from.plus(night);
            let is_active = context.active_at == Some((row, date));
            let is_selected = context.block.is_some_and(|block| block.contains(row, date));
            let was = &self.cell_views[column];
            if (was.is_active, was.is_selected) != (is_active, is_selected) {
                let now = CellView { is_active, is_selected, ..was.clone() };
                self.patch_cell(context, row, column, now);
            }
        }
    }

    /// Writes the attributes and the content that differ from the rendered ones.
    pub(super) fn patch_cell(&mut self, context: &RenderContext<'_>, row: usize, column: usize, now: CellView) {
        let Some(was) = self.cell_views.get_mut(column) else { return };
        if now == *was {
            return;
        }
        let (Some(at), Ok(child)) = (context.at(row, column), u32::try_from(column + 1)) else { return };
        if let Some(element) = self.element.children().item(child) {
            let (attributes, before) = (now.attributes(at), was.attributes(at));
            for (new, old) in attributes.iter().zip(&before) {
                if new != old {
                    set_attribute(&element, new);
                }
            }
            update_content(&element, &now.content(), &was.content());
        }
        *was = now;
    }
}

/// Writes the content of a cell. If only the numbers of a count differ, it writes only them.
fn update_content(element: &Element, now: &Content, was: &Content) {
    if now == was {
        return;
    }
    if let Content::Count { before, number, between, sub } = now
        && let Content::Count { before: was_before, number: was_number, between: was_between, sub: was_sub } = was
        && (before, between, sub.is_some()) == (was_before, was_between, was_sub.is_some())
    {
        let at = u32::from(!before.is_empty());
        let children = element.children();
        if number != was_number
            && let Some(element) = children.item(at)
        {
            element.set_text_content(Some(number));
        }
        if let Some(sub) = sub
            && let Some(element) = children.item(at + 1 + u32::from(!between.is_empty()))
        {
            let _ = element.set_attribute("data-t", sub);
        }
        return;
    }
    element.set_inner_html(&now.markup());
}

fn set_attribute(element: &Element, (name, value): &Attribute) {
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}
