//! Putting things in order. The standard library's sort is 4 KB of code anew for every type that is sorted; here it is
//! compiled once, for the places of a list.

use std::cmp::Ordering;

/// The items from least to greatest; equal ones stay in the order they had.
pub fn ordered<T>(items: impl IntoIterator<Item = T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    let places = places(items.len(), &|one, other| match (&items[one], &items[other]) {
        (Some(one), Some(other)) => compare(one, other),
        _ => Ordering::Equal,
    });
    places.into_iter().filter_map(|place| items[place].take()).collect()
}

/// The items from least to greatest, each once.
pub fn distinct<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items = ordered(items, T::cmp);
    items.dedup();
    items
}

fn places(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|one, other| compare(*one, *other));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_equal_stays_as_it_was() {
        let words = ["pear", "fig", "plum", "lime", "kiwi", "date", "nut"];
        let by_length = ordered(words, |one, other| one.len().cmp(&other.len()));
        assert_eq!(by_length, ["fig", "nut", "pear", "plum", "lime", "kiwi", "date"]);
    }

    #[test]
    fn each_is_there_once() {
        assert_eq!(distinct([3, 1, 2, 3, 1]), [1, 2, 3]);
        assert_eq!(distinct(Vec::<u8>::new()), Vec::<u8>::new());
    }
}
