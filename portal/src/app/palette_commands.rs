//! The commands that the palette offers for a query. Pure functions, tested on the host.

use super::{
    date_parser,
    page::Page,
    theme::{Density, Theme},
};
use crate::{
    domain::{
        dates::{Day, range},
        property::{Property, RoomType},
        selected_property::SelectedProperty,
        sort::sorted,
    },
    ui::{icon::Glyph, picker::PickerEntry},
};

/// The action of an entry.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Action {
    Go(Page),
    /// Shows the calendar from this night.
    Date(Day),
    /// Shows the same page of another property, or the calendar of all properties.
    Property(SelectedProperty),
    /// Shows this number of nights.
    Zoom(u32),
    Bulk,
    Undo,
    Redo,
    Apply,
    Discard,
    Theme(Theme),
    Density(Density),
    Shortcuts,
    SignOut,
    StopSell(StopSell),
}

/// Nights of room types to stop selling, or to sell again.
#[derive(Clone, Debug, PartialEq)]
pub struct StopSell {
    /// The room types.
    pub rooms: Vec<RoomType>,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
    /// Whether to stop; otherwise sales are opened again.
    pub on: bool,
}

impl StopSell {
    /// `Deluxe King`, or `3 room types`.
    pub fn room_label(&self) -> String {
        match &self.rooms[..] {
            [room] => room.name.clone(),
            rooms => format!("{} room types", rooms.len()),
        }
    }

    /// `Thu 24 Dec`, or `24 – 26 December 2026`.
    pub fn date_label(&self) -> String {
        if self.from == self.through { self.from.brief() } else { range(self.from, self.through) }
    }

    /// The number of nights, summed over the room types.
    pub fn nights(&self) -> usize {
        usize::try_from(self.through.since(self.from) + 1).unwrap_or_default() * self.rooms.len()
    }
}

/// One entry of the palette.
pub type Entry = PickerEntry<Action>;

/// The state that decides which entries the palette offers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PaletteContext {
    /// All properties.
    pub properties: Vec<Property>,
    /// The shown property; none while all are shown.
    pub property: Option<Property>,
    /// Whether the user may change the calendar.
    pub may_write: bool,
    /// Whether there is a step to undo.
    pub can_undo: bool,
    /// Whether there is a step to redo.
    pub can_redo: bool,
    /// The number of drafts.
    pub drafts: usize,
}

/// Maximum number of entries shown.
const MAX_ENTRIES: usize = 12;

/// The entries that match a query, best first.
pub fn entries(query: &str, context: &PaletteContext) -> Vec<Entry> {
    let query = query.trim().to_lowercase();
    let mut found = parsed_entries(&query, context);
    let scored = static_entries(context)
        .into_iter()
        .filter_map(|entry| Some((score(&query, &format!("{} {}", entry.label, entry.hint))?, entry)));
    // The sort is stable: entries of the same rank keep their order.
    let scored = sorted(scored, |(one, _), (other, _)| one.cmp(other));
    found.extend(scored.into_iter().map(|(_, entry)| entry));
    found.truncate(MAX_ENTRIES);
    found
}

/// The entries of a query that is a sentence: a date to go to, or nights to stop.
fn parsed_entries(query: &str, context: &PaletteContext) -> Vec<Entry> {
    let Some(property) = context.property.as_ref().or(context.properties.first()) else { return Vec::new() };
    let today = property.business_date;
    let mut found = Vec::new();
    let rest = query.strip_prefix("go to ").or_else(|| query.strip_prefix("go ")).unwrap_or(query);
    if let Some(day) = date_parser::date(rest, today) {
        found.push(Entry {
            label: format!("Go to {} {}", day.named(), day.year()),
            hint: "Calendar".to_owned(),
            glyph: Glyph::Calendar,
            action: Action::Date(day),
        });
    }
    if let (true, Some(property)) = (context.may_write, &context.property) {
        found.extend(stop_sells(query, property).into_iter().map(|stop| Entry {
            label: format!(
                "{} {}, {}",
                if stop.on { "Stop sell" } else { "Lift stop sell of" },
                stop.room_label(),
                stop.date_label()
            ),
            hint: property.name.clone(),
            glyph: Glyph::Stop,
            action: Action::StopSell(stop),
        }));
    }
    found
}

/// Parses `stop sell deluxe 24-26 dec`: one entry per room type that matches the words in between, and one for all
/// of them if there are several.
pub fn stop_sells(query: &str, property: &Property) -> Vec<StopSell> {
    let openings = [("lift stop sell of ", false), ("lift stop sell ", false), ("stop sell ", true), ("stop ", true)];
    let Some((rest, on)) = openings.into_iter().find_map(|(words, on)| Some((query.strip_prefix(words)?, on))) else {
        return Vec::new();
    };
    // The longest ending that is a range of dates, because names like "Double 2 Beds" have numbers too.
    let starts = std::iter::once(0).chain(rest.match_indices(' ').map(|(at, _)| at + 1));
    let read = |at: usize| Some((rest[..at].trim(), date_parser::range(&rest[at..], property.business_date)?));
    let Some((name, (from, through))) = starts.into_iter().find_map(read) else { return Vec::new() };
    if from < property.business_date {
        return Vec::new();
    }
    let is_all = ["", "all", "everything", "all rooms"].contains(&name);
    let rooms: Vec<RoomType> = match property.room_types.iter().find(|room| room.code.eq_ignore_ascii_case(name)) {
        Some(room) => vec![room.clone()],
        None => property.room_types.iter().filter(|room| is_all || has_words(&room.name, name)).cloned().collect(),
    };
    let stop = |rooms: Vec<RoomType>| StopSell { rooms, from, through, on };
    if rooms.is_empty() {
        return Vec::new();
    }
    if is_all || rooms.len() == 1 {
        return vec![stop(rooms)];
    }
    rooms.iter().map(|room| stop(vec![room.clone()])).chain([stop(rooms.clone())]).collect()
}

/// Whether every typed word is the beginning of a word of the name.
fn has_words(name: &str, query: &str) -> bool {
    let name = name.to_lowercase();
    query.split_whitespace().all(|word| name.split([' ', '-']).any(|part| part.starts_with(word)))
}

/// The entries that do not depend on the query, in the order of an empty palette.
fn static_entries(context: &PaletteContext) -> Vec<Entry> {
    let entry = |label: &str, hint: &str, glyph, action| Entry {
        label: label.to_owned(),
        hint: hint.to_owned(),
        glyph,
        action,
    };
    let mut all: Vec<Entry> =
        Page::ALL.into_iter().map(|page| entry(page.name(), "Page", page.glyph(), Action::Go(page))).collect();
    if context.drafts > 0 {
        let count = context.drafts;
        let nights = if count == 1 { "1 draft".to_owned() } else { format!("{count} drafts") };
        all.push(entry(&format!("Apply {nights}"), "Ctrl Enter", Glyph::Tick, Action::Apply));
        all.push(entry(&format!("Discard {nights}"), "Drafts", Glyph::Cross, Action::Discard));
    }
    if context.can_undo {
        all.push(entry("Undo", "Ctrl Z", Glyph::Undo, Action::Undo));
    }
    if context.can_redo {
        all.push(entry("Redo", "Ctrl Shift Z", Glyph::Redo, Action::Redo));
    }
    if context.may_write {
        all.push(entry("Bulk edit", "B", Glyph::Sliders, Action::Bulk));
    }
    for (days, key) in [(14, "Alt 1"), (31, "Alt 2"), (92, "Alt 3")] {
        all.push(entry(&format!("Show {days} nights"), key, Glyph::Zoom, Action::Zoom(days)));
    }
    if context.properties.len() > 1 {
        for property in &context.properties {
            let hint =
                if property.place.is_empty() { "Hotel".to_owned() } else { format!("Hotel · {}", property.place) };
            all.push(entry(
                &property.name,
                &hint,
                Glyph::House,
                Action::Property(SelectedProperty::One(property.code.clone())),
            ));
        }
        all.push(entry("All hotels", "Calendar", Glyph::House, Action::Property(SelectedProperty::All)));
    }
    for theme in Theme::ALL {
        all.push(entry(&format!("{} theme", theme.name()), "Look", Glyph::Settings, Action::Theme(theme)));
    }
    for density in Density::ALL {
        all.push(entry(&format!("{} rows", density.name()), "Look", Glyph::Settings, Action::Density(density)));
    }
    all.push(entry("Keyboard shortcuts", "?", Glyph::Key, Action::Shortcuts));
    all.push(entry("Sign out", "Session", Glyph::Out, Action::SignOut));
    all
}

/// The rank of a text for a query, 0 is best; none if letters are missing. Whole words rank before beginnings of words,
/// and these before letters anywhere.
fn score(query: &str, text: &str) -> Option<u32> {
    let text = text.to_lowercase();
    if query.is_empty() {
        return Some(0);
    }
    if text.starts_with(query) {
        return Some(0);
    }
    if has_words(&text, query) {
        return Some(1);
    }
    if text.contains(query) {
        return Some(2);
    }
    // The letters in order, each as near to the last one as possible.
    let mut gaps = 0;
    let mut rest = text.chars();
    for letter in query.chars().filter(|letter| !letter.is_whitespace()) {
        gaps += u32::try_from(rest.position(|other| other == letter)?).unwrap_or(u32::MAX);
    }
    (gaps <= 8).then_some(3 + gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(code: &str, name: &str) -> RoomType {
        RoomType {
            id: code.into(),
            code: code.to_owned(),
            name: name.to_owned(),
            physical_rooms: 10,
            max_occupancy: 2,
            low_at: 2,
        }
    }

    fn property(code: &str, name: &str) -> Property {
        Property {
            id: code.into(),
            code: code.to_owned(),
            name: name.to_owned(),
            place: "Hamburg".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            business_date: Day::parse("2026-12-16").expect("a date"),
            weekend_days: Vec::new(),
            room_types: vec![
                room("DLX", "Deluxe King"),
                room("DLH", "Deluxe Harbour View"),
                room("TWN", "Classic Twin"),
            ],
        }
    }

    fn context() -> PaletteContext {
        let properties = vec![property("NOR", "Nordkai House"), property("GAL", "Gallery Annex")];
        PaletteContext {
            property: properties.first().cloned(),
            properties,
            may_write: true,
            ..PaletteContext::default()
        }
    }

    fn first(query: &str) -> Action {
        entries(query, &context()).first().map(|entry| entry.action.clone()).expect("something is offered")
    }

    #[test]
    fn a_query_finds_pages_properties_and_dates() {
        let day = |text| Day::parse(text).expect("a date");
        assert_eq!(first("cal"), Action::Go(Page::Calendar));
        assert_eq!(first("gallery"), Action::Property(SelectedProperty::One("GAL".to_owned())));
        assert_eq!(first("go 1 jan"), Action::Date(day("2027-01-01")));
        assert_eq!(first("24.12."), Action::Date(day("2026-12-24")));
        assert_eq!(first("dark"), Action::Theme(Theme::Dark));
        assert_eq!(first("31 nights"), Action::Zoom(31));
        assert_eq!(first("sgnout"), Action::SignOut);
        assert_eq!(entries("xyzzy", &context()), []);
        assert!(!entries("", &context()).is_empty());
    }

    #[test]
    fn a_stop_sell_names_room_and_nights() {
        let stops = |query: &str| {
            stop_sells(query, &property("NOR", "Nordkai House"))
                .iter()
                .map(|stop| format!("{} {} {}", stop.on, stop.room_label(), stop.date_label()))
                .collect::<Vec<_>>()
        };
        assert_eq!(stops("stop sell deluxe king 24-26 dec"), ["true Deluxe King 24 – 26 December 2026"]);
        assert_eq!(stops("stop sell twn 24 dec"), ["true Classic Twin Thu 24 Dec"]);
        assert_eq!(stops("stop sell del har 24 dec"), ["true Deluxe Harbour View Thu 24 Dec"]);
        assert_eq!(stops("lift stop sell classic fri"), ["false Classic Twin Fri 18 Dec"]);
        assert_eq!(
            stops("stop sell deluxe 24 dec"),
            ["true Deluxe King Thu 24 Dec", "true Deluxe Harbour View Thu 24 Dec", "true 2 room types Thu 24 Dec"]
        );
        assert_eq!(stops("stop sell all tomorrow"), ["true 3 room types Thu 17 Dec"]);
        for query in
            ["stop sell", "stop sell deluxe", "stop sell suite 24 dec", "stop sell dlx 2026-12-01", "deluxe 24 dec"]
        {
            assert_eq!(stops(query), Vec::<String>::new(), "{query}");
        }
    }

    #[test]
    fn a_read_only_user_is_offered_no_change() {
        let context = PaletteContext { may_write: false, ..context() };
        let offered = |query| {
            entries(query, &context).iter().any(|entry| matches!(entry.action, Action::Bulk | Action::StopSell(_)))
        };
        assert!(!offered("bulk") && !offered("stop sell dlx 24 dec"));
    }
}
