//! Drafts in the browser's storage, one entry per account. They survive a reload.

use crate::{
    api::json,
    browser::storage,
    domain::{
        draft::{Draft, Drafts},
        night_key::CellKey,
    },
};

fn key(email: &str) -> String {
    format!("lodgate.drafts.{email}")
}

/// The drafts stored for an account; none if nothing is stored or the text is unreadable.
pub fn read(email: &str) -> Drafts {
    storage::recall(&key(email)).map(|text| decode(&text)).unwrap_or_default()
}

/// Stores an account's drafts; an empty set removes the entry. A full or forbidden storage only means that a reload
/// loses them.
pub fn write(email: &str, drafts: &Drafts) {
    if drafts.is_empty() {
        storage::forget(&key(email));
    } else {
        storage::remember(&key(email), &encode(drafts));
    }
}

fn encode(drafts: &Drafts) -> String {
    let all: Vec<(&CellKey, &Draft)> = drafts.iter().collect();
    serde_json::to_string(&all).unwrap_or_default()
}

fn decode(text: &str) -> Drafts {
    let all: Vec<(CellKey, Draft)> = json::read(text).unwrap_or_default();
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        cell::Cell,
        dates::Day,
        draft::{Change, Edit},
        night_key::NightKey,
    };

    #[test]
    fn drafts_survive_as_text() {
        let date = Day::parse("2026-12-24").expect("a date");
        let night = NightKey { property: "h".into(), room_type: "r".into(), date };
        let edit = |change| Edit { night: night.clone(), change };
        let mut drafts = Drafts::default();
        let edits = [edit(Change::Allotted(Some(8))), edit(Change::MinStayArrival(Some(2)))];
        drafts.stage(&edits, |_| Some(Cell::default()));
        assert_eq!(drafts.len(), 2);
        assert_eq!(decode(&encode(&drafts)), drafts);
        assert!(decode("{}").is_empty());
    }
}
