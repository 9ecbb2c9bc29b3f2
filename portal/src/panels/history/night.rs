//! The section that shows the current counts and restrictions of the night.

use leptos::prelude::*;

use crate::domain::{
    cell::{Cell, Value, signed},
    night_key::Field,
    property::RoomType,
};

/// The section of the night.
#[component]
pub fn Night(
    /// The night; none until it is loaded.
    cell: Memo<Option<Cell>>,
    /// Its room type.
    room: Memo<Option<RoomType>>,
) -> impl IntoView {
    let sum = move || {
        let Some(cell) = cell.get() else {
            return view! { <p class="panel-hint">"Loading the night …"</p> }.into_any();
        };
        let low_at = room.with(|room| room.as_ref().map_or(0, |room| room.low_at));
        let Sum { number, words, equation } = sum(&cell);
        view! {
            <div class="hero" data-state=cell.status(low_at).key()>
                <span class="big">{number}</span>
                <span class="eq">
                    <b>{words}</b>
                    <br />
                    {equation}
                </span>
            </div>
        }
        .into_any()
    };
    let chips = move || {
        let rules = cell.get().map(|cell| rules(&cell)).unwrap_or_default();
        let chip = |rule: String| view! { <span class="panel-chip plain">{rule}</span> };
        let chips = rules.into_iter().map(chip).collect_view();
        view! {
            <div class="wrap">
                {chips}
                <span class="panel-chip plain">"Shared pool"</span>
            </div>
        }
    };
    view! { <section>{sum} {chips}</section> }
}

/// The rooms left, with their equation.
#[derive(Debug, PartialEq, Eq)]
struct Sum {
    number: String,
    words: &'static str,
    equation: String,
}

/// The equation of a night.
fn sum(cell: &Cell) -> Sum {
    let (sold, held) = (cell.sold, cell.held);
    let Some(allotted) = cell.allotted else {
        let equation = format!("nothing allotted, {sold} sold, {held} held");
        return Sum { number: "·".to_owned(), words: "not loaded", equation };
    };
    let words = if cell.over > 0 { "overcommitted" } else { "left to sell" };
    let mut equation = format!("{allotted} allotted − {sold} sold − {held} held");
    if cell.balance() != i64::from(allotted) - i64::from(cell.promised()) {
        // Released rooms and the limit over all pools count as well. The portal does not know them; the gateway includes them.
        equation.push_str(", within the limit of all pools");
    }
    Sum { number: signed(cell.balance()), words, equation }
}

/// The restrictions that are set, in the order of the calendar's rows.
fn rules(cell: &Cell) -> Vec<String> {
    let rule = |field: Field| match cell.value(field) {
        Value::Flag(true) => Some(field.name().to_owned()),
        Value::Number(Some(nights)) => Some(format!("{} {nights}", field.name())),
        Value::Flag(false) | Value::Number(None) => None,
    };
    Field::RESTRICTIONS.into_iter().filter_map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_a_night() {
        let sum_of = |allotted, sold, held| {
            let cell = Cell { sold, held, ..Cell::default() }.with(Field::Allotment, Value::Number(allotted));
            let Sum { number, words, equation } = sum(&cell);
            format!("{number} {words}: {equation}")
        };
        assert_eq!(sum_of(Some(16), 11, 0), "5 left to sell: 16 allotted − 11 sold − 0 held");
        assert_eq!(sum_of(Some(30), 30, 1), "−1 overcommitted: 30 allotted − 30 sold − 1 held");
        assert_eq!(sum_of(None, 0, 0), "· not loaded: nothing allotted, 0 sold, 0 held");
        let limited = Cell { allotted: Some(16), sold: 4, left: 2, ..Cell::default() };
        assert_eq!(sum(&limited).equation, "16 allotted − 4 sold − 0 held, within the limit of all pools");
    }

    #[test]
    fn rules_are_named_with_their_nights() {
        let cell = Cell { stop_sell: true, min_stay_arrival: Some(2), ..Cell::default() };
        assert_eq!(rules(&cell), ["Stop sell", "Min stay on arrival 2"]);
    }
}
