//! Telling the others at a hotel what one has chosen. Whatever goes wrong with it goes unsaid: the calendar is no less
//! true.

use std::{collections::BTreeSet, time::Duration};

use leptos::{
    leptos_dom::helpers::{TimeoutHandle, window_event_listener_untyped},
    prelude::*,
    task::spawn_local,
};

use crate::{
    api,
    api::Shown,
    state::{Desk, Freshness, Selected},
};

/// The shortest time between two words, in milliseconds.
const PAUSE: f64 = 1_000.0;
/// How often to say that one is still there.
const REMINDER: f64 = 15_000.0;

/// Tells, for as long as the component that calls lives.
pub fn show(desk: Desk, page: String) {
    let page = StoredValue::new(page);
    let herald = StoredValue::new(Herald::default());
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let is_hidden = RwSignal::new(document().hidden());
    let turn = RwSignal::new(0_u32);
    let is_live = Memo::new(move |_| matches!(desk.freshness.get(), Freshness::Live { .. }));

    let watched = window_event_listener_untyped("visibilitychange", move |_| {
        is_hidden.try_set(document().hidden());
    });
    let send = move |shown: Option<Shown>| {
        let (session, page) = (desk.session(), page.get_value());
        spawn_local(async move {
            let _ = api::show_presence(session, &page, shown).await;
        });
    };
    Effect::new(move |_| {
        turn.track();
        let is_hidden = is_hidden.get();
        // Only who has the calendar in sight works in it.
        let is_there = !is_hidden && desk.window().is_some();
        let wish = Some(desk.selection()).filter(|_| is_there).and_then(|selected| rectangle(&selected));
        // Who hears nothing says nothing, but for goodbye.
        if !is_live.get() && wish.is_some() {
            return;
        }
        let now = js_sys::Date::now();
        let (word, next) = herald.try_update_value(|herald| herald.next(now, wish)).unwrap_or_default();
        if let Some(shown) = word {
            send(shown);
        }
        let set = next.and_then(|at| {
            let wait = Duration::from_secs_f64((at - now).max(0.0) / 1_000.0);
            let wake = move || {
                turn.try_update(|turn| *turn = turn.wrapping_add(1));
            };
            set_timeout_with_handle(wake, wait).ok()
        });
        if let Some(timer) = timer.try_update_value(|timer| std::mem::replace(timer, set)).flatten() {
            timer.clear();
        }
    });
    on_cleanup(move || {
        watched.remove();
        if let Some(timer) = timer.try_get_value().flatten() {
            timer.clear();
        }
        let was_shown = herald.try_with_value(Herald::is_shown).unwrap_or_default();
        // Whoever has signed out has left already.
        if was_shown && untrack(|| desk.session().is_signed_in()) {
            send(None);
        }
    });
}

/// When to say what.
#[derive(Debug, Default)]
struct Herald {
    /// The last word, and when it was said.
    last: Option<(f64, Option<Shown>)>,
}

impl Herald {
    /// What to say at `now`, if anything, and when to ask again.
    fn next(&mut self, now: f64, wish: Option<Shown>) -> (Option<Option<Shown>>, Option<f64>) {
        let due = match &self.last {
            None if wish.is_none() => return (None, None),
            None => now,
            Some((_, None)) if wish.is_none() => return (None, None),
            Some((at, shown)) if *shown == wish => at + REMINDER,
            Some((at, _)) => at + PAUSE,
        };
        if now < due {
            return (None, Some(due));
        }
        self.last = Some((now, wish.clone()));
        let next = wish.as_ref().map(|_| now + REMINDER);
        (Some(wish), next)
    }

    fn is_shown(&self) -> bool {
        self.last.as_ref().is_some_and(|(_, shown)| shown.is_some())
    }
}

/// What is chosen at the hotel of the active cell: the rectangle around it.
fn rectangle(selected: &Selected) -> Option<Shown> {
    let first = selected.active.as_ref().or(selected.spots.first())?;
    let hotel = &first.place.hotel;
    let (mut from, mut through) = (first.place.date, first.place.date);
    let mut room_types = BTreeSet::from([&first.place.room_type]);
    for spot in selected.spots.iter().filter(|spot| spot.place.hotel == *hotel) {
        room_types.insert(&spot.place.room_type);
        from = from.min(spot.place.date);
        through = through.max(spot.place.date);
    }
    Some(Shown { hotel: hotel.clone(), room_types: room_types.into_iter().cloned().collect(), from, through })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        dates::Day,
        ids::{HotelId, RoomTypeId},
        night_key::{Measure, Place, Spot},
    };

    fn spot(hotel: &str, room_type: &str, date: &str) -> Spot {
        let place = Place {
            hotel: HotelId::from(hotel),
            room_type: RoomTypeId::from(room_type),
            date: Day::parse(date).expect("a date"),
        };
        Spot { place, measure: Measure::Allotment }
    }

    fn chosen(date: &str) -> Option<Shown> {
        rectangle(&Selected { active: Some(spot("p1", "r1", date)), spots: Vec::new() })
    }

    #[test]
    fn a_rectangle_is_around_what_is_chosen_at_one_hotel() {
        let spots = vec![
            spot("p1", "r2", "2026-12-26"),
            spot("p1", "r1", "2026-12-24"),
            spot("p2", "r9", "2027-01-01"),
            spot("p1", "r1", "2026-12-25"),
        ];
        let shown = rectangle(&Selected { active: Some(spots[1].clone()), spots }).expect("something");
        assert_eq!((shown.from.to_string(), shown.through.to_string()), ("2026-12-24".into(), "2026-12-26".into()));
        assert_eq!(shown.room_types, ["r1", "r2"].map(RoomTypeId::from));
        assert_eq!(rectangle(&Selected::default()), None);
    }

    #[test]
    fn a_choice_is_told_at_once_and_the_next_a_second_later() {
        let mut herald = Herald::default();
        assert_eq!(herald.next(0.0, None), (None, None));
        let (first, second) = (chosen("2026-12-24"), chosen("2026-12-25"));
        assert_eq!(herald.next(10.0, first.clone()), (Some(first), Some(15_010.0)));
        assert_eq!(herald.next(200.0, second.clone()), (None, Some(1_010.0)));
        assert_eq!(herald.next(1_010.0, second.clone()), (Some(second), Some(16_010.0)));
    }

    #[test]
    fn one_is_reminded_of_and_leaves_once() {
        let mut herald = Herald::default();
        let one = chosen("2026-12-24");
        herald.next(0.0, one.clone());
        assert_eq!(herald.next(14_999.0, one.clone()), (None, Some(15_000.0)));
        assert_eq!(herald.next(15_000.0, one.clone()), (Some(one), Some(30_000.0)));
        assert!(herald.is_shown());
        assert_eq!(herald.next(17_000.0, None), (Some(None), None));
        assert_eq!(herald.next(90_000.0, None), (None, None));
        assert!(!herald.is_shown());
    }
}
