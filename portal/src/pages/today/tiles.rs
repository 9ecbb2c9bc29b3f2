//! The four key figures with their charts.

use leptos::prelude::*;

use crate::api::{NightTotal, Overview, Pickup, PickupHour};

/// Nights of the first tile.
const WEEK: usize = 7;
/// Nights of the second and third tile.
const MONTH: usize = 30;
/// Size of a sparkline, in pixels.
const WIDTH: f64 = 112.0;
const HEIGHT: f64 = 40.0;

/// The content of a tile.
struct Tile {
    name: &'static str,
    figure: String,
    unit: String,
    note: String,
    sparkline: AnyView,
}

/// The four tiles.
#[component]
pub fn Tiles(
    /// The overview of the property.
    overview: RwSignal<Option<Overview>>,
) -> impl IntoView {
    let tiles = move || {
        overview.with(|overview| {
            let Overview { totals, pickup, .. } = overview.as_ref()?;
            let tiles = [rooms_left(totals), sold_out(totals), stops(totals), picked_up(pickup)];
            Some(
                tiles
                    .map(|tile| {
                        view! {
                            <div class="tile" data-testid="tile">
                                <dt>{tile.name}</dt>
                                <dd class="figure">{tile.figure} <small>{tile.unit}</small></dd>
                                <dd class="sparkline">{tile.sparkline}</dd>
                                <dd class="note">{tile.note}</dd>
                            </div>
                        }
                    })
                    .collect_view(),
            )
        })
    };
    view! { <dl class="card tiles" aria-label="Key figures">{tiles}</dl> }
}

fn rooms_left(totals: &[NightTotal]) -> Tile {
    let week = &totals[..totals.len().min(WEEK)];
    let left: u32 = week.iter().map(|night| night.left).sum();
    let allotted: u32 = week.iter().map(|night| night.allotted).sum();
    let promised: u32 = week.iter().map(|night| night.held + night.sold).sum();
    let share = (promised * 100).checked_div(allotted).unwrap_or(0);
    Tile {
        name: "Rooms left, next 7 nights",
        figure: left.to_string(),
        unit: format!("of {allotted}"),
        note: format!("{share} % sold or held"),
        sparkline: line(&week.iter().map(|night| night.left).collect::<Vec<_>>()),
    }
}

fn sold_out(totals: &[NightTotal]) -> Tile {
    let month = &totals[..totals.len().min(MONTH)];
    let nights: Vec<String> =
        month.iter().filter(|night| night.sold_out_room_types > 0).map(|night| night.date.brief()).collect();
    let note = match &nights[..] {
        [] => "Every room type has rooms left".to_owned(),
        some if some.len() <= 3 => some.join(", "),
        [first, second, rest @ ..] => format!("{first}, {second} and {} more", rest.len()),
        [_] => String::new(),
    };
    Tile {
        name: "Sold-out nights, next 30",
        figure: nights.len().to_string(),
        unit: plural(nights.len(), "night"),
        note,
        sparkline: marks(&month.iter().map(|night| night.sold_out_room_types).collect::<Vec<_>>(), "sold"),
    }
}

fn stops(totals: &[NightTotal]) -> Tile {
    let month = &totals[..totals.len().min(MONTH)];
    let cells: u32 = month.iter().map(|night| night.stopped_room_types).sum();
    let nights = month.iter().filter(|night| night.stopped_room_types > 0).count();
    let note = match nights {
        0 => "Nothing is stopped in the next 30 nights".to_owned(),
        nights => format!("on {nights} of the next 30 nights"),
    };
    Tile {
        name: "Stop sells active",
        figure: cells.to_string(),
        unit: plural(usize::try_from(cells).unwrap_or(usize::MAX), "cell"),
        note,
        sparkline: marks(&month.iter().map(|night| night.stopped_room_types).collect::<Vec<_>>(), "stopped"),
    }
}

fn picked_up(pickup: &Pickup) -> Tile {
    let figure = match pickup.net {
        0 => "0".to_owned(),
        // U+2212 is as wide as the plus sign.
        net if net < 0 => format!("\u{2212}{}", net.unsigned_abs()),
        net => format!("+{net}"),
    };
    Tile {
        name: "Pickup, last 24 h",
        figure,
        unit: plural(usize::try_from(pickup.net.unsigned_abs()).unwrap_or(usize::MAX), "room night"),
        note: format!("{} sold, {} cancelled", pickup.sold, pickup.cancelled),
        sparkline: hours(&pickup.hours),
    }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}

/// A line through the values, with a dot at the last.
fn line(values: &[u32]) -> AnyView {
    let most = f64::from(values.iter().copied().max().unwrap_or(0).max(1));
    let step = (WIDTH - 6.0) / (values.len().saturating_sub(1).max(1) as f64);
    let points: Vec<(f64, f64)> = (0_u32..)
        .zip(values)
        .map(|(index, value)| {
            (2.0 + step * f64::from(index), HEIGHT - 5.0 - f64::from(*value) / most * (HEIGHT - 10.0))
        })
        .collect();
    let Some(&(x, y)) = points.last() else { return ().into_any() };
    let path: String = (0..)
        .zip(&points)
        .map(|(index, (x, y))| format!("{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' }))
        .collect();
    chart(view! {
        <path class="sparkline-line" d=path></path>
        <circle class="sparkline-dot" cx=format!("{x:.1}") cy=format!("{y:.1}") r="2.5"></circle>
    })
}

/// A column per value above zero, over a baseline.
fn marks(values: &[u32], class: &'static str) -> AnyView {
    let most = f64::from(values.iter().copied().max().unwrap_or(0).max(1));
    columns(values.iter().map(|value| f64::from(*value) / most), values.len(), class)
}

/// Net sales per hour. Hours with more cancellations than sales are empty.
fn hours(hours: &[PickupHour]) -> AnyView {
    let net: Vec<u32> = hours.iter().map(|hour| hour.sold.saturating_sub(hour.cancelled)).collect();
    let most = f64::from(net.iter().copied().max().unwrap_or(0).max(1));
    columns(net.iter().map(|sold| f64::from(*sold) / most), net.len(), "sales")
}

fn columns(shares: impl Iterator<Item = f64>, count: usize, class: &'static str) -> AnyView {
    let step = WIDTH / (count.max(1) as f64);
    let path: String = (0_u32..)
        .zip(shares)
        .filter(|(_, share)| *share > 0.0)
        .map(|(index, share)| {
            // A minimum height keeps small values visible.
            let height = (share * 30.0).max(3.0);
            let (left, top, width) = (step * f64::from(index), HEIGHT - 4.0 - height, (step - 1.0).max(1.0));
            format!("M{left:.1} {top:.1}h{width:.1}v{height:.1}h-{width:.1}z")
        })
        .collect();
    chart(view! {
        <path class=format!("sparkline-columns {class}") d=path></path>
        <path class="sparkline-baseline" d="M0 36.5H112"></path>
    })
}

fn chart(shapes: impl IntoView + 'static) -> AnyView {
    view! {
        <svg width="112" height="40" viewBox="0 0 112 40" aria-hidden="true">
            {shapes.into_any()}
        </svg>
    }
    .into_any()
}
