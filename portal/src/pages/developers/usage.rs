//! The usage of the last hour and the limits of the plan.

use leptos::prelude::*;

use crate::{
    api::{self, CostBudget, Rate, session::Session},
    pages::resource::Resource,
    panels::formatting::grouped,
    ui::skeleton::Skeleton,
};

/// Units of the chart.
const WIDTH: u32 = 600;
const HEIGHT: u32 = 80;
/// Columns of the chart.
const HOUR: u32 = 60;

/// The last hour, and the limits of the plan.
#[component]
pub fn Usage() -> impl IntoView {
    let session = expect_context::<Session>();
    let resource = Resource::new(move || api::rate(session));
    let is_waiting = move || resource.value.with(Option::is_none) && resource.failure.with(Option::is_none);
    view! {
        <section class="card usage">
            <h2>
                "Usage, last hour"
                <button class="button small quiet push" type="button" on:click=move |_| resource.refetch()>
                    "Refresh"
                </button>
            </h2>
            {move || resource.error_view()}
            <Show when=is_waiting>
                <Skeleton lines=3 />
            </Show>
            {move || resource.value.with(|rate| rate.as_ref().map(shown))}
        </section>
    }
}

fn shown(rate: &Rate) -> impl IntoView + use<> {
    let count = |limit: Option<u32>| limit.map_or_else(|| "no limit".to_owned(), thousands);
    let passed: u32 = rate.minutes.iter().map(|(passed, _)| passed).sum();
    let refused: u32 = rate.minutes.iter().map(|(_, refused)| refused).sum();
    let most = rate.minutes.iter().map(|(passed, refused)| passed + refused).max().unwrap_or(0);
    let summary =
        format!("{passed} operations let through and {refused} refused in the last hour, {most} in the busiest minute");
    let (let_through, turned_away) = bars(&rate.minutes);
    let left = |points: CostBudget| (points.remaining, points.burst);
    let meters = [
        meter("Left at this moment", rate.remaining.zip(rate.burst)),
        meter("Points left for reading", rate.reads.map(left)),
        meter("Points left for changing", rate.writes.map(left)),
    ];
    let sockets = rate.sockets.map(|(open, most)| {
        view! {
            <div>
                <dt>"Open connections"</dt>
                <dd>{thousands(open)} <small>" of " {thousands(most)}</small></dd>
            </div>
        }
    });
    let apart = rate.is_apart.then(|| {
        view! { <p class="apart">"At the moment each node grants its own part of the limits."</p> }
    });
    let viewbox = format!("0 0 {WIDTH} {HEIGHT}");
    view! {
        <dl class="limits">
            <div>
                <dt>"Plan"</dt>
                <dd>{rate.plan.to_lowercase()}</dd>
            </div>
            <div>
                <dt>"A second, in the long run"</dt>
                <dd>{count(rate.per_second)}</dd>
            </div>
            <div>
                <dt>"At once"</dt>
                <dd>{count(rate.burst)}</dd>
            </div>
            {meters.into_iter().flatten().collect_view()}
            {sockets}
        </dl>
        {apart}
        <figure class="minutes">
            <svg viewBox=viewbox preserveAspectRatio="none" role="img" aria-label=summary.clone()>
                <path class="passed" d=let_through></path>
                <path class="refused" d=turned_away></path>
            </svg>
            <figcaption>{summary} "."</figcaption>
        </figure>
    }
}

fn thousands(number: u32) -> String {
    grouped(usize::try_from(number).unwrap_or(usize::MAX))
}

/// What is left of a budget; nothing where there is no limit.
fn meter(label: &'static str, budget: Option<(u32, u32)>) -> Option<impl IntoView + use<>> {
    let (remaining, burst) = budget?;
    let remaining = remaining.min(burst);
    Some(view! {
        <div>
            <dt>{label}</dt>
            <dd>
                {thousands(remaining)} <small>" of " {thousands(burst)}</small>
                <meter min="0" max=burst.to_string() value=remaining.to_string() aria-label=label></meter>
            </dd>
        </div>
    })
}

/// A column a minute: what was let through, and on top of it what was refused. The last minute is at the right end,
/// however many were told.
fn bars(minutes: &[(u32, u32)]) -> (String, String) {
    let most = minutes.iter().map(|(passed, refused)| passed + refused).max().unwrap_or(0).max(1);
    let step = f64::from(WIDTH) / f64::from(HOUR);
    let first = HOUR.saturating_sub(u32::try_from(minutes.len()).unwrap_or(HOUR));
    let tall = |count: u32| f64::from(count) / f64::from(most) * f64::from(HEIGHT - 2);
    let mut paths = (String::new(), String::new());
    for (index, (passed, refused)) in (first..HOUR).zip(minutes) {
        let (left, width) = (step * f64::from(index), (step - 1.5).max(1.0));
        let (low, high) = (tall(*passed), tall(*refused));
        let column = |path: &mut String, top: f64, height: f64| {
            if height > 0.0 {
                path.push_str(&format!("M{left:.1} {top:.1}h{width:.1}v{height:.1}h-{width:.1}z"));
            }
        };
        column(&mut paths.0, f64::from(HEIGHT) - low, low);
        column(&mut paths.1, f64::from(HEIGHT) - low - high, high);
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_minute_fills_the_chart() {
        let (passed, refused) = bars(&[(0, 0), (5, 5)]);
        assert_eq!(passed, "M590.0 41.0h8.5v39.0h-8.5z");
        assert_eq!(refused, "M590.0 2.0h8.5v39.0h-8.5z");
    }
}
