//! The top bar: property, palette, freshness, undo and redo, account.

use leptos::{ev::SubmitEvent, html::Input, prelude::*};

use super::{
    freshness::FreshnessChip,
    navigation::close,
    overlays::Overlays,
    page::Page,
    palette::actions,
    palette_commands::{Action, Entry},
};
use crate::{
    api::{Viewer, session::Session},
    domain::{dates::Day, property::Property, selected_property::SelectedProperty},
    state::{Account, ChangeSets, UndoStack, initials},
    ui::{
        icon::{Glyph, Icon},
        logo::Logo,
        picker::Picker,
    },
};

/// The bar at the top of every page.
#[component]
pub fn TopBar(
    /// The shown page.
    page: Memo<Option<Page>>,
) -> impl IntoView {
    let change_sets = expect_context::<ChangeSets>();
    let undo_stack = expect_context::<UndoStack>();
    let overlays = expect_context::<Overlays>();
    let act = actions(page);
    view! {
        <header class="top">
            <span class="phone-mark"><Logo /></span>
            <PropertySwitcher page=page act=act />
            <button
                class="find"
                type="button"
                aria-haspopup="dialog"
                on:click=move |_| overlays.palette.set(Some(String::new()))
            >
                <Icon glyph=Glyph::Search />
                <span>"Search or type a command"</span>
                <kbd>"Ctrl K"</kbd>
            </button>
            <FreshnessChip name="freshness" />
            <span class="rule"></span>
            <DateJump act=act />
            <button
                class="icon-button"
                type="button"
                title="Undo (Ctrl Z)"
                aria-label="Undo"
                data-testid="undo"
                disabled=move || !undo_stack.can_undo()
                on:click=move |_| change_sets.undo()
            >
                <Icon glyph=Glyph::Undo size="large" />
            </button>
            <button
                class="icon-button"
                type="button"
                title="Redo (Ctrl Shift Z)"
                aria-label="Redo"
                data-testid="redo"
                disabled=move || !undo_stack.can_redo()
                on:click=move |_| change_sets.redo()
            >
                <Icon glyph=Glyph::Redo size="large" />
            </button>
            <AccountMenu />
        </header>
    }
}

/// The name of the shown property, and a menu that selects another.
#[component]
fn PropertySwitcher(page: Memo<Option<Page>>, act: Callback<Action>) -> impl IntoView {
    let account = expect_context::<Account>();
    let is_calendar = Memo::new(move |_| page.get() == Some(Page::Calendar));
    let properties = Memo::new(move |_| account.properties.get().and_then(Result::ok).unwrap_or_default());
    let query = RwSignal::new(String::new());
    let entries = Memo::new(move |_| {
        let query = query.get().trim().to_lowercase();
        properties.with(|properties| switcher_entries(properties, &query, is_calendar.get()))
    });
    let pick = Callback::new(move |action| {
        close("hotels");
        query.set(String::new());
        act.run(action);
    });
    let has_choice = Memo::new(move |_| properties.with(Vec::len) > 1);
    let heading = move || property_heading(account, is_calendar.get(), properties.with(Vec::len));
    view! {
        <Show
            when=move || has_choice.get()
            fallback=move || view! { <div class="hotel-name" data-testid="hotel">{heading}</div> }
        >
            <button class="hotel-name choice" type="button" data-testid="hotel" popovertarget="hotels">
                {heading}
                <Icon glyph=Glyph::Down size="small" />
            </button>
            <div id="hotels" class="popmenu hotel-menu" popover="auto" role="group" aria-label="Choose a hotel">
                <Picker name="hotel-choice" label="Find a hotel" none="No matching hotel." query=query entries=entries on_pick=pick />
            </div>
        </Show>
    }
}

/// Name, place and time zone of the shown property, or the number of properties; tracked.
fn property_heading(account: Account, is_calendar: bool, property_count: usize) -> impl IntoView {
    let (name, place) = if is_calendar && account.are_all_selected() {
        ("All hotels".to_owned(), format!("{property_count} hotels"))
    } else if let Some(property) = account.property() {
        let parts = [property.place.as_str(), property.time_zone.as_str()];
        let place = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        (property.name, place)
    } else {
        // As tall as the name and place that follow.
        ("\u{a0}".to_owned(), "\u{a0}".to_owned())
    };
    view! {
        <span>
            <b>{name}</b>
            <small>{place}</small>
        </span>
    }
}

/// The properties that match a query in lower case, and the entry for all of them, which only the calendar can show.
fn switcher_entries(properties: &[Property], query: &str, is_calendar: bool) -> Vec<Entry> {
    let matches = |text: &str| text.to_lowercase().contains(query);
    let matching = properties
        .iter()
        .filter(|property| matches(&format!("{} {} {}", property.name, property.code, property.place)));
    let mut entries: Vec<Entry> = matching
        .map(|property| Entry {
            label: property.name.clone(),
            hint: property.place.clone(),
            glyph: Glyph::House,
            action: Action::Property(SelectedProperty::One(property.code.clone())),
        })
        .collect();
    if is_calendar && properties.len() > 1 && matches("all hotels") {
        entries.push(Entry {
            label: "All hotels".to_owned(),
            hint: "In one calendar".to_owned(),
            glyph: Glyph::Calendar,
            action: Action::Property(SelectedProperty::All),
        });
    }
    entries
}

/// A button with the browser's date picker, which goes to a date.
#[component]
fn DateJump(act: Callback<Action>) -> impl IntoView {
    let field = NodeRef::<Input>::new();
    let go = move |event: SubmitEvent| {
        event.prevent_default();
        let day = field.get_untracked().and_then(|field| Day::parse(&field.value()));
        if let Some(day) = day {
            close("date-jump");
            act.run(Action::Date(day));
        }
    };
    view! {
        <button
            class="icon-button date-button"
            type="button"
            title="Go to a date (G)"
            aria-label="Go to a date"
            popovertarget="date-jump"
        >
            <Icon glyph=Glyph::Calendar size="large" />
        </button>
        <div id="date-jump" class="popmenu date-menu" popover="auto" role="group" aria-label="Go to a date">
            <form on:submit=go>
                <label class="menu-label" for="date-jump-field">"First night to show"</label>
                <div class="pair">
                    <input class="input-field" id="date-jump-field" type="date" required autofocus node_ref=field />
                    <button class="button primary" type="submit">"Go"</button>
                </div>
            </form>
        </div>
    }
}

/// The signed-in user, and the buttons that sign out.
#[component]
fn AccountMenu() -> impl IntoView {
    let account = expect_context::<Account>();
    let session = expect_context::<Session>();
    // The accessible name begins with the visible text, so that voice control finds the button by it.
    let name = move || match account.viewer.with(|viewer| viewer.as_ref().map(|viewer| viewer.email.clone())) {
        Some(email) => format!("{}, account of {email}", initials(&email)),
        None => "Account".to_owned(),
    };
    let head = move || {
        account.viewer.get().map(|viewer| {
            let role = role_name(&viewer);
            view! {
                <div class="menu-head">
                    <b>{viewer.email}</b>
                    <small>{viewer.tenant_name} " · " {role}</small>
                </div>
            }
        })
    };
    view! {
        <button class="avatar" type="button" data-testid="who" title=name aria-label=name popovertarget="account">
            {move || match account.viewer.with(|viewer| viewer.as_ref().map(|viewer| initials(&viewer.email))) {
                Some(initials) => view! { <span>{initials}</span> }.into_any(),
                None => view! { <Icon glyph=Glyph::Person /> }.into_any(),
            }}
        </button>
        <div id="account" class="popmenu account-menu" popover="auto" role="group" aria-label="Account">
            {head}
            <div class="menu-links">
                <button type="button" data-testid="sign-out" on:click=move |_| session.sign_out()>
                    <Icon glyph=Glyph::Out />
                    "Sign out"
                </button>
                <button type="button" data-testid="sign-out-everywhere" on:click=move |_| session.sign_out_everywhere()>
                    <Icon glyph=Glyph::Out />
                    "Sign out everywhere"
                </button>
            </div>
        </div>
    }
}

fn role_name(viewer: &Viewer) -> String {
    let mut letters = viewer.role.chars();
    letters.next().map(|first| first.to_string() + &letters.as_str().to_lowercase()).unwrap_or_default()
}
