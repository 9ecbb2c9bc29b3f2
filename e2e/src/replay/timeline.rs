//! The order of the bookings and cancellations.

use super::rows::Row;

/// A step; the number is an index into the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The row was booked.
    Book(usize),
    /// The row was cancelled, or the guest did not come.
    Cancel(usize),
}

/// All steps by day. The file has no times: on one day bookings come before cancellations, and rows keep their order.
pub fn in_order(rows: &[Row]) -> Vec<Step> {
    let bookings = rows.iter().enumerate().map(|(index, row)| (row.booked, 0, row.number, Step::Book(index)));
    let cancellations = rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| row.cancelled.map(|date| (date, 1, row.number, Step::Cancel(index))));
    let mut dated: Vec<_> = bookings.chain(cancellations).collect();
    dated.sort_unstable_by_key(|&(date, kind, number, _)| (date, kind, number));
    dated.into_iter().map(|(.., step)| step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::rows::tests::sample;

    #[test]
    fn every_row_is_booked_once_and_cancelled_only_after() {
        let rows = sample().rows;
        let steps = in_order(&rows);
        let at = |step| steps.iter().position(|&other| other == step);

        assert_eq!(steps.len(), rows.len() + rows.iter().filter(|row| row.cancelled.is_some()).count());
        for (index, row) in rows.iter().enumerate() {
            let booked = at(Step::Book(index)).expect("booked");
            assert_eq!(at(Step::Cancel(index)).map(|cancelled| cancelled > booked), row.cancelled.map(|_| true));
        }
    }

    #[test]
    fn bookings_are_ordered_by_date() {
        let rows = sample().rows;
        let booked: Vec<_> = in_order(&rows)
            .into_iter()
            .filter_map(|step| if let Step::Book(index) = step { Some(rows[index].booked) } else { None })
            .collect();

        assert!(booked.is_sorted());
    }
}
