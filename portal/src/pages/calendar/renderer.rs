//! Paints the sheet: only lines in sight are in the page, and only cells whose look changed are touched.
//!
//! A view of some thousand cells, each with a dozen attributes that follow a handful of signals, costs a framework more
//! than the browser; here what was painted is kept as data and compared.

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
    cell_view::{Attribute, Content, Editing, Look, Previewed, Where, Zoom, escaped, write_attributes},
    header,
    header::Head,
    rows::{Line, Lines},
    view_state::{Block, View},
};
use crate::{
    domain::{
        cell::{Value, signed},
        dates::Day,
        draft::{Change, Stage},
        night_key::{Measure, Place, Spot},
        sort::distinct,
    },
    state::Preview,
};

/// Lines painted above and below what is in sight, in pixels.
const MARGIN: f64 = 144.0;
/// Cells of a row that are brought up to date one by one.
const MOST_PATCHES: usize = 8;
/// Height of the heads, which stay in sight.
pub const HEADS: f64 = 86.0;

/// Which part of the sheet is in sight, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
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
pub struct Canvas {
    /// What is in sight, as far as it is known: asking the browser makes it lay out the page at once.
    pub sight: Rc<StdCell<Option<Sight>>>,
    /// What scrolls.
    pub frame: HtmlElement,
    /// The whole sheet, which carries the widths.
    pub sheet: HtmlElement,
    /// Months and weeks.
    pub bands: HtmlElement,
    /// Nights.
    pub heads: HtmlElement,
    /// The lines.
    pub body: HtmlElement,
}

impl Canvas {
    /// What is in sight.
    pub fn sight(&self) -> Sight {
        let sight = self.sight.get().unwrap_or_else(|| Sight {
            top: self.frame.scroll_top().into(),
            left: self.frame.scroll_left().into(),
            height: self.frame.client_height().into(),
            width: self.frame.client_width().into(),
        });
        self.sight.set(Some(sight));
        sight
    }

    /// What is in sight may be something else now.
    pub fn moved(&self) {
        self.sight.set(None);
    }
}

/// What was painted.
#[derive(Default)]
pub struct Painter {
    frame: Option<Framing>,
    /// By their lines, from the top.
    rows: Vec<(usize, Row)>,
    heads: Vec<Head>,
    /// What was painted may be wrong everywhere.
    is_stale: bool,
    preview: HashMap<Spot, Change>,
    blocked: HashSet<Place>,
}

/// While this stays the same, cells are patched; else everything is painted anew.
#[derive(Clone, PartialEq)]
struct Framing {
    lines: Arc<Lines>,
    from: Day,
    days: u32,
    zoom: Zoom,
}

struct Row {
    element: HtmlElement,
    looks: Vec<Look>,
}

impl Painter {
    /// Takes in what the bulk drawer would do.
    pub fn preview(&mut self, preview: Option<&Preview>) {
        let had_some = !(self.preview.is_empty() && self.blocked.is_empty());
        self.is_stale |= had_some || preview.is_some();
        let edits = preview.map(|preview| preview.edits.as_slice()).unwrap_or_default();
        let spot = |place: &Place, what: Change| Spot { place: place.clone(), measure: what.measure() };
        self.preview = edits.iter().map(|edit| (spot(&edit.place, edit.what), edit.what)).collect();
        self.blocked = preview.map(|preview| preview.blocked.iter().cloned().collect()).unwrap_or_default();
    }

    /// Brings the page up to date with the view.
    pub fn paint(&mut self, canvas: &Canvas, view: View) {
        let columns = view.columns_untracked();
        let framing = Framing {
            lines: view.lines.get_untracked(),
            from: view.from.get_untracked(),
            days: view.days.get_untracked(),
            zoom: columns.zoom(),
        };
        let style = canvas.sheet.style();
        for (name, value) in [("--day", columns.day), ("--rowhead", columns.head)] {
            let _ = style.set_property(name, &format!("{value}px"));
        }
        let is_same = self.frame.as_ref().is_some_and(|was| {
            Arc::ptr_eq(&was.lines, &framing.lines)
                && (was.from, was.days, was.zoom) == (framing.from, framing.days, framing.zoom)
        });
        if !is_same {
            canvas.moved();
            let _ = style.set_property("--days", &framing.days.to_string());
            let _ = canvas.body.style().set_property("height", &format!("{}px", framing.lines.height()));
            for (_, row) in std::mem::take(&mut self.rows) {
                row.element.remove();
            }
            self.heads.clear();
            bands(canvas, &framing);
        }
        let touched = view.desk.take_touched();
        let is_whole = !is_same || touched.all || std::mem::take(&mut self.is_stale);
        let places = (!is_whole).then_some(touched.places.as_slice());
        self.paint_heads(canvas, &framing, view, places);
        self.paint_rows(canvas, &framing, view, places);
        self.frame = Some(framing);
    }

    /// `places`: only these changed; none is everything.
    fn paint_heads(&mut self, canvas: &Canvas, framing: &Framing, view: View, places: Option<&[Place]>) {
        let nights = i32::try_from(framing.days).unwrap_or_default();
        let dates: Option<HashSet<Day>> = places.map(|places| places.iter().map(|place| place.date).collect());
        let head = |night| {
            let date = framing.from.plus(night);
            let was = usize::try_from(night).ok().and_then(|night| self.heads.get(night));
            match (was, &dates) {
                (Some(was), Some(dates)) if !dates.contains(&date) => was.clone(),
                _ => Head::of(view, view.desk, date),
            }
        };
        let heads: Vec<Head> = (0..nights).map(head).collect();
        if self.heads.len() != heads.len() {
            let corner = "<div class=\"corner\" role=\"columnheader\" aria-colindex=\"1\"><span>Room type</span>\
                          <span class=\"micro\">Left to sell · sold/allotted</span></div>";
            let cell = |(head, column): (&Head, usize)| {
                format!(
                    "<div class=\"{}\" role=\"columnheader\" aria-colindex=\"{}\" data-date=\"{}\" data-v=\"{}\" aria-label=\"{}\">{}</div>",
                    head.class(framing.zoom),
                    column + 2,
                    head.date,
                    head.share,
                    head.spoken(),
                    head.content(framing.zoom)
                )
            };
            let all: String = heads.iter().zip(0..).map(cell).collect();
            canvas.heads.set_inner_html(&format!("{corner}{all}"));
        } else {
            let children = canvas.heads.children();
            for ((now, was), column) in heads.iter().zip(&self.heads).zip(1..) {
                if now != was
                    && let Some(element) = children.item(column)
                {
                    element.set_class_name(&now.class(framing.zoom));
                    let _ = element.set_attribute("aria-label", &now.spoken());
                    let _ = element.set_attribute("data-v", &now.share.to_string());
                    let content = now.content(framing.zoom);
                    if content != was.content(framing.zoom) {
                        element.set_inner_html(&content);
                    }
                }
            }
        }
        self.heads = heads;
    }

    fn paint_rows(&mut self, canvas: &Canvas, framing: &Framing, view: View, places: Option<&[Place]>) {
        let Sight { top, height, .. } = canvas.sight();
        let mut wanted: Vec<usize> = framing.lines.between(top - MARGIN, top + height + MARGIN).collect();
        // The active cell keeps the focus however far the sheet is scrolled.
        let active = view.active.get_untracked().and_then(|spot| framing.lines.line_of(&spot));
        if let Some(active) = active.filter(|active| !wanted.contains(active)) {
            wanted.push(active);
            wanted = distinct(wanted);
        }
        let mut before = std::mem::take(&mut self.rows);
        before.retain(|(line, row)| {
            let is_wanted = wanted.contains(line);
            if !is_wanted {
                row.element.remove();
            }
            is_wanted
        });
        let context = Context::of(view, framing);
        let touched = places.map(|places| context.columns(places));
        let nights = i32::try_from(framing.days).unwrap_or_default();
        for line in wanted {
            let looks = || (0..nights).filter_map(|night| self.look(&context, view, line, night)).collect();
            // Both are in the order of the lines.
            let is_there = before.first().is_some_and(|(first, _)| *first == line);
            let row = match (is_there.then(|| before.remove(0).1), &touched) {
                (Some(mut row), None) => {
                    row.patch(&context, line, looks());
                    Some(row)
                }
                (Some(mut row), Some(touched)) => {
                    for night in touched.get(&line).into_iter().flatten() {
                        if let (Some(look), Ok(column)) =
                            (self.look(&context, view, line, *night), usize::try_from(*night))
                        {
                            row.patch_one(&context, line, column, look);
                        }
                    }
                    row.choose(&context, line);
                    Some(row)
                }
                (None, _) => {
                    let row = Row::new(&context, line, looks());
                    if let Some(row) = &row {
                        let next = before.first().map(|(_, row)| &row.element);
                        let _ = canvas.body.insert_before(&row.element, next.map(AsRef::as_ref));
                    }
                    row
                }
            };
            self.rows.extend(row.map(|row| (line, row)));
        }
    }

    fn look(&self, context: &Context<'_>, view: View, line: usize, night: i32) -> Option<Look> {
        let (hotel, room, measure) = context.framing.lines.room(line)?;
        let date = context.framing.from.plus(night);
        let spot = Spot { place: Place { hotel: hotel.id.clone(), room_type: room.id.clone(), date }, measure };
        let glance = view.desk.glance(&spot);
        let change = self.preview.get(&spot);
        let mut cell = glance.shown;
        let mut preview = None;
        if let (Some(change), Some(stored)) = (change, glance.stored) {
            let after = stored.with(measure, change.value(&stored));
            let by = (measure == Measure::Allotment).then(|| after.balance() - stored.balance());
            // The tint is still today's state: only the number is tomorrow's.
            preview = Some(Previewed::Changes(by));
            cell = Some(after);
        } else if measure == Measure::Allotment && self.blocked.contains(&spot.place) {
            preview = Some(Previewed::Blocked);
        }
        let editing = match (&glance.draft, glance.stored) {
            (Some(draft), Some(stored)) => match &draft.stage {
                Stage::Saving => Editing::Saving,
                _ if draft.is_in_conflict(&stored) => {
                    let told = |value: Value| match value {
                        Value::Number(Some(number)) => number.to_string(),
                        Value::Flag(true) => "on".to_owned(),
                        Value::Number(None) | Value::Flag(false) => "–".to_owned(),
                    };
                    Editing::Conflict(told(draft.wish.value(&stored)), told(stored.value(measure)))
                }
                Stage::Failed(reason) => Editing::Failed(reason.clone()),
                Stage::Waiting => Editing::Draft(stored.balance()),
            },
            _ if glance.is_ticked => Editing::Saved,
            _ => Editing::None,
        };
        Some(Look {
            measure,
            cell,
            low_at: room.low_at,
            zoom: context.framing.zoom,
            is_weekend: hotel.weekend_days.contains(&date.weekday()),
            is_past: date < hotel.business_date,
            is_active: context.active_at == Some((line, date)),
            is_chosen: context.block.is_some_and(|block| block.holds(line, date)),
            is_read_only: context.is_read_only,
            editing,
            remote: glance.changed_by,
            preview,
        })
    }

    /// The element of a cell, if it is in the page.
    pub fn element(&self, lines: &Lines, spot: &Spot) -> Option<HtmlElement> {
        let line = lines.line_of(spot)?;
        let (_, row) = self.rows.iter().find(|(at, _)| *at == line)?;
        let column = spot.place.date.since(self.frame.as_ref()?.from) + 1;
        row.element.children().item(u32::try_from(column).ok()?)?.dyn_into().ok()
    }
}

/// What is the same for all cells of one painting.
struct Context<'a> {
    framing: &'a Framing,
    active_at: Option<(usize, Day)>,
    block: Option<Block>,
    is_read_only: bool,
}

impl<'a> Context<'a> {
    fn of(view: View, framing: &'a Framing) -> Self {
        let is_read_only = !view.desk.may_write_untracked();
        let active = view.active.get_untracked();
        let active_at = active.and_then(|spot| Some((framing.lines.line_of(&spot)?, spot.place.date)));
        Self { framing, active_at, block: view.block(), is_read_only }
    }

    /// Lines and columns of these nights, as far as they are shown.
    fn columns(&self, places: &[Place]) -> HashMap<usize, Vec<i32>> {
        let nights = i32::try_from(self.framing.days).unwrap_or_default();
        let mut columns: HashMap<usize, Vec<i32>> = HashMap::new();
        for place in places {
            let night = place.date.since(self.framing.from);
            if !(0..nights).contains(&night) {
                continue;
            }
            for measure in [Measure::Allotment].into_iter().chain(Measure::RESTRICTIONS) {
                let spot = Spot { place: place.clone(), measure };
                if let Some(line) = self.framing.lines.line_of(&spot) {
                    columns.entry(line).or_default().push(night);
                }
            }
        }
        columns
    }

    fn at(&self, line: usize, column: usize) -> Option<Where<'_>> {
        let (_, room, _) = self.framing.lines.room(line)?;
        let date = self.framing.from.plus(i32::try_from(column).ok()?);
        Some(Where { room_name: &room.name, date })
    }
}

impl Row {
    fn new(context: &Context<'_>, line: usize, looks: Vec<Look>) -> Option<Self> {
        let lines = &context.framing.lines;
        let element: HtmlElement = document().create_element("div").ok()?.dyn_into().ok()?;
        let set = |name: &str, value: &str| {
            let _ = element.set_attribute(name, value);
        };
        set("role", "row");
        set("aria-rowindex", &(line + 2).to_string());
        set("data-r", &line.to_string());
        let style = element.style();
        let _ = style.set_property("top", &format!("{}px", lines.top(line)));
        let _ = style.set_property("height", &format!("{}px", lines.top(line + 1) - lines.top(line)));
        match lines.line(line)? {
            Line::Hotel(number) => {
                let hotel = lines.hotels().get(number)?;
                element.set_class_name("row name");
                let (name, place) = (escaped(&hotel.name), escaped(&hotel.place));
                let span = context.framing.days + 1;
                element.set_inner_html(&format!(
                    "<div class=\"rh\" role=\"rowheader\" aria-colspan=\"{span}\"><span class=\"nm\"><b>{name}</b> \
                     <small>{place}</small></span></div>"
                ));
            }
            Line::Row { measure, .. } => {
                let (_, room, _) = lines.room(line)?;
                element.set_class_name(if measure == Measure::Allotment { "row" } else { "row sub" });
                let (name, facts) =
                    header::row_head(&room.name, &room.code, room.physical_rooms, room.max_occupancy, measure);
                let (name, facts) = (escaped(&name), escaped(&facts));
                let head = if measure == Measure::Allotment {
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
                for (column, look) in looks.iter().enumerate() {
                    let at = context.at(line, column)?;
                    markup.push_str(&format!(
                        "<div role=\"gridcell\" data-testid=\"cell\" data-room=\"{room}\" data-date=\"{}\" \
                         data-row=\"{}\" data-c=\"{column}\" aria-colindex=\"{}\"",
                        at.date,
                        measure.key(),
                        column + 2,
                    ));
                    write_attributes(&mut markup, &look.attributes(at));
                    markup.push('>');
                    look.content().write(&mut markup);
                    markup.push_str("</div>");
                }
                element.set_inner_html(&markup);
            }
        }
        Some(Self { element, looks })
    }

    /// Cell by cell; written anew where so many changed that this is less work for the browser.
    fn patch(&mut self, context: &Context<'_>, line: usize, looks: Vec<Look>) {
        let changed = looks.iter().zip(&self.looks).filter(|(now, was)| now != was).count();
        if changed > MOST_PATCHES {
            if let Some(row) = Self::new(context, line, looks) {
                let _ = self.element.replace_with_with_node_1(&row.element);
                *self = row;
            }
            return;
        }
        for (column, look) in looks.into_iter().enumerate() {
            self.patch_one(context, line, column, look);
        }
    }

    /// What is chosen moved, and nothing else.
    fn choose(&mut self, context: &Context<'_>, line: usize) {
        for column in 0..self.looks.len() {
            let Ok(night) = i32::try_from(column) else { return };
            let date = context.framing.from.plus(night);
            let is_active = context.active_at == Some((line, date));
            let is_chosen = context.block.is_some_and(|block| block.holds(line, date));
            let was = &self.looks[column];
            if (was.is_active, was.is_chosen) != (is_active, is_chosen) {
                let now = Look { is_active, is_chosen, ..was.clone() };
                self.patch_one(context, line, column, now);
            }
        }
    }

    fn patch_one(&mut self, context: &Context<'_>, line: usize, column: usize, now: Look) {
        let Some(was) = self.looks.get_mut(column) else { return };
        if now == *was {
            return;
        }
        let (Some(at), Ok(child)) = (context.at(line, column), u32::try_from(column + 1)) else { return };
        if let Some(element) = self.element.children().item(child) {
            let (attributes, before) = (now.attributes(at), was.attributes(at));
            for (new, old) in attributes.iter().zip(&before) {
                if new != old {
                    give(&element, new);
                }
            }
            fill(&element, &now.content(), &was.content());
        }
        *was = now;
    }
}

/// Brings a cell's content up to date; of a count that stays what it is, the figures alone.
fn fill(element: &Element, now: &Content, was: &Content) {
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

fn give(element: &Element, (name, value): &Attribute) {
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

fn bands(canvas: &Canvas, framing: &Framing) {
    let nights = i32::try_from(framing.days).unwrap_or_default();
    let bands = header::bands(framing.from, nights, framing.zoom);
    let band = |band: &header::Band| format!("<div><b>{}</b> <span>{}</span></div>", band.strong, band.faint);
    let all: String = bands.iter().map(band).collect();
    canvas.bands.set_inner_html(&format!("<div><span>Shared pool</span></div>{all}"));
    let children = canvas.bands.children();
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
