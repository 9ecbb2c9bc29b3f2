//! The chart of the rooms left over time.

use leptos::prelude::*;

use super::timeline::changes_of_night;
use crate::{
    api::Event,
    domain::{
        cell::{Cell, signed},
        dates::Day,
        night_key::NightKey,
    },
};

/// A number of rooms over time.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartData {
    /// True if the values are rooms left to sell; false if they are rooms allotted.
    pub is_left: bool,
    /// Times in milliseconds since 1970, oldest first, with the value from that time on; none is not loaded. The first
    /// value is the one before the oldest event.
    pub points: Vec<(f64, Option<i64>)>,
}

/// The chart of a night, computed backwards from its current values over its events, newest first. None if no event
/// changed the value.
pub fn chart_data(cell: Option<&Cell>, events: &[Event], night: &NightKey) -> Option<ChartData> {
    let (mut held, mut sold) = cell.map_or((0, 0), |cell| (i64::from(cell.held), i64::from(cell.sold)));
    let mut allotted = match cell {
        Some(cell) => cell.allotted.map(i64::from),
        None => events
            .iter()
            .flat_map(|event| changes_of_night(event, night))
            .find(|change| change.measure == "allotted" && change.contract.is_none())?
            .after
            .map(i64::from),
    };
    let is_left = cell.is_some();
    let value = |allotted: Option<i64>, held: i64, sold: i64| {
        if is_left { allotted.map(|rooms| rooms - held - sold) } else { allotted }
    };
    let mut points = Vec::new();
    let mut oldest = 0.0;
    for event in events {
        let after = value(allotted, held, sold);
        for change in changes_of_night(event, night).filter(|change| change.contract.is_none()) {
            let before = change.before.map(i64::from);
            match change.measure.as_str() {
                "allotted" => allotted = before,
                "held" => held = before.unwrap_or(0),
                "sold" => sold = before.unwrap_or(0),
                _ => {}
            }
        }
        if value(allotted, held, sold) != after {
            points.push((event.at_ms, after));
            oldest = event.at_ms;
        }
    }
    if points.is_empty() {
        return None;
    }
    points.push((oldest, value(allotted, held, sold)));
    points.reverse();
    Some(ChartData { is_left, points })
}

/// Width of the plot in the units of the drawing.
const WIDTH: f64 = 366.0;
/// Height of the largest value.
const TOP: f64 = 16.0;
/// Height of the smallest value.
const BOTTOM: f64 = 76.0;

/// The chart, with labels at its first and last value.
pub fn chart(chart_data: &ChartData, now_ms: f64, since: Day) -> impl IntoView + use<> {
    let ChartLayout { path, first, last } = layout(chart_data, now_ms);
    let (first_text, first_y) = first;
    let (last_text, last_y) = last;
    let unit = if chart_data.is_left { "left" } else { "allotted" };
    let label = format!("Rooms {unit} since {}, from {first_text} to {last_text}", since.spoken());
    view! {
        <svg class="step-line" viewBox="0 0 436 100" role="img" aria-label=label>
            <path class="rule" d="M0 76.5H366M0 46.5H366M0 16.5H366" />
            <path class="line" d=path />
            <circle class="end" cx=WIDTH cy=last_y r="3" />
            <text class="value" x="0" y=first_y - 5.0>{first_text}</text>
            <text class="value now" x=WIDTH + 10.0 y=last_y + 4.0>{format!("{last_text} {unit}")}</text>
            <text x="0" y="94">{since.brief()}</text>
            <text x=WIDTH y="94" text-anchor="end">"Now"</text>
        </svg>
    }
}

/// The path in the units of the drawing, and the texts and heights of its ends.
struct ChartLayout {
    path: String,
    first: (String, f64),
    last: (String, f64),
}

fn layout(chart_data: &ChartData, now_ms: f64) -> ChartLayout {
    let known = || chart_data.points.iter().filter_map(|(_, count)| *count);
    let (low, high) = (known().min().unwrap_or(0).min(0), known().max().unwrap_or(0).max(1));
    let start = chart_data.points.first().map_or(now_ms, |(at, _)| *at);
    // The first value is older than the first event and has no length of its own: it gets a fixed lead.
    let lead = WIDTH / 20.0;
    let span = (now_ms - start).max(1.0);
    let x = |at: f64| lead + (WIDTH - lead) * ((at - start) / span).clamp(0.0, 1.0);
    let y = |count: i64| {
        #[allow(clippy::cast_precision_loss, reason = "rooms of a hotel")]
        let share = (count - low) as f64 / (high - low) as f64;
        BOTTOM - (BOTTOM - TOP) * share
    };
    let mut path = String::new();
    for (index, (at, count)) in chart_data.points.iter().enumerate() {
        let Some(count) = *count else { continue };
        let from = if index == 0 { 0.0 } else { x(*at) };
        let until = chart_data.points.get(index + 1).map_or(WIDTH, |(at, _)| x(*at));
        let is_joined = index > 0 && chart_data.points[index - 1].1.is_some();
        let start = if is_joined { format!("V{:.1}", y(count)) } else { format!("M{from:.1} {:.1}", y(count)) };
        path.push_str(&format!("{start}H{until:.1}"));
    }
    let end = |point: Option<&(f64, Option<i64>)>| match point {
        Some((_, Some(count))) => (signed(*count), y(*count)),
        _ => ("–".to_owned(), y(0)),
    };
    ChartLayout { path, first: end(chart_data.points.first()), last: end(chart_data.points.last()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Cause, ValueChange};

    fn night() -> NightKey {
        NightKey { property: "LIS".into(), room_type: "DLX".into(), date: Day::parse("2026-12-24").expect("a date") }
    }

    fn event(seq: u64, measure: &str, before: Option<i32>, after: Option<i32>) -> Event {
        let (room_type, date) = (night().room_type, night().date);
        let change = ValueChange { room_type, date, measure: measure.to_owned(), contract: None, before, after };
        Event {
            seq,
            at_ms: seq as f64,
            cause: Cause::Other,
            actor: String::new(),
            reason: None,
            change_set: None,
            locator: None,
            changes: vec![change],
        }
    }

    #[test]
    fn rooms_left_are_counted_backwards() {
        let cell = Cell { allotted: Some(16), held: 0, sold: 11, left: 5, ..Cell::default() };
        let events = [
            event(9, "sold", Some(10), Some(11)),
            event(8, "minStayArrival", None, Some(2)),
            event(7, "allotted", Some(12), Some(16)),
            event(3, "allotted", None, Some(12)),
        ];
        let chart_data = chart_data(Some(&cell), &events, &night()).expect("steps");
        assert!(chart_data.is_left);
        assert_eq!(chart_data.points, [(3.0, None), (3.0, Some(2)), (7.0, Some(6)), (9.0, Some(5))]);
    }

    #[test]
    fn an_unloaded_night_shows_the_allotment() {
        let events = [event(9, "sold", Some(1), Some(2)), event(7, "allotted", Some(12), Some(16))];
        let chart_data = chart_data(None, &events, &night()).expect("steps");
        assert_eq!((chart_data.is_left, chart_data.points), (false, vec![(7.0, Some(12)), (7.0, Some(16))]));
        assert_eq!(super::chart_data(None, &[], &night()), None);
        assert_eq!(super::chart_data(Some(&Cell::default()), &[event(1, "stopSell", None, Some(1))], &night()), None);
    }

    #[test]
    fn the_line_steps_and_leaves_gaps() {
        let chart_data =
            ChartData { is_left: true, points: vec![(0.0, Some(4)), (0.0, None), (50.0, Some(2)), (75.0, Some(-1))] };
        let layout = layout(&chart_data, 100.0);
        assert_eq!(layout.path, "M0.0 16.0H18.3M192.2 40.0H279.1V76.0H366.0");
        assert_eq!((layout.first, layout.last), (("4".to_owned(), 16.0), ("−1".to_owned(), 76.0)));
    }
}
