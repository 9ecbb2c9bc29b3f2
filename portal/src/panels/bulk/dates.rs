//! The section that selects the nights: ranges, date fields and shortcuts.

use leptos::{html, prelude::*};

use super::form::{Form, Range};
use crate::{
    domain::{dates::Day, property::Property},
    panels::formatting::span,
    ui::icon::{Glyph, Icon},
};

/// The section of the dates.
#[component]
pub fn Dates(
    form: Form,
    /// First and last selected night, if more than one night is selected.
    selection: Signal<Option<(Day, Day)>>,
) -> impl IntoView {
    let chips = move || {
        let year = form.property.with(|property| property.business_date.year());
        form.ranges.with(|ranges| {
            ranges.iter().enumerate().map(|(index, range)| chip(form, index, *range, year)).collect_view()
        })
    };
    let presets = move || {
        let presets = form.property.with(|property| presets(property, selection.get()));
        let shortcut = |(name, nights): (String, (Day, Day))| {
            view! {
                <button class="panel-chip" type="button" on:click=move |_| form.set_range(nights.into())>{name}</button>
            }
        };
        presets.into_iter().map(shortcut).collect_view()
    };
    let error = move || {
        let Range { from, through } = form.range();
        match from.zip(through) {
            None => "Choose the first and the last night.",
            Some((from, through)) if from > through => "The last night comes before the first one.",
            Some(_) => "",
        }
    };
    view! {
        <section>
            <h3>
                "Dates"
                <button class="panel-link" type="button" on:click=move |_| form.add_range()>"Add a range"</button>
            </h3>
            <div class="wrap">{chips}</div>
            <DateFields
                names=("bulk-from", "bulk-through")
                property=form.property
                range=Signal::derive(move || form.range())
                on_change=Callback::new(move |range| form.set_range(range))
                is_first=true
            />
            <p class="panel-hint">{error}</p>
            <div class="wrap" role="group" aria-label="Shortcuts for these dates">{presets}</div>
        </section>
    }
}

/// A range, with a button that removes it.
fn chip(form: Form, index: usize, range: Range, year: i32) -> impl IntoView {
    let name = range.complete().map_or_else(|| "No nights yet".to_owned(), |(from, through)| span(from, through, year));
    let is_edited = move || form.edited.get() == index;
    view! {
        <span class="panel-chip range" class:on=is_edited>
            <button type="button" aria-pressed=move || is_edited().to_string() on:click=move |_| form.edited.set(index)>
                {name.clone()}
            </button>
            <button
                type="button"
                aria-label=format!("Remove {name}")
                title="Remove"
                on:click=move |_| form.remove_range(index)
            >
                <Icon glyph=Glyph::Cross size="small" />
            </button>
        </span>
    }
}

/// Two date fields, each with its date in words below.
#[component]
pub fn DateFields(
    /// Their test ids.
    names: (&'static str, &'static str),
    /// The property, for its business date.
    #[prop(into)]
    property: Signal<Property>,
    /// The dates in the fields.
    range: Signal<Range>,
    /// Called with every change.
    on_change: Callback<Range>,
    /// True if the first field takes the focus when the drawer opens.
    #[prop(optional)]
    is_first: bool,
) -> impl IntoView {
    let from = Callback::new(move |from| on_change.run(Range { from, ..range.get_untracked() }));
    let through = Callback::new(move |through| on_change.run(Range { through, ..range.get_untracked() }));
    view! {
        <div class="dates">
            <DateField
                name=names.0
                label="First night"
                property
                date=Signal::derive(move || range.get().from)
                on_change=from
                is_first
            />
            <DateField
                name=names.1
                label="Last night"
                property
                date=Signal::derive(move || range.get().through)
                on_change=through
            />
        </div>
    }
}

/// A date field, with the date in words below.
#[component]
fn DateField(
    name: &'static str,
    label: &'static str,
    property: Signal<Property>,
    date: Signal<Option<Day>>,
    on_change: Callback<Option<Day>>,
    #[prop(optional)] is_first: bool,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    // An unchanged value is not written: a write would discard a date that is half typed.
    Effect::new(move |_| {
        let text = date.get().map(|date| date.to_string()).unwrap_or_default();
        if let Some(field) = field.get()
            && field.value() != text
        {
            field.set_value(&text);
        }
    });
    let named = move || {
        let tonight = property.with(|property| property.business_date);
        date.get().map(|date| match date.since(tonight) {
            0 => format!("{}, tonight", date.named()),
            _ if date.year() == tonight.year() => date.named(),
            _ => format!("{} {}", date.named(), date.year()),
        })
    };
    view! {
        <label class="panel-field">
            <span>{label}</span>
            <input
                type="date"
                data-testid=name
                data-first=is_first.then_some("")
                node_ref=field
                on:input=move |event| on_change.run(Day::parse(&event_target_value(&event)))
            />
            <small>{named}</small>
        </label>
    }
}

/// The shortcuts: the selection, the next weekend, the rest of this month, the next month.
fn presets(property: &Property, selection: Option<(Day, Day)>) -> Vec<(String, (Day, Day))> {
    let tonight = property.business_date;
    let mut presets = Vec::new();
    if let Some(nights) = selection {
        presets.push(("Selection".to_owned(), nights));
    }
    if let Some(nights) = next_weekend(property) {
        presets.push(("Next weekend".to_owned(), nights));
    }
    let last = end_of_month(tonight);
    presets.push((tonight.month_name().to_owned(), (tonight, last)));
    let next = last.plus(1);
    let year = if next.year() == tonight.year() { String::new() } else { format!(" {}", next.year()) };
    presets.push((format!("{}{year}", next.month_name()), (next, end_of_month(next))));
    presets
}

/// The first whole run of weekend nights after tonight.
fn next_weekend(property: &Property) -> Option<(Day, Day)> {
    let is_weekend = |day: Day| property.weekend_days.contains(&day.weekday());
    let begins = |day: &Day| is_weekend(*day) && !is_weekend(day.plus(-1));
    let from = (1..=7).map(|night| property.business_date.plus(night)).find(begins)?;
    let nights = (0..7).take_while(|&night| is_weekend(from.plus(night))).count();
    Some((from, from.plus(i32::try_from(nights).unwrap_or_default() - 1)))
}

/// The last day of the month.
fn end_of_month(day: Day) -> Day {
    let into_next = day.plus(32 - day.of_month());
    into_next.plus(-into_next.of_month())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dates::Weekday;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a date")
    }

    fn property(tonight: &str, weekend_days: &[Weekday]) -> Property {
        Property {
            id: "LIS".into(),
            code: "LIS".to_owned(),
            name: "Lisboa".to_owned(),
            place: "Lisbon".to_owned(),
            time_zone: "Europe/Lisbon".to_owned(),
            business_date: day(tonight),
            weekend_days: weekend_days.to_vec(),
            room_types: Vec::new(),
        }
    }

    #[test]
    fn months_end_on_their_last_day() {
        let ends = ["2026-12-16", "2028-02-01", "2027-02-28", "2026-11-30"].map(|text| end_of_month(day(text)));
        assert_eq!(ends, ["2026-12-31", "2028-02-29", "2027-02-28", "2026-11-30"].map(day));
    }

    #[test]
    fn shortcuts_name_their_months() {
        let property = property("2026-12-16", &[Weekday::Friday, Weekday::Saturday]);
        let expected = [
            ("Next weekend", ("2026-12-18", "2026-12-19")),
            ("December", ("2026-12-16", "2026-12-31")),
            ("January 2027", ("2027-01-01", "2027-01-31")),
        ];
        let expected = expected.map(|(name, (from, through))| (name.to_owned(), (day(from), day(through))));
        assert_eq!(presets(&property, None), expected);
        assert_eq!(presets(&property, Some((day("2026-12-20"), day("2026-12-21"))))[0].0, "Selection");
    }

    #[test]
    fn the_next_weekend_is_the_one_that_begins_after_tonight() {
        let weekend = [Weekday::Friday, Weekday::Saturday];
        let from = |tonight, weekend| next_weekend(&property(tonight, weekend)).map(|(from, _)| from);
        assert_eq!(from("2026-12-18", &weekend), Some(day("2026-12-25")));
        assert_eq!(from("2026-12-17", &weekend), Some(day("2026-12-18")));
        assert_eq!(from("2026-12-17", &[]), None);
    }
}
