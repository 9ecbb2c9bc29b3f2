//! The bar above the grid: first night, number of nights, shown restrictions.

use leptos::{html::Input, prelude::*};

use super::view_state::ViewState;
use crate::{
    domain::{dates, dates::Day, night_key::Field},
    state::Panel,
};

/// The toolbar.
#[component]
pub fn Toolbar(
    /// The view state of the calendar.
    view: ViewState,
    /// True while nights are loading.
    is_loading: Signal<bool>,
) -> impl IntoView {
    let weeks = move |nights: i32| view.show_from(view.from.get_untracked().plus(nights));
    let today = move |_| {
        if let Some(today) = view.today_untracked() {
            view.show_from(today);
        }
    };
    let step = move |nights: i32, name: &'static str, path: &'static str| {
        view! {
            <button class="ib" type="button" aria-label=name title=name on:click=move |_| weeks(nights)>
                <svg class="i md" viewBox="0 0 24 24" aria-hidden="true"><path d=path /></svg>
            </button>
        }
    };
    let zooms = [14_u32, 31, 92].map(|days| {
        view! {
            <button type="button" aria-pressed=move || (view.days.get() == days).to_string() on:click=move |_| view.zoom(days)>
                {days}
            </button>
        }
    });
    view! {
        <div class="bar">
            <button class="btn quiet" type="button" data-testid="today" on:click=today>"Today"</button>
            <span class="steps">
                {step(-14, "Two weeks back", "m11.5 6-6 6 6 6M18.5 6l-6 6 6 6")}
                {step(-7, "One week back", "m14.5 6-6 6 6 6")}
                {step(7, "One week on", "m9.5 6 6 6-6 6")}
                {step(14, "Two weeks on", "m12.5 6 6 6-6 6M5.5 6l6 6-6 6")}
            </span>
            <h1>{move || dates::range(view.from.get(), view.through())}</h1>
            <DateJump view />
            <span class="push"></span>
            <Rows view />
            <button
                class="btn quiet"
                type="button"
                data-testid="as-list"
                aria-pressed=move || view.is_list.get().to_string()
                on:click=move |_| view.is_list.update(|is_list| *is_list = !*is_list)
            >
                "As list"
            </button>
            <span class="seg" role="group" aria-label="Nights shown">{zooms.into_iter().collect_view()}</span>
            <button class="btn" type="button" data-testid="open-bulk" on:click=move |_| view.panels.open(Panel::Bulk)>
                <svg class="i" viewBox="0 0 24 24" aria-hidden="true">
                    <path d="M4 8h9M17 8h3M4 16h3M11 16h9" /><circle cx="15" cy="8" r="2" /><circle cx="9" cy="16" r="2" />
                </svg>
                "Bulk edit"<span class="kbd">"B"</span>
            </button>
            <span class="progress" class:on=is_loading aria-hidden="true"></span>
        </div>
    }
}

/// The date field: shows the nights from a date on.
#[component]
fn DateJump(view: ViewState) -> impl IntoView {
    let field = NodeRef::<Input>::new();
    Effect::new(move |_| {
        if view.is_date_requested.get()
            && let Some(field) = field.get()
        {
            let _ = field.focus();
            view.is_date_requested.set(false);
        }
    });
    let jump = move |event| {
        if let Some(date) = Day::parse(&event_target_value(&event)) {
            view.show_from(date);
        }
    };
    view! {
        <label class="jump">
            <span class="vh">"Go to date"</span>
            <input node_ref=field type="date" data-testid="date-jump" prop:value=move || view.from.get().to_string() on:change=jump />
        </label>
    }
}

/// The menu of the restrictions that every room type shows.
#[component]
fn Rows(view: ViewState) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let row = move |field: Field| {
        view! {
            <label class="tick">
                <input
                    type="checkbox"
                    data-testid="row-toggle"
                    data-row=field.key()
                    prop:checked=move || view.restrictions.with(|restrictions| restrictions.contains(&field))
                    on:change=move |_| view.toggle_restriction(field)
                />
                {field.name()}
            </label>
        }
    };
    view! {
        <span class="rows-menu">
            <button
                class="btn quiet"
                type="button"
                data-testid="rows"
                aria-haspopup="true"
                aria-expanded=move || is_open.get().to_string()
                on:click=move |_| is_open.update(|open| *open = !*open)
            >
                <svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 7h16M4 12h16M4 17h16" /></svg>
                "Rows"
            </button>
            <Show when=move || is_open.get()>
                <div
                    class="menu"
                    role="group"
                    aria-label="Rows of restrictions"
                    on:keydown=move |event| {
                        if event.key() == "Escape" {
                            event.prevent_default();
                            is_open.set(false);
                        }
                    }
                >
                    {Field::RESTRICTIONS.map(row).into_iter().collect_view()}
                </div>
            </Show>
        </span>
    }
}
