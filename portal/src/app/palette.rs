//! The command palette: a search field for pages, dates, properties and commands.

use leptos::{html::Input, prelude::*, task::spawn_local};

use super::{
    calendar_address::CalendarAddress,
    overlays::Overlays,
    page::Page,
    palette_commands,
    palette_commands::{Action, PaletteContext, StopSell},
    router::Router,
    theme::Appearance,
};
use crate::{
    api::session::Session,
    browser::root_callback::root_callback,
    domain::{
        draft::{Change, Edit},
        night_key::NightKey,
        property::Property,
        selected_property::SelectedProperty,
    },
    state::{Account, ChangeSets, Confirmation, Drafts, Notifications, Panel, Panels, UndoStack},
    ui::{modal::Modal, picker::Picker},
};

/// The palette, while it is open.
#[component]
pub fn Palette(
    /// The shown page.
    page: Memo<Option<Page>>,
) -> impl IntoView {
    let account = expect_context::<Account>();
    let drafts = expect_context::<Drafts>();
    let undo_stack = expect_context::<UndoStack>();
    let overlays = expect_context::<Overlays>();
    let act = actions(page);
    let is_open = Memo::new(move |_| overlays.palette.with(Option::is_some));
    let close = Callback::new(move |()| overlays.palette.set(None));
    move || {
        is_open.get().then(|| {
            let query = RwSignal::new(overlays.palette.get_untracked().unwrap_or_default());
            let entries = Memo::new(move |_| {
                palette_commands::entries(&query.get(), &palette_context(account, drafts, undo_stack))
            });
            let pick = Callback::new(move |action| {
                // Closed first, because the action may open a confirmation or move the focus.
                close.run(());
                act.run(action);
            });
            let field = NodeRef::<Input>::new();
            field.on_load(|input| {
                let length = u32::try_from(input.value().len()).unwrap_or_default();
                // The cursor is placed behind the initial text.
                let _ = input.set_selection_range(length, length);
            });
            view! {
                <Modal label="Command palette".to_owned() name="palette" on_close=close>
                    <Picker
                        name="command"
                        label="Search or type a command"
                        query=query
                        none="No match. Try a page, a hotel, a date such as 24 dec, or: stop sell deluxe 24-26 dec."
                        entries=entries
                        on_pick=pick
                        field=field
                    />
                </Modal>
            }
        })
    }
}

fn palette_context(account: Account, drafts: Drafts, undo_stack: UndoStack) -> PaletteContext {
    let is_all = account.are_all_selected();
    PaletteContext {
        properties: account.properties.get().and_then(Result::ok).unwrap_or_default(),
        property: account.property().filter(|_| !is_all),
        may_write: account.may_write(),
        can_undo: undo_stack.can_undo(),
        can_redo: undo_stack.can_redo(),
        drafts: drafts.count(),
    }
}

/// A callback that executes the actions of the palette and of the property switcher.
pub fn actions(page: Memo<Option<Page>>) -> Callback<Action> {
    let account = expect_context::<Account>();
    let drafts = expect_context::<Drafts>();
    let change_sets = expect_context::<ChangeSets>();
    let panels = expect_context::<Panels>();
    let notifications = expect_context::<Notifications>();
    let session = expect_context::<Session>();
    let overlays = expect_context::<Overlays>();
    let router = expect_context::<Router>();
    let look = expect_context::<Appearance>();
    let to_calendar = move |change: &dyn Fn(CalendarAddress) -> CalendarAddress| {
        let is_there = page.get_untracked() == Some(Page::Calendar);
        let now = if is_there {
            untrack(|| CalendarAddress::read(|name| router.parameter(name)))
        } else {
            CalendarAddress { property: account.selected_property.get_untracked(), ..CalendarAddress::default() }
        };
        router.navigate(&change(CalendarAddress { selected_nights: None, ..now }).url());
    };
    Callback::new(move |action: Action| {
        untrack(|| match action {
            Action::Go(to) => router.navigate(&to.url(account.selected_property.get().as_ref())),
            Action::Date(day) => to_calendar(&|now| CalendarAddress { from: Some(day), ..now }),
            Action::Zoom(days) => to_calendar(&|now| CalendarAddress { days: Some(days), ..now }),
            Action::Property(selected) if selected == SelectedProperty::All || page.get() == Some(Page::Calendar) => {
                to_calendar(&|now| CalendarAddress { property: Some(selected.clone()), ..now });
            }
            Action::Property(selected) => {
                let page = page.get().filter(|page| page.is_about_property()).unwrap_or(Page::Today);
                router.navigate(&page.url(Some(&selected)));
            }
            Action::Bulk => {
                if page.get() != Some(Page::Calendar) {
                    to_calendar(&|now| now);
                }
                panels.open(Panel::Bulk);
            }
            Action::Undo => change_sets.undo(),
            Action::Redo => change_sets.redo(),
            Action::Apply => change_sets.apply(),
            Action::Discard => confirm_discard(drafts, notifications),
            Action::Theme(theme) => look.set_theme(theme),
            Action::Density(density) => look.set_density(density),
            Action::Shortcuts => overlays.shortcuts.set(true),
            Action::SignOut => session.sign_out(),
            Action::StopSell(stop) => {
                if let Some(property) = account.property() {
                    confirm_stop_sell(change_sets, notifications, &property, &stop);
                }
            }
        });
    })
}

fn confirm_discard(drafts: Drafts, notifications: Notifications) {
    let count = drafts.count();
    notifications.ask(Confirmation {
        title: if count == 1 { "Discard the draft?".to_owned() } else { format!("Discard {count} drafts?") },
        lines: vec!["Changes that are not applied are lost. The rooms on sale stay the same.".to_owned()],
        confirm_label: "Discard".to_owned(),
        is_destructive: false,
        on_confirm: root_callback(move || drafts.discard()),
    });
}

fn confirm_stop_sell(change_sets: ChangeSets, notifications: Notifications, property: &Property, stop: &StopSell) {
    let (room_label, date_label, nights) = (stop.room_label(), stop.date_label(), stop.nights());
    let night_key = |room: &crate::domain::property::RoomType, offset: i32| NightKey {
        property: property.id.clone(),
        room_type: room.id.clone(),
        date: stop.from.plus(offset),
    };
    let edits: Vec<Edit> = stop
        .rooms
        .iter()
        .flat_map(|room| (0..=stop.through.since(stop.from)).map(move |offset| night_key(room, offset)))
        .map(|night| Edit { night, change: Change::StopSell(stop.on) })
        .collect();
    let rooms = stop.rooms.iter().map(|room| room.name.as_str()).collect::<Vec<_>>().join(", ");
    let nights = if nights == 1 { "1 night".to_owned() } else { format!("{nights} nights") };
    let (title, effect, confirm_label) = if stop.on {
        (
            format!("Stop selling {room_label}?"),
            "Nobody can book them until the stop is lifted. Allotments stay as they are.",
            "Stop sell",
        )
    } else {
        (format!("Sell {room_label} again?"), "They can be booked at once, as far as rooms are left.", "Lift stop sell")
    };
    let what = format!("{} {room_label}, {date_label}", if stop.on { "Stop sell" } else { "Lift stop sell" });
    notifications.ask(Confirmation {
        title,
        lines: vec![format!("{}: {rooms}.", property.name), format!("{date_label}, {nights}."), effect.to_owned()],
        confirm_label: confirm_label.to_owned(),
        is_destructive: stop.on,
        on_confirm: root_callback(move || {
            let (edits, what) = (edits.clone(), what.clone());
            spawn_local(async move {
                change_sets.save(edits, what).await;
            });
        }),
    });
}
