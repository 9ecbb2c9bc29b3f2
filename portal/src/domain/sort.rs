//! Sorting. The standard library compiles 4 KB of code per sorted type; this code is compiled once, for indexes.

use std::cmp::Ordering;

/// The items from least to greatest; equal ones stay in the order they had.
pub fn sorted<T>(items: impl IntoIterator<Item = T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    let indexes = indexes(items.len(), &|one, other| match (&items[one], &items[other]) {
        (Some(one), Some(other)) => compare(one, other),
        _ => Ordering::Equal,
    });
    indexes.into_iter().filter_map(|index| items[index].take()).collect()
}

/// The items from least to greatest, each once.
pub fn sorted_distinct<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items = sorted(items, T::cmp);
    items.dedup();
    items
}

fn indexes(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut indexes: Vec<usize> = (0..count).collect();
    indexes.sort_by(|one, other| compare(*one, *other));
    indexes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_items_keep_their_order() {
        let words = ["pear", "fig", "plum", "lime", "kiwi", "date", "nut"];
        let by_length = sorted(words, |one, other| one.len().cmp(&other.len()));
        assert_eq!(by_length, ["fig", "nut", "pear", "plum", "lime", "kiwi", "date"]);
    }

    #[test]
    fn each_is_there_once() {
        assert_eq!(sorted_distinct([3, 1, 2, 3, 1]), [1, 2, 3]);
        assert_eq!(sorted_distinct(Vec::<u8>::new()), Vec::<u8>::new());
    }
}
