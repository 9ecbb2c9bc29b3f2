//! The attention items, each with a link to its nights.

use leptos::prelude::*;

use crate::{
    api::{AttentionItem, AttentionKind, Overview},
    app::calendar_address::{CalendarAddress, SelectedNights},
    domain::{cell::CellStatus, property::Property, selected_property::SelectedProperty},
    ui::icon::{Glyph, Icon},
};

/// Items shown at first, so that the latest changes stay beside the most urgent items.
const INITIAL_ITEMS: usize = 12;

/// The list, most urgent first.
#[component]
pub fn Attention(
    /// The overview of the property.
    overview: RwSignal<Option<Overview>>,
    /// The property.
    property: Property,
    /// Number of nights searched.
    ahead: i32,
) -> impl IntoView {
    let until = property.business_date.plus(ahead - 1).brief();
    let count =
        Memo::new(move |_| overview.with(|overview| overview.as_ref().map_or(0, |overview| overview.attention.len())));
    let shows_all = RwSignal::new(false);
    let items = move || {
        overview.with(|overview| {
            let items = overview.as_ref().map(|overview| &overview.attention[..]).unwrap_or_default();
            let count = if shows_all.get() { items.len() } else { INITIAL_ITEMS };
            items.iter().take(count).map(|attention_item| item(attention_item, &property)).collect_view()
        })
    };
    view! {
        <section class="card attention">
            <h2>
                "Needs attention "
                <span>{move || (count.get() > 0).then(|| count.get())}</span>
            </h2>
            <Show
                when=move || { count.get() > 0 }
                fallback=move || {
                    view! {
                        <div class="calm">
                            <Icon glyph=Glyph::Tick size="large" />
                            <p>
                                <b>"All clear to " {until.clone()}</b>
                                <br />
                                "No night is overcommitted, sold out, low or stopped."
                            </p>
                        </div>
                    }
                }
            >
                <ul>{items.clone()}</ul>
                <Show when=move || { count.get() > INITIAL_ITEMS && !shows_all.get() }>
                    <button class="all" type="button" on:click=move |_| shows_all.set(true)>
                        "Show all "
                        {move || count.get()}
                    </button>
                </Show>
            </Show>
        </section>
    }
}

fn item(item: &AttentionItem, property: &Property) -> impl IntoView + use<> {
    let selected_nights = SelectedNights { room: item.room_code.clone(), from: item.from, through: item.through };
    let address = CalendarAddress {
        property: Some(SelectedProperty::One(property.code.clone())),
        from: Some(item.from),
        days: Some(14),
        selected_nights: Some(selected_nights),
        is_list: false,
    };
    let status = status(item.kind);
    let number = match item.kind {
        AttentionKind::Overcommitted => format!("\u{2212}{}", item.rooms_over),
        _ => item.least_left.to_string(),
    };
    view! {
        <li>
            <a
                class="attention-item"
                href=address.url()
                data-testid="attention-item"
                data-room=item.room_code.clone()
                data-from=item.from.to_string()
                data-through=item.through.to_string()
                data-kind=status.key()
            >
                <span class="thumb tone" data-state=status.key() aria-hidden="true">
                    <Icon glyph=glyph(item.kind) size="small" />
                    <span class="number">{number}</span>
                </span>
                <span class="description">
                    <b>{title(item)}</b>
                    <span>{detail(item)}</span>
                </span>
                <span class="open">"Open"</span>
            </a>
        </li>
    }
}

fn status(kind: AttentionKind) -> CellStatus {
    match kind {
        AttentionKind::Overcommitted => CellStatus::Overcommitted,
        AttentionKind::SoldOut => CellStatus::SoldOut,
        AttentionKind::Low => CellStatus::Low,
        AttentionKind::StopSell => CellStatus::StopSell,
    }
}

fn glyph(kind: AttentionKind) -> Glyph {
    match kind {
        AttentionKind::Overcommitted => Glyph::Warning,
        AttentionKind::SoldOut => Glyph::Dot,
        AttentionKind::Low => Glyph::Triangle,
        AttentionKind::StopSell => Glyph::Stop,
    }
}

fn title(item: &AttentionItem) -> String {
    let room = &item.room_name;
    let when = if item.nights == 1 {
        format!("on {}", item.from.brief())
    } else {
        format!("for {} nights from {}", item.nights, item.from.brief())
    };
    match item.kind {
        AttentionKind::Overcommitted => format!("{room} is overcommitted {when}"),
        AttentionKind::SoldOut => format!("{room} is sold out {when}"),
        AttentionKind::Low => format!("{room} is low {when}"),
        AttentionKind::StopSell => format!("Stop sell of {room} {when}"),
    }
}

fn detail(item: &AttentionItem) -> String {
    let rooms = |count: u32| if count == 1 { "1 room".to_owned() } else { format!("{count} rooms") };
    let least = if item.nights == 1 { "" } else { " on the tightest night" };
    let text = match item.kind {
        AttentionKind::Overcommitted => {
            format!(
                "{} promised beyond what is on sale{least}. Raise the allotment or move a guest.",
                rooms(item.rooms_over)
            )
        }
        AttentionKind::SoldOut => "Rooms were on sale and none is left.".to_owned(),
        AttentionKind::Low => format!("{} left{least}.", rooms(item.least_left)),
        AttentionKind::StopSell if item.least_left == 0 => format!("No room would become sellable{least}."),
        AttentionKind::StopSell => format!("{} would become sellable{least}.", rooms(item.least_left)),
    };
    match &item.contract {
        Some(contract) => format!("Contract {contract}. {text}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dates::Day;

    fn attention_item(kind: AttentionKind, nights: u32) -> AttentionItem {
        let from = Day::parse("2026-12-19").expect("a date");
        AttentionItem {
            kind,
            room_type: "DBL".into(),
            room_code: "DBL".to_owned(),
            room_name: "Classic Double".to_owned(),
            contract: None,
            from,
            through: from.plus(i32::try_from(nights).unwrap() - 1),
            nights,
            least_left: 1,
            rooms_over: 2,
        }
    }

    #[test]
    fn an_item_names_room_type_reason_and_nights() {
        let over = attention_item(AttentionKind::Overcommitted, 1);
        assert_eq!(title(&over), "Classic Double is overcommitted on Sat 19 Dec");
        assert_eq!(detail(&over), "2 rooms promised beyond what is on sale. Raise the allotment or move a guest.");
        let low = AttentionItem { contract: Some("BETA".to_owned()), ..attention_item(AttentionKind::Low, 3) };
        assert_eq!(title(&low), "Classic Double is low for 3 nights from Sat 19 Dec");
        assert_eq!(detail(&low), "Contract BETA. 1 room left on the tightest night.");
    }
}
