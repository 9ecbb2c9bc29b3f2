//! Schedules the presence messages of this page. Failures are ignored, because the calendar does not depend on them.

use std::{collections::BTreeSet, time::Duration};

use leptos::{
    leptos_dom::helpers::{TimeoutHandle, window_event_listener_untyped},
    prelude::*,
    task::spawn_local,
};

use crate::{
    api::{self, PresenceSelection, session::Session},
    state::{FeedStatus, Freshness, SelectedCells, Selection},
};

/// Minimum time between two messages, in milliseconds.
const MIN_INTERVAL_MS: f64 = 1_000.0;
/// Interval at which an unchanged selection is sent again, in milliseconds.
const REMINDER_INTERVAL_MS: f64 = 15_000.0;

/// Sends the selection of this page to the other users, as long as the calling component lives.
pub fn show(feed: FeedStatus, selection: Selection, session: Session, page: String) {
    let page = StoredValue::new(page);
    let schedule = StoredValue::new(PresenceSchedule::default());
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let is_hidden = RwSignal::new(document().hidden());
    let wake_count = RwSignal::new(0_u32);
    let is_live = Memo::new(move |_| matches!(feed.freshness.get(), Freshness::Live { .. }));

    let visibility_listener = window_event_listener_untyped("visibilitychange", move |_| {
        is_hidden.try_set(document().hidden());
    });
    let send = move |shown: Option<PresenceSelection>| {
        let (session, page) = (session, page.get_value());
        spawn_local(async move {
            let _ = api::show_presence(session, &page, shown).await;
        });
    };
    Effect::new(move |_| {
        wake_count.track();
        let is_hidden = is_hidden.get();
        // A user is present only while the calendar is visible.
        let is_there = !is_hidden && selection.window().is_some();
        let selected = Some(selection.cells()).filter(|_| is_there).and_then(|selected| rectangle(&selected));
        // Without a live connection only the end of the presence is sent.
        if !is_live.get() && selected.is_some() {
            return;
        }
        let now = js_sys::Date::now();
        let (update, next) = schedule.try_update_value(|schedule| schedule.next(now, selected)).unwrap_or_default();
        if let Some(shown) = update {
            send(shown);
        }
        let set = next.and_then(|at| {
            let wait = Duration::from_secs_f64((at - now).max(0.0) / 1_000.0);
            let wake = move || {
                wake_count.try_update(|wake_count| *wake_count = wake_count.wrapping_add(1));
            };
            set_timeout_with_handle(wake, wait).ok()
        });
        if let Some(timer) = timer.try_update_value(|timer| std::mem::replace(timer, set)).flatten() {
            timer.clear();
        }
    });
    on_cleanup(move || {
        visibility_listener.remove();
        if let Some(timer) = timer.try_get_value().flatten() {
            timer.clear();
        }
        let was_shown = schedule.try_with_value(PresenceSchedule::is_shown).unwrap_or_default();
        // Signing out ends the presence by itself.
        if was_shown && untrack(|| session.is_signed_in()) {
            send(None);
        }
    });
}

/// Decides when to send which selection.
#[derive(Debug, Default)]
struct PresenceSchedule {
    /// The selection that was sent last, and the time.
    last: Option<(f64, Option<PresenceSelection>)>,
}

impl PresenceSchedule {
    /// The message to send at `now`, if any, and the time of the next call.
    fn next(
        &mut self,
        now: f64,
        selection: Option<PresenceSelection>,
    ) -> (Option<Option<PresenceSelection>>, Option<f64>) {
        let due = match &self.last {
            None if selection.is_none() => return (None, None),
            None => now,
            Some((_, None)) if selection.is_none() => return (None, None),
            Some((at, shown)) if *shown == selection => at + REMINDER_INTERVAL_MS,
            Some((at, _)) => at + MIN_INTERVAL_MS,
        };
        if now < due {
            return (None, Some(due));
        }
        self.last = Some((now, selection.clone()));
        let next = selection.as_ref().map(|_| now + REMINDER_INTERVAL_MS);
        (Some(selection), next)
    }

    fn is_shown(&self) -> bool {
        self.last.as_ref().is_some_and(|(_, shown)| shown.is_some())
    }
}

/// The rectangle around the selected cells of the active cell's property.
fn rectangle(selected: &SelectedCells) -> Option<PresenceSelection> {
    let first = selected.active.as_ref().or(selected.keys.first())?;
    let property = &first.night.property;
    let (mut from, mut through) = (first.night.date, first.night.date);
    let mut room_types = BTreeSet::from([&first.night.room_type]);
    for key in selected.keys.iter().filter(|key| key.night.property == *property) {
        room_types.insert(&key.night.room_type);
        from = from.min(key.night.date);
        through = through.max(key.night.date);
    }
    Some(PresenceSelection {
        property: property.clone(),
        room_types: room_types.into_iter().cloned().collect(),
        from,
        through,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        dates::Day,
        ids::{PropertyId, RoomTypeId},
        night_key::{CellKey, Field, NightKey},
    };

    fn key(property: &str, room_type: &str, date: &str) -> CellKey {
        let night = NightKey {
            property: PropertyId::from(property),
            room_type: RoomTypeId::from(room_type),
            date: Day::parse(date).expect("a date"),
        };
        CellKey { night, field: Field::Allotment }
    }

    fn selected_on(date: &str) -> Option<PresenceSelection> {
        rectangle(&SelectedCells { active: Some(key("p1", "r1", date)), keys: Vec::new() })
    }

    #[test]
    fn the_rectangle_covers_the_selection_at_one_property() {
        let keys = vec![
            key("p1", "r2", "2026-12-26"),
            key("p1", "r1", "2026-12-24"),
            key("p2", "r9", "2027-01-01"),
            key("p1", "r1", "2026-12-25"),
        ];
        let shown = rectangle(&SelectedCells { active: Some(keys[1].clone()), keys }).expect("something");
        assert_eq!((shown.from.to_string(), shown.through.to_string()), ("2026-12-24".into(), "2026-12-26".into()));
        assert_eq!(shown.room_types, ["r1", "r2"].map(RoomTypeId::from));
        assert_eq!(rectangle(&SelectedCells::default()), None);
    }

    #[test]
    fn a_selection_is_sent_at_once_and_the_next_one_a_second_later() {
        let mut schedule = PresenceSchedule::default();
        assert_eq!(schedule.next(0.0, None), (None, None));
        let (first, second) = (selected_on("2026-12-24"), selected_on("2026-12-25"));
        assert_eq!(schedule.next(10.0, first.clone()), (Some(first), Some(15_010.0)));
        assert_eq!(schedule.next(200.0, second.clone()), (None, Some(1_010.0)));
        assert_eq!(schedule.next(1_010.0, second.clone()), (Some(second), Some(16_010.0)));
    }

    #[test]
    fn a_selection_is_repeated_and_leaving_is_sent_once() {
        let mut schedule = PresenceSchedule::default();
        let one = selected_on("2026-12-24");
        schedule.next(0.0, one.clone());
        assert_eq!(schedule.next(14_999.0, one.clone()), (None, Some(15_000.0)));
        assert_eq!(schedule.next(15_000.0, one.clone()), (Some(one), Some(30_000.0)));
        assert!(schedule.is_shown());
        assert_eq!(schedule.next(17_000.0, None), (Some(None), None));
        assert_eq!(schedule.next(90_000.0, None), (None, None));
        assert!(!schedule.is_shown());
    }
}
