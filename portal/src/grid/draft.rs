//! What was typed and is not sent yet.

use serde::{Deserialize, Serialize};

use super::place::Place;

/// One wish for one night.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Where.
    pub place: Place,
    /// What.
    pub what: Change,
}

/// What is to become of a night. A relative wish is counted from what the calendar shows, earlier drafts included.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub enum Change {
    /// So many rooms on sale; none takes the night off sale (not loaded).
    Allotted(Option<u32>),
    /// So many rooms left to sell, whatever is sold.
    LeftToSell(i64),
    /// So many rooms more, or fewer.
    Adjust(i64),
    /// Stop selling, or sell again.
    StopSell(bool),
    /// Fewest nights of a stay that begins here; none clears it.
    MinStayArrival(Option<u32>),
    /// Most nights of a stay that begins here; none clears it.
    MaxStayArrival(Option<u32>),
    /// Fewest nights of a stay over this night; none clears it.
    MinStayThrough(Option<u32>),
    /// Most nights of a stay over this night; none clears it.
    MaxStayThrough(Option<u32>),
    /// No stay may begin.
    ClosedToArrival(bool),
    /// No stay may end.
    ClosedToDeparture(bool),
}
