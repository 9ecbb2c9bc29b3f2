//! The year strip: occupancy, sold-out nights and stopped nights of a property for a year.

use leptos::{ev, html::Div, prelude::*};

use crate::{api::NightTotal, domain::dates::Day};

/// Units of one night's column, its gap among them.
const NIGHT: i32 = 3;
/// Units of the whole strip's height.
const HEIGHT: i32 = 30;
/// Nights that the keys travel.
const WEEK: i32 = 7;

/// The strip. With a window it is a slider that moves it; without one a click travels.
#[component]
pub fn YearStrip(
    /// The nights, without gaps.
    #[prop(into)]
    totals: Signal<Vec<NightTotal>>,
    /// First and last night in sight.
    #[prop(into)]
    window: Signal<Option<(Day, Day)>>,
    /// Wants this night to be the first in sight.
    on_jump: Callback<Day>,
) -> impl IntoView {
    let strip = NodeRef::<Div>::new();
    // The first night of the window while it is being dragged, and how far from it the pointer took hold.
    let dragged = RwSignal::new(None::<(Day, i32)>);
    let first = Memo::new(move |_| totals.with(|totals| totals.first().map(|night| night.date)));
    let count = Memo::new(move |_| totals.with(|totals| i32::try_from(totals.len()).unwrap_or_default()));
    let shown = Memo::new(move |_| {
        let (from, through) = window.get()?;
        let from_now = dragged.get().map_or(from, |(from, _)| from);
        Some((from_now, through.plus(from_now.since(from))))
    });

    let night_at = move |event: &ev::PointerEvent| {
        let rect = strip.get_untracked()?.get_bounding_client_rect();
        let share = (f64::from(event.client_x()) - rect.left()) / rect.width().max(1.0);
        let nights = count.get_untracked();
        #[allow(clippy::cast_possible_truncation, reason = "a strip has some hundreds of nights")]
        let night = (share * f64::from(nights)).floor() as i32;
        Some(first.get_untracked()?.plus(night.clamp(0, (nights - 1).max(0))))
    };
    // No further than the strip shows.
    let held = move |day: Day| {
        let Some(first) = first.get_untracked() else { return day };
        first.plus(day.since(first).clamp(0, (count.get_untracked() - 1).max(0)))
    };
    let take = move |event: ev::PointerEvent| {
        if event.button() != 0 {
            return;
        }
        let Some(night) = night_at(&event) else { return };
        let Some((from, through)) = window.get_untracked() else {
            on_jump.run(night);
            return;
        };
        let grip = if (from..=through).contains(&night) { night.since(from) } else { through.since(from) / 2 };
        dragged.set(Some((held(night.plus(-grip)), grip)));
        if let Some(strip) = strip.get_untracked() {
            let _ = strip.set_pointer_capture(event.pointer_id());
        }
    };
    let drag = move |event: ev::PointerEvent| {
        let Some((before, grip)) = dragged.get_untracked() else { return };
        if let Some(night) = night_at(&event).map(|night| held(night.plus(-grip))).filter(|night| *night != before) {
            dragged.set(Some((night, grip)));
        }
    };
    // Only where it is let go: each step of the way would be a request.
    let drop = move |_: ev::PointerEvent| {
        let Some((night, _)) = dragged.get_untracked() else { return };
        dragged.set(None);
        if window.get_untracked().is_some_and(|(from, _)| from != night) {
            on_jump.run(night);
        }
    };
    let press = move |event: ev::KeyboardEvent| {
        let (Some((from, _)), Some(first)) = (window.get_untracked(), first.get_untracked()) else { return };
        let to = match &*event.key() {
            "ArrowLeft" | "ArrowDown" => from.plus(-WEEK),
            "ArrowRight" | "ArrowUp" => from.plus(WEEK),
            "PageDown" => from.plus(-4 * WEEK),
            "PageUp" => from.plus(4 * WEEK),
            "Home" => first,
            "End" => first.plus(count.get_untracked() - WEEK),
            _ => return,
        };
        event.prevent_default();
        on_jump.run(held(to));
    };

    let columns = Memo::new(move |_| totals.with(|totals| columns(totals)));
    let bars = ColumnKind::ALL.map(|kind| {
        let path = move || columns.with(|columns| columns[kind as usize].clone());
        let fill = (kind == ColumnKind::Stopped).then_some("url(#horizon-hatch)");
        view! { <path class=kind.key() fill=fill d=path></path> }
    });
    let months = move || {
        totals.with(|totals| {
            let nights = totals.len().max(1);
            let begins =
                totals.iter().enumerate().filter(|(index, night)| night.date.of_month() == 1 && index + 8 < nights);
            begins
                .map(|(index, night)| {
                    let name = &night.date.month_name()[..3];
                    let is_year = name == "Jan";
                    let name = if is_year { format!("{name} {}", night.date.year()) } else { name.to_owned() };
                    view! { <span class:year=is_year style:left=percent(index, nights)>{name}</span> }
                })
                .collect_view()
        })
    };
    let brush = move || {
        let ((from, through), first) = (shown.get()?, first.get()?);
        let nights = usize::try_from(count.get()).ok()?.max(1);
        let at = |day: Day| usize::try_from(day.since(first)).unwrap_or_default().min(nights);
        let (left, right) = (at(from), at(through.plus(1)));
        (left < right).then(|| (percent(left, nights), percent(right - left, nights)))
    };
    let spoken = move || shown.get().map(|(from, _)| from.spoken());
    let is_slider = Memo::new(move |_| window.with(Option::is_some));
    let position = move || Some(shown.get()?.0.since(first.get()?).max(0).to_string());
    let when_slider = move |value: &'static str| is_slider.get().then_some(value);
    view! {
        <div
            class="horizon"
            data-testid="horizon"
            node_ref=strip
            // Without a window it is a picture, and everything it leads to can be reached by a link.
            aria-hidden=move || (!is_slider.get()).then_some("true")
            role=move || when_slider("slider")
            tabindex=move || when_slider("0")
            aria-label=move || when_slider("First night in sight")
            aria-valuemin=move || when_slider("0")
            aria-valuemax=move || is_slider.get().then(|| (count.get() - 1).max(0).to_string())
            aria-valuenow=position
            aria-valuetext=spoken
            on:pointerdown=take
            on:pointermove=drag
            on:pointerup=drop
            on:pointercancel=move |_| dragged.set(None)
            on:keydown=press
        >
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
            <div class="horizon-months" aria-hidden="true">{months}</div>
            <div
                class="brush"
                class:moving=move || dragged.get().is_some()
                hidden=move || brush().is_none()
                style:left=move || brush().map(|(left, _)| left)
                style:width=move || brush().map(|(_, width)| width)
            >
                <span class="brush-date">{move || dragged.get().map(|(day, _)| day.brief())}</span>
            </div>
        </div>
    }
}

/// What a night's column says.
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

    /// A stop outranks everything; then a house in which a room type is gone and a fifth of its rooms at most is left.
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

/// Rooms promised of those on sale, in percent, 0 to 100.
fn occupancy(night: &NightTotal) -> u32 {
    let promised = night.held + night.sold;
    // Promised and nothing on sale is as full as can be.
    (promised * 100).checked_div(night.allotted).unwrap_or(promised * 100).min(100)
}

/// One path a look: some hundred rectangles would be some hundred elements.
fn columns(totals: &[NightTotal]) -> [String; 8] {
    let mut paths: [String; 8] = Default::default();
    for (left, night) in (0..).step_by(3).zip(totals) {
        let kind = ColumnKind::for_night(night);
        let percent = i32::try_from(occupancy(night)).unwrap_or_default();
        let (width, height) = match kind {
            ColumnKind::SoldOut => (NIGHT - 1, HEIGHT),
            // Without a gap, so that the hatch goes on over stopped weeks.
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

/// A share in percent, as style sheets write it.
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
