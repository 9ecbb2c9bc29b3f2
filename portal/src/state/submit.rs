//! What is typed, sent, and taken back.

use leptos::{prelude::*, task::spawn_local};

use super::{Desk, Freshness, Question, ToastKind, draft_storage};
use crate::{
    api,
    api::{Failure, Gesture, Outcome, Refused},
    app::{browser, root_callback::lasting},
    domain::{
        batching,
        batching::{Parcel, Wish},
        cell::Cell,
        draft::{Change, Draft, Edit, Stage},
        ids::HotelId,
        night_key::{Measure, Place, Spot},
        sanity_checks::Doubts,
        sort::ordered,
        undo::Step,
    },
};

/// What is relative is counted anew as often as others move what it counts from, but not for ever.
const TRIES: u32 = 4;

impl Desk {
    /// Puts edits among the drafts, as one step of undo that is called `what`.
    pub fn stage(self, edits: &[Edit], what: &str) {
        self.book.update_value(|book| {
            let ledger = &book.ledger;
            let before = book.drafts.wish(edits, |place| ledger.cell(place));
            if !before.is_empty() {
                book.steps.did(Step::Typed { what: what.to_owned(), before });
            }
        });
        self.drafts_changed();
    }

    /// Sends edits at once, as one change set for each hotel that can be undone, called `what` in the history of undo
    /// and in the toast. Whoever calls has asked already where fewer rooms than are sold shall be on sale. Tells
    /// whether all was written; what stood in the way is shown on its cells, and told.
    pub async fn send(self, edits: Vec<Edit>, what: String) -> bool {
        self.send_because(edits, what, None).await
    }

    /// As [`send`](Self::send), with a reason for the history.
    pub async fn send_because(self, edits: Vec<Edit>, what: String, reason: Option<String>) -> bool {
        let spots = self.book.try_update_value(|book| {
            let ledger = &book.ledger;
            book.drafts.wish(&edits, |place| ledger.cell(place));
            let spots = edits.into_iter().map(|Edit { place, what }| Spot { place, measure: what.measure() });
            spots.filter(|spot| book.drafts.get(spot).is_some()).collect::<Vec<_>>()
        });
        let spots = spots.unwrap_or_default();
        if spots.is_empty() {
            self.toast(ToastKind::Done, "Nothing had to change.", None);
            return true;
        }
        self.deliver(spots, what, reason).await
    }

    /// Sends one edit, after a question where it looks like a slip.
    pub fn save_now(self, edit: Edit, what: String) {
        let doubts = self.doubts_about(std::slice::from_ref(&edit));
        self.after_asking(
            doubts,
            lasting(move || {
                let (edit, what) = (edit.clone(), what.clone());
                spawn_local(async move {
                    self.send(vec![edit], what).await;
                });
            }),
        );
    }

    /// Sends every draft that nobody else's change stands in the way of; asks first about what looks like a slip.
    pub fn apply(self) {
        let waiting = self.waiting();
        if waiting.is_empty() {
            return;
        }
        if self.freshness.get_untracked() == Freshness::Offline {
            self.toast(ToastKind::Failed, "You are offline. Your drafts are kept until you are back.", None);
            return;
        }
        if self.conflicts_untracked().iter().any(|(spot, ..)| waiting.contains(spot)) {
            self.toast(
                ToastKind::Failed,
                "Somebody else changed nights that you changed too. Settle those first.",
                None,
            );
            self.changed();
            return;
        }
        self.apply_these(waiting);
    }

    /// As [`apply`](Self::apply), but leaves out what others moved; it stays among the drafts.
    pub fn apply_the_others(self) {
        let moved: Vec<Spot> = self.conflicts_untracked().into_iter().map(|(spot, ..)| spot).collect();
        let waiting: Vec<Spot> = self.waiting().into_iter().filter(|spot| !moved.contains(spot)).collect();
        if !waiting.is_empty() {
            self.apply_these(waiting);
        }
    }

    fn apply_these(self, spots: Vec<Spot>) {
        let edits = self.book.with_value(|book| {
            let edit = |spot: &Spot| Some(Edit { place: spot.place.clone(), what: book.drafts.get(spot)?.wish });
            spots.iter().filter_map(edit).collect::<Vec<_>>()
        });
        let doubts = self.doubts_about(&edits);
        let count = spots.len();
        self.after_asking(
            doubts,
            lasting(move || {
                let spots = spots.clone();
                let what = if count == 1 { "1 value saved".to_owned() } else { format!("{count} values saved") };
                spawn_local(async move {
                    self.deliver(spots, what, None).await;
                });
            }),
        );
    }

    /// Forgets every draft that is not on its way.
    pub fn discard(self) {
        self.book.update_value(|book| {
            let spots: Vec<Spot> = book.drafts.iter().map(|(spot, _)| spot.clone()).collect();
            let mut before = Vec::new();
            for spot in spots {
                if book.drafts.get(&spot).is_some_and(|draft| draft.stage != Stage::Saving) {
                    let draft = book.drafts.remove(&spot);
                    before.push((spot, draft));
                }
            }
            if !before.is_empty() {
                book.steps.did(Step::Typed { what: "Drafts discarded".to_owned(), before });
            }
        });
        self.drafts_changed();
    }

    /// Settles a conflict: the draft replaces what the other put there, or is given up for it.
    pub fn settle(self, spots: &[Spot], keep_mine: bool) {
        self.book.update_value(|book| {
            for spot in spots {
                let Some(stored) = book.ledger.cell(&spot.place) else { continue };
                if keep_mine {
                    if let Some(draft) = book.drafts.get_mut(spot) {
                        draft.base = stored.value(spot.measure);
                        draft.stage = Stage::Waiting;
                    }
                } else {
                    book.drafts.remove(spot);
                }
            }
        });
        self.drafts_changed();
    }

    /// Without the feed one's own change would not be seen.
    pub(super) async fn catch_up(self, hotel: &HotelId, cursor: Option<&str>) {
        if self.is_live() {
            return;
        }
        let wanted = self.book.with_value(|book| book.wanted(Some(hotel)));
        for one in wanted {
            let _ = self.read(&one.hotel, one.from, one.through, cursor).await;
        }
    }

    /// Sends drafts; what was written is a step that can be undone.
    async fn deliver(self, spots: Vec<Spot>, what: String, reason: Option<String>) -> bool {
        let mut sets = Vec::new();
        let mut is_whole = true;
        self.begin_writing();
        let parcels = self.pack(&spots);
        for parcel in parcels {
            let (set, is_done) = self.deliver_one(parcel, reason.as_deref()).await;
            sets.extend(set);
            is_whole &= is_done;
        }
        if !sets.is_empty() {
            self.book.update_value(|book| {
                if book.drafts.is_empty() {
                    book.steps.forget_typed();
                }
                book.steps.did(Step::Written { what: what.clone(), sets });
            });
            if is_whole {
                self.tell_done(what);
            }
        }
        self.drafts_changed();
        self.end_writing();
        is_whole
    }

    fn pack(self, spots: &[Spot]) -> Vec<Parcel> {
        let wishes = self.book.try_update_value(|book| {
            let mut wishes: Vec<Wish> = Vec::with_capacity(spots.len());
            for spot in spots {
                let Some(stored) = book.ledger.cell(&spot.place) else { continue };
                if let Some(draft) = book.drafts.get_mut(spot) {
                    draft.stage = Stage::Saving;
                    wishes.push((spot.clone(), draft.wish, draft.base, stored));
                }
            }
            ordered(wishes, |(one, ..), (other, ..)| one.cmp(other))
        });
        self.drafts_changed();
        batching::parcels(wishes.unwrap_or_default())
    }

    /// Sends one hotel's parcel. Gives its change set if anything of it was written, and whether all was.
    async fn deliver_one(self, mut parcel: Parcel, reason: Option<&str>) -> (Option<(HotelId, String)>, bool) {
        let set = browser::uuid();
        self.book.update_value(|book| {
            book.own_sets.insert(set.clone());
        });
        let hotel = parcel.hotel.clone();
        let mut written = None;
        for attempt in 1..=TRIES {
            let answer = self.post(&parcel, Gesture { change_set: &set, reason }).await;
            written = written.or(answer.is_written.then(|| (hotel.clone(), set.clone())));
            let Some(trouble) = answer.trouble else { return (written, true) };
            let left: Vec<Spot> = parcel.spots.into_iter().filter(|spot| !answer.done.contains(spot)).collect();
            let has_moved =
                matches!(&trouble, Trouble::Refused(refused) if refused.iter().any(|one| one.code == "CONFLICT"));
            if has_moved {
                self.look_again(&left).await;
                // What is relative counts from what is there now; what is not is somebody's to decide.
                let is_settled = self.conflicts_untracked().iter().all(|(spot, ..)| !left.contains(spot));
                if is_settled && attempt < TRIES {
                    match self.pack(&left).into_iter().next() {
                        Some(again) => {
                            parcel = again;
                            continue;
                        }
                        None => return (written, true),
                    }
                }
            }
            self.tell_trouble(&left, trouble);
            return (written, false);
        }
        (written, false)
    }

    async fn post(self, parcel: &Parcel, gesture: Gesture<'_>) -> Posted {
        let mut posted = Posted::default();
        let is_count = |spot: &&Spot| spot.measure == Measure::Allotment;
        if !parcel.allotments.is_empty() {
            let (hotel, ranges) = (&parcel.hotel, &parcel.allotments);
            let key = browser::uuid();
            let answer = api::set_allotments(self.session, hotel, ranges, parcel.is_below_sold, gesture, &key).await;
            let spots: Vec<Spot> = parcel.spots.iter().filter(is_count).cloned().collect();
            self.take_answer(&mut posted, answer, spots).await;
        }
        if posted.trouble.is_none() && !parcel.restrictions.is_empty() {
            let answer =
                api::set_restrictions(self.session, &parcel.hotel, &parcel.restrictions, gesture, &browser::uuid())
                    .await;
            let spots: Vec<Spot> = parcel.spots.iter().filter(|spot| !is_count(spot)).cloned().collect();
            self.take_answer(&mut posted, answer, spots).await;
        }
        posted
    }

    async fn take_answer(self, posted: &mut Posted, answer: Result<Outcome, Failure>, spots: Vec<Spot>) {
        match answer {
            Ok(Outcome::Written { seq, cursor, .. }) => {
                posted.is_written |= seq.is_some();
                self.is_stored(&spots, seq);
                if let Some(spot) = spots.first() {
                    self.catch_up(&spot.place.hotel, cursor.as_deref()).await;
                }
                posted.done.extend(spots);
            }
            Ok(Outcome::Refused(refused)) => posted.trouble = Some(Trouble::Refused(refused)),
            Err(failure) => posted.trouble = Some(Trouble::Failed(failure)),
        }
    }

    /// Drafts became what is stored. The feed tells the same nights again, whole; until then this is what is known.
    fn is_stored(self, spots: &[Spot], seq: Option<u64>) {
        let now = browser::now();
        self.book.update_value(|book| {
            for spot in spots {
                let Some(draft) = book.drafts.remove(spot) else { continue };
                if let (Some(seq), Some(stored)) = (seq, book.ledger.cell(&spot.place)) {
                    let after = stored.with(spot.measure, draft.wish.value(&stored));
                    book.ledger.expect(&spot.place, seq, after);
                }
                book.tick(spot.clone(), now);
            }
        });
        self.sweep_later();
        self.drafts_changed();
    }

    /// Reads the nights of these places again.
    async fn look_again(self, spots: &[Spot]) {
        let Some(hotel) = spots.first().map(|spot| spot.place.hotel.clone()) else { return };
        let dates = || spots.iter().map(|spot| spot.place.date);
        if let (Some(from), Some(through)) = (dates().min(), dates().max()) {
            let _ = self.read(&hotel, from, through, None).await;
        }
    }

    fn tell_trouble(self, spots: &[Spot], trouble: Trouble) {
        let sentence = match &trouble {
            Trouble::Failed(failure) => failure.sentence(),
            Trouble::Refused(refused) => refused_sentence(refused),
        };
        self.book.update_value(|book| {
            for spot in spots {
                let reason = match &trouble {
                    Trouble::Failed(Failure::SignedOut) => None,
                    Trouble::Failed(_) => Some(sentence.clone()),
                    Trouble::Refused(refused) => refused
                        .iter()
                        .find(|one| one.code != "CONFLICT" && one.is_at(&spot.place))
                        .map(|one| one.message.clone()),
                };
                if let Some(draft) = book.drafts.get_mut(spot) {
                    draft.stage = reason.map_or(Stage::Waiting, Stage::Failed);
                }
            }
        });
        self.drafts_changed();
        match trouble {
            Trouble::Failed(failure) => {
                let retry = lasting(move || self.apply());
                self.tell_failure(&failure, Some(("Try again".to_owned(), retry)));
            }
            Trouble::Refused(_) => self.toast(ToastKind::Failed, sentence, None),
        }
    }

    pub(super) fn tell_failure(self, failure: &Failure, action: Option<(String, Callback<()>)>) {
        if *failure != Failure::SignedOut {
            self.toast(ToastKind::Failed, failure.sentence(), action);
        }
    }

    pub(super) fn tell_done(self, what: String) {
        let undo = lasting(move || self.undo());
        self.toast(ToastKind::Done, what, Some(("Undo".to_owned(), undo)));
    }

    fn waiting(self) -> Vec<Spot> {
        self.book.with_value(|book| {
            let waiting = book.drafts.iter().filter(|(_, draft)| draft.stage != Stage::Saving);
            waiting.map(|(spot, _)| spot.clone()).collect()
        })
    }

    /// Drafts whose nights others changed meanwhile: where, the draft, and what is stored now; tracked.
    pub fn conflicts(self) -> Vec<(Spot, Draft, Cell)> {
        self.track();
        self.conflicts_untracked()
    }

    fn conflicts_untracked(self) -> Vec<(Spot, Draft, Cell)> {
        self.book.with_value(|book| {
            let with_cell = |(spot, draft): (&Spot, &Draft)| {
                let stored = book.ledger.cell(&spot.place)?;
                let is_moved = draft.stage != Stage::Saving && draft.is_in_conflict(&stored);
                is_moved.then(|| (spot.clone(), draft.clone(), stored))
            };
            book.drafts.iter().filter_map(with_cell).collect()
        })
    }

    fn doubts_about(self, edits: &[Edit]) -> Doubts {
        let looked: Vec<(Spot, Change, Cell, u32)> = edits
            .iter()
            .filter_map(|Edit { place, what }| {
                let stored = self.stored(place)?;
                let physical = self.physical_rooms(place);
                Some((Spot { place: place.clone(), measure: what.measure() }, *what, stored, physical))
            })
            .collect();
        Doubts::about(looked.iter().map(|(spot, change, stored, physical)| (spot, *change, *stored, *physical)))
    }

    fn physical_rooms(self, place: &Place) -> u32 {
        self.hotels.with_untracked(|hotels| {
            let hotels = hotels.as_ref().and_then(|hotels| hotels.as_ref().ok()).into_iter().flatten();
            let mut rooms = hotels.filter(|hotel| hotel.id == place.hotel).flat_map(|hotel| &hotel.room_types);
            rooms.find(|room| room.id == place.room_type).map_or(u32::MAX, |room| room.physical_rooms)
        })
    }

    fn after_asking(self, doubts: Doubts, act: Callback<()>) {
        let lines = doubts.sentences();
        if lines.is_empty() {
            act.run(());
            return;
        }
        self.ask(Question {
            title: "Is this meant?".to_owned(),
            lines,
            yes: "Yes, save".to_owned(),
            is_grave: doubts.below_sold > 0,
            on_yes: act,
        });
    }

    /// Drafts changed: they are kept, and shown.
    pub(super) fn drafts_changed(self) {
        let count = self.book.with_value(|book| {
            if let Some(owner) = &book.owner {
                draft_storage::write(owner, &book.drafts);
            }
            book.drafts.len()
        });
        if self.drafts.get_untracked() != count {
            self.drafts.set(count);
        }
        self.changed();
    }
}

/// What became of a parcel.
#[derive(Default)]
struct Posted {
    is_written: bool,
    done: Vec<Spot>,
    trouble: Option<Trouble>,
}

enum Trouble {
    Refused(Vec<Refused>),
    Failed(Failure),
}

impl Refused {
    pub(super) fn is_at(&self, place: &Place) -> bool {
        self.date == Some(place.date) && self.room_type.as_ref().is_none_or(|room| *room == place.room_type)
    }
}

fn refused_sentence(refused: &[Refused]) -> String {
    let moved = refused.iter().filter(|one| one.code == "CONFLICT").count();
    match (moved, refused.first()) {
        (1, _) => "Nothing was saved: 1 night was changed by somebody else meanwhile.".to_owned(),
        (2.., _) => format!("Nothing was saved: {moved} nights were changed by somebody else meanwhile."),
        (0, Some(first)) => {
            let date = first.date.map(|date| format!("{}: ", date.named())).unwrap_or_default();
            let more = if refused.len() > 1 { format!(" And {} more.", refused.len() - 1) } else { String::new() };
            format!("Nothing was saved. {date}{}.{more}", first.message.trim_end_matches('.'))
        }
        (0, None) => "Nothing was saved.".to_owned(),
    }
}
