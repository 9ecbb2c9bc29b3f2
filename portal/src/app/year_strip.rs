//! The year strip: occupancy, sold-out nights and stopped nights of a property for a year.

use leptos::{ev, html::Div, prelude::*};

use crate::{api::NightTotal, domain::dates::Day};

/// Width of one night's column with its gap, in units of the drawing.
const NIGHT: i32 = 3;
/// Height of the strip, in units of the drawing.
const HEIGHT: i32 = 30;
/// Nights that an arrow key moves the window.
const WEEK: i32 = 7;

/// The year strip. With a window it is a slider that moves the window; without one, a click navigates.
#[component]
pub fn YearStrip(
    /// Totals of consecutive nights.
    #[prop(into)]
    totals: Signal<Vec<NightTotal>>,
    /// First and last night that the calendar shows.
    #[prop(into)]
    window: Signal<Option<(Day, Day)>>,
    /// Called with the night that the calendar should show first.
    on_jump: Callback<Day>,
) -> impl IntoView {
    let strip = Strip::new(totals, window, on_jump);
    let is_slider = Memo::new(move |_| window.with(Option::is_some));
    let when_slider = move |value: &'static str| is_slider.get().then_some(value);
    let last = move || is_slider.get().then(|| (strip.count.get() - 1).max(0).to_string());
    view! {
        <div
            class="horizon"
            data-testid="horizon"
            node_ref=strip.element
            // Without a window it is a picture, and everything it leads to can be reached by a link.
            aria-hidden=move || (!is_slider.get()).then_some("true")
            role=move || when_slider("slider")
            tabindex=move || when_slider("0")
            aria-label=move || when_slider("First night in sight")
            aria-valuemin=move || when_slider("0")
            aria-valuemax=last
            aria-valuenow=move || strip.position()
            aria-valuetext=move || strip.shown.get().map(|(from, _)| from.spoken())
            on:pointerdown=move |event| strip.begin_drag(&event)
            on:pointermove=move |event| strip.drag(&event)
            on:pointerup=move |_| strip.drop()
            on:pointercancel=move |_| strip.dragged.set(None)
            on:keydown=move |event| strip.press(&event)
        >
            <Bars totals count=strip.count />
            <div class="horizon-months" aria-hidden="true">{move || totals.with(|totals| months(totals))}</div>
            <Brush strip />
        </div>
    }
}

/// One bar per night. The colour is the kind of the night, the height its occupancy.
#[component]
fn Bars(totals: Signal<Vec<NightTotal>>, count: Memo<i32>) -> impl IntoView {
    let columns = Memo::new(move |_| totals.with(|totals| columns(totals)));
    let bars = ColumnKind::ALL.map(|kind| {
        let path = move || columns.with(|columns| columns[kind as usize].clone());
        let fill = (kind == ColumnKind::Stopped).then_some("url(#horizon-hatch)");
        view! { <path class=kind.key() fill=fill d=path></path> }
    });
    view! {
        <svg
            viewBox=move || format!("0 0 {} {HEIGHT}", (count.get() * NIGHT).max(1))
            preserveAspectRatio="none"
            aria-hidden="true"
        >
            <defs>
                <pattern
                    id="horizon-hatch"
                    width="4"
                    height="4"
                    patternUnits="userSpaceOnUse"
                    patternTransform="rotate(45)"
                >
                    <rect class="hatch-ground" width="4" height="4"></rect>
                    <rect class="hatch-line" width="1.4" height="4"></rect>
                </pattern>
            </defs>
            {bars.collect_view()}
        </svg>
    }
}

/// The names of the months at their first nights. A month whose name would pass the right edge has none.
fn months(totals: &[NightTotal]) -> impl IntoView + use<> {
    let nights = totals.len().max(1);
    let begins = totals.iter().enumerate().filter(|(index, night)| night.date.of_month() == 1 && index + 8 < nights);
    begins
        .map(|(index, night)| {
            let name = &night.date.month_name()[..3];
            let is_year = name == "Jan";
            let name = if is_year { format!("{name} {}", night.date.year()) } else { name.to_owned() };
            view! { <span class:year=is_year style:left=percent(index, nights)>{name}</span> }
        })
        .collect_view()
}

/// The frame around the nights that the calendar shows, or around the nights to which it is dragged.
#[component]
fn Brush(strip: Strip) -> impl IntoView {
    let edges = move || strip.edges();
    view! {
        <div
            class="brush"
            class:moving=move || strip.dragged.get().is_some()
            hidden=move || edges().is_none()
            style:left=move || edges().map(|(left, _)| left)
            style:width=move || edges().map(|(_, width)| width)
        >
            <span class="brush-date">{move || strip.dragged.get().map(|(day, _)| day.brief())}</span>
        </div>
    }
}

/// The strip as a control: its nights, the window, and the drag under way. Every copy refers to the same state.
#[derive(Clone, Copy)]
struct Strip {
    element: NodeRef<Div>,
    first: Memo<Option<Day>>,
    count: Memo<i32>,
    window: Signal<Option<(Day, Day)>>,
    /// The nights in the frame: the window, or where it is dragged to.
    shown: Memo<Option<(Day, Day)>>,
    /// First night of the dragged window, and the distance in nights from it to the pointer.
    dragged: RwSignal<Option<(Day, i32)>>,
    on_jump: Callback<Day>,
}

impl Strip {
    fn new(totals: Signal<Vec<NightTotal>>, window: Signal<Option<(Day, Day)>>, on_jump: Callback<Day>) -> Self {
        let dragged = RwSignal::new(None::<(Day, i32)>);
        let shown = Memo::new(move |_| {
            let (from, through) = window.get()?;
            let from_now = dragged.get().map_or(from, |(from, _)| from);
            Some((from_now, through.plus(from_now.since(from))))
        });
        Self {
            element: NodeRef::new(),
            first: Memo::new(move |_| totals.with(|totals| totals.first().map(|night| night.date))),
            count: Memo::new(move |_| totals.with(|totals| i32::try_from(totals.len()).unwrap_or_default())),
            window,
            shown,
            dragged,
            on_jump,
        }
    }

    /// The night under the pointer; not tracked.
    fn night_at(self, event: &ev::PointerEvent) -> Option<Day> {
        let rect = self.element.get_untracked()?.get_bounding_client_rect();
        let share = (f64::from(event.client_x()) - rect.left()) / rect.width().max(1.0);
        let nights = self.count.get_untracked();
        #[allow(clippy::cast_possible_truncation, reason = "a strip has some hundreds of nights")]
        let night = (share * f64::from(nights)).floor() as i32;
        Some(self.first.get_untracked()?.plus(night.clamp(0, (nights - 1).max(0))))
    }

    /// The nearest night on the strip; not tracked.
    fn clamped(self, day: Day) -> Day {
        let Some(first) = self.first.get_untracked() else { return day };
        first.plus(day.since(first).clamp(0, (self.count.get_untracked() - 1).max(0)))
    }

    /// Begins to drag the window, or navigates at once where there is none.
    fn begin_drag(self, event: &ev::PointerEvent) {
        if event.button() != 0 {
            return;
        }
        let Some(night) = self.night_at(event) else { return };
        let Some((from, through)) = self.window.get_untracked() else {
            self.on_jump.run(night);
            return;
        };
        let grip = if (from..=through).contains(&night) { night.since(from) } else { through.since(from) / 2 };
        self.dragged.set(Some((self.clamped(night.plus(-grip)), grip)));
        if let Some(element) = self.element.get_untracked() {
            let _ = element.set_pointer_capture(event.pointer_id());
        }
    }

    fn drag(self, event: &ev::PointerEvent) {
        let Some((before, grip)) = self.dragged.get_untracked() else { return };
        let night = self.night_at(event).map(|night| self.clamped(night.plus(-grip)));
        if let Some(night) = night.filter(|night| *night != before) {
            self.dragged.set(Some((night, grip)));
        }
    }

    /// Moves the window. Only the end of a drag does, because each step would be a request.
    fn drop(self) {
        let Some((night, _)) = self.dragged.get_untracked() else { return };
        self.dragged.set(None);
        if self.window.get_untracked().is_some_and(|(from, _)| from != night) {
            self.on_jump.run(night);
        }
    }

    fn press(self, event: &ev::KeyboardEvent) {
        let (Some((from, _)), Some(first)) = (self.window.get_untracked(), self.first.get_untracked()) else { return };
        let to = match &*event.key() {
            "ArrowLeft" | "ArrowDown" => from.plus(-WEEK),
            "ArrowRight" | "ArrowUp" => from.plus(WEEK),
            "PageDown" => from.plus(-4 * WEEK),
            "PageUp" => from.plus(4 * WEEK),
            "Home" => first,
            "End" => first.plus(self.count.get_untracked() - WEEK),
            _ => return,
        };
        event.prevent_default();
        self.on_jump.run(self.clamped(to));
    }

    /// Nights from the start of the strip to the frame, as text; tracked.
    fn position(self) -> Option<String> {
        Some(self.shown.get()?.0.since(self.first.get()?).max(0).to_string())
    }

    /// Left edge and width of the frame, in percent of the strip; tracked.
    fn edges(self) -> Option<(String, String)> {
        let ((from, through), first) = (self.shown.get()?, self.first.get()?);
        let nights = usize::try_from(self.count.get()).ok()?.max(1);
        let at = |day: Day| usize::try_from(day.since(first)).unwrap_or_default().min(nights);
        let (left, right) = (at(from), at(through.plus(1)));
        (left < right).then(|| (percent(left, nights), percent(right - left, nights)))
    }
}

/// The kind of a night's column. Its style class is [`key`](Self::key).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ColumnKind {
    Empty,
    Quiet,
    Fair,
    Good,
    Busy,
    Full,
    SoldOut,
    Stopped,
}

impl ColumnKind {
    const ALL: [Self; 8] =
        [Self::Empty, Self::Quiet, Self::Fair, Self::Good, Self::Busy, Self::Full, Self::SoldOut, Self::Stopped];

    fn key(self) -> &'static str {
        ["h0", "h1", "h2", "h3", "h4", "h5", "sold", "stopped"][self as usize]
    }

    /// A stopped room type comes first. A night is sold out if a room type is, and if at most a fifth of all rooms is
    /// left.
    fn for_night(night: &NightTotal) -> Self {
        let percent = occupancy(night);
        if night.stopped_room_types > 0 {
            Self::Stopped
        } else if night.sold_out_room_types > 0 && night.left * 5 <= night.allotted {
            Self::SoldOut
        } else {
            match percent {
                0..10 => Self::Empty,
                10..30 => Self::Quiet,
                30..50 => Self::Fair,
                50..70 => Self::Good,
                70..85 => Self::Busy,
                _ => Self::Full,
            }
        }
    }
}

/// Rooms held and sold, in percent of the allotted rooms: 0 to 100.
fn occupancy(night: &NightTotal) -> u32 {
    let promised = night.held + night.sold;
    // Rooms that are sold while none is allotted count as full.
    (promised * 100).checked_div(night.allotted).unwrap_or(promised * 100).min(100)
}

/// One path per kind, because one element per night would be hundreds of elements.
fn columns(totals: &[NightTotal]) -> [String; 8] {
    let mut paths: [String; 8] = Default::default();
    for (left, night) in (0..).step_by(3).zip(totals) {
        let kind = ColumnKind::for_night(night);
        let percent = i32::try_from(occupancy(night)).unwrap_or_default();
        let (width, height) = match kind {
            ColumnKind::SoldOut => (NIGHT - 1, HEIGHT),
            // Without a gap, so that the hatch is continuous over stopped weeks.
            ColumnKind::Stopped => (NIGHT, HEIGHT),
            _ => (NIGHT - 1, percent * (HEIGHT - 4) / 100),
        };
        if height > 0 {
            let top = HEIGHT - height;
            paths[kind as usize].push_str(&format!("M{left} {top}h{width}v{height}h-{width}z"));
        }
    }
    paths
}

/// A share in percent, as CSS writes it.
fn percent(part: usize, whole: usize) -> String {
    let basis_points = part * 10_000 / whole.max(1);
    format!("{}.{:02}%", basis_points / 100, basis_points % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn night(allotted: u32, sold: u32) -> NightTotal {
        NightTotal {
            date: Day::parse("2026-12-16").expect("a date"),
            allotted,
            held: 0,
            sold,
            left: allotted.saturating_sub(sold),
            over: sold.saturating_sub(allotted),
            low_room_types: 0,
            sold_out_room_types: 0,
            stopped_room_types: 0,
        }
    }

    #[test]
    fn a_column_follows_the_occupancy() {
        let kinds = [0, 20, 40, 60, 80, 90].map(|sold| ColumnKind::for_night(&night(100, sold)));
        assert_eq!(
            kinds,
            [
                ColumnKind::Empty,
                ColumnKind::Quiet,
                ColumnKind::Fair,
                ColumnKind::Good,
                ColumnKind::Busy,
                ColumnKind::Full
            ]
        );
        let sold_out = NightTotal { sold_out_room_types: 3, ..night(100, 98) };
        assert_eq!(ColumnKind::for_night(&sold_out), ColumnKind::SoldOut);
        assert_eq!(ColumnKind::for_night(&NightTotal { stopped_room_types: 1, ..sold_out }), ColumnKind::Stopped);
        assert_eq!(ColumnKind::for_night(&NightTotal { sold_out_room_types: 1, ..night(100, 50) }), ColumnKind::Good);
        assert_eq!(ColumnKind::for_night(&night(0, 0)), ColumnKind::Empty);
    }

    #[test]
    fn each_column_is_drawn_once() {
        let paths = columns(&[night(100, 50), night(100, 100), NightTotal { stopped_room_types: 1, ..night(10, 0) }]);
        assert_eq!(paths[ColumnKind::Good as usize], "M0 17h2v13h-2z");
        assert_eq!(paths[ColumnKind::Full as usize], "M3 4h2v26h-2z");
        assert_eq!(paths[ColumnKind::Stopped as usize], "M6 0h3v30h-3z");
        assert_eq!(percent(1, 8), "12.50%");
    }
}
