//! Renders the grid. Only rows in the viewport are in the page, and only cells that changed are updated.
//!
//! Thousands of cells with a dozen reactive attributes each cost the framework more time than the browser needs. The
//! renderer keeps the rendered cells as data and compares.

use std::{
    cell::Cell as StdCell,
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::Arc,
};

use leptos::{
    prelude::*,
    web_sys::{Element, HtmlElement},
};
use wasm_bindgen::JsCast as _;

use super::{
    cell_icons,
    cell_view::{Attribute, CellPosition, CellView, Content, Editing, Previewed, Zoom, escaped, write_attributes},
    header,
    header::NightHeader,
    rows::{Row, Rows},
    view_state::{Block, ViewState},
};
use crate::{
    domain::{
        cell::{Value, signed},
        dates::Day,
        draft::{Change, Stage},
        night_key::{CellKey, Field, NightKey},
        sort::sorted_distinct,
    },
    state::Preview,
};

/// Extra height rendered above and below the viewport, in pixels.
const MARGIN: f64 = 144.0;
/// Cells of a row that are brought up to date one by one.
const MAX_PATCHES: usize = 8;
/// Height of the header, which stays visible.
pub const HEADER_HEIGHT: f64 = 86.0;

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
    pub viewport: Rc<StdCell<Option<Viewport>>>,
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

/// What was painted.
#[derive(Default)]
pub struct Renderer {
    frame: Option<Layout>,
    /// By row number, from the top.
    rendered_rows: Vec<(usize, RenderedRow)>,
    header: Vec<NightHeader>,
    /// What was painted may be wrong everywhere.
    is_stale: bool,
    preview: HashMap<CellKey, Change>,
    blocked: HashSet<NightKey>,
}

/// While this stays the same, cells are patched; else everything is painted anew.
#[derive(Clone, PartialEq)]
struct Layout {
    rows: Arc<Rows>,
    from: Day,
    days: u32,
    zoom: Zoom,
}

struct RenderedRow {
    element: HtmlElement,
    cell_views: Vec<CellView>,
}

impl Renderer {
    /// Takes in what the bulk drawer would do.
    pub fn preview(&mut self, preview: Option<&Preview>) {
        let had_some = !(self.preview.is_empty() && self.blocked.is_empty());
        self.is_stale |= had_some || preview.is_some();
        let edits = preview.map(|preview| preview.edits.as_slice()).unwrap_or_default();
        let key = |night: &NightKey, what: Change| CellKey { night: night.clone(), field: what.field() };
        self.preview = edits.iter().map(|edit| (key(&edit.night, edit.change), edit.change)).collect();
        self.blocked = preview.map(|preview| preview.blocked.iter().cloned().collect()).unwrap_or_default();
    }

    /// Brings the page up to date with the view.
    pub fn render(&mut self, elements: &GridElements, view: ViewState) {
        let columns = view.columns_untracked();
        let layout = Layout {
            rows: view.rows.get_untracked(),
            from: view.from.get_untracked(),
            days: view.days.get_untracked(),
            zoom: columns.zoom(),
        };
        let style = elements.grid.style();
        for (name, value) in [("--day", columns.day), ("--rowhead", columns.head)] {
            let _ = style.set_property(name, &format!("{value}px"));
        }
        let is_same = self.frame.as_ref().is_some_and(|was| {
            Arc::ptr_eq(&was.rows, &layout.rows)
                && (was.from, was.days, was.zoom) == (layout.from, layout.days, layout.zoom)
        });
        if !is_same {
            elements.invalidate_viewport();
            let _ = style.set_property("--days", &layout.days.to_string());
            let _ = elements.body.style().set_property("height", &format!("{}px", layout.rows.height()));
            for (_, rendered) in std::mem::take(&mut self.rendered_rows) {
                rendered.element.remove();
            }
            self.header.clear();
            bands(elements, &layout);
        }
        let touched = view.stock.take_changed_nights();
        let is_whole = !is_same || touched.all || std::mem::take(&mut self.is_stale);
        let night_keys = (!is_whole).then_some(touched.night_keys.as_slice());
        self.render_heads(elements, &layout, view, night_keys);
        self.render_rows(elements, &layout, view, night_keys);
        self.frame = Some(layout);
    }

    /// `night_keys`: only these changed; none is everything.
    fn render_heads(
        &mut self,
        elements: &GridElements,
        layout: &Layout,
        view: ViewState,
        night_keys: Option<&[NightKey]>,
    ) {
        let nights = i32::try_from(layout.days).unwrap_or_default();
        let dates: Option<HashSet<Day>> =
            night_keys.map(|night_keys| night_keys.iter().map(|night| night.date).collect());
        let head = |night| {
            let date = layout.from.plus(night);
            let was = usize::try_from(night).ok().and_then(|night| self.header.get(night));
            match (was, &dates) {
                (Some(was), Some(dates)) if !dates.contains(&date) => was.clone(),
                _ => NightHeader::new(view, view.drafts, date),
            }
        };
        let header: Vec<NightHeader> = (0..nights).map(head).collect();
        if self.header.len() != header.len() {
            let corner = "<div class=\"corner\" role=\"columnheader\" aria-colindex=\"1\"><span>Room type</span>\
                          <span class=\"micro\">Left to sell · sold/allotted</span></div>";
            let cell = |(head, column): (&NightHeader, usize)| {
                format!(
                    "<div class=\"{}\" role=\"columnheader\" aria-colindex=\"{}\" data-date=\"{}\" data-v=\"{}\" aria-label=\"{}\">{}</div>",
                    head.class(layout.zoom),
                    column + 2,
                    head.date,
                    head.share,
                    head.spoken(),
                    head.content(layout.zoom)
                )
            };
            let all: String = header.iter().zip(0..).map(cell).collect();
            elements.header.set_inner_html(&format!("{corner}{all}"));
        } else {
            let children = elements.header.children();
            for ((now, was), column) in header.iter().zip(&self.header).zip(1..) {
                if now != was
                    && let Some(element) = children.item(column)
                {
                    element.set_class_name(&now.class(layout.zoom));
                    let _ = element.set_attribute("aria-label", &now.spoken());
                    let _ = element.set_attribute("data-v", &now.share.to_string());
                    let content = now.content(layout.zoom);
                    if content != was.content(layout.zoom) {
                        element.set_inner_html(&content);
                    }
                }
            }
        }
        self.header = header;
    }

    fn render_rows(
        &mut self,
        elements: &GridElements,
        layout: &Layout,
        view: ViewState,
        night_keys: Option<&[NightKey]>,
    ) {
        let Viewport { top, height, .. } = elements.viewport();
        let mut wanted: Vec<usize> = layout.rows.between(top - MARGIN, top + height + MARGIN).collect();
        // The active cell keeps the focus however far the sheet is scrolled.
        let active = view.active.get_untracked().and_then(|key| layout.rows.row_of(&key));
        if let Some(active) = active.filter(|active| !wanted.contains(active)) {
            wanted.push(active);
            wanted = sorted_distinct(wanted);
        }
        let mut before = std::mem::take(&mut self.rendered_rows);
        before.retain(|(row, rendered)| {
            let is_wanted = wanted.contains(row);
            if !is_wanted {
                rendered.element.remove();
            }
            is_wanted
        });
        let context = Context::new(view, layout);
        let touched = night_keys.map(|night_keys| context.columns(night_keys));
        let nights = i32::try_from(layout.days).unwrap_or_default();
        for row in wanted {
            let cell_views = || (0..nights).filter_map(|night| self.cell_view(&context, view, row, night)).collect();
            // Both are in the order of the lines.
            let is_there = before.first().is_some_and(|(first, _)| *first == row);
            let rendered = match (is_there.then(|| before.remove(0).1), &touched) {
                (Some(mut rendered), None) => {
                    rendered.patch(&context, row, cell_views());
                    Some(rendered)
                }
                (Some(mut rendered), Some(touched)) => {
                    for night in touched.get(&row).into_iter().flatten() {
                        if let (Some(cell_view), Ok(column)) =
                            (self.cell_view(&context, view, row, *night), usize::try_from(*night))
                        {
                            rendered.patch_one(&context, row, column, cell_view);
                        }
                    }
                    rendered.select(&context, row);
                    Some(rendered)
                }
                (None, _) => {
                    let rendered = RenderedRow::new(&context, row, cell_views());
                    if let Some(rendered) = &rendered {
                        let next = before.first().map(|(_, rendered)| &rendered.element);
                        let _ = elements.body.insert_before(&rendered.element, next.map(AsRef::as_ref));
                    }
                    rendered
                }
            };
            self.rendered_rows.extend(rendered.map(|rendered| (row, rendered)));
        }
    }

    fn cell_view(&self, context: &Context<'_>, view: ViewState, row: usize, night: i32) -> Option<CellView> {
        let (property, room, field) = context.layout.rows.room(row)?;
        let date = context.layout.from.plus(night);
        let key =
            CellKey { night: NightKey { property: property.id.clone(), room_type: room.id.clone(), date }, field };
        let snapshot = view.drafts.snapshot(&key);
        let change = self.preview.get(&key);
        let mut cell = snapshot.shown;
        let mut preview = None;
        if let (Some(change), Some(stored)) = (change, snapshot.stored) {
            let after = stored.with(field, change.value(&stored));
            let by = (field == Field::Allotment).then(|| after.balance() - stored.balance());
            // The tint is still today's state: only the number is tomorrow's.
            preview = Some(Previewed::Changes(by));
            cell = Some(after);
        } else if field == Field::Allotment && self.blocked.contains(&key.night) {
            preview = Some(Previewed::Blocked);
        }
        let editing = match (&snapshot.draft, snapshot.stored) {
            (Some(draft), Some(stored)) => match &draft.stage {
                Stage::Saving => Editing::Saving,
                _ if draft.is_in_conflict(&stored) => {
                    let text = |value: Value| match value {
                        Value::Number(Some(number)) => number.to_string(),
                        Value::Flag(true) => "on".to_owned(),
                        Value::Number(None) | Value::Flag(false) => "–".to_owned(),
                    };
                    Editing::Conflict(text(draft.change.value(&stored)), text(stored.value(field)))
                }
                Stage::Failed(reason) => Editing::Failed(reason.clone()),
                Stage::Waiting => Editing::Draft(stored.balance()),
            },
            _ if snapshot.is_just_saved => Editing::Saved,
            _ => Editing::None,
        };
        Some(CellView {
            field,
            cell,
            low_at: room.low_at,
            zoom: context.layout.zoom,
            is_weekend: property.weekend_days.contains(&date.weekday()),
            is_past: date < property.business_date,
            is_active: context.active_at == Some((row, date)),
            is_selected: context.block.is_some_and(|block| block.contains(row, date)),
            is_read_only: context.is_read_only,
            editing,
            remote: snapshot.changed_by,
            preview,
        })
    }

    /// The element of a cell, if it is in the page.
    pub fn element(&self, rows: &Rows, key: &CellKey) -> Option<HtmlElement> {
        let row = rows.row_of(key)?;
        let (_, rendered) = self.rendered_rows.iter().find(|(at, _)| *at == row)?;
        let column = key.night.date.since(self.frame.as_ref()?.from) + 1;
        rendered.element.children().item(u32::try_from(column).ok()?)?.dyn_into().ok()
    }
}

/// What is the same for all cells of one painting.
struct Context<'a> {
    layout: &'a Layout,
    active_at: Option<(usize, Day)>,
    block: Option<Block>,
    is_read_only: bool,
}

impl<'a> Context<'a> {
    fn new(view: ViewState, layout: &'a Layout) -> Self {
        let is_read_only = !view.account.may_write_untracked();
        let active = view.active.get_untracked();
        let active_at = active.and_then(|key| Some((layout.rows.row_of(&key)?, key.night.date)));
        Self { layout, active_at, block: view.block(), is_read_only }
    }

    /// Lines and columns of these nights, as far as they are shown.
    fn columns(&self, night_keys: &[NightKey]) -> HashMap<usize, Vec<i32>> {
        let nights = i32::try_from(self.layout.days).unwrap_or_default();
        let mut columns: HashMap<usize, Vec<i32>> = HashMap::new();
        for night in night_keys {
            let column = night.date.since(self.layout.from);
            if !(0..nights).contains(&column) {
                continue;
            }
            for field in [Field::Allotment].into_iter().chain(Field::RESTRICTIONS) {
                let key = CellKey { night: night.clone(), field };
                if let Some(row) = self.layout.rows.row_of(&key) {
                    columns.entry(row).or_default().push(column);
                }
            }
        }
        columns
    }

    fn at(&self, row: usize, column: usize) -> Option<CellPosition<'_>> {
        let (_, room, _) = self.layout.rows.room(row)?;
        let date = self.layout.from.plus(i32::try_from(column).ok()?);
        Some(CellPosition { room_name: &room.name, date })
    }
}

impl RenderedRow {
    fn new(context: &Context<'_>, row: usize, cell_views: Vec<CellView>) -> Option<Self> {
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

    /// Cell by cell; written anew where so many changed that this is less work for the browser.
    fn patch(&mut self, context: &Context<'_>, row: usize, cell_views: Vec<CellView>) {
        let changed = cell_views.iter().zip(&self.cell_views).filter(|(now, was)| now != was).count();
        if changed > MAX_PATCHES {
            if let Some(rendered) = Self::new(context, row, cell_views) {
                let _ = self.element.replace_with_with_node_1(&rendered.element);
                *self = rendered;
            }
            return;
        }
        for (column, cell_view) in cell_views.into_iter().enumerate() {
            self.patch_one(context, row, column, cell_view);
        }
    }

    /// What is chosen moved, and nothing else.
    fn select(&mut self, context: &Context<'_>, row: usize) {
        for column in 0..self.cell_views.len() {
            let Ok(night) = i32::try_from(column) else { return };
            let date = context.layout.from.plus(night);
            let is_active = context.active_at == Some((row, date));
            let is_selected = context.block.is_some_and(|block| block.contains(row, date));
            let was = &self.cell_views[column];
            if (was.is_active, was.is_selected) != (is_active, is_selected) {
                let now = CellView { is_active, is_selected, ..was.clone() };
                self.patch_one(context, row, column, now);
            }
        }
    }

    fn patch_one(&mut self, context: &Context<'_>, row: usize, column: usize, now: CellView) {
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

/// Brings a cell's content up to date; of a count that stays what it is, the figures alone.
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

fn bands(elements: &GridElements, layout: &Layout) {
    let nights = i32::try_from(layout.days).unwrap_or_default();
    let bands = header::bands(layout.from, nights, layout.zoom);
    let band = |band: &header::Band| format!("<div><b>{}</b> <span>{}</span></div>", band.strong, band.faint);
    let all: String = bands.iter().map(band).collect();
    elements.bands.set_inner_html(&format!("<div><span>Shared pool</span></div>{all}"));
    let children = elements.bands.children();
    for (band, child) in bands.iter().zip(1..) {
        if let Some(element) = children.item(child).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            // The page's policy forbids style attributes, not styles.
            let _ = element.style().set_property("grid-column", &format!("span {}", band.nights));
        }
    }
}

/// What an editor's hint says: `12 − 5 sold = 7 left`.
pub fn sum(allotted: u32, held: u32, sold: u32) -> String {
    let left = i64::from(allotted) - i64::from(held) - i64::from(sold);
    let held = if held > 0 { format!(" − {held} held") } else { String::new() };
    format!("{allotted} − {sold} sold{held} = {} left", signed(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_may_be_below_nothing() {
        assert_eq!(sum(12, 0, 5), "12 − 5 sold = 7 left");
        assert_eq!(sum(12, 1, 13), "12 − 13 sold − 1 held = −2 left");
    }
}
