//! The year strip below the grid.

use leptos::{prelude::*, task::spawn_local};

use super::view_state::ViewState;
use crate::{
    api::{NightTotal, night_totals, session::Session},
    app::year_strip::YearStrip,
};

/// Nights of the strip.
const YEAR_NIGHTS: i32 = 365;
/// Delay between a change and the refresh of the strip. It serves orientation, so it may lag.
const REFRESH_DELAY: std::time::Duration = std::time::Duration::from_secs(2);

/// The year strip; hidden while several properties are shown.
#[component]
pub fn YearStripSection(
    /// The view state of the calendar.
    view: ViewState,
) -> impl IntoView {
    let session = expect_context::<Session>();
    let account = view.account;
    let stock = view.stock;
    let totals = RwSignal::new(Vec::<NightTotal>::new());
    let is_scheduled = StoredValue::new(false);
    let read = move || {
        let property = account.property();
        spawn_local(async move {
            let Some(property) = property else { return };
            let (from, through) = (property.business_date, property.business_date.plus(YEAR_NIGHTS - 1));
            if let Ok(read) = night_totals(session, &property.id, from, through).await {
                totals.try_set(read);
            }
        });
    };
    Effect::new(move |was: Option<Option<String>>| {
        stock.track();
        let property = account.property().map(|property| property.code);
        if was.as_ref() != Some(&property) {
            totals.set(Vec::new());
            untrack(read);
        } else if !is_scheduled.get_value() {
            is_scheduled.set_value(true);
            let later = move || {
                if is_scheduled.try_get_value().is_some() {
                    is_scheduled.set_value(false);
                    untrack(read);
                }
            };
            set_timeout(later, REFRESH_DELAY);
        }
        property
    });
    let window = Signal::derive(move || Some((view.from.get(), view.through())));
    let is_single = move || !account.are_all_selected();
    view! {
        <Show when=is_single>
            <div class="map">
                <div class="t"><b>"Horizon"</b><span class="micro">"365 nights"</span></div>
                <YearStrip totals=totals window on_jump=Callback::new(move |day| view.show_from(day)) />
            </div>
        </Show>
    }
}
