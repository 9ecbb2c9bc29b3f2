//! The usage of the last hour and the limits of the plan.

use leptos::prelude::*;

use crate::{
    api::{self, CostBudget, Rate, session::Session},
    pages::resource::Resource,
    panels::formatting::grouped,
    ui::skeleton::Skeleton,
};

/// Size of the chart, in units of its view box.
const WIDTH: u32 = 600;
const HEIGHT: u32 = 80;
/// Columns of the chart, one per minute.
const HOUR: u32 = 60;

/// The card with the usage of the last hour and the limits of the plan.
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
            {move || resource.value.with(|rate| rate.as_ref().map(limits))}
        </section>
    }
}

fn limits(rate: &Rate) -> impl IntoView + use<> {
    let count = |limit: Option<u32>| limit.map_or_else(|| "no limit".to_owned(), thousands);
    let allowed: u32 = rate.minutes.iter().map(|(allowed, _)| allowed).sum();
    let refused: u32 = rate.minutes.iter().map(|(_, refused)| refused).sum();
    let most = rate.minutes.iter().map(|(allowed, refused)| allowed + refused).max().unwrap_or(0);
    let summary =
        format!("{allowed} operations allowed and {refused} refused in the last hour, {most} in the busiest minute");
    let (allowed_bars, refused_bars) = bars(&rate.minutes);
    let left = |points: CostBudget| (points.remaining, points.burst);
    let meters = [
        meter("Operations left", rate.remaining.zip(rate.burst)),
        meter("Points left for reads", rate.reads.map(left)),
        meter("Points left for writes", rate.writes.map(left)),
    ];
    let sockets = rate.sockets.map(|(open, most)| {
        view! {
            <div>
                <dt>"Open connections"</dt>
                <dd>{thousands(open)} <small>" of " {thousands(most)}</small></dd>
            </div>
        }
    });
    let node_share = rate.is_apart.then(|| {
        view! { <p class="node-share">"Each gateway node currently applies its own share of the limits."</p> }
    });
    let viewbox = format!("0 0 {WIDTH} {HEIGHT}");
    view! {
        <dl class="limits">
            <div>
                <dt>"Plan"</dt>
                <dd>{rate.plan.to_lowercase()}</dd>
            </div>
            <div>
                <dt>"Operations per second"</dt>
                <dd>{count(rate.per_second)}</dd>
            </div>
            <div>
                <dt>"Burst"</dt>
                <dd>{count(rate.burst)}</dd>
            </div>
            {meters.into_iter().flatten().collect_view()}
            {sockets}
        </dl>
        {node_share}
        <figure class="minutes">
            <svg viewBox=viewbox preserveAspectRatio="none" role="img" aria-label=summary.clone()>
                <path class="allowed" d=allowed_bars></path>
                <path class="refused" d=refused_bars></path>
            </svg>
            <figcaption>{summary} "."</figcaption>
        </figure>
    }
}

fn thousands(number: u32) -> String {
    grouped(usize::try_from(number).unwrap_or(usize::MAX))
}

/// The remaining part of a budget; `None` without limit.
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

/// One column per minute: allowed operations, and refused ones on top. The last minute is at the right end.
fn bars(minutes: &[(u32, u32)]) -> (String, String) {
    let most = minutes.iter().map(|(allowed, refused)| allowed + refused).max().unwrap_or(0).max(1);
    let step = f64::from(WIDTH) / f64::from(HOUR);
    let first = HOUR.saturating_sub(u32::try_from(minutes.len()).unwrap_or(HOUR));
    let scaled = |count: u32| f64::from(count) / f64::from(most) * f64::from(HEIGHT - 2);
    let mut paths = (String::new(), String::new());
    for (index, (allowed, refused)) in (first..HOUR).zip(minutes) {
        let (left, width) = (step * f64::from(index), (step - 1.5).max(1.0));
        let (allowed, refused) = (scaled(*allowed), scaled(*refused));
        let column = |path: &mut String, top: f64, height: f64| {
            if height > 0.0 {
                path.push_str(&format!("M{left:.1} {top:.1}h{width:.1}v{height:.1}h-{width:.1}z"));
            }
        };
        column(&mut paths.0, f64::from(HEIGHT) - allowed, allowed);
        column(&mut paths.1, f64::from(HEIGHT) - allowed - refused, refused);
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_minute_fills_the_chart() {
        let (allowed, refused) = bars(&[(0, 0), (5, 5)]);
        assert_eq!(allowed, "M590.0 41.0h8.5v39.0h-8.5z");
        assert_eq!(refused, "M590.0 2.0h8.5v39.0h-8.5z");
    }
}
